"""Rules of the leaderboards: what counts, what separates equals, and made-up names."""

from __future__ import annotations

import copy
import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from competition.extensions import freezers
from core import clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.models import AuditEvent
from scoring import board_names
from scoring.actions import board_rules as actions
from scoring.actions import leaderboard
from scoring.code_version import code_version
from scoring.maintenance import boards_that_differ, boards_without_inputs
from scoring.models import (
    BoardName,
    BoardRules,
    Decision,
    LeaderboardRow,
    LeaderboardSnapshot,
    MetricScore,
)
from scoring.queries import evaluation_page
from scoring.states import BoardKind, BoardTies, Counts
from submissions import pseudonyms
from submissions.models import Entry, Submission, Team
from tests import factories
from tests.factories import break_audit, measured_challenge, scored
from tests.kept import kept_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from competition.models import Challenge

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def kept_challenge(
    request: pytest.FixtureRequest, django_db_blocker: Any, kept: None
) -> Iterator[Challenge]:
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, measured_challenge) as challenge:
        yield challenge


@pytest.fixture
def challenge(kept_challenge: Challenge, db: None) -> Challenge:
    return copy.deepcopy(kept_challenge)


@pytest.fixture
def ada(challenge):
    return factories.organiser(challenge.competition)


def team(challenge: Challenge, name: str) -> Entry:
    return factories.EntryFactory(challenge=challenge, team__name=name)


def hand_in(entry: Entry, *values: float, at: dt.timedelta = HOUR, **fields: float) -> None:
    """Let a team hand in versions with these values; the last one this long ago."""
    for value in values:
        version = factories.SubmissionFactory(
            entry=entry, number=entry.submissions.count() + 1, handed_in=True
        )
        moment = clock.now() - at
        Submission.objects.filter(pk=version.pk).update(handed_in_at=moment)
        version.refresh_from_db()
        scored(version, public=value, **fields)


def set_rules(challenge: Challenge, ada, **changes) -> BoardRules:
    wanted = {"counts": "chosen", "ties": "shared", "is_anonymous": False, "reason": "Weil."}
    return actions.save(challenge, by=ada, **{**wanted, **changes})


def board(challenge: Challenge, kind: str = BoardKind.PUBLIC) -> LeaderboardSnapshot:
    found = leaderboard.refresh(challenge, kind)
    assert found is not None
    return found


def ranked(challenge: Challenge, kind: str = BoardKind.PUBLIC) -> list[tuple[int | None, str]]:
    return [(row.rank, row.name) for row in board(challenge, kind).rows.all()]


def url(challenge: Challenge, name: str) -> str:
    return reverse(name, args=[challenge.competition.slug, challenge.code])


# ---- what counts ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("counts", "number"), [("chosen", 1), ("latest", 3), ("best", 2)])
def test_version_that_counts_is_the_one_of_the_rules(challenge, ada, counts, number):
    entry = team(challenge, "Dachs")
    hand_in(entry, 0.4, 0.9, 0.6)
    Entry.objects.filter(pk=entry.pk).update(chosen=entry.submissions.get(number=1))
    set_rules(challenge, ada, counts=counts)

    (public,), (private,) = (
        board(challenge, kind).rows.all() for kind in (BoardKind.PUBLIC, BoardKind.PRIVATE)
    )

    assert (public.columns["version"], private.columns["version"]) == (number, number)
    counting = evaluation_page.counting_of(Entry.objects.get(pk=entry.pk))
    assert counting is not None
    assert counting.submission.number == number
    assert list(boards_that_differ()) == []


def test_best_is_the_best_of_the_public_rows_also_where_the_hidden_ones_decide(challenge, ada):
    entry = team(challenge, "Dachs")
    hand_in(entry, 0.9, private=0.1)
    hand_in(entry, 0.5, private=0.8)
    set_rules(challenge, ada, counts="best")

    (row,) = board(challenge, BoardKind.PRIVATE).rows.all()

    assert (row.columns["version"], row.score) == (1, "0.1000")


