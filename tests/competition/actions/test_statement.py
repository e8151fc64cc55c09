"""Actions on the way of a statement: every edge, who may, what is recorded and mailed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import translation

from accounts.models import User
from competition.actions import statement as actions
from competition.extensions import CheckResult, PublicationCheck, freezers, publication_checks
from competition.models import (
    Challenge,
    PreCheck,
    ReviewMessage,
    StatementSection,
    StatementVersion,
)
from competition.states import ChallengeState
from core import clock
from core.exceptions import (
    DomainError,
    IllegalTransition,
    Incomplete,
    PermissionRefused,
    StaleVersion,
)
from core.models import AuditEvent, OutboxMessage
from core.transitions import allows
from tests.factories import (
    DAY,
    MINIMAL_RISK,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    PreCheckFactory,
    UserFactory,
    agency_staff,
    break_audit,
    complete_statement,
    lose,
    organiser,
    statement_in_review,
)

pytestmark = pytest.mark.django_db


def bea_of(challenge: Challenge, **fields: Any) -> User:
    return agency_staff(challenge.agency, name="Bea", **fields)


def ada_of(challenge: Challenge, **fields: Any) -> User:
    return organiser(challenge.competition, name="Ada", **fields)


def actions_recorded() -> list[str]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def mails() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("template", "recipient"))


@pytest.fixture
def without_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out checks and freezers of higher apps: they have tests of their own."""
    own = [check for check in publication_checks if check.key.startswith("competition.")]
    monkeypatch.setattr(publication_checks, "_items", own)
    monkeypatch.setattr(freezers, "_items", [])


# -- create ---------------------------------------------------------------------------------------


def test_create_starts_a_draft() -> None:
    agency, competition = AgencyFactory(), CompetitionFactory()
    bea = agency_staff(agency)

    challenge = actions.create(
        agency, by=bea, competition=competition, title_de=" Briefe  lesen ", title_en="Letters"
    )

    assert (challenge.state, challenge.title_de, challenge.title_en) == (
        ChallengeState.DRAFT,
        "Briefe lesen",
        "Letters",
    )
    assert (challenge.created_by, challenge.code[:2]) == (bea, "P-")
    assert actions_recorded() == ["challenge.created"]


def test_create_is_for_staff_of_the_agency() -> None:
    stranger = agency_staff(AgencyFactory())

    with pytest.raises(PermissionRefused):
        actions.create(AgencyFactory(), by=stranger, competition=CompetitionFactory(), title_de="X")


@pytest.mark.parametrize("title", ["", "   ", "x" * 91])
def test_create_needs_a_title_of_90_characters_at_most(title: str) -> None:
    agency = AgencyFactory()

    with pytest.raises(ValidationError):
        actions.create(
            agency, by=agency_staff(agency), competition=CompetitionFactory(), title_de=title
        )


# -- save a section -------------------------------------------------------------------------------


def test_section_keeps_what_is_given_and_leaves_the_rest() -> None:
    challenge = ChallengeFactory(answers={"as_is": "Von Hand", "volume": 5})
    bea = bea_of(challenge)

    task = actions.save_section(
        challenge,
        by=bea,
        section="problem",
        answers={"problem": "Zu langsam", "volume": ""},
        translations={"problem": "Too slow"},
        is_finished=True,
    )

    assert challenge.answers == {"as_is": "Von Hand", "problem": "Zu langsam"}
    assert challenge.translations == {"problem": "Too slow"}
    assert (task.version, task.is_finished, task.saved_by) == (1, True, bea)
    assert challenge.updated_by == bea


def test_section_writes_columns_in_both_languages() -> None:
    challenge = ChallengeFactory()

    actions.save_section(
        challenge,
        by=bea_of(challenge),
        section="basics",
        answers={"title": "Neu", "tagline": ""},
        translations={"title": "New", "tagline": "Tag"},
    )

    assert (challenge.title_de, challenge.title_en) == ("Neu", "New")
    assert (challenge.tagline_de, challenge.tagline_en) == ("", "Tag")


