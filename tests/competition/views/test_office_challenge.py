"""The office's pages of one statement: review, checklist, publication, deadlines."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from competition.extensions import CheckResult, PublicationCheck, publication_checks
from competition.models import Challenge, PhaseChange, ReviewMessage, StatementVersion
from competition.queries.statement import content_of
from competition.states import ChallengeState, PhaseKind
from core import clock
from core.models import AuditEvent
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    PhaseFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    complete_statement,
    open_challenge,
    organiser,
    statement_in_review,
    team_member,
)

pytestmark = pytest.mark.django_db

type SignIn = Callable[[User], Client]


def url(challenge: Challenge, name: str, *more: str) -> str:
    return reverse(f"competition:{name}", args=[challenge.competition.slug, challenge.code, *more])


def strangers(challenge: Challenge) -> list[User]:
    return [
        UserFactory(),
        agency_staff(challenge.agency),
        agency_staff(AgencyFactory()),
        team_member(TeamFactory(competition=challenge.competition)),
        organiser(CompetitionFactory()),
        UserFactory(is_auditor=True),
        UserFactory(is_superuser=True, is_staff=True),
    ]


def actions_recorded() -> list[str]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["office-challenge", "challenge-checklist"])
def test_office_pages_are_for_their_own_office_from_the_first_hand_in(
    name: str, client: Client, sign_in: SignIn
) -> None:
    challenge = statement_in_review()
    draft = ChallengeFactory(competition=challenge.competition)
    ada = organiser(challenge.competition)

    refused = [
        sign_in(person).get(url(challenge, name)).status_code for person in strangers(challenge)
    ]

    assert refused == [404] * 7
    assert sign_in(ada).get(url(challenge, name)).status_code == 200
    assert sign_in(ada).get(url(draft, name)).status_code == 404


def test_office_reads_internal_answers_and_gaps_and_the_dialogue(sign_in: SignIn) -> None:
    challenge = statement_in_review(
        answers={"procurement_contact": "Vergabestelle, Apparat 210", "goal": ""}
    )
    now = clock.now()
    question = ReviewMessage.objects.create(
        challenge=challenge, section="problem", is_from_office=True, text="Wie viele?", sent_at=now
    )
    ReviewMessage.objects.create(
        challenge=challenge,
        section="problem",
        is_from_office=False,
        text="Elf Fälle.",
        sent_at=now,
        answers_to=question,
    )

    response = sign_in(organiser(challenge.competition)).get(url(challenge, "office-challenge"))
    html = response.content.decode()

    topics = {topic.key: topic for topic in response.context["topics"]}
    (exchange,) = topics["problem"].exchanges
    assert (exchange.question.text, exchange.answer.text) == ("Wie viele?", "Elf Fälle.")
    assert "Vergabestelle, Apparat 210" in html
    assert [answer.key for answer in topics["goal"].section.answers if answer.is_missing][:1] == [
        "goal"
    ]


def keep_version(challenge: Challenge, number: int) -> None:
    """Keep what the statement says now, as handing in does."""
    StatementVersion.objects.create(
        challenge=challenge,
        number=number,
        content=content_of(challenge),
        sha256="0" * 64,
        made_at=clock.now(),
    )


def test_answers_that_changed_since_the_last_version_are_marked(sign_in: SignIn) -> None:
    challenge = statement_in_review(answers={"problem": "Alt", "as_is": "Bleibt"})
    challenge.title_de = "Alter Titel"
    challenge.translations["as_is"] = "Old English"
    keep_version(challenge, 1)
    challenge.title_de = "Neuer Titel"
    challenge.answers["problem"] = "Neu"
    challenge.translations["as_is"] = "New English"
    challenge.save()
    keep_version(challenge, 2)

    changed = (
        sign_in(organiser(challenge.competition))
        .get(url(challenge, "office-challenge"))
        .context["changed"]
    )

    assert {key: former.text for key, former in changed.items()} == {
        "title": "Alter Titel",
        "problem": "Alt",
        "as_is": "Bleibt",
    }
    assert changed["as_is"].other.text == "Old English"


@pytest.mark.parametrize(
    ("prefix", "first", "second"), [("", "de", "en"), ("/en", "en", "de")], ids=["de", "en"]
)
def test_office_reads_both_languages_of_an_answer(
    prefix: str, first: str, second: str, sign_in: SignIn
) -> None:
    challenge = statement_in_review(answers={"problem": "Drei Wochen Wartezeit"})
    challenge.translations["problem"] = "Three weeks of waiting"
    challenge.save()
    texts = {"de": "Drei Wochen Wartezeit", "en": "Three weeks of waiting"}

    response = sign_in(organiser(challenge.competition)).get(
        prefix + url(challenge, "office-challenge")
    )

    topics = {topic.key: topic for topic in response.context["topics"]}
    answers = {answer.key: answer for answer in topics["problem"].section.answers}
    problem = answers["problem"]
    assert (problem.lang, problem.text) == (first, texts[first])
    assert (problem.other_lang, problem.other.text) == (second, texts[second])
    assert all(text in response.content.decode() for text in texts.values())


@pytest.mark.parametrize("count", [1, 3])
def test_office_challenge_asks_the_same_queries_for_any_number_of_questions(
    count: int, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    challenge = statement_in_review()
    for _number in range(count):
        ReviewMessage.objects.create(
            challenge=challenge,
            section="problem",
            is_from_office=True,
            text="?",
            sent_at=clock.now(),
            author=UserFactory(),
        )
    browser = sign_in(organiser(challenge.competition))
    browser.get(url(challenge, "office-challenge"))

    with django_assert_max_num_queries(45) as captured:
        browser.get(url(challenge, "office-challenge"))

    assert sum("competition_reviewmessage" in query["sql"] for query in captured) == 1


# -- send back ------------------------------------------------------------------------------------


def test_challenge_return_works_and_is_audited(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    ada = organiser(challenge.competition)

    response = sign_in(ada).post(
        url(challenge, "challenge-return"), {"problem": "Wie viele?", "whole": "Danke!"}
    )

    challenge.refresh_from_db()
    assert response.status_code == 302
    assert challenge.state == ChallengeState.NEEDS_CHANGES
    assert {(row.section, row.text) for row in challenge.messages.all()} == {
        ("problem", "Wie viele?"),
        ("", "Danke!"),
    }
    assert actions_recorded() == ["challenge.needs_changes"]


def test_challenge_return_brings_an_accepted_statement_back_too(sign_in: SignIn) -> None:
    challenge = complete_statement(state=ChallengeState.ACCEPTED)

    sign_in(organiser(challenge.competition)).post(
        url(challenge, "challenge-return"), {"data": "Fehlt."}
    )

    challenge.refresh_from_db()
    assert challenge.state == ChallengeState.NEEDS_CHANGES


@pytest.mark.parametrize(
    ("fields", "error_at"),
    [({}, "__all__"), ({"problem": "  "}, "__all__"), ({"problem": "x" * 4_001}, "problem")],
)
def test_challenge_return_without_a_question_keeps_what_was_typed(
    fields: dict[str, str], error_at: str, sign_in: SignIn
) -> None:
    challenge = statement_in_review()

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "challenge-return"), fields
    )

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [error_at]
    assert fields.get("problem", "").strip() in response.content.decode()
    assert (challenge.state, challenge.messages.count()) == (ChallengeState.IN_REVIEW, 0)


# -- accept ---------------------------------------------------------------------------------------


def test_challenge_accept_works_and_is_audited(sign_in: SignIn) -> None:
    challenge = statement_in_review()

    response = sign_in(organiser(challenge.competition)).post(url(challenge, "challenge-accept"))

    challenge.refresh_from_db()
    assert response["Location"] == url(challenge, "challenge-checklist")
    assert challenge.state == ChallengeState.ACCEPTED
    assert actions_recorded() == ["challenge.accepted"]


def test_challenge_accept_refuses_to_drop_a_question(sign_in: SignIn) -> None:
    challenge = statement_in_review()

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "challenge-accept"), {"problem": "Noch eine Frage"}
    )

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert "Noch eine Frage" in response.content.decode()
    assert challenge.state == ChallengeState.IN_REVIEW


def test_challenge_accept_names_closed_gates(sign_in: SignIn) -> None:
    challenge = statement_in_review(answers={"personal": "pseudonymised", "dpo": "pending"})

    response = sign_in(organiser(challenge.competition)).post(url(challenge, "challenge-accept"))

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert len(response.context["gates"]) > 0
    assert challenge.state == ChallengeState.IN_REVIEW


def test_challenge_accept_needs_a_second_pair_of_eyes(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    ada = organiser(challenge.competition)
    Challenge.objects.filter(pk=challenge.pk).update(updated_by=ada)

    response = sign_in(ada).post(url(challenge, "challenge-accept"))

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert challenge.state == ChallengeState.IN_REVIEW


# -- checklist and publication --------------------------------------------------------------------


@pytest.fixture
def checks() -> Iterator[list[PublicationCheck]]:
    """Replace the registered checks by those the test puts into the list."""
    kept = list(publication_checks)
    publication_checks._items.clear()
    yield publication_checks._items
    publication_checks._items[:] = kept


def check(key: str, *, passed: bool, blocking: bool = True, url: str = "") -> PublicationCheck:
    result = CheckResult(passed=passed, label=f"Punkt {key}", detail=f"Befund {key}", url=url)
    return PublicationCheck(key, lambda _challenge: result, blocking=blocking, group="Gruppe")


def test_checklist_groups_missing_warnings_and_passed(
    sign_in: SignIn, checks: list[PublicationCheck]
) -> None:
    checks += [
        check("a", passed=True),
        check("b", passed=False, url="/office/fix/"),
        check("c", passed=False, blocking=False),
    ]
    challenge = complete_statement(state=ChallengeState.ACCEPTED)

    response = sign_in(organiser(challenge.competition)).get(url(challenge, "challenge-checklist"))

    context, html = response.context, response.content.decode()
    assert [line.check.key for line in context["blocking"]] == ["b"]
    assert [line.check.key for line in context["warnings"]] == ["c"]
    assert {
        name: [line.check.key for line in lines] for name, lines in context["passed"].items()
    } == {"Gruppe": ["a"]}
    assert 'href="/office/fix/"' in html
    assert re.findall(r'<button[^>]*type="submit"', html) == []


def test_checklist_sends_what_lies_on_the_agencys_desk_back_to_it(
    sign_in: SignIn, checks: list[PublicationCheck]
) -> None:
    challenge = complete_statement(state=ChallengeState.ACCEPTED)
    desk = reverse("competition:statement-section", args=[challenge.code, "problem"])
    checks.append(check("a", passed=False, url=desk))

    response = sign_in(organiser(challenge.competition)).get(url(challenge, "challenge-checklist"))

    (line,) = response.context["blocking"]
    assert line.url == url(challenge, "office-challenge")
    assert desk not in response.content.decode()


def test_challenge_publish_works_and_is_audited(
    sign_in: SignIn, checks: list[PublicationCheck]
) -> None:
    checks += [check("a", passed=True), check("b", passed=False, blocking=False)]
    challenge = complete_statement(state=ChallengeState.ACCEPTED)

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "challenge-publish"), {"b": "Kommt nach."}
    )

    challenge.refresh_from_db()
    event = AuditEvent.objects.get(action="challenge.published")
    assert response.status_code == 302
    assert challenge.state == ChallengeState.PUBLISHED
    assert event.data["reasons"] == {"b": "Kommt nach."}


def test_challenge_publish_refuses_while_a_check_blocks(
    sign_in: SignIn, checks: list[PublicationCheck]
) -> None:
    checks.append(check("a", passed=False))
    challenge = complete_statement(state=ChallengeState.ACCEPTED)

    response = sign_in(organiser(challenge.competition)).post(url(challenge, "challenge-publish"))

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert challenge.state == ChallengeState.ACCEPTED
    assert actions_recorded() == []


def test_challenge_publish_demands_a_reason_for_each_warning(
    sign_in: SignIn, checks: list[PublicationCheck]
) -> None:
    checks += [check("a", passed=False, blocking=False), check("b", passed=False, blocking=False)]
    challenge = complete_statement(state=ChallengeState.ACCEPTED)

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "challenge-publish"), {"a": "Bekannt.", "b": ""}
    )

    challenge.refresh_from_db()
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["b"]
    assert "Bekannt." in response.content.decode()
    assert challenge.state == ChallengeState.ACCEPTED


# -- deadlines ------------------------------------------------------------------------------------


def planned(**fields: Any) -> Challenge:
    """Make an open statement whose jury begins a week after the deadline, at noon each."""
    challenge = ChallengeFactory(published=True, **fields)
    noon = clock.now().replace(hour=11, minute=0, second=0, microsecond=0)
    for kind, first, last in (
        (PhaseKind.SUBMISSION, -10, 10),
        (PhaseKind.ASSESSMENT, 20, 30),
        (PhaseKind.DELIBERATION, 30, 40),
    ):
        PhaseFactory(
            challenge=challenge, kind=kind, starts_at=noon + first * DAY, ends_at=noon + last * DAY
        )
    return challenge


def extension(challenge: Challenge, days: int = 7, **fields: str) -> dict[str, str]:
    phase = challenge.phase(PhaseKind.SUBMISSION)
    assert phase is not None
    local = timezone.localtime(phase.ends_at) + dt.timedelta(days=days)
    return {
        "ends_at": local.strftime("%Y-%m-%dT%H:%M"),
        "shift_later": "on",
        "reason_de": "Störung am Montag.",
        "reason_en": "",
        **fields,
    }


def test_phase_extend_shows_the_new_plan_before_it_changes_anything(sign_in: SignIn) -> None:
    challenge = planned()
    address = url(challenge, "phase-extend", "submission")

    response = sign_in(organiser(challenge.competition)).post(address, extension(challenge))

    plan = response.context["plan"]
    assert response.status_code == 200
    assert [(move.kind, move.is_moved) for move in plan.moves] == [
        (PhaseKind.SUBMISSION, True),
        (PhaseKind.ASSESSMENT, True),
        (PhaseKind.DELIBERATION, True),
    ]
    assert PhaseChange.objects.count() == 0
    assert actions_recorded() == []


def test_phase_extend_works_once_confirmed_and_is_audited(sign_in: SignIn) -> None:
    challenge = planned()
    before = challenge.phase(PhaseKind.SUBMISSION)
    assert before is not None
    address = url(challenge, "phase-extend", "submission")

    response = sign_in(organiser(challenge.competition)).post(
        address, extension(challenge, confirm="yes")
    )

    before.refresh_from_db()
    change = PhaseChange.objects.filter(phase=before).get()
    assert response.status_code == 302
    assert change.new_ends_at == before.ends_at
    assert change.reason_de == "Störung am Montag."
    assert set(actions_recorded()) == {"phase.extended"}


def test_phase_extend_alone_leaves_later_phases_where_they_are(sign_in: SignIn) -> None:
    challenge = planned()
    fields = extension(challenge)
    del fields["shift_later"]

    plan = (
        sign_in(organiser(challenge.competition))
        .post(url(challenge, "phase-extend", "submission"), fields)
        .context["plan"]
    )

    assert [move.is_moved for move in plan.moves] == [True, False, False]


@pytest.mark.parametrize(
    ("fields", "error_at"),
    [
        ({"ends_at": ""}, "ends_at"),
        ({"ends_at": "morgen"}, "ends_at"),
        ({"reason_de": " "}, "reason_de"),
    ],
)
def test_phase_extend_keeps_what_was_typed_when_the_form_is_invalid(
    fields: dict[str, str], error_at: str, sign_in: SignIn
) -> None:
    challenge = planned()

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "phase-extend", "submission"),
        extension(challenge, confirm="yes", **fields),
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [error_at]
    assert PhaseChange.objects.count() == 0


@pytest.mark.parametrize("days", [0, -3])
def test_phase_extend_never_shortens(days: int, sign_in: SignIn) -> None:
    challenge = planned()

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "phase-extend", "submission"), extension(challenge, days, confirm="yes")
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["ends_at"]
    assert PhaseChange.objects.count() == 0


def test_phase_extend_into_the_next_phase_is_explained(sign_in: SignIn) -> None:
    challenge = planned()
    fields = extension(challenge, 12, confirm="yes")
    del fields["shift_later"]

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "phase-extend", "submission"), fields
    )

    assert response.status_code == 422
    assert len(response.context["form"].non_field_errors()) == 1
    assert PhaseChange.objects.count() == 0


def test_phase_extend_lets_people_change_their_mind(sign_in: SignIn) -> None:
    challenge = planned()

    response = sign_in(organiser(challenge.competition)).post(
        url(challenge, "phase-extend", "submission"), extension(challenge, change="yes")
    )

    assert (response.status_code, response.context["plan"]) == (200, None)
    assert "Störung am Montag." in response.content.decode()


@pytest.mark.parametrize("kind", ["questions", "nonsense"])
def test_phase_extend_of_a_phase_that_is_not_there_does_not_exist(
    kind: str, sign_in: SignIn
) -> None:
    challenge = planned()

    response = sign_in(organiser(challenge.competition)).get(url(challenge, "phase-extend", kind))

    assert response.status_code == 404


# -- what all of them have in common --------------------------------------------------------------

POSTS = {
    "challenge-return": (ChallengeState.IN_REVIEW, {"problem": "Wie viele?"}),
    "challenge-accept": (ChallengeState.IN_REVIEW, {}),
    "challenge-publish": (ChallengeState.ACCEPTED, {}),
}


def in_state(state: str) -> Challenge:
    fields: dict[str, Any] = {"state": state}
    if state not in {"draft", "in_review", "needs_changes", "accepted"}:
        fields |= {"published_at": clock.now(), "frozen_hash": "0" * 64}
    return complete_statement(**fields)


@pytest.mark.parametrize("name", POSTS)
def test_posts_answer_strangers_with_404(name: str, sign_in: SignIn) -> None:
    state, fields = POSTS[name]
    challenge = in_state(state)

    statuses = [
        sign_in(person).post(url(challenge, name), fields).status_code
        for person in strangers(challenge)
    ]

    challenge.refresh_from_db()
    assert statuses == [404] * 7
    assert (challenge.state, actions_recorded()) == (state, [])


@pytest.mark.parametrize("name", POSTS)
def test_posts_answer_404_in_any_other_state(name: str, sign_in: SignIn) -> None:
    allowed = {POSTS[name][0]} | (
        {ChallengeState.ACCEPTED} if name == "challenge-return" else set()
    )
    competition = CompetitionFactory()
    browser = sign_in(organiser(competition))
    statuses = {}

    for state in ChallengeState:
        if state in allowed:
            continue
        fields: dict[str, Any] = {"state": state, "competition": competition}
        challenge = ChallengeFactory(published=True, **fields)
        statuses[state] = browser.post(url(challenge, name), POSTS[name][1]).status_code

    assert set(statuses.values()) == {404}
    assert actions_recorded() == []


@pytest.mark.parametrize("name", POSTS)
def test_posts_refuse_to_be_opened(name: str, sign_in: SignIn) -> None:
    challenge = in_state(POSTS[name][0])

    response = sign_in(organiser(challenge.competition)).get(url(challenge, name))

    assert response.status_code == 405


@pytest.mark.parametrize("name", [*POSTS, "office-challenge", "challenge-checklist"])
def test_visitors_are_asked_to_sign_in(name: str, client: Client) -> None:
    challenge = in_state(ChallengeState.IN_REVIEW)
    method = client.post if name in POSTS else client.get

    response = method(url(challenge, name))

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_phase_extend_answers_strangers_with_404(sign_in: SignIn) -> None:
    challenge = planned()
    address = url(challenge, "phase-extend", "submission")

    statuses = []
    for person in strangers(challenge):
        browser = sign_in(person)
        statuses.append(browser.get(address).status_code)
        statuses.append(browser.post(address, extension(challenge, confirm="yes")).status_code)

    assert statuses == [404] * 14
    assert PhaseChange.objects.count() == 0


@pytest.mark.parametrize(
    "state",
    [state for state in ChallengeState if state not in {"published", "closed"}],
)
def test_phase_extend_answers_404_before_publication_and_after_the_decision(
    state: str, sign_in: SignIn
) -> None:
    challenge = planned(state=state)
    browser = sign_in(organiser(challenge.competition))
    address = url(challenge, "phase-extend", "submission")

    statuses = [
        browser.get(address).status_code,
        browser.post(address, extension(challenge, confirm="yes")).status_code,
    ]

    assert statuses == [404, 404]


def test_closed_submission_is_not_extended_any_more_but_the_jury_may_be(
    sign_in: SignIn,
) -> None:
    challenge = planned(state=ChallengeState.CLOSED)
    browser = sign_in(organiser(challenge.competition))

    statuses = [
        browser.get(url(challenge, "phase-extend", kind)).status_code
        for kind in ("submission", "assessment", "deliberation")
    ]

    assert statuses == [404, 200, 200]


def test_links_to_extend_stand_where_extending_is_possible(sign_in: SignIn) -> None:
    opened, closed = open_challenge(), planned(state=ChallengeState.CLOSED)

    def kinds(challenge: Challenge) -> list[str]:
        response = sign_in(organiser(challenge.competition)).get(url(challenge, "office-challenge"))
        return re.findall(r"phases/([a-z]+)/extend/", response.content.decode())

    assert (kinds(opened), kinds(closed)) == (["submission"], ["assessment", "deliberation"])
