"""Public pages: who sees which statement, and that nothing else is read, listed or counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from competition.models import Challenge, Competition
from competition.states import PUBLIC_STATES, ChallengeState, PhaseKind
from core import clock
from tests.factories import (
    DAY,
    AgencyFactory,
    ChallengeFactory,
    CompetitionFactory,
    PhaseFactory,
    TeamFactory,
    TermsFactory,
    UserFactory,
    agency_staff,
    open_challenge,
    organiser,
    team_member,
)

pytestmark = pytest.mark.django_db

type SignIn = Callable[[User], Client]

PUBLIC = {state.value for state in PUBLIC_STATES}
ALL = {state.value for state in ChallengeState}


def one_of_each_state(**fields: Any) -> dict[str, Challenge]:
    """Plant a statement in every state; the title names the state."""
    return {
        state.value: ChallengeFactory(
            published=True, **{**fields, "state": state, "title_de": f"Merkmal {state.value}"}
        )
        for state in ChallengeState
    }


def titles_on(response: Any) -> set[str]:
    """Return the states whose statement is named anywhere on the page."""
    return set(re.findall(r"Merkmal ([a-z_]+)", response.content.decode()))


def main_of(response: Any) -> str:
    """Return the page without its frame, which names the offices of the person signed in."""
    return str(response.content.decode().partition("<main")[2])


class Cast:
    """Everybody who could look, beside a statement of each state."""

    def __init__(self, *, published: bool = True) -> None:
        self.competition = CompetitionFactory(published_at=clock.now() if published else None)
        self.agency = AgencyFactory()
        self.challenges = one_of_each_state(competition=self.competition, agency=self.agency)
        elsewhere = CompetitionFactory()
        self.people: dict[str, User | None] = {
            "visitor": None,
            "nobody": UserFactory(),
            "captain": team_member(TeamFactory(competition=self.competition)),
            "agency": agency_staff(self.agency),
            "other agency": agency_staff(AgencyFactory()),
            "organiser": organiser(self.competition),
            "other organiser": organiser(elsewhere),
            "auditor": UserFactory(is_auditor=True),
        }

    def client(self, who: str, client: Client, sign_in: SignIn) -> Client:
        person = self.people[who]
        return sign_in(person) if person else client


PEOPLE = [
    "visitor",
    "nobody",
    "captain",
    "agency",
    "other agency",
    "organiser",
    "other organiser",
    "auditor",
]


@pytest.mark.parametrize("who", PEOPLE)
def test_statement_opens_for_those_who_may_read_it_only(
    who: str, client: Client, sign_in: SignIn
) -> None:
    cast = Cast()
    browser = cast.client(who, client, sign_in)

    opened = {
        state
        for state, challenge in cast.challenges.items()
        if browser.get(challenge.get_absolute_url()).status_code == 200
    }

    expected = {"agency": ALL, "organiser": ALL - {"draft"}}
    assert opened == expected.get(who, PUBLIC)


@pytest.mark.parametrize("who", PEOPLE)
def test_statement_of_an_unpublished_competition_opens_for_insiders_only(
    who: str, client: Client, sign_in: SignIn
) -> None:
    cast = Cast(published=False)
    browser = cast.client(who, client, sign_in)

    opened = {
        state
        for state, challenge in cast.challenges.items()
        if browser.get(challenge.get_absolute_url()).status_code == 200
    }

    assert opened == {"agency": ALL, "organiser": ALL - {"draft"}}.get(who, set())


@pytest.mark.parametrize("who", PEOPLE)
def test_lists_name_and_count_public_statements_only(
    who: str, client: Client, sign_in: SignIn
) -> None:
    cast = Cast()
    browser = cast.client(who, client, sign_in)

    home = browser.get(reverse("home"))
    competitions = browser.get(reverse("competition:competition-list"))
    competition = browser.get(cast.competition.get_absolute_url())
    agencies = browser.get(reverse("competition:agency-list"))
    agency = browser.get(cast.agency.get_absolute_url())
    results = browser.get(reverse("competition:result-list"))

    assert titles_on(home) == PUBLIC
    assert titles_on(competitions) == PUBLIC
    assert titles_on(competition) == PUBLIC
    assert titles_on(agency) == PUBLIC
    assert titles_on(results) == {"concluded"}
    assert home.context["result_count"] == 1
    assert [row.public_count for row in agencies.context["agencies"]] == [len(PUBLIC)]


@pytest.mark.parametrize("who", PEOPLE)
def test_unpublished_competition_leaves_no_trace_in_public_lists(
    who: str, client: Client, sign_in: SignIn
) -> None:
    cast = Cast(published=False)
    browser = cast.client(who, client, sign_in)

    pages = [
        browser.get(reverse(name))
        for name in ("home", "competition:competition-list", "competition:result-list")
    ]
    agencies = browser.get(reverse("competition:agency-list")).context["agencies"]
    competition = browser.get(cast.competition.get_absolute_url())

    assert [titles_on(page) for page in pages] == [set(), set(), set()]
    assert [main_of(page).count(cast.competition.name.text) for page in pages] == [0] * 3
    assert list(agencies) == []
    assert competition.status_code == (200 if who == "organiser" else 404)


def test_competition_preview_is_marked_for_its_office(sign_in: SignIn) -> None:
    competition = CompetitionFactory(published_at=None)
    ada = organiser(competition)

    page = sign_in(ada).get(competition.get_absolute_url())

    assert "Vorschau: Dieser Wettbewerb ist noch nicht öffentlich" in page.content.decode()


def test_agency_with_drafts_only_is_unknown_to_strangers(client: Client) -> None:
    draft = ChallengeFactory()

    listed = client.get(reverse("competition:agency-list"))
    shown = client.get(draft.agency.get_absolute_url())

    assert list(listed.context["agencies"]) == []
    assert shown.status_code == 404


def test_home_shows_the_open_competition_with_its_deadline_and_prizes(client: Client) -> None:
    challenge = open_challenge(
        answers={"prizes": [{"place": "1", "amount": 20_000, "kind": "money"}, {"place": "2"}]}
    )

    page = client.get(reverse("home"))
    (card,) = page.context["current"]

    phase = challenge.phase(PhaseKind.SUBMISSION)
    assert phase is not None
    assert (card.competition, card.deadline) == (challenge.competition, phase.ends_at)
    assert [item.prize_total for item in card.challenges] == [20_000]
    assert 'data-deadline="' in page.content.decode()


def test_home_without_an_open_competition_says_so(client: Client) -> None:
    page = client.get(reverse("home"))

    assert page.context["current"] == []
    assert "Zurzeit ist kein Wettbewerb offen" in page.content.decode()


def test_competitions_are_sorted_into_open_with_jury_and_finished(client: Client) -> None:
    now = clock.now()
    opened = open_challenge()
    finished = ChallengeFactory(published=True, state=ChallengeState.CONCLUDED)
    assessed = ChallengeFactory(published=True)
    PhaseFactory(challenge=assessed, starts_at=now - 9 * DAY, ends_at=now - 5 * DAY)
    PhaseFactory(challenge=assessed, kind=PhaseKind.ASSESSMENT)

    context = client.get(reverse("competition:competition-list")).context

    assert [
        [card.competition for card in context[name]]
        for name in ("current", "with_jury", "finished")
    ] == [[opened.competition], [assessed.competition], [finished.competition]]


def test_competition_with_one_open_statement_counts_as_open(client: Client) -> None:
    opened = open_challenge()
    ChallengeFactory(published=True, competition=opened.competition, state=ChallengeState.CONCLUDED)

    (card,) = client.get(reverse("competition:competition-list")).context["current"]

    assert card.competition == opened.competition


def test_open_statements_come_first_and_make_the_phase_bar(client: Client) -> None:
    opened = open_challenge(title_de="Zuletzt im Alphabet")
    now = clock.now()
    done = ChallengeFactory(
        published=True,
        competition=opened.competition,
        state=ChallengeState.CONCLUDED,
        title_de="Anfang",
    )
    PhaseFactory(challenge=done, starts_at=now - 9 * DAY, ends_at=now - 5 * DAY)
    PhaseFactory(
        challenge=done,
        kind=PhaseKind.DELIBERATION,
        starts_at=now - 4 * DAY,
        ends_at=now - 2 * DAY,
    )

    context = client.get(opened.competition.get_absolute_url()).context

    assert [item.challenge for item in context["card"].challenges] == [opened, done]
    assert [step.state for step in context["steps"]] == ["current"]
    assert context["has_own_courses"] is True


def test_terms_show_the_current_version_and_older_ones_on_request(client: Client) -> None:
    first = TermsFactory(version=1, text_de="Erste Fassung.")
    TermsFactory(competition=first.competition, version=2, text_de="Zweite Fassung.")
    TermsFactory(
        competition=first.competition, version=3, text_de="Geheime Fassung.", published_at=None
    )
    url = reverse("competition:terms-show", args=[first.competition.slug])

    def shown(query: str) -> str:
        return str(client.get(url + query).context["terms"].text)

    assert [shown(""), shown("?version=1"), shown("?version=2")] == [
        "Zweite Fassung.",
        "Erste Fassung.",
        "Zweite Fassung.",
    ]
    assert client.get(f"{url}?version=3").status_code == 404
    assert client.get(f"{url}?version=x").status_code == 404


def test_rules_page_shows_markdown_with_headings_of_level_two(client: Client) -> None:
    competition = CompetitionFactory(rules_de="# Ablauf\n\nZuerst lesen.")

    page = client.get(reverse("competition:rules-show", args=[competition.slug]))

    assert "<h2>Ablauf</h2>" in page.content.decode()


@pytest.mark.parametrize(
    "name",
    ["competition:competition-show", "competition:rules-show", "competition:terms-show"],
)
def test_unpublished_competition_has_no_public_pages(name: str, client: Client) -> None:
    hidden = CompetitionFactory(published_at=None)

    assert client.get(reverse(name, args=[hidden.slug])).status_code == 404


def test_public_pages_refuse_to_be_posted_to(client: Client) -> None:
    challenge = open_challenge()
    slug = challenge.competition.slug
    urls = [
        reverse("home"),
        reverse("page-show", args=["imprint"]),
        reverse("competition:competition-list"),
        reverse("competition:competition-show", args=[slug]),
        reverse("competition:rules-show", args=[slug]),
        reverse("competition:terms-show", args=[slug]),
        reverse("competition:agency-list"),
        reverse("competition:agency-show", args=[challenge.agency.slug]),
        reverse("competition:result-list"),
        challenge.get_absolute_url(),
    ]

    assert [client.post(url).status_code for url in urls] == [405] * len(urls)


# -- languages ------------------------------------------------------------------------------------


def test_language_follows_the_address_and_the_switch_leads_to_the_same_page(
    client: Client,
) -> None:
    competition = CompetitionFactory(name_de="KI-Preis", name_en="AI prize")

    german = client.get(f"/competitions/{competition.slug}/").content.decode()
    english = client.get(f"/en/competitions/{competition.slug}/").content.decode()

    assert '<html lang="de"' in german
    assert '<html lang="en"' in english
    assert f'href="/en/competitions/{competition.slug}/" lang="en"' in german
    assert f'href="/competitions/{competition.slug}/" lang="de"' in english
    assert ("<h1>KI-Preis</h1>" in german, "<h1>AI prize</h1>" in english) == (True, True)


def test_text_without_translation_is_marked_as_german_on_the_english_page(client: Client) -> None:
    challenge = open_challenge(title_de="Ziffern lesen", title_en="")

    url = challenge.get_absolute_url()

    english = client.get(f"/en{url}").content.decode()
    german = client.get(url).content.decode()

    assert '<h1 lang="de">Ziffern lesen</h1>' in english
    assert "<h1>Ziffern lesen</h1>" in german


# -- number of queries ----------------------------------------------------------------------------


def competitions_with_two_statements(count: int) -> list[Competition]:
    made = []
    for _number in range(count):
        competition = CompetitionFactory()
        for _second in range(2):
            open_challenge(competition=competition)
        ChallengeFactory(published=True, competition=competition, state=ChallengeState.CONCLUDED)
        made.append(competition)
    return made


@pytest.mark.usefixtures("own_slots_only")
@pytest.mark.parametrize("count", [1, 3])
def test_home_asks_five_queries(count: int, client: Client, django_assert_num_queries: Any) -> None:
    competitions_with_two_statements(count)

    with django_assert_num_queries(5):
        client.get(reverse("home"))


@pytest.mark.parametrize("count", [1, 3])
def test_competition_list_asks_three_queries(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    competitions_with_two_statements(count)

    with django_assert_num_queries(3):
        client.get(reverse("competition:competition-list"))


@pytest.mark.parametrize("count", [1, 3])
def test_competition_page_asks_five_queries(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    competition = CompetitionFactory()
    for _number in range(count):
        open_challenge(competition=competition)

    with django_assert_num_queries(5):
        client.get(competition.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3])
def test_agency_list_asks_one_query(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    for _number in range(count):
        open_challenge()

    with django_assert_num_queries(1):
        client.get(reverse("competition:agency-list"))


@pytest.mark.parametrize("count", [1, 3])
def test_agency_page_asks_three_queries(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    agency = AgencyFactory()
    for _number in range(count):
        open_challenge(agency=agency)

    with django_assert_num_queries(3):
        client.get(agency.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3])
def test_result_list_asks_two_queries(
    count: int, client: Client, django_assert_num_queries: Any
) -> None:
    for _number in range(count):
        ChallengeFactory(published=True, state=ChallengeState.CONCLUDED)

    with django_assert_num_queries(2):
        client.get(reverse("competition:result-list"))


def test_results_are_ordered_by_the_end_of_their_last_phase(client: Client) -> None:
    now = clock.now()
    old, new, undated = (
        ChallengeFactory(published=True, state=ChallengeState.CONCLUDED) for _number in range(3)
    )
    PhaseFactory(challenge=old, starts_at=now - 90 * DAY, ends_at=now - 80 * DAY)
    PhaseFactory(challenge=new, starts_at=now - 30 * DAY, ends_at=now - 20 * DAY)

    page = client.get(reverse("competition:result-list"))

    assert list(page.context["page"].object_list) == [new, old, undated]