@pytest.mark.parametrize(
    ("wants", "concept", "predictions"),
    [
        (["concept"], True, False),
        (["predictions"], False, True),
        (["predictions", "concept"], True, True),
        ([], False, False),
    ],
)
def test_what_teams_hand_in_goes_to_two_columns(
    wants: list[str], concept: bool, predictions: bool
) -> None:
    challenge = ChallengeFactory()

    actions.save_section(
        challenge, by=bea_of(challenge), section="competition", answers={"wants": wants}
    )

    assert (challenge.wants_concept, challenge.wants_predictions) == (concept, predictions)


def test_section_event_names_fields_and_never_their_content() -> None:
    challenge = ChallengeFactory()

    actions.save_section(
        challenge,
        by=bea_of(challenge),
        section="problem",
        answers={"problem": "geheim"},
        translations={"problem": "secret"},
    )

    event = AuditEvent.objects.get()
    assert event.action == "challenge.section_saved"
    assert event.data == {
        "section": "problem",
        "version": 1,
        "fields": ["problem", "problem_en"],
        "is_finished": False,
    }


def test_saving_the_same_again_changes_nothing() -> None:
    challenge = ChallengeFactory()
    bea = bea_of(challenge)
    save = {"by": bea, "section": "problem", "answers": {"problem": "Text"}}
    actions.save_section(challenge, **save)  # type: ignore[arg-type]

    task = actions.save_section(challenge, **save)  # type: ignore[arg-type]

    assert (task.version, AuditEvent.objects.count()) == (1, 1)


def test_two_people_may_save_two_sections_at_once() -> None:
    challenge = ChallengeFactory()
    bea, dora = bea_of(challenge), bea_of(challenge)

    actions.save_section(challenge, by=bea, section="problem", answers={"problem": "A"}, version=0)
    actions.save_section(challenge, by=dora, section="goal", answers={"goal": "B"}, version=0)

    assert challenge.answers == {"problem": "A", "goal": "B"}


def test_stale_form_is_refused_with_the_stored_texts() -> None:
    challenge = ChallengeFactory()
    bea, dora = bea_of(challenge), bea_of(challenge)
    actions.save_section(
        challenge,
        by=dora,
        section="problem",
        answers={"problem": "Doras Text", "as_is": "gleich"},
        translations={"problem": "Dora's text"},
    )

    with pytest.raises(StaleVersion) as caught:
        actions.save_section(
            challenge,
            by=bea,
            section="problem",
            answers={"problem": "Beas Text", "as_is": "gleich"},
            translations={"problem": "Bea's text"},
            version=0,
        )

    assert caught.value.data["answers"] == {"problem": "Doras Text"}
    assert caught.value.data["translations"] == {"problem": "Dora's text"}
    assert (caught.value.data["version"], caught.value.data["saved_by"]) == (1, dora)
    challenge.refresh_from_db()
    assert challenge.answers["problem"] == "Doras Text"


def test_stale_form_that_says_the_same_is_no_conflict() -> None:
    challenge = ChallengeFactory()
    bea = bea_of(challenge)
    actions.save_section(challenge, by=bea, section="problem", answers={"problem": "Text"})

    task = actions.save_section(
        challenge, by=bea, section="problem", answers={"problem": "Text"}, version=0
    )

    assert task.version == 1


def test_problems_of_all_answers_are_told_at_once_and_nothing_is_saved() -> None:
    challenge = ChallengeFactory()

    with pytest.raises(ValidationError) as caught:
        actions.save_section(
            challenge,
            by=bea_of(challenge),
            section="problem",
            answers={"problem": "gut", "volume": "viele", "vulnerable": "vielleicht"},
            translations={"affected": "x" * 2_001},
        )

    assert sorted(caught.value.message_dict) == ["volume", "vulnerable"]
    challenge.refresh_from_db()
    assert challenge.answers == {}