def test_best_goes_by_published_digits_and_of_equal_ones_by_the_earliest(challenge, ada):
    entry = team(challenge, "Dachs")
    hand_in(entry, 0.70001, 0.70004, 0.2)
    set_rules(challenge, ada, counts="best")

    (row,) = board(challenge).rows.all()

    assert row.columns["version"] == 1


def test_best_of_a_team_without_a_value_is_its_latest_version(challenge, ada):
    entry = team(challenge, "Dachs")
    for number in (1, 2):
        factories.SubmissionFactory(entry=entry, number=number, handed_in=True)
    set_rules(challenge, ada, counts="best")

    (row,) = board(challenge).rows.all()

    assert (row.rank, row.columns["version"], row.note) == (None, 2, "no_score")


# ---- ties ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ties", "expected", "decided"),
    [
        ("shared", [(1, "A"), (1, "B"), (1, "C")], []),
        ("earlier", [(1, "B"), (2, "C"), (3, "A")], ["hand_in"] * 3),
        ("fewer", [(1, "A"), (1, "C"), (3, "B")], ["tries"] * 3),
        ("fewer_earlier", [(1, "C"), (2, "A"), (3, "B")], ["hand_in", "hand_in", "tries"]),
    ],
)
def test_equal_teams_are_separated_as_published(challenge, ada, ties, expected, decided):
    hand_in(team(challenge, "A"), 0.7, at=HOUR)
    entry = team(challenge, "B")
    hand_in(entry, 0.7, 0.7, at=3 * HOUR)
    # To withdraw a version gives no try back.
    Submission.objects.filter(entry=entry, number=1).update(state="withdrawn")
    hand_in(team(challenge, "C"), 0.7, at=2 * HOUR)
    set_rules(challenge, ada, ties=ties)

    found = board(challenge)

    assert [(row.rank, row.name) for row in found.rows.all()] == expected
    steps = [row.columns.get("decided_by") for row in found.rows.all()]
    assert [step for step in steps if step] == decided
    assert list(boards_that_differ()) == []


# ---- the act -------------------------------------------------------------------------------------
def test_change_of_public_rules_needs_a_reason_and_makes_the_board_anew(challenge, ada):
    hand_in(team(challenge, "A"), 0.9, 0.4)
    first = board(challenge)

    with pytest.raises(Incomplete):
        set_rules(challenge, ada, counts="best", reason=" ")
    rules = set_rules(challenge, ada, counts="best")
    again = set_rules(challenge, ada, counts="best")

    newest = LeaderboardSnapshot.objects.latest_of(challenge.pk, BoardKind.PUBLIC)
    assert (rules.number, again, newest.number) == (1, rules, first.number + 1)
    assert newest.header["rules"] == {"number": 1, **rules.content}
    event = AuditEvent.objects.get(action="board_rules.saved")
    assert (event.data["changed"], event.reason) == (["counts"], "Weil.")


def test_rules_are_changed_by_nobody_else(challenge):
    for person in (factories.agency_staff(challenge.agency), factories.UserFactory()):
        with pytest.raises(PermissionRefused):
            set_rules(challenge, person, counts="best")


def test_rules_stay_if_the_event_cannot_be_written(challenge, ada):
    break_audit()

    with pytest.raises(IntegrityError):
        set_rules(challenge, ada, counts="best")

    assert not BoardRules.objects.exists()


def test_rules_enter_the_hash_of_the_statement_where_some_were_set(challenge, ada):
    def frozen() -> object:
        content: dict[str, object] = {}
        for freeze in freezers:
            content |= freeze(challenge, ada)
        return content.get("leaderboard")

    before = frozen()
    rules = set_rules(challenge, ada, ties="earlier")

    assert (before, frozen()) == (None, {"version": 1, **rules.content})


