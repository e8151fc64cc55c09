#!/usr/bin/env python3
"""How fast the pages of a large jury come: 30 jurors, 300 submissions, all of them assessed.

    .venv/bin/python benchmarks/jury_pages.py
    .venv/bin/python benchmarks/jury_pages.py --jurors 5 --submissions 200

It starts a PostgreSQL of its own and an installation in a temporary folder, writes the rows, and
asks for each page as its reader does (the whole request: session, permissions, queries, template).
The goal is 500 ms for the juror's grid and the chair's board; the exit code is 1 beyond 750. How
many queries a page takes is printed too: it must not grow with the jury (LO-5).
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import faults

if TYPE_CHECKING:
    from django.test import Client

    from competition.models import Challenge
    from scoring.models import JurySeat, Rubric

GOAL: Final = 500.0  # ms
RUNS: Final = 7
CRITERIA: Final = 5
LEVELS: Final = 5
DAY: Final = dt.timedelta(days=1)


def main(argv: list[str] | None = None) -> int:
    """Set up, measure, print; 1 if a page takes half as long again as the goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jurors", type=int, default=30)
    parser.add_argument("--submissions", type=int, default=300)
    options = parser.parse_args(argv)
    if "POSTGRES_CONTROL" not in os.environ:
        # Once more, with a database.
        script = str(faults.ROOT / "scripts" / "with_postgres.sh")
        again = [script, sys.executable, __file__, *(argv or sys.argv[1:])]
        return subprocess.run(again, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="auslobung-jury.") as folder:
        os.environ.update(faults.environment(Path(folder) / "data"))
        return measure(options.jurors, options.submissions)


def measure(jurors: int, submissions: int) -> int:
    """Write the rows and ask for the pages."""
    import django  # noqa: PLC0415  (after the environment)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  (as above)
    from django.urls import reverse  # noqa: PLC0415  (as above)

    for command in (["migrate"], ["createcachetable"], ["collectstatic", "--no-input"]):
        call_command(*command, verbosity=0)
    from scoring.models import Jury  # noqa: PLC0415  (as above)

    jury, chair, juror = write(jurors, submissions)
    code = jury.challenge.code
    slowest = 0.0
    print(f"{jurors} jurors × {submissions} submissions × {CRITERIA} criteria, all released")
    for name, seat, route, state in (
        ("grid of a juror", juror, "jury-show", "assessing"),
        ("progress for the chair", chair, "jury-progress", "assessing"),
        ("board of the chair", chair, "board-show", "closed"),
    ):
        Jury.objects.filter(pk=jury.pk).update(state=state)
        client = signed_in(seat)
        milliseconds, queries = ask(client, reverse(f"scoring:{route}", args=[code]))
        slowest = max(slowest, milliseconds)
        print(f"  {name:24} {milliseconds:6.0f} ms   {queries} queries")
    print(f"  goal                     {GOAL:6.0f} ms")
    return 1 if slowest > GOAL * 1.5 else 0


def ask(client: Client, path: str) -> tuple[float, int]:
    """Return the median of the milliseconds that a page takes, and its queries."""
    from django.db import connection  # noqa: PLC0415  (after the environment)
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415  (as above)

    times = []
    for _run in range(RUNS + 1):
        started = time.perf_counter()
        response = client.get(path, secure=True)
        times.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200:
            where = response.headers.get("Location", "")
            raise SystemExit(f"{path}: {response.status_code} {where}")
    with CaptureQueriesContext(connection) as found:
        client.get(path, secure=True)
    return statistics.median(times[1:]), len(found)  # the first loads modules and templates