def test_question_of_another_section_is_refused() -> None:
    challenge = ChallengeFactory()

    with pytest.raises(ValidationError) as caught:
        actions.save_section(
            challenge, by=bea_of(challenge), section="goal", answers={"problem": "x"}
        )

    assert list(caught.value.message_dict) == ["problem"]


def test_title_cannot_be_emptied() -> None:
    challenge = ChallengeFactory(title_de="Alt")

    with pytest.raises(ValidationError):
        actions.save_section(
            challenge, by=bea_of(challenge), section="basics", answers={"title": " "}
        )


# -- pre-check ------------------------------------------------------------------------------------


def test_precheck_is_stored_with_what_follows() -> None:
    challenge = ChallengeFactory()
    bea = bea_of(challenge)
    answers = {**MINIMAL_RISK, "pc4": ["5a"], "pc5": "no", "pc6": "yes", "pc9a": "yes"}

    row = actions.save_precheck(
        challenge, by=bea, answers=answers, reasoning=" Weil. ", is_finished=True
    )

    assert (row.outcome, row.outcomes, row.flags) == (
        "high_risk_annex_iii",
        ["high_risk_annex_iii"],
        ["DPIA", "FRIA_REQUIRED"],
    )
    assert (row.answers, row.reasoning, row.checked_by) == (answers, "Weil.", bea)
    assert StatementSection.objects.get(key="precheck").is_finished
    assert actions_recorded() == ["challenge.precheck_saved"]


def test_unfinished_precheck_can_be_saved_without_outcome() -> None:
    challenge = ChallengeFactory()

    row = actions.save_precheck(challenge, by=bea_of(challenge), answers={"pc1": "yes"})

    assert (row.outcome, row.outcomes, row.answers) == ("", [], {"pc1": "yes"})


def test_contradiction_in_the_precheck_is_named_by_question() -> None:
    challenge = ChallengeFactory()

    with pytest.raises(ValidationError) as caught:
        actions.save_precheck(challenge, by=bea_of(challenge), answers={"pc2": ["none", "emotion"]})

    assert list(caught.value.message_dict) == ["pc2"]
    assert not PreCheck.objects.exists()


def test_stale_precheck_is_refused_with_the_stored_answers() -> None:
    challenge = ChallengeFactory()
    dora = bea_of(challenge)
    actions.save_precheck(challenge, by=dora, answers={"pc1": "no"}, reasoning="Doras Grund")

    with pytest.raises(StaleVersion) as caught:
        actions.save_precheck(challenge, by=dora, answers={"pc1": "yes"}, version=0)

    assert caught.value.data["answers"] == {"pc1": "no"}
    assert caught.value.data["reasoning"] == "Doras Grund"


# -- hand in --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_scoring")
def test_hand_in_keeps_a_version_and_tells_both_sides() -> None:
    challenge = complete_statement()
    bea = bea_of(challenge, email="bea@amt.example")
    ada_of(challenge, email="ada@buero.example")

    version = actions.hand_in(challenge, by=bea)

    assert (challenge.state, version.number, version.made_by) == ("in_review", 1, bea)
    assert version.content["answers"] == challenge.answers
    assert [phase["kind"] for phase in version.content["phases"]] == [
        "questions",
        "submission",
        "assessment",
        "deliberation",
    ]
    assert mails() == [
        ("statement_received", "bea@amt.example"),
        ("statement_to_review", "ada@buero.example"),
    ]
    event = AuditEvent.objects.get()
    assert (event.action, event.data["sha256"]) == ("challenge.in_review", version.sha256)


