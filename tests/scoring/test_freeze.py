"""The freeze of the public board: announced, in force, lifted, and what each surface tells."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import IntegrityError
from django.urls import reverse

from core import clock
from core.exceptions import DomainError, PermissionRefused
from core.maintenance import invariants
from core.models import AuditEvent, OutboxMessage
from scoring.actions import freeze as actions
from scoring.actions import leaderboard
from scoring.models import Evaluation, Freeze, LeaderboardSnapshot
from scoring.queries import evaluation_page
from scoring.states import BoardKind
from submissions.models import Entry
from tests import factories
from tests.factories import break_audit, measured_challenge, scored
from tests.kept import kept_rows

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from accounts.models import User
    from competition.models import Challenge

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
DOCS = Path(__file__).parents[2] / "docs" / "leaderboards.md"


@dataclass
class World:
    """Dachs leads board 1; a second version of Fuchs overtakes."""

    challenge: Challenge
    dachs: Entry
    fuchs: Entry
    people: dict[str, User]

    @property
    def ada(self) -> User:
        return self.people["office"]

    def refresh(self) -> LeaderboardSnapshot:
        board = leaderboard.refresh(self.challenge, BoardKind.PUBLIC)
        assert board is not None
        return board

    def overtake(self) -> LeaderboardSnapshot:
        version = factories.SubmissionFactory(entry=self.fuchs, number=2, handed_in=True)
        scored(version, public=0.9731)
        return self.refresh()

    def freeze(self, at: dt.timedelta = -HOUR) -> Freeze:
        """Announce a freeze, for an hour ago unless said otherwise."""
        now = clock.now()
        return actions.announce(
            self.challenge, by=self.ada, at=now + at, reason="Spannung.", now=now - 2 * HOUR
        )

    def lift(self) -> Freeze:
        return actions.end(self.challenge, by=self.ada, reason="Die Frist ist um.")

    def url(self, name: str, *more: str) -> str:
        return reverse(name, args=[self.challenge.competition.slug, *more])

    def board_url(self, name: str) -> str:
        return self.url(name, self.challenge.code)


def make_world() -> World:
    challenge = measured_challenge()
    dachs, fuchs = (
        factories.EntryFactory(challenge=challenge, team__name=name) for name in ("Dachs", "Fuchs")
    )
    for entry, value in ((dachs, 0.8), (fuchs, 0.5)):
        scored(
            factories.SubmissionFactory(entry=entry, number=1, handed_in=True),
            public=value,
        )
    people = {
        "leading": factories.team_member(dachs.team),
        "overtaking": factories.team_member(fuchs.team),
        "juror": factories.JurySeatFactory(jury__challenge=challenge).user,
        "office": factories.organiser(challenge.competition),
    }
    world = World(challenge, dachs, fuchs, people)
    # Before every announcement of the tests, which are made two hours ago.
    leaderboard.refresh(challenge, BoardKind.PUBLIC, now=clock.now() - 3 * HOUR)
    return world


@pytest.fixture(scope="module")
def kept_world(
    request: pytest.FixtureRequest, django_db_blocker: Any, kept: None
) -> Iterator[World]:
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, make_world) as world:
        yield world


@pytest.fixture
def world(kept_world: World, db: None) -> World:
    return copy.deepcopy(kept_world)


# ---- the truth table -----------------------------------------------------------------------------
STAGES = ("announced", "frozen", "lifted", "results public")


def truth_table() -> dict[str, dict[str, str]]:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    head, _rule, *body = rows
    assert tuple(head[1:]) == STAGES
    return {row[0]: dict(zip(STAGES, row[1:], strict=True)) for row in body}


def come_to(world: World, stage: str) -> None:
    world.freeze(HOUR if stage == "announced" else -HOUR)
    assert world.overtake().number == 2
    if stage == "lifted":
        world.lift()
    if stage == "results public":
        actions.end_with_results(world.challenge, by=world.ada, now=clock.now())


def told(world: World, response: HttpResponse, *, header: str = "") -> str:
    """Return the numbers of the boards that an answer names by code, `–` for a refusal."""
    if response.status_code == 404:
        return "–"
    text = response.headers[header] if header else response.content.decode()
    boards = LeaderboardSnapshot.objects.order_by("number").values_list("code", "number")
    return ", ".join(str(number) for code, number in boards if code in text)


def surfaces(world: World, client: Client) -> dict[str, str]:
    """Ask every public surface which board it tells."""
    show = world.board_url("scoring:leaderboard-show")
    json = world.board_url("scoring:leaderboard-json")
    compared = client.get(show, {"number": "1", "with": "2"})
    history = client.get(world.board_url("scoring:leaderboard-history"))
    csv = client.get(world.board_url("scoring:leaderboard-csv"))
    assert "Last-Modified" not in csv.headers
    leader = csv.content.decode().splitlines()[1].split(",")[1]
    return {
        "page": told(world, client.get(show)),
        "page of board 2": told(world, client.get(show, {"number": "2"})),
        "comparison with board 2": "–" if compared.status_code == 404 else "2",
        "history": ", ".join(
            str(line.snapshot.number) for line in reversed(history.context["past"])
        ),
        "CSV": {"Dachs": "1", "Fuchs": "2"}[leader],
        "JSON": told(world, client.get(json)),
        "entity tag": told(world, client.get(json), header="ETag"),
        "page of the statement": told(world, client.get(world.challenge.get_absolute_url())),
    }


@pytest.mark.parametrize("stage", STAGES)
def test_every_surface_tells_every_role_the_board_of_the_table(world, client, sign_in, stage):
    expected = {surface: cells[stage] for surface, cells in truth_table().items()}
    come_to(world, stage)
    found = {"visitor": surfaces(world, client)}
    public = {key: expected[key] for key in found["visitor"]}

    for role, person in world.people.items():
        found[role] = surfaces(world, sign_in(person))

    assert found == dict.fromkeys(["visitor", *world.people], public)
    assert list(public) == list(expected)[: len(public)]
    both = sign_in(world.ada).get(world.board_url("scoring:leaderboard-manage")).context["both"]
    assert (
        ", ".join(sorted({str(both.public.number), str(both.newest.number)}))
        == (expected["office's page"])
    )


@pytest.mark.parametrize("stage", STAGES)
def test_own_row_and_own_rank_are_those_of_the_table(world, sign_in, stage):
    expected = truth_table()
    come_to(world, stage)
    show = world.board_url("scoring:leaderboard-show")

    ranks = {
        role: sign_in(world.people[role]).get(show).context["board"].own.rank
        for role in ("leading", "overtaking")
    }
    own = {
        role: (counting := evaluation_page.counting_of(entry)) and counting.rank
        for role, entry in (("leading", world.dachs), ("overtaking", world.fuchs))
    }

    on_board = {
        "1": {"leading": 1, "overtaking": 2},
        "2": {"leading": 2, "overtaking": 1},
        "1 or none": {"leading": 1, "overtaking": None},
    }
    assert ranks == on_board[expected["own row"][stage]]
    assert own == on_board[expected["own evaluation: rank"][stage]]


def test_nothing_that_others_read_changes_by_a_byte_when_somebody_overtakes(world, client, sign_in):
    first = Evaluation.objects.get(submission__entry=world.dachs)
    addresses = [
        reverse("home"),
        reverse("competition:competition-show", args=[world.challenge.competition.slug]),
        world.challenge.get_absolute_url(),
        *(
            world.board_url(f"scoring:leaderboard-{name}")
            for name in ("show", "csv", "json", "history")
        ),
    ]
    own = [reverse("scoring:evaluation-show", args=[first.code])]

    def read() -> dict[tuple[str, str], tuple[bytes, Any]]:
        client.logout()
        readers: list[tuple[str, Callable[[], Any], list[str]]] = [
            ("visitor", lambda: None, addresses),
            ("leading", lambda: sign_in(world.people["leading"]), addresses + own),
        ]
        seen = {}
        for role, enter, theirs in readers:
            enter()
            for address in theirs:
                answer = client.get(address)
                assert answer.status_code == 200
                token = rb'name="csrfmiddlewaretoken" value="[^"]+"|csrf[^>]*content="[^"]+"'
                seen[role, address] = (
                    re.sub(token, b"", answer.content),
                    answer.headers.get("ETag"),
                )
        return seen

    with time_machine.travel(clock.now(), tick=False):
        world.freeze()
        before, mails = read(), OutboxMessage.objects.count()
        world.overtake()
        after = read()

    assert after == before
    assert OutboxMessage.objects.count() == mails


def test_public_pages_say_since_when_and_why_the_board_stands_still(world, client):
    show = world.board_url("scoring:leaderboard-show")
    statement = world.challenge.get_absolute_url()

    world.freeze(HOUR)
    announced = client.get(f"/en{show}").content.decode()
    world.freeze()
    frozen = [client.get(f"/en{address}").content.decode() for address in (show, statement)]
    json = client.get(world.board_url("scoring:leaderboard-json")).json()

    assert "on this leaderboard stands still" in announced
    assert all("This leaderboard stands still since" in text for text in frozen)
    assert all("Spannung." in text for text in [announced, *frozen])
    assert json["frozen_since"] == Freeze.objects.open().get().starts_at.isoformat()


# ---- acts ----------------------------------------------------------------------------------------
def actions_of(challenge: Challenge) -> list[str]:
    events = AuditEvent.objects.filter(action__startswith="freeze.").order_by("sequence")
    return [event.action for event in events if event.data["challenge"] == challenge.code]


def test_freeze_is_announced_moved_and_lifted_on_record(world):
    first = world.freeze(2 * HOUR)
    second = world.freeze()
    kept_back = world.overtake()
    assert (kept_back.is_public, world.refresh()) == (False, kept_back)

    ended = world.lift()

    first.refresh_from_db()
    kept_back.refresh_from_db()
    assert (first.took_effect, first.end_reason) == (False, "Spannung.")
    assert (ended, ended.took_effect, kept_back.is_public) == (second, True, True)
    assert actions_of(world.challenge) == ["freeze.announced", "freeze.moved", "freeze.lifted"]


def test_announcement_that_is_dropped_changes_nothing_of_the_board(world):
    world.freeze(HOUR)

    ended = world.lift()

    assert (ended.took_effect, world.overtake().is_public) == (False, True)
    assert actions_of(world.challenge) == ["freeze.announced", "freeze.dropped"]


@pytest.mark.parametrize("at", [dt.timedelta(0), -HOUR])
def test_freeze_is_never_announced_afterwards(world, at):
    now = clock.now()

    with pytest.raises(actions.FreezeRefused):
        actions.announce(world.challenge, by=world.ada, at=now + at, reason="So.", now=now)

    assert not Freeze.objects.exists()


def test_freeze_in_force_is_not_moved_and_nothing_is_not_ended(world):
    with pytest.raises(DomainError):
        world.lift()
    world.freeze()

    with pytest.raises(actions.FreezeRefused):
        actions.announce(world.challenge, by=world.ada, at=clock.now() + HOUR, reason="Später.")


@pytest.mark.parametrize("role", ["leading", "juror"])
def test_nobody_but_the_office_freezes_or_lifts(world, role):
    person = world.people[role]
    with pytest.raises(PermissionRefused):
        actions.announce(world.challenge, by=person, at=clock.now() + HOUR, reason="So.")
    world.freeze()

    with pytest.raises(PermissionRefused):
        actions.end(world.challenge, by=person, reason="So.")


def test_freeze_leaves_nothing_if_the_event_cannot_be_written(world):
    break_audit()

    with pytest.raises(IntegrityError):
        world.freeze()

    assert not Freeze.objects.exists()


def test_invariants_find_a_board_shown_against_a_freeze(world):
    check = next(found for found in invariants if found.key == "freezes")
    world.freeze()
    board = world.overtake()
    assert list(check.violations()) == []

    LeaderboardSnapshot.objects.filter(pk=board.pk).update(is_public=True)
    shown = list(check.violations())
    LeaderboardSnapshot.objects.update(is_public=False)

    assert shown == [f"Board {board.code} is public although it was made during a freeze."]
    first = LeaderboardSnapshot.objects.get(number=1)
    assert list(check.violations()) == [
        f"Board {first.code} is kept back although no freeze is in force."
    ]


# ---- the office's page ---------------------------------------------------------------------------
def test_leaderboard_manage_shows_both_boards(world, sign_in):
    world.freeze()
    world.overtake()

    page = sign_in(world.ada).get(world.board_url("scoring:leaderboard-manage"))

    both = page.context["both"]
    assert (both.public.number, both.newest.number, both.differ) == (1, 2, True)
    assert [(row.name, row.moved) for row in both.board.rows] == [("Fuchs", 1), ("Dachs", -1)]


def test_freeze_announce_and_end_work_in_the_browser(world, sign_in):
    client = sign_in(world.ada)
    announce, end = (
        world.board_url("scoring:freeze-announce"),
        world.board_url("scoring:freeze-end"),
    )
    manage = world.board_url("scoring:leaderboard-manage")
    moment = clock.now() + 2 * HOUR

    empty = client.post(announce, {})
    past = client.post(announce, {"at": "2020-01-01T00:00", "reason": "So."})
    done = client.post(announce, {"at": f"{moment:%Y-%m-%dT%H:%M}", "reason": "Spannung."})
    unsaid = client.post(end, {})
    ended = client.post(end, {"end_reason": "Doch nicht."})
    again = client.post(end, {"end_reason": "Doch nicht."})

    assert [answer.status_code for answer in (empty, past, unsaid)] == [422, 422, 422]
    assert list(past.context["form"].errors) == ["at"]
    assert [answer["Location"] for answer in (done, ended, again)] == [manage] * 3
    assert Freeze.objects.get().end_reason == "Doch nicht."
    assert client.get(announce).status_code == client.get(end).status_code == 405


@pytest.mark.parametrize(
    "name", ["scoring:freeze-announce", "scoring:freeze-end", "scoring:leaderboard-manage"]
)
def test_pages_of_the_freeze_are_not_there_for_others(world, sign_in, name):
    client = sign_in(world.people["leading"])
    ask = client.get if name == "scoring:leaderboard-manage" else client.post

    assert ask(world.board_url(name)).status_code == 404
