"""The public page of a problem statement and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import User
from competition.extensions import Contribution, Place, Slot, slots
from competition.models import Challenge, PhaseChange, Resource
from competition.states import Audience, ChallengeState, Outcome, PhaseKind
from core import clock
from core.storage import RESOURCES
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    EntryFactory,
    PhaseFactory,
    PreCheckFactory,
    ResourceFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    complete_statement,
    open_challenge,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db

type SignIn = Callable[[User], Client]


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# -- what stands on the page ----------------------------------------------------------------------


def test_published_answers_are_shown_and_internal_ones_are_not(client: Client) -> None:
    challenge = open_challenge(
        answers={
            "problem": "Das Amt tippt **alles** ab.",
            "human_role": "support",
            "volume": 180_000,
            "procurement_contact": "Vergabestelle, Apparat 210",
            "est_value": 987_654,
            "dpia_reason": "Interne Abwägung",
            "sponsor": "Dezernat Geheim",
            "cost": 4_321,
            "cost_public": False,
        }
    )

    page = text_of(client.get(challenge.get_absolute_url()))

    assert "<p>Das Amt tippt <strong>alles</strong> ab.</p>" in page
    # Tokens and addresses in the markup may hold any digits.
    shown = strip_tags(page.partition("<main")[2]).replace("\u00a0", " ").replace("\u202f", " ")
    assert "180 000" in shown
    hidden = ["Apparat 210", "987 654", "987654", "Interne Abwägung", "Dezernat", "4 321", "4321"]
    assert [word for word in hidden if word in shown] == []


def test_facts_say_what_to_hand_in_what_counts_and_what_is_won(client: Client) -> None:
    challenge = open_challenge(
        wants_predictions=True,
        answers={
            "deliverables": [
                {"name": "Konzept", "name_en": "Concept", "format": "PDF", "pages": 8},
                {"name": "Vorhersagedatei", "format": "CSV", "megabytes": 10},
            ],
            "prizes": [
                {"place": "2", "amount": 5_000, "kind": "money"},
                {"place": "1", "amount": 20_000, "kind": "money"},
                {"place": "Erprobung", "kind": "pilot"},
            ],
        },
    )
    challenge.phases.update(limit_per_day=3, limit_total=20)

    context = client.get(challenge.get_absolute_url()).context
    page = text_of(client.get(challenge.get_absolute_url()))

    assert [(item.name.text, item.limits) for item in context["deliverables"]] == [
        ("Konzept", "PDF, 8 Seiten"),
        ("Vorhersagedatei", "CSV, höchstens 10 MB"),
    ]
    assert (context["prizes"], context["other_prizes"]) == ([20_000, 5_000], ["Pilotauftrag"])
    assert "je Team: 3 ausgewertete am Tag, 20 insgesamt" in page
    assert "20 insgesamt" in page


def test_facts_without_a_table_of_deliverables_follow_the_kinds_of_files(client: Client) -> None:
    challenge = open_challenge(wants_concept=True, wants_predictions=True)

    items = client.get(challenge.get_absolute_url()).context["deliverables"]

    assert [(item.name.text, item.limits) for item in items] == [
        ("Konzept", "PDF"),
        ("Vorhersagedatei", "CSV"),
    ]


def test_english_page_takes_english_rows_and_marks_german_ones(client: Client) -> None:
    challenge = open_challenge(
        answers={
            "deliverables": [
                {"name": "Konzept", "name_en": "Concept", "format": "PDF"},
                {"name": "Datenblatt", "format": "PDF"},
            ]
        }
    )

    page = text_of(client.get(f"/en{challenge.get_absolute_url()}"))

    assert "<span>Concept</span>" in page
    assert '<span lang="de">Datenblatt</span>' in page


def test_tags_name_standing_outcome_and_licence(client: Client) -> None:
    challenge = open_challenge(answers={"data_licence": "CC-BY-4.0", "data_given": True})
    PreCheckFactory(challenge=challenge, outcome=Outcome.MINIMAL)

    head = client.get(challenge.get_absolute_url()).context["head"]

    assert (head.standing.label, head.outcome, head.outcome_tone, head.is_high_risk) == (
        "Einreichung offen",
        "Minimales Risiko",
        "plain",
        False,
    )
    assert "4.0" in head.licence


def test_high_risk_is_said_on_the_page(client: Client) -> None:
    challenge = open_challenge()
    PreCheckFactory(challenge=challenge, outcome=Outcome.HIGH_RISK_ANNEX_III)

    page = text_of(client.get(challenge.get_absolute_url()))

    assert "Hohes Risiko nach der KI-Verordnung" in page


def test_deadline_that_has_passed_is_no_countdown(client: Client) -> None:
    challenge = ChallengeFactory(published=True)
    now = clock.now()
    PhaseFactory(challenge=challenge, starts_at=now - 2 * DAY, ends_at=now - DAY)

    page = text_of(client.get(challenge.get_absolute_url()))

    assert "data-deadline=" not in page
    assert "Einreichung beendet" in page


def test_moved_deadline_stands_in_the_public_log_with_its_reason(client: Client) -> None:
    challenge = open_challenge()
    phase = challenge.phase(PhaseKind.SUBMISSION)
    PhaseChange.objects.create(
        phase=phase,
        old_ends_at=phase.ends_at - DAY,
        new_ends_at=phase.ends_at,
        reason_de="Störung am Montag.",
        changed_at=clock.now(),
    )

    page = text_of(client.get(challenge.get_absolute_url()))

    assert "Störung am Montag." in page
    assert "Bisher wurde keine Frist geändert" not in page


def test_preview_is_marked_and_links_to_no_page_that_is_not_public(sign_in: SignIn) -> None:
    challenge = complete_statement(competition=CompetitionFactory(published_at=None))
    bea = agency_staff(challenge.agency)

    page = text_of(sign_in(bea).get(challenge.get_absolute_url()))

    assert "Vorschau: Diese Seite ist nicht öffentlich" in page
    assert f'href="{challenge.competition.get_absolute_url()}"' not in page


def test_statement_is_found_below_its_own_competition_only(client: Client) -> None:
    challenge, other = open_challenge(), CompetitionFactory()
    url = reverse("competition:challenge-show", args=[other.slug, challenge.code])

    assert client.get(url).status_code == 404


@pytest.fixture
def contributed() -> Iterator[list[Any]]:
    """Contribute a tab as a higher app would, and take it away again."""
    asked: list[Any] = []

    def build(request: Any, challenge: Challenge) -> Contribution:
        asked.append(challenge)
        return Contribution("", {"label": "Rangliste", "url": "/board/", "current": False})

    slot = slots.register(Slot("test-tab", Place.CHALLENGE_TABS, build))
    yield asked
    slots._items.remove(slot)


def test_tabs_of_higher_apps_follow_the_own_ones(client: Client, contributed: list[Any]) -> None:
    challenge = open_challenge()

    tabs = client.get(challenge.get_absolute_url()).context["head"].tabs

    assert [(tab.label, tab.current) for tab in tabs if tab.url == "/board/"] == [
        ("Rangliste", False)
    ]
    assert [(tab.label, tab.current) for tab in tabs[:2]] == [
        ("Problemstellung", True),
        ("Daten", False),
    ]
    assert contributed == [challenge]


@pytest.fixture
def contributed_result() -> Iterator[None]:
    """Contribute a result as a higher app would."""
    slot = slots.register(
        Slot(
            "test-result",
            Place.RESULT_SUMMARY,
            lambda _request, _challenge: Contribution(
                "components/tag.html", {"label": "Gute Nachbarn gewinnen"}
            ),
        )
    )
    yield
    slots._items.remove(slot)


@pytest.mark.usefixtures("contributed_result")
@pytest.mark.parametrize(
    ("state", "is_shown"),
    [
        (ChallengeState.CLOSED, False),
        (ChallengeState.DECIDED, False),
        (ChallengeState.CONCLUDED, True),
    ],
)
def test_result_stands_on_the_page_once_it_is_published(
    state: str, is_shown: bool, client: Client
) -> None:
    challenge = ChallengeFactory(published=True, state=state)

    page = text_of(client.get(challenge.get_absolute_url()))

    assert ("Gute Nachbarn gewinnen" in page) is is_shown


# -- files ----------------------------------------------------------------------------------------


def file_of(challenge: Challenge, audience: str, content: bytes = b"id;label\n") -> Resource:
    key = storages[RESOURCES].save(f"{challenge.code}/{audience}.csv", ContentFile(content))
    resource: Resource = ResourceFactory(
        challenge=challenge,
        audience=audience,
        key=key,
        size=len(content),
        file_name=f"{audience}.csv",
    )
    return resource


def url_of(resource: Resource) -> str:
    challenge = resource.challenge
    return reverse(
        "competition:resource-download",
        args=[challenge.competition.slug, challenge.code, resource.code],
    )


def people_around(challenge: Challenge) -> dict[str, User | None]:
    """Return everybody who could ask for a file."""
    taking_part = EntryFactory(challenge=challenge)
    return {
        "visitor": None,
        "registered": UserFactory(),
        "other team": team_member(TeamFactory(competition=challenge.competition)),
        "participant": team_member(taking_part.team),
        "agency": agency_staff(challenge.agency),
        "other agency": agency_staff(AgencyFactory()),
        "organiser": organiser(challenge.competition),
        "other organiser": organiser(CompetitionFactory()),
    }


EVERYBODY = {
    "visitor",
    "registered",
    "other team",
    "participant",
    "agency",
    "other agency",
    "organiser",
    "other organiser",
}
INSIDERS = {"agency", "organiser"}


@pytest.mark.parametrize(
    ("audience", "allowed"),
    [
        (Audience.PUBLIC, EVERYBODY),
        (Audience.REGISTERED, EVERYBODY - {"visitor"}),
        (Audience.PARTICIPANTS, INSIDERS | {"participant"}),
    ],
)
def test_file_of_a_public_statement_goes_to_its_audience(
    audience: str, allowed: set[str], client: Client, sign_in: SignIn
) -> None:
    challenge = open_challenge()
    url = url_of(file_of(challenge, audience))

    got = set()
    for who, person in people_around(challenge).items():
        client.logout()
        response = (sign_in(person) if person else client).get(url)
        if response.status_code == 200:
            assert response.getvalue() == b"id;label\n"
            got.add(who)
        else:
            assert response.status_code == 404

    assert got == allowed


def test_file_of_a_draft_goes_to_its_agency_only(client: Client, sign_in: SignIn) -> None:
    challenge = ChallengeFactory()
    url = url_of(file_of(challenge, Audience.PUBLIC))
    people = {
        "visitor": None,
        "agency": agency_staff(challenge.agency),
        "organiser": organiser(challenge.competition),
    }

    statuses = {}
    for who, person in people.items():
        client.logout()
        response = (sign_in(person) if person else client).get(url)
        b"".join(response)  # read to its end a file is closed
        statuses[who] = response.status_code

    assert statuses == {"visitor": 404, "agency": 200, "organiser": 404}


def test_file_is_offered_as_an_attachment_under_its_name(client: Client) -> None:
    resource = file_of(open_challenge(), Audience.PUBLIC)

    response = client.get(url_of(resource))
    b"".join(response)  # read to its end a file is closed

    assert response["Content-Disposition"] == 'attachment; filename="public.csv"'
    assert response["Cache-Control"] == "private, no-store"


def test_file_is_found_below_its_own_statement_only(client: Client) -> None:
    resource, other = file_of(open_challenge(), Audience.PUBLIC), open_challenge()
    url = reverse(
        "competition:resource-download", args=[other.competition.slug, other.code, resource.code]
    )

    assert client.get(url).status_code == 404


def test_data_table_offers_own_files_and_says_for_whom_the_others_are(
    client: Client, sign_in: SignIn
) -> None:
    challenge = open_challenge()
    for audience in Audience:
        file_of(challenge, audience)

    def lines(browser: Client) -> dict[str, str]:
        files = browser.get(challenge.get_absolute_url()).context["files"]
        return {line.resource.audience: line.needs for line in files}

    as_visitor = lines(client)
    as_participant = lines(sign_in(people_around(challenge)["participant"]))

    teams = "für Teams, die die Bedingungen angenommen haben"
    assert as_visitor == {"public": "", "registered": "mit einem Konto", "participants": teams}
    assert as_participant == {"public": "", "registered": "", "participants": ""}


# -- number of queries ----------------------------------------------------------------------------


@pytest.mark.usefixtures("own_slots_only")
@pytest.mark.parametrize("count", [1, 3])
def test_statement_page_asks_six_queries_of_this_app(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    challenge = ChallengeFactory(
        published=True, state=ChallengeState.CANCELLED, answers={"problem": "Text"}
    )
    PreCheckFactory(challenge=challenge)
    phase = PhaseFactory(challenge=challenge)
    now = clock.now()
    for number in range(count):
        ResourceFactory(challenge=challenge)
        PhaseChange.objects.create(
            phase=phase,
            old_ends_at=now + number * DAY,
            new_ends_at=now + (number + 1) * DAY,
            reason_de="Grund",
            changed_at=now,
        )

    with django_assert_num_queries(6):
        client.get(challenge.get_absolute_url())