@pytest.mark.usefixtures("without_scoring")
def test_same_content_has_the_same_hash_in_every_version() -> None:
    challenge = complete_statement(state=ChallengeState.NEEDS_CHANGES)
    bea, ada = bea_of(challenge), ada_of(challenge)

    first = actions.hand_in(challenge, by=bea)
    actions.send_back(challenge, by=ada, messages={"": "Bitte prüfen."})
    actions.answer_message(ReviewMessage.objects.get(), by=bea, text="Geprüft.")
    second = actions.hand_in(challenge, by=bea)

    assert (first.number, second.number, first.sha256) == (1, 2, second.sha256)


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda c: c.answers.pop("problem"), "Section B"),
        (lambda c: c.answers.update(procedure="planning", anonymity=False), "Section G"),
        (lambda c: c.precheck.delete(), "AI Act"),
        (lambda c: c.phases.filter(kind="questions").delete(), "All phases"),
    ],
)
def test_incomplete_statement_stays_on_the_desk(
    spoil: Callable[[Challenge], Any], where: str
) -> None:
    challenge = complete_statement()
    spoil(challenge)
    challenge.save()

    with translation.override("en"), pytest.raises(Incomplete) as caught:
        actions.hand_in(challenge, by=bea_of(challenge))

    challenge.refresh_from_db()
    assert challenge.state == "draft"
    assert [where in sentence for sentence in caught.value.data["missing"]] == [True]


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize(
    ("changes", "is_ready"),
    [
        ({"ruleset": "2024-1"}, False),
        ({"answers": {"pc1": "yes"}}, False),
        ({"answers": {**MINIMAL_RISK, "pc7": ["interaction"]}, "reasoning": "x" * 49}, False),
        ({"answers": {**MINIMAL_RISK, "pc7": ["interaction"]}, "reasoning": "x" * 50}, True),
    ],
)
def test_precheck_must_be_current_complete_and_reasoned(
    changes: dict[str, Any], is_ready: bool
) -> None:
    challenge = complete_statement()
    PreCheck.objects.filter(challenge=challenge).update(**changes)
    bea = bea_of(challenge)

    if is_ready:
        actions.hand_in(challenge, by=bea)
    else:
        with pytest.raises(Incomplete):
            actions.hand_in(challenge, by=bea)


@pytest.mark.usefixtures("without_scoring")
def test_open_question_of_the_office_keeps_the_statement_back() -> None:
    challenge = statement_in_review()
    bea, ada = bea_of(challenge), ada_of(challenge)
    actions.send_back(challenge, by=ada, messages={"goal": "Wie wird gemessen?"})

    with pytest.raises(Incomplete) as caught:
        actions.hand_in(challenge, by=bea)

    assert len(caught.value.data["missing"]) == 1
    actions.answer_message(ReviewMessage.objects.get(), by=bea, text="Mit Zeitstempeln.")
    assert actions.hand_in(challenge, by=bea).number == 1


def test_prohibited_practice_may_be_handed_in_but_never_accepted() -> None:
    challenge = statement_in_review()
    PreCheck.objects.filter(challenge=challenge).update(
        outcome="prohibited", outcomes=["prohibited"]
    )

    with pytest.raises(Incomplete) as caught:
        actions.accept(challenge, by=ada_of(challenge))

    challenge.refresh_from_db()
    assert (challenge.state, len(caught.value.data["missing"])) == ("in_review", 1)


# -- send back and answer -------------------------------------------------------------------------


def test_send_back_pins_questions_and_opens_their_tasks() -> None:
    challenge = statement_in_review()
    ada = ada_of(challenge)
    bea_of(challenge, email="bea@amt.example")
    for key in ("goal", "law"):
        StatementSection.objects.create(
            challenge=challenge, key=key, is_finished=True, saved_at=clock.now()
        )

    rows = actions.send_back(
        challenge, by=ada, messages={"goal": "Wie hoch ist die Quote heute?", "law": "  "}
    )

    assert (challenge.state, [(row.section, row.is_from_office) for row in rows]) == (
        "needs_changes",
        [("goal", True)],
    )
    assert dict(challenge.sections.values_list("key", "is_finished")) == {
        "goal": False,
        "law": True,
    }
    assert mails() == [("statement_returned", "bea@amt.example")]
    assert "Quote" not in OutboxMessage.objects.get().body


