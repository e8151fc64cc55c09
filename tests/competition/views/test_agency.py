"""The desk of an agency: who sees what, saving, rows without a script, handing in, dialogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from competition.actions import statement as actions
from competition.extensions import slots
from competition.models import Challenge, PreCheck, Resource, ReviewMessage, StatementVersion
from competition.queries.statement import content_of
from competition.states import ChallengeState, PhaseKind
from competition.timeline import LIMITS
from core import clock
from core.models import AuditEvent
from tests import factories
from tests.factories import (
    COMPLETE_ANSWERS,
    MINIMAL_RISK,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    ResourceFactory,
    UserFactory,
    agency_staff,
    complete_statement,
    organiser,
    statement_in_review,
)

if TYPE_CHECKING:
    from accounts.models import User

type SignIn = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def url(name: str, challenge: Challenge, *args: Any) -> str:
    return reverse(f"competition:{name}", args=[challenge.code, *args])


@pytest.fixture
def draft() -> Challenge:
    return complete_statement()


@pytest.fixture
def bea(draft: Challenge) -> User:
    return agency_staff(draft.agency, name="Bea")


def send_back(challenge: Challenge, **messages: str) -> list[ReviewMessage]:
    ada = organiser(challenge.competition, name="Ada")
    return actions.send_back(challenge, by=ada, messages=messages or {"goal": "Wie?"})


def noon(days: int) -> str:
    return factories.noon(days).strftime("%Y-%m-%dT12:00")


GOAL = {
    "version": "0",
    "goal": "Neues Ziel",
    "goal_en": "New goal",
    "human_role": "support",
    "success-TOTAL_FORMS": "2",
    "success-INITIAL_FORMS": "0",
    "success-0-indicator": "Quote",
    "success-0-indicator_en": "Rate",
    "success-0-start": "41 %",
    "finished": "yes",
    "save": "1",
}
PHASES = {
    "version": "0",
    "questions-starts_at": noon(10),
    "questions-ends_at": noon(30),
    "submission-starts_at": noon(10),
    "submission-ends_at": noon(60),
    "assessment-starts_at": noon(70),
    "assessment-ends_at": noon(80),
    "deliberation-starts_at": noon(80),
    "deliberation-ends_at": noon(85),
    "finished": "later",
    "save": "1",
}
PRECHECK = {"version": "0", "reasoning": "", "finished": "yes", **MINIMAL_RISK}


def upload(name: str = "daten.csv", content: bytes = b"id\n1\n", **more: Any) -> dict[str, Any]:
    return {
        "file": SimpleUploadedFile(name, content),
        "title_de": "Daten",
        "licence": "CC0-1.0",
        "audience": "public",
        **more,
    }


# Every view that changes something: address, valid post, what is recorded, an invalid post.
type Post = tuple[Callable[[Challenge], str], Callable[[], dict[str, Any]], str, dict[str, Any]]
POSTS: dict[str, Post] = {
    "section": (
        lambda c: url("statement-section", c, "goal"),
        lambda: dict(GOAL),
        "challenge.section_saved",
        {"goal": "x" * 3_001},
    ),
    "precheck": (
        lambda c: url("statement-precheck", c),
        lambda: dict(PRECHECK),
        "challenge.precheck_saved",
        {"pc2": ["none", "emotion"]},
    ),
    "phases": (
        lambda c: url("statement-phases", c),
        lambda: dict(PHASES),
        "challenge.phases_set",
        {"submission-ends_at": ""},
    ),
    "resource": (
        lambda c: url("resource-list", c),
        upload,
        "resource.added",
        {"title_de": ""},
    ),
    "hand-in": (
        lambda c: url("statement-hand-in", c),
        dict,
        "challenge.in_review",
        {},
    ),
}


@pytest.mark.parametrize("name", POSTS)
def test_post_works_and_is_audited(name: str, draft: Challenge, bea: User, sign_in: SignIn) -> None:
    address, data, action, _bad = POSTS[name]

    response = sign_in(bea).post(address(draft), data())

    event = AuditEvent.objects.latest("sequence")
    assert response.status_code == 302, response.context and response.context["form"].errors
    assert (event.action, event.actor) == (action, bea.pk)


@pytest.mark.parametrize("name", POSTS)
def test_post_of_a_stranger_is_404(name: str, draft: Challenge, sign_in: SignIn) -> None:
    address, data, _action, _bad = POSTS[name]
    strangers = [
        agency_staff(AgencyFactory()),
        organiser(draft.competition),
        UserFactory(is_superuser=True),
    ]

    answers = {sign_in(person).post(address(draft), data()).status_code for person in strangers}

    assert (answers, AuditEvent.objects.count()) == ({404}, 0)


@pytest.mark.parametrize("name", POSTS)
def test_post_of_a_visitor_leads_to_the_sign_in(
    name: str, draft: Challenge, client: Client
) -> None:
    address, data, _action, _bad = POSTS[name]

    response = client.post(address(draft), data())

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", POSTS)
def test_post_while_the_office_reads_is_refused(name: str, sign_in: SignIn) -> None:
    address, data, _action, _bad = POSTS[name]
    challenge = statement_in_review()
    bea = agency_staff(challenge.agency)

    response = sign_in(bea).post(address(challenge), data())

    assert (response.status_code, AuditEvent.objects.count()) == (409, 0)


@pytest.mark.parametrize("name", [name for name in POSTS if name != "hand-in"])
def test_invalid_post_keeps_what_was_typed(
    name: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    address, data, _action, bad = POSTS[name]
    posted = {**data(), **bad}

    response = sign_in(bea).post(address(draft), posted)

    shown = response.context["form"]
    assert (response.status_code, AuditEvent.objects.count()) == (422, 0)
    assert {key: shown.data.getlist(key) for key in bad} == {
        key: value if isinstance(value, list) else [value] for key, value in bad.items()
    }
    assert b"error-summary" in response.content


@pytest.mark.parametrize("name", ["statement-hand-in"])
def test_get_of_a_change_is_refused(
    name: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    assert sign_in(bea).get(url(name, draft)).status_code == 405


PAGES = [
    ("statement-show", ()),
    ("statement-section", ("basics",)),
    ("statement-section", ("problem",)),
    ("statement-section", ("goal",)),
    ("statement-section", ("data",)),
    ("statement-section", ("law",)),
    ("statement-section", ("constraints",)),
    ("statement-section", ("competition",)),
    ("statement-section", ("transfer",)),
    ("statement-precheck", ()),
    ("statement-phases", ()),
    ("resource-list", ()),
    ("statement-check", ()),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_pages_of_a_draft_are_for_its_agency_only(
    name: str, args: tuple[str, ...], draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    people = {
        "agency": bea,
        "other agency": agency_staff(AgencyFactory()),
        "office": organiser(draft.competition),
        "nobody": UserFactory(),
    }

    answers = {
        who: sign_in(person).get(url(name, draft, *args)).status_code
        for who, person in people.items()
    }

    assert answers == {"agency": 200, "other agency": 404, "office": 404, "nobody": 404}


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_empty_draft_can_be_opened_everywhere(
    name: str, args: tuple[str, ...], sign_in: SignIn
) -> None:
    challenge = ChallengeFactory(title_en="", tagline_de="", tagline_en="")
    bea = agency_staff(challenge.agency)

    for prefix in ("", "/en"):
        response = sign_in(bea).get(prefix + url(name, challenge, *args))
        assert response.status_code == 200


@pytest.mark.parametrize(("name", "args"), [page for page in PAGES if page[0] != "statement-show"])
@pytest.mark.parametrize("state", ["in_review", "accepted"])
def test_forms_lead_to_the_statement_once_it_left_the_desk(
    state: str, name: str, args: tuple[str, ...], sign_in: SignIn
) -> None:
    challenge = complete_statement(state=state)
    bea = agency_staff(challenge.agency)

    response = sign_in(bea).get(url(name, challenge, *args))

    assert response.status_code == 302
    assert response["Location"].partition("#")[0] == url("statement-show", challenge)


def test_unknown_section_is_404(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    assert sign_in(bea).get(url("statement-section", draft, "weather")).status_code == 404


# -- list and start -------------------------------------------------------------------------------


def test_list_shows_statements_of_own_agencies_only(sign_in: SignIn) -> None:
    mine = ChallengeFactory()
    waiting = ChallengeFactory(agency=mine.agency, state=ChallengeState.NEEDS_CHANGES)
    ChallengeFactory()
    ChallengeFactory(published=True)

    response = sign_in(agency_staff(mine.agency)).get(reverse("competition:statement-list"))

    assert list(response.context["statements"]) == [waiting, mine]


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number_of_rows(
    count: int, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    agency = AgencyFactory()
    for _ in range(count):
        ReviewMessage.objects.create(
            challenge=ChallengeFactory(agency=agency),
            is_from_office=True,
            text="Wie?",
            sent_at=clock.now(),
        )
    client = sign_in(agency_staff(agency))

    with django_assert_num_queries(LIST_QUERIES):
        client.get(reverse("competition:statement-list"))


LIST_QUERIES = 6


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("state", "queries"), [("needs_changes", 13), ("in_review", 13)])
def test_statement_page_needs_the_same_queries_for_any_length(
    state: str,
    queries: int,
    count: int,
    sign_in: SignIn,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots, "_items", [])  # tasks of higher apps count their own
    challenge = complete_statement(state=state)
    bea = agency_staff(challenge.agency)
    for number in range(count):
        ReviewMessage.objects.create(
            challenge=challenge, is_from_office=True, text="Wie?", sent_at=clock.now(), author=bea
        )
        StatementVersion.objects.create(
            challenge=challenge,
            number=number + 1,
            content={},
            sha256="0" * 64,
            made_at=clock.now(),
            made_by=bea,
        )
        ResourceFactory(challenge=challenge)
    client = sign_in(bea)

    with django_assert_num_queries(queries):
        client.get(url("statement-show", challenge))


def test_start_needs_a_title_only_where_one_choice_exists(sign_in: SignIn) -> None:
    competition = CompetitionFactory()
    agency = AgencyFactory()
    bea = agency_staff(agency)
    data = {"title_de": "Briefe lesen", "competition": competition.pk, "agency": agency.pk}

    response = sign_in(bea).post(reverse("competition:statement-create"), data)

    challenge = Challenge.objects.get()
    assert response["Location"] == url("statement-show", challenge)
    assert (challenge.title_de, challenge.created_by) == ("Briefe lesen", bea)
    assert AuditEvent.objects.get().action == "challenge.created"


def test_start_is_not_offered_to_people_without_agency(sign_in: SignIn) -> None:
    client = sign_in(UserFactory())

    answers = [
        client.get(reverse("competition:statement-create")).status_code,
        client.post(reverse("competition:statement-create"), {"title_de": "X"}).status_code,
    ]

    assert (answers, Challenge.objects.count()) == ([404, 404], 0)


@pytest.mark.parametrize(
    "change", [{"title_de": ""}, {"agency": "foreign"}, {"competition": "hidden"}]
)
def test_start_refuses_foreign_agencies_and_hidden_competitions(
    change: dict[str, str], sign_in: SignIn
) -> None:
    competition, hidden = CompetitionFactory(), CompetitionFactory(published_at=None)
    agency, foreign = AgencyFactory(), AgencyFactory()
    data: dict[str, Any] = {"title_de": "T", "competition": competition.pk, "agency": agency.pk}
    keys = {"foreign": foreign.pk, "hidden": hidden.pk}
    data |= {key: keys.get(value, value) for key, value in change.items()}

    response = sign_in(agency_staff(agency)).post(reverse("competition:statement-create"), data)

    assert (response.status_code, Challenge.objects.count()) == (422, 0)


# -- sections -------------------------------------------------------------------------------------


def test_section_is_saved_in_both_languages_with_rows(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    response = sign_in(bea).post(url("statement-section", draft, "goal"), GOAL)

    draft.refresh_from_db()
    assert response["Location"] == url("statement-section", draft, "goal")
    assert draft.answers["goal"] == "Neues Ziel"
    assert draft.translations == {"goal": "New goal"}
    assert draft.answers["success"] == [
        {"indicator": "Quote", "indicator_en": "Rate", "start": "41 %"}
    ]
    assert draft.sections.get().is_finished


def test_save_and_next_leads_through_all_tasks(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    response = sign_in(bea).post(
        url("statement-section", draft, "goal"), {**GOAL, "save_next": "1"}
    )

    assert response["Location"] == url("statement-section", draft, "data")


def test_last_task_leads_back_to_the_list(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    response = sign_in(bea).post(
        url("statement-section", draft, "transfer"),
        {"version": "0", "pilot": "X", "save_next": "1"},
    )

    assert response["Location"] == url("statement-show", draft)


def test_incomplete_section_can_be_saved(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    empty = {
        "version": "0",
        "goal": "",
        "success-TOTAL_FORMS": "1",
        "success-INITIAL_FORMS": "0",
        "save": "1",
    }

    response = sign_in(bea).post(url("statement-section", draft, "goal"), empty)

    draft.refresh_from_db()
    assert response.status_code == 302
    assert {"goal", "success", "human_role"} & set(draft.answers) == set()


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ({"add_row": "success"}, ["Quote", "", None]),
        ({"remove_row": "success-0"}, [""]),
        ({"remove_row": "success-1"}, ["Quote"]),
        ({"remove_row": "success-9"}, ["Quote", ""]),
        ({"add_row": "nonsense"}, ["Quote", ""]),
    ],
)
def test_rows_grow_and_shrink_without_saving(
    button: dict[str, str],
    expected: list[str | None],
    draft: Challenge,
    bea: User,
    sign_in: SignIn,
) -> None:
    typed = {**GOAL, "goal": "halb getippt", "human_role": "nonsense", **button}
    del typed["save"]

    response = sign_in(bea).post(url("statement-section", draft, "goal"), typed)

    form = response.context["form"]
    rows = form.row_sets["success"].forms
    assert [row["indicator"].value() for row in rows] == expected
    assert (form["goal"].value(), form["finished"].value()) == ("halb getippt", "yes")
    assert (response.status_code, AuditEvent.objects.count()) == (200, 0)
    assert form.errors == {}


def test_more_rows_than_allowed_are_not_offered(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    typed = {**GOAL, "success-TOTAL_FORMS": "12", "add_row": "success"}

    response = sign_in(bea).post(url("statement-section", draft, "goal"), typed)

    form = response.context["form"]
    assert len(form.row_sets["success"].forms) == 12
    assert [asked.can_grow for asked in form.questions if asked.rows is not None] == [False]


def test_error_in_a_cell_is_shown_at_the_cell(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    data = {
        "version": "0",
        "prizes-TOTAL_FORMS": "1",
        "prizes-INITIAL_FORMS": "0",
        "prizes-0-place": "1. Preis",
        "prizes-0-amount": "viel",
        **{
            f"{key}-{name}_FORMS": "0"
            for key in ("deliverables", "min_requirements", "jury_fields")
            for name in ("TOTAL", "INITIAL")
        },
    }

    response = sign_in(bea).post(url("statement-section", draft, "competition"), data)

    (row,) = response.context["form"].row_sets["prizes"].forms
    assert (response.status_code, list(row.errors)) == (422, ["amount"])
    assert row["place"].value() == "1. Preis"


def test_stale_form_shows_both_texts_and_can_be_saved_again(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    dora = agency_staff(draft.agency, name="Dora")
    actions.save_section(draft, by=dora, section="goal", answers={"goal": "Doras Ziel"})
    client = sign_in(bea)

    conflict = client.post(url("statement-section", draft, "goal"), GOAL)

    form = conflict.context["form"]
    assert conflict.status_code == 409
    assert (form["goal"].value(), form["version"].value()) == ("Neues Ziel", "1")
    page = conflict.content.decode()
    assert "<mark>Doras</mark> Ziel" in page
    assert "<mark>Neues</mark> Ziel" in page
    assert "data-autosave=" not in page

    again = client.post(
        url("statement-section", draft, "goal"), {**GOAL, "version": form["version"].value()}
    )

    draft.refresh_from_db()
    assert (again.status_code, draft.answers["goal"]) == (302, "Neues Ziel")


def test_stored_answers_are_kept_where_they_are_chosen(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    dora = agency_staff(draft.agency, name="Dora")
    actions.save_section(
        draft,
        by=dora,
        section="goal",
        answers={"goal": "Doras Ziel", "success": [{"indicator": "Zeit", "start": "3 Tage"}]},
        translations={"goal": "Dora's goal"},
    )

    sign_in(bea).post(
        url("statement-section", draft, "goal"),
        {**GOAL, "version": "1", "take-goal": "stored", "take-success": "stored"},
    )

    draft.refresh_from_db()
    assert draft.answers["goal"] == "Doras Ziel"
    assert [row["indicator"] for row in draft.answers["success"]] == ["Zeit"]
    assert draft.answers["human_role"] == "support"
    assert draft.translations["goal"] == "New goal"


# -- saving by itself ------------------------------------------------------------------------------


def write(client: Client, draft: Challenge, **changes: str):
    return client.post(
        url("statement-section", draft, "goal"),
        GOAL | changes,
        headers={"Accept": "application/json"},
    )


def test_section_saves_itself(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    client = sign_in(bea)

    first = write(client, draft)
    second = write(client, draft, version="1", goal="Noch ein Ziel")

    draft.refresh_from_db()
    assert (first.status_code, first.json()["version"], first.json()["unsaved"]) == (200, 1, {})
    assert (second.json()["version"], draft.answers["goal"]) == (2, "Noch ein Ziel")


def test_new_rows_stay_however_often_the_section_saves_itself(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    """The page goes on to call them new rows."""
    client = sign_in(bea)
    write(client, draft)
    draft.refresh_from_db()
    stored = draft.answers["success"]

    found = []
    for version in (1, 2):
        write(client, draft, version=str(version), goal=f"Ziel {version}")
        draft.refresh_from_db()
        found.append(draft.answers["success"])
    client.post(url("statement-section", draft, "goal"), GOAL | {"version": "3"})

    draft.refresh_from_db()
    assert stored
    assert [*found, draft.answers["success"]] == [stored] * 3


def test_section_that_saves_itself_keeps_what_is_no_answer_yet(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    write(client, draft)

    answer = write(client, draft, version="1", goal="x" * 20_000, goal_en="Better goal")

    draft.refresh_from_db()
    assert (answer.status_code, list(answer.json()["unsaved"])) == (200, ["goal"])
    assert (draft.answers["goal"], draft.translations["goal"]) == ("Neues Ziel", "Better goal")


def test_section_that_saves_itself_overwrites_nobody(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    dora = agency_staff(draft.agency, name="Dora")
    actions.save_section(draft, by=dora, section="goal", answers={"goal": "Doras Ziel"})

    answer = write(sign_in(bea), draft)

    draft.refresh_from_db()
    assert (answer.status_code, draft.answers["goal"]) == (409, "Doras Ziel")
    assert answer.json()["sentence"]


def test_section_that_saves_itself_writes_one_event_for_a_spell(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    for number in range(4):
        write(client, draft, version=str(number), goal=f"Ziel {number}")
    client.post(url("statement-section", draft, "goal"), GOAL | {"version": "4"})

    events = AuditEvent.objects.filter(action__startswith="challenge.section")
    found = [(event.action, event.data.get("part"), event.actor) for event in events]
    assert sorted(found, key=str) == [
        ("challenge.section_saved", None, bea.pk),
        ("challenge.section_written", "goal", bea.pk),
    ]


@pytest.mark.parametrize(("change", "status"), [({"version": ""}, 422), ({"version": "x"}, 422)])
def test_section_without_a_version_does_not_save_itself(
    draft: Challenge, bea: User, sign_in: SignIn, change: dict[str, str], status: int
) -> None:
    assert write(sign_in(bea), draft, **change).status_code == status


def test_section_of_strangers_does_not_save_itself(draft: Challenge, sign_in: SignIn) -> None:
    assert write(sign_in(UserFactory()), draft).status_code == 404


def test_form_with_another_row_is_saved_by_itself_afterwards(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)

    page = client.post(url("statement-section", draft, "goal"), GOAL | {"add_row": "success"})

    assert 'data-autosave="dirty"' in page.content.decode()
    assert 'data-autosave="on"' in client.get(url("statement-section", draft, "goal")).text


def test_preset_is_german_whatever_the_language_of_the_page(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    del draft.answers["exclusions"]
    draft.save()

    response = sign_in(bea).get("/en" + url("statement-section", draft, "competition"))

    form = response.context["form"]
    assert form["exclusions"].value() != form["exclusions_en"].value()
    assert form["exclusions_en"].value().startswith("People who prepare")


@pytest.mark.parametrize(("path", "shown"), [("", "45\u202f000"), ("/en", "45,000")])
def test_numbers_are_shown_as_they_can_be_read_back(
    path: str, shown: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    address = path + url("statement-section", draft, "problem")

    value = client.get(address).context["form"]["volume"].value()
    client.post(address, {"version": "0", "volume": value, "effort_minutes": "3.5"})

    draft.refresh_from_db()
    assert (value, draft.answers["volume"], draft.answers["effort_minutes"]) == (
        shown,
        45_000,
        "3.5",
    )


def test_questions_that_do_not_apply_are_folded(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    response = sign_in(bea).get(url("statement-section", draft, "law"))

    folded = {asked.question.key for asked in response.context["form"].questions if asked.is_folded}
    assert folded == {"ted_number", "follow_up_plan", "suitability_proofs"}


# -- pre-check, timeline, files -------------------------------------------------------------------


def test_precheck_shows_outcome_and_duties(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    client = sign_in(bea)
    answers = {**PRECHECK, "pc4": ["5a"], "pc5": "no", "pc6": "yes"}

    client.post(url("statement-precheck", draft), answers)
    response = client.get(url("statement-precheck", draft))

    result = response.context["result"]
    assert result.outcome == "high_risk_annex_iii"
    assert [duty.key for duty in result.duties] == ["fria", "deployer", "provider"]
    assert "02.12.2027" in response.content.decode()


def test_stale_precheck_keeps_both_answers(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    dora = agency_staff(draft.agency, name="Dora")
    actions.save_precheck(draft, by=dora, answers={"pc1": "no"}, reasoning="Doras Grund")

    client = sign_in(bea)

    response = client.post(url("statement-precheck", draft), PRECHECK)

    form = response.context["form"]
    assert response.status_code == 409
    assert "<mark>Doras Grund</mark>" in response.content.decode()
    assert [piece.text for piece in form.fields["pc1"].versus.stored] == ["Nein"]
    assert form["version"].value() == "1"
    assert PreCheck.objects.get().answers == {"pc1": "no"}

    taken = {"version": "1", "take-reasoning": "stored", "take-pc1": "own"}
    client.post(url("statement-precheck", draft), PRECHECK | taken)

    stored = PreCheck.objects.get()
    assert (stored.reasoning, stored.answers["pc1"]) == ("Doras Grund", PRECHECK["pc1"])


# -- pre-check and timeline save themselves --------------------------------------------------------


def write_task(client: Client, draft: Challenge, name: str, **changes: Any) -> Any:
    valid = {"precheck": PRECHECK, "phases": PHASES}[name]
    return client.post(
        url(f"statement-{name}", draft), valid | changes, headers={"Accept": "application/json"}
    )


@pytest.mark.parametrize("name", ["precheck", "phases"])
def test_task_saves_itself_and_writes_one_event_for_a_spell(
    name: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)

    answers = [
        write_task(client, draft, name, version=str(number), finished=finished)
        for number, finished in enumerate(("yes", "later", "yes"))
    ]

    task = draft.sections.get(key=name)
    assert [answer.json()["version"] for answer in answers] == [1, 2, 3]
    assert [answer.json()["unsaved"] for answer in answers] == [{}] * 3
    assert (task.version, task.is_finished, task.saved_by) == (3, True, bea)
    events = AuditEvent.objects.filter(actor=bea.pk).values_list("action", flat=True)
    assert list(events) == [f"challenge.{name}_written"]


@pytest.mark.parametrize("name", ["precheck", "phases"])
def test_task_that_saves_itself_needs_a_version_and_somebody_who_may(
    name: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    assert write_task(sign_in(bea), draft, name, version="").status_code == 422
    assert write_task(sign_in(UserFactory()), draft, name).status_code == 404
    assert not draft.sections.filter(key=name).exists()


def test_precheck_that_saves_itself_keeps_what_is_no_answer_yet(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    write_task(client, draft, "precheck", reasoning="Ein Grund")

    answer = write_task(
        client, draft, "precheck", version="1", pc1="unclear", pc2=["none", "emotion"]
    )

    stored = PreCheck.objects.get()
    assert (answer.status_code, list(answer.json()["unsaved"])) == (200, ["pc2"])
    assert (stored.answers["pc1"], stored.answers["pc2"]) == ("unclear", PRECHECK["pc2"])


def test_precheck_that_saves_itself_overwrites_nobody(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    dora = agency_staff(draft.agency, name="Dora")
    actions.save_precheck(draft, by=dora, answers={"pc1": "no"}, reasoning="Doras Grund")

    answer = write_task(sign_in(bea), draft, "precheck")

    assert (answer.status_code, PreCheck.objects.get().answers) == (409, {"pc1": "no"})
    assert answer.json()["sentence"]


@pytest.mark.parametrize(
    ("change", "unsaved"),
    [
        ({"assessment-ends_at": ""}, ["assessment-ends_at"]),
        ({"assessment-starts_at": noon(50)}, ["assessment-starts_at"]),
        ({"assessment-ends_at": "0002-01-01T12:00"}, ["assessment-ends_at"]),
    ],
)
def test_timeline_that_saves_itself_keeps_a_phase_that_is_impossible_yet(
    change: dict[str, str], unsaved: list[str], draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    write_task(client, draft, "phases")

    answer = write_task(
        client, draft, "phases", **{"version": "1", "questions-ends_at": noon(31), **change}
    )

    ends = {
        phase.kind: timezone.localtime(phase.ends_at).strftime("%Y-%m-%dT%H:%M")
        for phase in draft.phases.all()
    }
    assert (answer.json()["version"], list(answer.json()["unsaved"])) == (2, unsaved)
    assert (ends[PhaseKind.QUESTIONS], ends[PhaseKind.ASSESSMENT]) == (noon(31), noon(80))


def test_timeline_that_does_not_go_with_what_is_stored_stays_as_it_is(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    write_task(client, draft, "phases")

    # The end of the assessment is not typed yet, and the submission lasts longer than its start.
    answer = write_task(
        client,
        draft,
        "phases",
        **{"version": "1", "submission-ends_at": noon(75), "assessment-ends_at": ""},
    )

    phase = draft.phases.get(kind=PhaseKind.SUBMISSION)
    assert timezone.localtime(phase.ends_at).strftime("%Y-%m-%dT%H:%M") == noon(60)
    assert set(answer.json()["unsaved"]) == {"assessment-ends_at", "assessment-starts_at"}
    assert answer.json()["version"] == 1


def test_stale_timeline_overwrites_nobody_and_shows_both(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    sign_in(agency_staff(draft.agency, name="Dora")).post(
        url("statement-phases", draft), PHASES | {"submission-ends_at": noon(61)}
    )
    client = sign_in(bea)

    by_itself = write_task(client, draft, "phases")
    page = client.post(url("statement-phases", draft), PHASES)
    field = page.context["form"].fields["submission-ends_at"]
    taken = {"version": "1", "take-submission-ends_at": "stored", "questions-ends_at": noon(29)}
    client.post(url("statement-phases", draft), PHASES | taken)

    ends = {
        phase.kind: timezone.localtime(phase.ends_at).strftime("%Y-%m-%dT%H:%M")
        for phase in draft.phases.all()
    }
    assert (by_itself.status_code, page.status_code) == (409, 409)
    assert field.versus.stored != field.versus.own
    assert page.context["form"]["version"].value() == "1"
    assert 'data-autosave="' not in page.text
    assert (ends[PhaseKind.SUBMISSION], ends[PhaseKind.QUESTIONS]) == (noon(61), noon(29))


# -- timeline --------------------------------------------------------------------------------------


def test_phases_are_stored_in_the_zone_of_the_installation(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    sign_in(bea).post(url("statement-phases", draft), PHASES)

    phase = draft.phases.get(kind=PhaseKind.SUBMISSION)
    assert timezone.localtime(phase.ends_at).strftime("%Y-%m-%dT%H:%M") == noon(60)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("submission-starts_at", "2027-03-28T02:30"),  # the hour that does not exist
        ("submission-starts_at", "2027-10-31T02:30"),  # the hour that comes twice
        ("submission-starts_at", "tomorrow"),
        ("assessment-starts_at", noon(50)),  # before the submission ends
    ],
)
def test_impossible_moments_are_explained_at_their_field(
    field: str, value: str, draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    response = sign_in(bea).post(url("statement-phases", draft), {**PHASES, field: value})

    form = response.context["form"]
    assert (response.status_code, list(form.errors), form.data[field]) == (422, [field], value)


def test_limits_are_asked_where_predictions_are_scored(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    without = client.get(url("statement-phases", draft)).context["form"]
    Challenge.objects.filter(pk=draft.pk).update(wants_predictions=True)

    client.post(
        url("statement-phases", draft),
        {
            **PHASES,
            "submission-limit_per_day": "3",
            "submission-limit_total": "30",
            "submission-limit_at_once": "2",
            "submission-person_limit_per_day": "1",
        },
    )

    phase = draft.phases.get(kind=PhaseKind.SUBMISSION)
    assert "submission-limit_per_day" not in without.fields
    limits = {name: getattr(phase, name) for name in LIMITS if getattr(phase, name) is not None}
    assert limits == {
        "limit_per_day": 3,
        "limit_total": 30,
        "limit_at_once": 2,
        "person_limit_per_day": 1,
    }
    # In the frozen version stand those that are set, and the two that every version names.
    plan = content_of(Challenge.objects.get(pk=draft.pk))["phases"]
    submission = next(entry for entry in plan if entry["kind"] == "submission")
    assert {name: submission[name] for name in LIMITS if name in submission} == limits


def test_refused_file_is_explained_at_its_field(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    response = sign_in(bea).post(url("resource-list", draft), upload("virus.exe", b"MZ"))

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["file"])


def test_file_is_removed_after_a_second_question(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)
    client.post(url("resource-list", draft), upload())
    row = Resource.objects.get()
    address = url("resource-delete", draft, row.code)

    asked = client.get(address)
    kept = Resource.objects.count()
    done = client.post(address)

    assert (asked.status_code, kept, done.status_code) == (200, 1, 302)
    assert not Resource.objects.exists()
    assert AuditEvent.objects.latest("sequence").action == "resource.removed"


def test_file_cannot_be_removed_by_strangers_or_later(sign_in: SignIn, draft: Challenge) -> None:
    row = ResourceFactory(challenge=draft)
    handed_in = ResourceFactory(challenge=statement_in_review())
    people = [
        (agency_staff(AgencyFactory()), row),
        (organiser(draft.competition), row),
        (agency_staff(handed_in.challenge.agency), handed_in),
    ]

    answers = {
        sign_in(person).post(url("resource-delete", file.challenge, file.code)).status_code
        for person, file in people
    }

    assert (answers, Resource.objects.count()) == ({404}, 2)


def test_file_of_another_statement_is_not_found(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    foreign = ResourceFactory()

    response = sign_in(bea).post(url("resource-delete", draft, foreign.code))

    assert (response.status_code, Resource.objects.count()) == (404, 1)


# -- check and hand in ----------------------------------------------------------------------------


def test_check_page_names_what_is_missing_with_links(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    del draft.answers["goal"]
    draft.title_en = ""
    draft.save()

    response = sign_in(bea).get(url("statement-check", draft))

    unmet = response.context["unmet"]
    assert [result.url for result in unmet] == [f"{url('statement-section', draft, 'goal')}#q-goal"]
    assert [gap.field for gap in response.context["later"]] == ["title_en"]


def test_hand_in_with_gaps_leads_to_the_list_of_them(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    del draft.answers["goal"]
    draft.save()

    response = sign_in(bea).post(url("statement-hand-in", draft))

    draft.refresh_from_db()
    assert (response.status_code, draft.state) == (422, "draft")
    assert [result.url for result in response.context["unmet"]] == [
        f"{url('statement-section', draft, 'goal')}#q-goal"
    ]


def test_hand_in_ends_with_a_confirmation_that_can_be_bookmarked(
    draft: Challenge, bea: User, sign_in: SignIn
) -> None:
    client = sign_in(bea)

    response = client.post(url("statement-hand-in", draft))
    page = client.get(response["Location"])

    assert response["Location"] == url("statement-show", draft)
    assert page.context["latest"].number == 1
    assert draft.code in page.content.decode()


def test_office_reads_the_statement_once_it_is_handed_in(sign_in: SignIn) -> None:
    challenge = statement_in_review()

    response = sign_in(organiser(challenge.competition)).get(url("statement-show", challenge))

    assert response.status_code == 200
    assert COMPLETE_ANSWERS["sponsor"] in response.content.decode()


# -- dialogue -------------------------------------------------------------------------------------


def test_question_is_answered_below_it(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    bea = agency_staff(challenge.agency)
    send_back(challenge, goal="Wie hoch ist die Quote?", law="Welches Gesetz?")

    response = sign_in(bea).post(url("message-answer", challenge, 2), {"text": "Dieses."})

    question = ReviewMessage.objects.get(section="law", is_from_office=True)
    assert response["Location"] == f"{url('statement-show', challenge)}#question-2"
    assert question.answered_by.text == "Dieses."
    assert AuditEvent.objects.latest("sequence").action == "challenge.question_answered"


def test_questions_stand_at_their_tasks(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    bea = agency_staff(challenge.agency)
    send_back(challenge, goal="Wie hoch ist die Quote?")
    client = sign_in(bea)

    tasks = client.get(url("statement-show", challenge)).context["tasks"]
    section = client.get(url("statement-section", challenge, "goal"))
    other = client.get(url("statement-section", challenge, "law"))

    assert [task.key for task in tasks if task.tone] == ["goal"]
    assert "Wie hoch ist die Quote?" in section.content.decode()
    assert "Wie hoch ist die Quote?" not in other.content.decode()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4_001])
def test_bad_answer_is_shown_again(text: str, sign_in: SignIn) -> None:
    challenge = statement_in_review()
    bea = agency_staff(challenge.agency)
    send_back(challenge)

    response = sign_in(bea).post(url("message-answer", challenge, 1), {"text": text})

    assert (response.status_code, response.context["answer_to"]) == (422, 1)
    assert response.context["answer_form"].data["text"] == text
    assert ReviewMessage.objects.count() == 1


def test_answer_is_for_the_agency_and_for_existing_questions(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    bea = agency_staff(challenge.agency)
    send_back(challenge)
    data = {"text": "Antwort"}

    answers = [
        sign_in(agency_staff(AgencyFactory())).post(url("message-answer", challenge, 1), data),
        sign_in(organiser(challenge.competition)).post(url("message-answer", challenge, 1), data),
        sign_in(bea).post(url("message-answer", challenge, 2), data),
        sign_in(bea).get(url("message-answer", challenge, 1)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 405]
    assert ReviewMessage.objects.count() == 1


def test_question_is_answered_once(sign_in: SignIn) -> None:
    challenge = statement_in_review()
    client = sign_in(agency_staff(challenge.agency))
    send_back(challenge)
    client.post(url("message-answer", challenge, 1), {"text": "Erst so."})

    response = client.post(url("message-answer", challenge, 1), {"text": "Dann so."})

    assert response.status_code == 409
    assert ReviewMessage.objects.get(is_from_office=False).text == "Erst so."


def test_pages_hold_no_inline_style_or_script(draft: Challenge, bea: User, sign_in: SignIn) -> None:
    client = sign_in(bea)

    for name, args in PAGES:
        page = client.get(url(name, draft, *args)).content.decode()
        assert "style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
