"""The competition office: list, cockpit, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from competition.extensions import Contribution, Figure, Need, Place, Slot, slots
from competition.models import Competition, ReviewMessage, StatementVersion
from competition.states import ChallengeState, PhaseKind
from core import clock
from core.models import AuditEvent, OutboxMessage, OutboxState
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    PhaseFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    break_audit,
    open_challenge,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db

type SignIn = Callable[[User], Client]


def message(competition: Competition, state: str = OutboxState.FAILED, **fields: Any) -> Any:
    number = OutboxMessage.objects.count()
    return OutboxMessage.objects.create(
        **{
            "key": f"key-{number}",
            "template": "receipt",
            "topic": competition.slug,
            "recipient": f"person{number}@example.org",
            "language": "de",
            "subject": f"Betreff {number}",
            "body": "Streng vertraulicher Text",
            "state": state,
            "attempts": 8,
            "error": "Mailbox unknown",
            "created_at": clock.now() - DAY,
            **fields,
        }
    )


def strangers(competition: Competition) -> dict[str, User]:
    """Return everybody who must not enter the office."""
    agency = AgencyFactory()
    ChallengeFactory(competition=competition, agency=agency)
    return {
        "nobody": UserFactory(),
        "agency": agency_staff(agency),
        "captain": team_member(TeamFactory(competition=competition)),
        "other organiser": organiser(CompetitionFactory()),
        "auditor": UserFactory(is_auditor=True),
        "operator": UserFactory(is_superuser=True, is_staff=True),
    }


PEOPLE = ["nobody", "agency", "captain", "other organiser", "auditor", "operator"]


# -- list -----------------------------------------------------------------------------------------


def test_office_list_counts_what_waits_in_own_competitions_only(sign_in: SignIn) -> None:
    own, other = CompetitionFactory(), CompetitionFactory()
    for competition in (own, other):
        for state in ChallengeState:
            ChallengeFactory(published=True, competition=competition, state=state)
        ChallengeFactory(competition=competition, state=ChallengeState.IN_REVIEW)
        message(competition)
        message(competition, OutboxState.SENT)

    rows = sign_in(organiser(own)).get(reverse("competition:office-list")).context["competitions"]

    assert [
        (row, row.to_review, row.to_publish, row.public_count, row.failed_mails) for row in rows
    ] == [(own, 2, 1, 5, 1)]


def test_office_list_of_somebody_without_an_office_is_empty(sign_in: SignIn) -> None:
    CompetitionFactory()

    response = sign_in(UserFactory()).get(reverse("competition:office-list"))

    assert list(response.context["competitions"]) == []
    assert "Sie gehören zu keinem Wettbewerbsbüro." in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_office_list_asks_six_queries(
    count: int, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    ada = organiser(CompetitionFactory())
    for _number in range(count - 1):
        CompetitionFactory().office.create(user=ada)
    browser = sign_in(ada)
    browser.get(reverse("competition:office-list"))

    with django_assert_num_queries(6):
        browser.get(reverse("competition:office-list"))


# -- cockpit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PEOPLE)
def test_cockpit_is_for_its_own_office_only(who: str, sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    url = reverse("competition:office-competition", args=[competition.slug])

    assert sign_in(strangers(competition)[who]).get(url).status_code == 404


def test_cockpit_asks_visitors_to_sign_in(client: Client) -> None:
    url = reverse("competition:office-competition", args=[CompetitionFactory().slug])

    assert client.get(url)["Location"] == f"/accounts/login/?next={url}"


def test_cockpit_lists_what_needs_the_office_and_leaves_drafts_with_their_agency(
    sign_in: SignIn,
) -> None:
    competition = CompetitionFactory()
    now = clock.now()
    review = ChallengeFactory(
        competition=competition, state=ChallengeState.IN_REVIEW, title_de="Zu prüfen"
    )
    StatementVersion.objects.create(
        challenge=review, number=1, content={}, sha256="0" * 64, made_at=now - 2 * DAY
    )
    question = ReviewMessage.objects.create(
        challenge=review, is_from_office=True, text="Wie viele?", sent_at=now
    )
    ReviewMessage.objects.create(
        challenge=review, is_from_office=False, text="Elf.", sent_at=now, answers_to=question
    )
    ReviewMessage.objects.create(
        challenge=review, is_from_office=True, text="Und warum?", sent_at=now
    )
    ready = ChallengeFactory(
        competition=competition, state=ChallengeState.ACCEPTED, title_de="Zu veröffentlichen"
    )
    ChallengeFactory(competition=competition, title_de="Entwurf")
    ChallengeFactory(state=ChallengeState.IN_REVIEW, title_de="Fremd")
    failed = message(competition)
    message(CompetitionFactory())

    response = sign_in(organiser(competition)).get(
        reverse("competition:office-competition", args=[competition.slug])
    )

    needs = response.context["needs"]
    assert [(need.label, need.note, need.since) for need in needs] == [
        (
            "Prüfen: Zu prüfen",
            f"{review.agency} · 1 von 2 Fragen beantwortet",
            now - 2 * DAY,
        ),
        (
            "1 E-Mail wurde nicht zugestellt",
            "Sehen Sie sich die Gründe an und senden Sie erneut",
            failed.created_at,
        ),
        (
            "Veröffentlichen: Zu veröffentlichen",
            "Angenommen; vor der Veröffentlichung steht die Prüfliste",
            None,
        ),
    ]
    assert [challenge for challenge, _standing in response.context["challenges"]] == [
        review,
        ready,
    ]
    assert "Entwurf" not in response.content.decode().partition("<h1")[2].partition("Entwürfe")[0]


def test_cockpit_names_the_next_dates_of_public_statements_together(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    now = clock.now().replace(microsecond=0)
    for _number in range(2):
        challenge = ChallengeFactory(published=True, competition=competition)
        PhaseFactory(challenge=challenge, starts_at=now - DAY, ends_at=now + DAY)
    single = ChallengeFactory(published=True, competition=competition, title_de="Ziffern")
    PhaseFactory(
        challenge=single,
        kind=PhaseKind.ASSESSMENT,
        starts_at=now + 2 * DAY,
        ends_at=now + 3 * DAY,
    )
    hidden = ChallengeFactory(competition=competition, state=ChallengeState.IN_REVIEW)
    PhaseFactory(challenge=hidden, starts_at=now + DAY / 2, ends_at=now + DAY)

    response = sign_in(organiser(competition)).get(
        reverse("competition:office-competition", args=[competition.slug])
    )

    assert [(date.at, date.label, date.note) for date in response.context["dates"]] == [
        (now + DAY, "Einreichung: Ende", "2 Problemstellungen"),
        (now + 2 * DAY, "Bewertung der Jury: Beginn", "Ziffern"),
        (now + 3 * DAY, "Bewertung der Jury: Ende", "Ziffern"),
    ]


def test_cockpit_says_how_mails_stand(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    message(competition, OutboxState.SENT, sent_at=clock.now())
    message(competition, OutboxState.SENT, sent_at=clock.now() - 8 * DAY)
    message(competition, OutboxState.QUEUED)

    health = (
        sign_in(organiser(competition))
        .get(reverse("competition:office-competition", args=[competition.slug]))
        .context["health"]
    )

    assert [(item.value, item.note) for item in health if item.label == "E-Mails"] == [
        ("1 warten", "1 in den letzten 7 Tagen zugestellt")
    ]


@pytest.fixture
def contributed() -> Iterator[None]:
    """Contribute to the lists of the cockpit as a higher app would."""
    made = [
        Slot(
            f"test-{place}",
            place,
            lambda _request, _competition, item=item: Contribution("", {"items": [item]}),
        )
        for place, item in (
            (Place.OFFICE_NEEDS, Need(label="2 Erklärungen", url="/x/", is_urgent=True)),
            (Place.OFFICE_FIGURES, Figure(value=57, label="Teams!")),
            (Place.OFFICE_HEALTH, Figure(value="Keine wartet", label="Auswertungen!")),
        )
    ]
    for slot in made:
        slots.register(slot)
    yield
    for slot in made:
        slots._items.remove(slot)


@pytest.mark.usefixtures("contributed")
def test_cockpit_takes_needs_figures_and_health_of_higher_apps(sign_in: SignIn) -> None:
    competition = CompetitionFactory()

    context = (
        sign_in(organiser(competition))
        .get(reverse("competition:office-competition", args=[competition.slug]))
        .context
    )

    assert "2 Erklärungen" in [need.label for need in context["needs"]]
    assert "Teams!" in [figure.label for figure in context["figures"]]
    assert "Auswertungen!" in [figure.label for figure in context["health"]]


@pytest.mark.usefixtures("own_slots_only")
@pytest.mark.parametrize("count", [1, 3])
def test_cockpit_asks_eleven_queries_of_this_app(
    count: int, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    competition = CompetitionFactory()
    for _number in range(count):
        open_challenge(competition=competition)
        ChallengeFactory(competition=competition, state=ChallengeState.IN_REVIEW)
        message(competition)
    browser = sign_in(organiser(competition))
    url = reverse("competition:office-competition", args=[competition.slug])
    browser.get(url)

    with django_assert_num_queries(11):
        browser.get(url)


# -- messages -------------------------------------------------------------------------------------


def test_message_list_shows_own_messages_by_state_without_their_texts(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    failed = message(competition)
    sent = message(competition, OutboxState.SENT, created_at=clock.now())
    message(CompetitionFactory())
    browser = sign_in(organiser(competition))
    url = reverse("competition:message-list", args=[competition.slug])

    everything, only_failed, nonsense = (
        browser.get(url + query) for query in ("", "?state=failed", "?state=nonsense")
    )

    assert list(everything.context["page"].object_list) == [sent, failed]
    assert list(only_failed.context["page"].object_list) == [failed]
    assert list(nonsense.context["page"].object_list) == [sent, failed]
    assert [number for _value, _label, number in everything.context["filters"]] == [2, 0, 1, 1]
    assert "Streng vertraulicher Text" not in everything.content.decode()
    assert "Mailbox unknown" in everything.content.decode()


def test_message_list_does_not_tell_whose_submission_a_code_is(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    message(competition, subject="Eingang S-7K4Q2M/3 bestätigt")
    message(competition, subject="Problemstellung P-7K4Q2M eingegangen")

    response = sign_in(organiser(competition)).get(
        reverse("competition:message-list", args=[competition.slug])
    )

    assert {subject for _message, subject in response.context["lines"]} == {
        "Eingang … bestätigt",
        "Problemstellung P-7K4Q2M eingegangen",
    }
    assert "S-7K4Q2M" not in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_message_list_asks_nine_queries(
    count: int, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    competition = CompetitionFactory()
    for _number in range(count):
        message(competition)
    browser = sign_in(organiser(competition))
    url = reverse("competition:message-list", args=[competition.slug])
    browser.get(url)

    with django_assert_num_queries(9):
        browser.get(url)


@pytest.mark.parametrize("who", PEOPLE)
def test_messages_are_for_their_own_office_only(who: str, sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    failed = message(competition)
    browser = sign_in(strangers(competition)[who])

    shown = browser.get(reverse("competition:message-list", args=[competition.slug]))
    sent = browser.post(reverse("competition:message-resend", args=[competition.slug]))

    failed.refresh_from_db()
    assert (shown.status_code, sent.status_code) == (404, 404)
    assert failed.state == OutboxState.FAILED


def test_message_resend_sends_failed_ones_again_and_is_audited(
    sign_in: SignIn, django_capture_on_commit_callbacks: Any, mailoutbox: list[Any]
) -> None:
    competition = CompetitionFactory()
    failed, other = message(competition), message(CompetitionFactory())
    ada = organiser(competition)
    browser = sign_in(ada)

    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(reverse("competition:message-resend", args=[competition.slug]))

    failed.refresh_from_db()
    other.refresh_from_db()
    assert response.status_code == 302
    assert (failed.state, failed.error, other.state) == (
        OutboxState.SENT,
        "",
        OutboxState.FAILED,
    )
    assert [mail.to for mail in mailoutbox] == [[failed.recipient]]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.data) == (
        "competition.messages_resent",
        ada.pk,
        {"count": 1},
    )


def test_message_resend_without_failed_ones_changes_and_records_nothing(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    waiting = message(competition, OutboxState.QUEUED)

    response = sign_in(organiser(competition)).post(
        reverse("competition:message-resend", args=[competition.slug])
    )

    waiting.refresh_from_db()
    assert response.status_code == 302
    assert waiting.attempts == 8
    assert AuditEvent.objects.count() == 0


def test_message_resend_refuses_to_be_opened(sign_in: SignIn) -> None:
    competition = CompetitionFactory()

    response = sign_in(organiser(competition)).get(
        reverse("competition:message-resend", args=[competition.slug])
    )

    assert response.status_code == 405


# -- rules for teams -------------------------------------------------------------------------------


def team_rules(competition: Competition) -> str:
    return reverse("competition:team-rules", args=[competition.slug])


RULES = {"team_size_limit": "5", "team_changes_end_days": "7", "objection_days": "10"}


def test_rules_for_teams_are_set(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    ada = organiser(competition)
    client = sign_in(ada)

    answer = client.post(team_rules(competition), RULES)

    competition.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, team_rules(competition))
    assert (competition.team_size_limit, competition.team_changes_end_days) == (5, 7)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.data) == (
        "competition.team_rules_set",
        ada.pk,
        {
            "before": {"team_size_limit": 8, "team_changes_end_days": 0, "objection_days": 7},
            "after": {"team_size_limit": 5, "team_changes_end_days": 7, "objection_days": 10},
        },
    )


def test_rules_for_teams_may_have_no_limit_and_saving_twice_is_one_change(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    client = sign_in(organiser(competition))

    for _time in range(2):
        client.post(team_rules(competition), RULES | {"team_size_limit": ""})

    competition.refresh_from_db()
    assert competition.team_size_limit is None
    assert AuditEvent.objects.count() == 1


def test_rules_for_teams_are_hidden_from_everybody_else(sign_in: SignIn) -> None:
    competition = CompetitionFactory()

    answers = {
        (sign_in(person).get(team_rules(competition)).status_code)
        | (sign_in(person).post(team_rules(competition), RULES).status_code)
        for person in strangers(competition).values()
    }

    competition.refresh_from_db()
    assert answers == {404}
    assert (competition.team_size_limit, AuditEvent.objects.count()) == (8, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"team_size_limit": "0"}, "team_size_limit"),
        ({"team_size_limit": "viele"}, "team_size_limit"),
        ({"team_changes_end_days": ""}, "team_changes_end_days"),
        ({"team_changes_end_days": "-1"}, "team_changes_end_days"),
        ({"objection_days": "61"}, "objection_days"),
    ],
)
def test_impossible_rules_for_teams_come_back(
    sign_in: SignIn, change: dict[str, str], field: str
) -> None:
    competition = CompetitionFactory()

    answer = sign_in(organiser(competition)).post(team_rules(competition), RULES | change)

    competition.refresh_from_db()
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert answer.context["form"][field].value() == change[field]
    assert (competition.team_size_limit, competition.team_changes_end_days) == (8, 0)


def test_rules_for_teams_write_nothing_if_the_audit_fails(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    ada = organiser(competition)
    break_audit()

    with pytest.raises(IntegrityError):
        sign_in(ada).post(team_rules(competition), RULES)

    competition.refresh_from_db()
    assert competition.team_size_limit == 8


@pytest.mark.parametrize("rows", [1, 3])
def test_rules_for_teams_count_queries(sign_in: SignIn, rows: int) -> None:
    competition = CompetitionFactory()
    client = sign_in(organiser(competition))
    for _row in range(rows):
        phases = open_challenge(competition=competition).phases
        phases.update(limit_per_day=2, person_limit_total=4)
    client.get(team_rules(competition))

    with CaptureQueriesContext(connection) as captured:
        page = client.get("/en" + team_rules(competition)).text

    assert page.count("each team: 2 evaluated per day") == rows
    assert len(captured) == 8