@pytest.mark.parametrize("messages", [{}, {"goal": " "}, {"nonsense": "Was?"}, {"": "x" * 4_001}])
def test_send_back_needs_a_question_to_a_task(messages: dict[str, str]) -> None:
    challenge = statement_in_review()

    with pytest.raises(ValidationError):
        actions.send_back(challenge, by=ada_of(challenge), messages=messages)

    challenge.refresh_from_db()
    assert challenge.state == "in_review"


def test_answer_belongs_to_its_question_and_stands() -> None:
    challenge = statement_in_review()
    bea = bea_of(challenge)
    (question,) = actions.send_back(challenge, by=ada_of(challenge), messages={"goal": "Wie?"})

    answer = actions.answer_message(question, by=bea, text=" So. ")

    assert (answer.answers_to, answer.section, answer.text, answer.is_from_office) == (
        question,
        "goal",
        "So.",
        False,
    )
    with pytest.raises(DomainError) as caught:
        actions.answer_message(question, by=bea, text="Doch anders.")
    assert caught.value.code == "answered"


@pytest.mark.parametrize("text", ["", "  ", "x" * 4_001])
def test_answer_needs_words(text: str) -> None:
    challenge = statement_in_review()
    (question,) = actions.send_back(challenge, by=ada_of(challenge), messages={"goal": "Wie?"})

    with pytest.raises(ValidationError):
        actions.answer_message(question, by=bea_of(challenge), text=text)


def test_answer_cannot_be_answered() -> None:
    challenge = statement_in_review()
    bea = bea_of(challenge)
    (question,) = actions.send_back(challenge, by=ada_of(challenge), messages={"goal": "Wie?"})
    answer = actions.answer_message(question, by=bea, text="So.")

    with pytest.raises(PermissionRefused):
        actions.answer_message(answer, by=bea, text="Und so.")


# -- accept ---------------------------------------------------------------------------------------


def test_accept_records_the_evidence_of_the_gates() -> None:
    challenge = statement_in_review()
    bea_of(challenge, email="bea@amt.example")

    actions.accept(challenge, by=ada_of(challenge))

    event = AuditEvent.objects.get()
    assert (challenge.state, event.action) == ("accepted", "challenge.accepted")
    assert event.data == {
        "from": "in_review",
        "to": "accepted",
        "procedure": "ideas",
        "est_value": 150_000,
        "eu_threshold": 216_000,
        "personal": "no",
        "dpo": None,
        "ruleset": "2026-2",
        "outcomes": ["minimal"],
        "flags": [],
    }
    assert mails() == [("statement_accepted", "bea@amt.example")]


RELEASED = {"dpo": "released", "dpo_statement": "DSB-1", "legal_basis_data": "Art. 6"}


@pytest.mark.parametrize(
    ("answers", "is_open"),
    [
        ({"personal": "anonymised"}, False),
        ({"personal": "anonymised", **RELEASED}, True),
        ({"personal": "pseudonymised", **RELEASED, "dpo": "conditions"}, True),
        ({"personal": "yes", **RELEASED, "dpo": "pending"}, False),
        ({"personal": "yes", **RELEASED, "dpo": "refused"}, False),
        ({"personal": "yes", **RELEASED, "dpo_statement": ""}, False),
        ({"personal": "yes", **RELEASED, "legal_basis_data": ""}, False),
        ({"dpia": "needed"}, False),
        ({"dpia": "needed", "dpo": "released", "dpo_statement": "DSB-1"}, True),
        ({"special_cat": True}, False),
        ({"procedure": ""}, False),
        ({"est_value": None}, False),
    ],
)
def test_gates_of_data_protection_and_law(answers: dict[str, Any], is_open: bool) -> None:
    challenge = statement_in_review(answers=answers)
    ada = ada_of(challenge)

    if is_open:
        actions.accept(challenge, by=ada)
    else:
        with pytest.raises(Incomplete):
            actions.accept(challenge, by=ada)

    challenge.refresh_from_db()
    assert (challenge.state == "accepted") is is_open


