"""The cast of H-65 on the answering side, and files that they upload."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from submissions.extensions import FileProblem, FileReport, prediction_checks
from submissions.models import Entry, Submission, Team
from submissions.states import TeamRole
from tests.factories import (
    EntryFactory,
    SubmissionFactory,
    UserFactory,
    agency_staff,
    open_challenge,
    organiser,
    team_member,
    terms_of,
)
from tests.kept import kept_rows

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from competition.models import Challenge, Terms

PDF = b"%PDF-1.7\nEin Konzept.\n%%EOF\n"
CSV = b"id,label\nd-1,7\nd-2,3\n"


@dataclass
class World:
    """One problem statement that is open, two teams in it, and everybody else."""

    challenge: Challenge
    terms: Terms
    entry: Entry
    team: Team
    ada: User  # organises
    bea: User  # posts
    cem: User  # captain
    dora: User  # his team-mate
    emil: User  # captain of another team
    gus: User  # nobody
    other_entry: Entry

    def draft(self, **fields: object) -> Submission:
        """Make a complete draft of Cem's team."""
        return SubmissionFactory(entry=self.entry, **fields)


def make_world() -> World:
    challenge = open_challenge(wants_concept=False, wants_predictions=False)
    entry = EntryFactory(challenge=challenge, team__name="Team Dachs", jury_pseudonym="Ulme")
    other = EntryFactory(challenge=challenge, team__name="Team Luchs", jury_pseudonym="Zeder")
    return World(
        challenge=challenge,
        terms=terms_of(challenge.competition),
        entry=entry,
        team=entry.team,
        ada=organiser(challenge.competition, name="Ada Amt"),
        bea=agency_staff(challenge.agency, name="Bea Behörde"),
        cem=team_member(entry.team, name="Cem Captain"),
        dora=team_member(entry.team, role=TeamRole.MEMBER, name="Dora Daten"),
        emil=team_member(other.team, name="Emil Einzel"),
        gus=UserFactory(name="Gus Gast"),
        other_entry=other,
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Sort the tests of a module by whether they begin with the world."""
    wanted = "kept_world" in metafunc.fixturenames
    metafunc.parametrize("kept", [wanted], indirect=True, scope="module", ids=[pytest.HIDDEN_PARAM])


@pytest.fixture(scope="module", autouse=True)
def kept(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[World | None]:
    """Keep a world for the tests of a module that begin with it; the others see no rows."""
    if not request.param:
        yield None
        return
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, make_world) as made:
        yield made


@pytest.fixture(scope="module")
def kept_world(kept: World | None) -> World | None:
    return kept


@pytest.fixture
def world(kept_world: World, db: None) -> World:
    return copy.deepcopy(kept_world)


@pytest.fixture
def fresh_world(transactional_db: None) -> World:
    """Return a world that other connections see as well."""
    return make_world()


@pytest.fixture
def own_queries() -> Callable[[Client, str], int]:
    """Count the queries of a page beyond those of the frame (session, roles, menu)."""

    def count(client: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def own(client: Client, address: str) -> int:
        # The public page for checking receipts reads nothing of its own.
        return count(client, address) - count(client, reverse("submissions:receipt-verify"))

    return own


@pytest.fixture
def english() -> Iterator[None]:
    """Compare sentences as the code has them."""
    with translation.override("en"):
        yield


@pytest.fixture
def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("konzept.pdf", PDF, content_type="application/pdf")


@pytest.fixture
def csv() -> SimpleUploadedFile:
    return SimpleUploadedFile("vorhersage.csv", CSV, content_type="text/csv")


@pytest.fixture
def strict_check() -> Iterator[Callable[[Challenge, object], FileReport | None]]:
    """A registered check that wants exactly the rows of CSV, as a benchmark would."""

    def check(challenge: Challenge, stream) -> FileReport:
        lines = stream.read().decode().splitlines()
        if lines == CSV.decode().splitlines():
            return FileReport(ok=True, sentences=["2 rows."], summary={"rows": 2})
        return FileReport(
            ok=False,
            sentences=["One kind of problem."],
            problems=[
                FileProblem(
                    title="The label “x” is unknown.",
                    code="E10",
                    advice="Labels are 0 to 9.",
                    column="label",
                    lines=[2, 3, 4, 8],
                    total=9,
                    value="x",
                    suggestion="7",
                )
            ],
        )

    prediction_checks.register(check)
    yield check
    prediction_checks._items.remove(check)