# ---- made-up names -------------------------------------------------------------------------------
def test_made_up_names_are_not_those_before_the_jury_and_not_in_the_own_name():
    assert set(board_names.CONSTELLATIONS).isdisjoint(pseudonyms.TREES)
    names = set(board_names.CONSTELLATIONS)
    assert board_names.pick("Team LYRA und ich", names - {"Lyra", "Orion"}) == "Orion"
    assert board_names.pick("Dachs", names).endswith(" 2")


def surfaces(client, challenge: Challenge) -> list[str]:
    addresses = [
        challenge.get_absolute_url(),
        *(url(challenge, f"scoring:leaderboard-{name}") for name in ("show", "history")),
        *(url(challenge, f"scoring:leaderboard-{name}") for name in ("csv", "json")),
    ]
    return [client.get(address).content.decode() for address in addresses]


def test_anonymous_board_names_nobody_on_any_surface_until_the_results(
    challenge, ada, client, sign_in
):
    dachs = team(challenge, "Die Dachse vom Elm")
    set_rules(challenge, ada, is_anonymous=True)
    hand_in(dachs, 0.9)
    hand_in(team(challenge, "Füchse am Harz"), 0.5)
    snapshot = board(challenge)
    name = BoardName.objects.get(entry=dachs).name

    hidden = surfaces(client, challenge)
    own = sign_in(factories.team_member(dachs.team)).get(url(challenge, "scoring:leaderboard-show"))
    client.logout()
    etag = client.get(url(challenge, "scoring:leaderboard-json"))["ETag"]
    Decision.objects.create(
        challenge=challenge,
        snapshot=snapshot,
        reasons_de="So.",
        decided_at=clock.now(),
        published_at=clock.now(),
    )
    told = surfaces(client, challenge)
    json = client.get(url(challenge, "scoring:leaderboard-json"))

    for text in hidden:
        assert name in text
        for secret in ("Dachse", "Füchse", dachs.jury_pseudonym):
            assert secret not in text
    assert next((row.name, row.is_own) for row in own.context["board"].rows) == (name, True)
    assert all("Die Dachse vom Elm" in text for text in told)
    assert next((row["team"], row["pseudonym"]) for row in json.json()["rows"]) == (
        "Die Dachse vom Elm",
        name,
    )
    assert json["ETag"] != etag
    assert list(boards_that_differ()) == []


@pytest.mark.parametrize("first", [True, False])
def test_names_are_settled_with_the_first_board(challenge, ada, first):
    set_rules(challenge, ada, is_anonymous=first, ties="earlier")
    hand_in(team(challenge, "A"), 0.9)
    board(challenge)

    with pytest.raises(DomainError):
        set_rules(challenge, ada, is_anonymous=not first, ties="earlier")


# ---- pages ---------------------------------------------------------------------------------------
def test_rules_edit_saves_and_says_what_is_missing(challenge, ada, sign_in):
    client, address = sign_in(ada), reverse("scoring:rules-edit", args=[challenge.code])
    wanted = {"counts": "best", "ties": "earlier", "is_anonymous": "on"}

    shown = client.get(address)
    refused = client.post(address, wanted)
    odd = client.post(address, {**wanted, "counts": "all"})
    saved = client.post(address, {**wanted, "reason": "Wie angekündigt."})

    assert [answer.status_code for answer in (shown, refused, odd, saved)] == [200, 422, 422, 302]
    rules = BoardRules.objects.get()
    assert rules.content == {"counts": "best", "ties": "earlier", "is_anonymous": True}
    assert refused.context["form"].non_field_errors()
    assert client.get(address).context["form"].initial == {**rules.content, "step": None}


def test_rules_edit_shows_the_agency_what_it_may_not_change_any_more(challenge, sign_in):
    client = sign_in(factories.agency_staff(challenge.agency))
    address = reverse("scoring:rules-edit", args=[challenge.code])

    assert client.get(address).context["form"] is None
    assert client.post(address, {"counts": "best", "ties": "shared"}).status_code == 404