@pytest.mark.parametrize("part", ["created_by", "updated_by", "section", "version"])
def test_whoever_wrote_on_it_cannot_accept_it(part: str) -> None:
    challenge = statement_in_review()
    both = ada_of(challenge)
    if part in {"created_by", "updated_by"}:
        setattr(challenge, part, both)
        challenge.save()
    elif part == "section":
        StatementSection.objects.create(
            challenge=challenge, key="goal", saved_by=both, saved_at=clock.now()
        )
    else:
        StatementVersion.objects.create(
            challenge=challenge, number=1, content={}, sha256="0", made_at=clock.now(), made_by=both
        )

    with pytest.raises(DomainError) as caught:
        actions.accept(challenge, by=both)

    assert caught.value.code == "four_eyes"


def test_accept_without_finished_precheck_is_refused() -> None:
    challenge = statement_in_review()
    PreCheck.objects.filter(challenge=challenge).update(outcome="", outcomes=[])

    with pytest.raises(Incomplete):
        actions.accept(challenge, by=ada_of(challenge))


# -- publish --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_scoring")
def test_publish_freezes_with_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = complete_statement(state=ChallengeState.ACCEPTED)
    ada = ada_of(challenge)
    bea_of(challenge, email="bea@amt.example")
    seen: list[User] = []

    def freeze(frozen: Challenge, by: User) -> dict[str, Any]:
        seen.append(by)
        return {"rubric": f"of {frozen.code}"}

    monkeypatch.setattr(freezers, "_items", [freeze])
    now = clock.now()

    actions.publish(challenge, by=ada, now=now)

    version = StatementVersion.objects.get()
    assert (challenge.state, challenge.published_at, seen) == ("published", now, [ada])
    assert challenge.frozen_hash == version.sha256
    assert version.content["frozen"] == [{"rubric": f"of {challenge.code}"}]
    assert mails() == [("statement_published", "bea@amt.example")]


@pytest.mark.usefixtures("without_scoring")
def test_hash_changes_with_what_higher_apps_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for weight in (60, 61):
        challenge = complete_statement(
            state=ChallengeState.ACCEPTED, title_de="Gleich", code=f"P-{weight}"
        )
        monkeypatch.setattr(freezers, "_items", [lambda _c, _u, weight=weight: {"weight": weight}])
        actions.publish(challenge, by=ada_of(challenge))
        hashes.add(challenge.frozen_hash)

    assert len(hashes) == 2


def _spoil_start(challenge: Challenge) -> None:
    challenge.phases.filter(kind="submission").update(starts_at=clock.now() - DAY)


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: lose(c.competition.terms.all()),
        lambda c: Challenge.objects.filter(pk=c.pk).update(title_en=""),
        lambda c: Challenge.objects.filter(pk=c.pk).update(tagline_en=""),
        lambda c: PreCheck.objects.filter(challenge=c).update(outcomes=["prohibited"]),
        lambda c: Challenge.objects.filter(pk=c.pk).update(
            answers={**c.answers, "est_value": 216_000}
        ),
        lambda c: Challenge.objects.filter(pk=c.pk).update(answers={**c.answers, "contact": ""}),
        lambda c: Challenge.objects.filter(pk=c.pk).update(
            answers={
                **c.answers,
                "data_given": True,
                "datasets": [],
                "data_access": "open",
                "data_licence": "CC0-1.0",
            }
        ),
        _spoil_start,
    ],
)
def test_failed_check_keeps_the_statement_unpublished(spoil: Callable[[Challenge], Any]) -> None:
    challenge = complete_statement(state=ChallengeState.ACCEPTED)
    spoil(challenge)

    with pytest.raises(Incomplete):
        actions.publish(challenge, by=ada_of(challenge))

    challenge.refresh_from_db()
    assert (challenge.state, challenge.frozen_hash) == ("accepted", "")