def signed_in(seat: JurySeat) -> Client:
    """Return a browser of a juror who signed in with a second factor."""
    from django.test import Client  # noqa: PLC0415  (after the environment)

    from benchmarks.hand_ins.clients import HOST  # noqa: PLC0415  (as above)

    client = Client(SERVER_NAME=HOST, headers={"host": HOST})
    client.force_login(seat.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session.save()
    return client


def write(jurors: int, submissions: int) -> tuple[Any, JurySeat, JurySeat]:
    """Write a jury in which everybody has assessed everything; return it, the chair, a juror."""
    from accounts.models import User  # noqa: PLC0415  (after the environment)
    from benchmarks.hand_ins.world import open_challenge  # noqa: PLC0415  (as above)
    from competition.models import Phase  # noqa: PLC0415  (as above)
    from competition.states import PhaseKind  # noqa: PLC0415  (as above)
    from core import clock  # noqa: PLC0415  (as above)
    from scoring.models import (  # noqa: PLC0415  (as above)
        Assessment,
        Assignment,
        ConflictDeclaration,
        CriterionScore,
        Jury,
        JurySeat,
    )
    from submissions.models import Entry, Submission, Team  # noqa: PLC0415  (as above)

    now, chance = clock.now(), random.Random(1)
    challenge: Challenge = open_challenge()
    challenge.phases.update(starts_at=now - 20 * DAY, ends_at=now - 10 * DAY)
    Phase.objects.create(
        challenge=challenge, kind=PhaseKind.ASSESSMENT, starts_at=now - DAY, ends_at=now + DAY
    )
    rubric = _rubric(challenge)
    criteria = list(rubric.criteria.all())
    terms = challenge.competition.terms.get()
    people = [
        User.objects.create_user(f"juror{n}@example.org", name=f"Juror {n}", is_confirmed=True)
        for n in range(jurors)
    ]
    jury = Jury.objects.create(challenge=challenge)
    seats = [
        JurySeat.objects.create(
            jury=jury,
            user=user,
            role="chair" if at == 0 else "juror",
            added_at=now,
            declared_at=now,
        )
        for at, user in enumerate(people)
    ]
    teams = [
        Team.objects.create(competition=challenge.competition, name=f"Team {n:04}", created_at=now)
        for n in range(submissions)
    ]
    entries = Entry.objects.bulk_create(
        Entry(
            team=team, challenge=challenge, terms=terms, accepted_at=now, jury_pseudonym=f"Baum {n}"
        )
        for n, team in enumerate(teams)
    )
    answers = [
        Submission.objects.create(
            entry=entry,
            number=1,
            state="handed_in",
            title=f"Lösung {n}",
            created_at=now,
            updated_at=now,
            handed_in_at=now - 15 * DAY,
        )
        for n, entry in enumerate(entries)
    ]
    ConflictDeclaration.objects.bulk_create(
        ConflictDeclaration(seat=seat, entry=entry, answer="none", declared_at=now)
        for seat in seats
        for entry in entries
    )
    assignments = Assignment.objects.bulk_create(
        Assignment(seat=seat, submission=answer, assigned_at=now)
        for seat in seats
        for answer in answers
    )
    assessments = Assessment.objects.bulk_create(
        Assessment(
            assignment=row,
            state="released",
            version=1,
            saved_at=now,
            released_at=now,
            total_hundredths=chance.randrange(10_000),
            comment="Gut begründet, im Betrieb noch zu klären.",
        )
        for row in assignments
    )
    CriterionScore.objects.bulk_create(
        [
            CriterionScore(
                assessment=assessment,
                criterion=criterion,
                mark_hundredths=100 * chance.randint(1, LEVELS),
                comment="Nachvollziehbar.",
            )
            for assessment in assessments
            for criterion in criteria
        ],
        batch_size=5_000,
    )
    return jury, seats[0], seats[1]


def _rubric(challenge: Challenge) -> Rubric:
    from core import clock  # noqa: PLC0415  (after the environment)
    from scoring.models import Criterion, Level, Rubric  # noqa: PLC0415  (as above)

    rubric = Rubric.objects.create(
        challenge=challenge, frozen_at=clock.now(), sha256="0" * 64, jury_weight=Decimal(100)
    )
    for position in range(1, CRITERIA + 1):
        criterion = Criterion.objects.create(
            rubric=rubric,
            position=position,
            name_de=f"Kriterium {position}",
            description_de="Was es bringt",
            weight=Decimal(100) / CRITERIA,
            lowest=1,
            highest=LEVELS,
        )
        Level.objects.bulk_create(
            Level(criterion=criterion, mark=mark, anchor_de=f"Stufe {mark}")
            for mark in criterion.scale
        )
    return rubric


if __name__ == "__main__":
    sys.exit(main())