def test_public_pages_say_what_counts_and_what_has_changed(challenge, ada, client):
    set_rules(challenge, ada, counts="best", ties="fewer_earlier", reason="Erstens.")
    set_rules(challenge, ada, counts="latest", ties="fewer_earlier", reason="Zweitens.")
    hand_in(team(challenge, "A"), 0.9)
    board(challenge)
    statement, show = challenge.get_absolute_url(), url(challenge, "scoring:leaderboard-show")

    page = client.get(f"/en{show}").content.decode()
    teaser = client.get(f"/en{statement}").content.decode()

    assert "Of each team the latest version counts" in page
    assert "Fewer tries go first, then the earlier hand-in" in page
    assert "Erstens." in page
    assert "Zweitens." in page
    assert "Of each team the latest version counts" in teaser


def test_every_choice_has_a_sentence():
    assert all(str(choice.sentence) for choice in Counts)
    assert {step for choice in BoardTies for step in choice.steps} == {"hand_in", "tries"}


# ---- boards of the past --------------------------------------------------------------------------
def test_every_board_of_the_past_is_recomputed_from_what_it_rests_on(challenge, ada):
    dachs = team(challenge, "Dachs")
    hand_in(dachs, 0.4)
    hand_in(team(challenge, "Fuchs"), 0.4)
    factories.SubmissionFactory(entry=team(challenge, "Luchs"), number=1, handed_in=True)
    first = board(challenge)
    set_rules(challenge, ada, counts="best", ties="fewer_earlier")
    hand_in(dachs, 0.9, 0.6)
    second = board(challenge)
    # Everything that a present board would be made from has changed since.
    Submission.objects.filter(entry=dachs, number=2).update(state="withdrawn")
    Team.objects.filter(pk=dachs.team_id).update(name="Umbenannt")
    Entry.objects.filter(pk=dachs.pk).update(chosen=dachs.submissions.get(number=1))
    board(challenge)
    assert list(boards_that_differ()) == []

    LeaderboardRow.objects.filter(snapshot=second, rank=1).update(score="0.9001")
    forged = list(boards_that_differ())
    LeaderboardSnapshot.objects.filter(pk=second.pk).update(code_version="0" * 12)
    elsewhere = list(boards_that_differ())
    MetricScore.objects.filter(evaluation__submission__entry=dachs, split="public").update(
        value=0.123
    )

    name = f"Board {second.code} of {challenge.code}"
    assert forged == [f"{name} differs from its recomputation."]
    assert elsewhere == [f"{forged[0]} It was computed by other code: {'0' * 12}."]
    assert (
        f"Board {first.code} of {challenge.code} rests on values that are not what they were."
        in (list(boards_that_differ()))
    )


def test_board_that_does_not_name_its_runs_is_recomputed_if_they_can_be_told(challenge):
    dachs = team(challenge, "Dachs")
    hand_in(dachs, 0.4)
    old = board(challenge)
    (row,) = old.rows.all()
    row.columns.pop("evaluation")
    row.save()
    LeaderboardSnapshot.objects.update(code_version="")
    assert (list(boards_that_differ()), list(boards_without_inputs())) == ([], [])

    LeaderboardSnapshot.objects.update(inputs_sha256="0" * 64)

    assert list(boards_that_differ()) == []
    (sentence,) = boards_without_inputs()
    assert sentence.startswith(
        f"Board {old.code} of {challenge.code} was stored before boards named"
    )


def test_code_version_follows_the_sources():
    assert re.fullmatch("[0-9a-f]{12}", code_version())
    assert code_version() == code_version.__wrapped__()


# ---- steps against probing -----------------------------------------------------------------------
STEP = Decimal("0.05")