@pytest.mark.usefixtures("without_scoring")
def test_warning_needs_a_typed_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = complete_statement(state=ChallengeState.ACCEPTED)
    ada = ada_of(challenge)
    warning = PublicationCheck(
        key="test.warning",
        run=lambda _challenge: CheckResult(passed=False, label="Wochenende"),
        blocking=False,
    )
    monkeypatch.setattr(publication_checks, "_items", [*publication_checks, warning])

    for reasons in ({}, {"test.warning": "  "}, {"other": "Grund"}):
        with pytest.raises(Incomplete):
            actions.publish(challenge, by=ada, reasons=reasons)
    actions.publish(challenge, by=ada, reasons={"test.warning": "Messe am Samstag."})

    assert AuditEvent.objects.get().data["reasons"] == {"test.warning": "Messe am Samstag."}


# -- every action ---------------------------------------------------------------------------------


def _make(state: str) -> Challenge:
    fields: dict[str, Any] = {"state": state}
    if state in {"published", "closed", "decided", "concluded"}:
        fields |= {"published_at": clock.now(), "frozen_hash": "0" * 64}
    challenge = complete_statement(**fields)
    ReviewMessage.objects.create(
        challenge=challenge, is_from_office=True, text="Wie?", sent_at=clock.now()
    )
    return challenge


MOVES: dict[str, tuple[str, Callable[[Challenge, User, User], Any]]] = {
    "hand_in": (ChallengeState.IN_REVIEW, lambda c, bea, _ada: actions.hand_in(c, by=bea)),
    "send_back": (
        ChallengeState.NEEDS_CHANGES,
        lambda c, _bea, ada: actions.send_back(c, by=ada, messages={"": "Bitte?"}),
    ),
    "accept": (ChallengeState.ACCEPTED, lambda c, _bea, ada: actions.accept(c, by=ada)),
    "publish": (ChallengeState.PUBLISHED, lambda c, _bea, ada: actions.publish(c, by=ada)),
}


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize("state", list(ChallengeState))
@pytest.mark.parametrize("name", MOVES)
def test_move_happens_from_its_states_only(name: str, state: ChallengeState) -> None:
    target, act = MOVES[name]
    challenge = _make(state)
    lose(ReviewMessage.objects.all())
    bea, ada = bea_of(challenge), ada_of(challenge)

    if allows(state, ChallengeState(target)):
        act(challenge, bea, ada)
    else:
        with pytest.raises(IllegalTransition):
            act(challenge, bea, ada)

    challenge.refresh_from_db()
    assert challenge.state == (target if allows(state, ChallengeState(target)) else state)


WRITES: dict[str, Callable[[Challenge, User], Any]] = {
    "save_section": lambda c, by: actions.save_section(
        c, by=by, section="goal", answers={"goal": "Neu"}
    ),
    "save_precheck": lambda c, by: actions.save_precheck(c, by=by, answers={"pc1": "no"}),
}


@pytest.mark.parametrize(
    "state", sorted(set(ChallengeState) - {ChallengeState.DRAFT, ChallengeState.NEEDS_CHANGES})
)
@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written_once_it_left_the_desk(name: str, state: str) -> None:
    challenge = _make(state)

    with pytest.raises(DomainError) as caught:
        WRITES[name](challenge, bea_of(challenge))

    assert caught.value.code == "not_editable"


EVERY: dict[str, tuple[str, str, Callable[[Challenge, User], Any]]] = {
    # name: state, who may, call
    "save_section": ("draft", "agency", WRITES["save_section"]),
    "save_precheck": ("draft", "agency", WRITES["save_precheck"]),
    "hand_in": ("draft", "agency", lambda c, by: actions.hand_in(c, by=by)),
    "answer_message": (
        "needs_changes",
        "agency",
        lambda c, by: actions.answer_message(c.messages.get(), by=by, text="So."),
    ),
    "send_back": (
        "in_review",
        "office",
        lambda c, by: actions.send_back(c, by=by, messages={"": "Wie?"}),
    ),
    "accept": ("in_review", "office", lambda c, by: actions.accept(c, by=by)),
    "publish": ("accepted", "office", lambda c, by: actions.publish(c, by=by)),
}