def test_public_value_moves_in_steps_and_nothing_more_precise_is_told(
    challenge, ada, client, sign_in
):
    dachs = team(challenge, "Dachs")
    set_rules(challenge, ada, counts="best", step=STEP)
    hand_in(dachs, 0.7131, 0.7444, 0.7892, private=0.9173)
    hand_in(team(challenge, "Fuchs"), 0.8123, private=0.1234)
    public, private = board(challenge), board(challenge, BoardKind.PRIVATE)
    cem = factories.team_member(dachs.team)
    runs = [version.evaluations.get() for version in dachs.submissions.order_by("number")]

    told = surfaces(client, challenge)
    pages = [sign_in(cem).get(reverse("scoring:evaluation-show", args=[run.code])) for run in runs]
    csv = sign_in(cem).get(reverse("scoring:evaluation-detail-csv", args=[runs[0].code, "history"]))

    assert [(row.name, row.score, row.columns["version"]) for row in public.rows.all()] == [
        ("Dachs", "0.8000", 3),
        ("Fuchs", "0.8000", 1),
    ]
    # 0.7131 is told as 0.70; 0.7444 betters it by less than the step, 0.7892 by more.
    assert [page.context["page"].values[0].value for page in pages] == [
        "0.7000",
        "0.7000",
        "0.8000",
    ]
    assert all(len(page.context["page"].values) == 1 for page in pages)
    assert [card["key"] for card in public.header["metrics"]] == ["accuracy"]
    assert [row.score for row in private.rows.all()] == ["0.9173", "0.1234"]
    assert csv.status_code == 404
    for text in told + [page.content.decode() for page in pages]:
        for digits in ("7131", "71.31", "71,31", "7444", "74,44", "7892", "78,92", "8123", "81,23"):
            assert f"0.{digits}" not in text
            assert f"{digits} %" not in text
    assert list(boards_that_differ()) == []


def test_results_end_the_steps(challenge, ada, sign_in):
    entry = team(challenge, "Dachs")
    set_rules(challenge, ada, counts="best", step=STEP)
    hand_in(entry, 0.7131)
    Decision.objects.create(
        challenge=challenge,
        snapshot=board(challenge),
        reasons_de="So.",
        decided_at=clock.now(),
        published_at=clock.now(),
    )

    run = entry.submissions.get().evaluations.get()
    page = sign_in(factories.team_member(entry.team)).get(
        reverse("scoring:evaluation-show", args=[run.code])
    )

    assert [value.value for value in page.context["page"].values] == ["0.7131", "0.7131"]


@pytest.mark.parametrize(
    ("counts", "step"), [("latest", "0.05"), ("best", "0"), ("best", "-0.1"), ("best", "0.00005")]
)
def test_step_that_does_not_fit_is_refused(challenge, ada, counts, step):
    with pytest.raises(DomainError):
        set_rules(challenge, ada, counts=counts, step=Decimal(step))

    assert not BoardRules.objects.exists()


def test_rules_edit_takes_a_step_and_the_board_explains_it(challenge, ada, client, sign_in):
    address = reverse("scoring:rules-edit", args=[challenge.code])
    sent = {"counts": "best", "ties": "shared", "step": "0.0050", "reason": "Gegen Raten."}
    hand_in(team(challenge, "Dachs"), 0.7)

    saved = sign_in(ada).post(address, sent)
    again = client.get(address).context["form"].initial["step"]
    client.logout()
    board(challenge)
    page = client.get(f"/en{url(challenge, 'scoring:leaderboard-show')}").content.decode()

    assert (saved.status_code, str(again)) == (302, "0.005")
    assert BoardRules.objects.get().content["step"] == "0.005"
    assert "rounded to a multiple of 0.005" in page


def test_page_of_a_version_says_what_counts_on_the_leaderboard(challenge, ada, sign_in):
    entry = team(challenge, "Dachs")
    hand_in(entry, 0.7)
    client = sign_in(factories.team_member(entry.team))
    address = entry.submissions.get().get_absolute_url()
    words = "Of each team the latest version counts"

    before = client.get(f"/en{address}").content.decode()
    set_rules(challenge, ada, counts="latest")
    after = client.get(f"/en{address}").content.decode()

    assert (words in before, words in after) == (False, True)