def _people(challenge: Challenge) -> dict[str, User]:
    return {
        "agency": bea_of(challenge),
        "office": ada_of(challenge),
        "other agency": agency_staff(AgencyFactory()),
        "other office": organiser(CompetitionFactory()),
        "nobody": UserFactory(),
        "operator": UserFactory(is_superuser=True),
    }


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize("name", EVERY)
def test_action_is_refused_to_everybody_else(name: str) -> None:
    state, allowed, act = EVERY[name]
    challenge = _make(state)
    if name == "hand_in":
        lose(ReviewMessage.objects.all())
    people = _people(challenge)
    refused = set()

    for who, person in people.items():
        if who == allowed:
            continue
        try:
            act(challenge, person)
        except PermissionRefused:
            refused.add(who)
    act(challenge, people[allowed])

    assert refused == set(people) - {allowed}


@pytest.mark.usefixtures("without_scoring")
@pytest.mark.parametrize("name", EVERY)
def test_without_its_event_nothing_is_written(name: str) -> None:
    state, allowed, act = EVERY[name]
    challenge = _make(state)
    if name == "hand_in":
        lose(ReviewMessage.objects.all())
    person = _people(challenge)[allowed]
    before = _everything(challenge)
    break_audit()

    with pytest.raises(IntegrityError):
        act(challenge, person)

    assert _everything(challenge) == before


def test_create_without_its_event_writes_nothing() -> None:
    agency = AgencyFactory()
    bea = agency_staff(agency)
    competition = CompetitionFactory()
    break_audit()

    with pytest.raises(IntegrityError):
        actions.create(agency, by=bea, competition=competition, title_de="Titel")

    assert not Challenge.objects.exists()


def _everything(challenge: Challenge) -> dict[str, Any]:
    return {
        "statement": Challenge.objects.filter(pk=challenge.pk).values().get(),
        "precheck": list(PreCheck.objects.values()),
        "sections": list(StatementSection.objects.values()),
        "versions": StatementVersion.objects.count(),
        "messages": list(ReviewMessage.objects.values()),
        "mails": OutboxMessage.objects.count(),
    }


def test_moment_of_an_action_is_the_one_given() -> None:
    challenge = ChallengeFactory()
    now = clock.now() - dt.timedelta(days=3)

    task = actions.save_section(
        challenge, by=bea_of(challenge), section="goal", answers={"goal": "X"}, now=now
    )

    assert (task.saved_at, challenge.updated_at, AuditEvent.objects.get().at) == (now, now, now)


def test_mail_is_written_in_the_language_of_its_reader() -> None:
    challenge = statement_in_review(title_de="Briefe", title_en="Letters")
    bea_of(challenge, email="de@amt.example", language="de")
    bea_of(challenge, email="en@amt.example", language="en")

    actions.accept(challenge, by=ada_of(challenge))

    subjects = dict(OutboxMessage.objects.values_list("recipient", "subject"))
    bodies = dict(OutboxMessage.objects.values_list("recipient", "body"))
    assert challenge.code in subjects["en@amt.example"]
    assert "Letters" in bodies["en@amt.example"]
    assert "Briefe" in bodies["de@amt.example"]
    assert f"/en/agency/challenges/{challenge.code}/" in bodies["en@amt.example"]
    assert f"/en/agency/challenges/{challenge.code}/" not in bodies["de@amt.example"]


def test_precheck_row_stays_one_per_statement() -> None:
    challenge = ChallengeFactory()
    PreCheckFactory(challenge=challenge)

    actions.save_precheck(challenge, by=bea_of(challenge), answers=MINIMAL_RISK)

    assert PreCheck.objects.get().outcome == "minimal"
