"""An installation with one open problem statement and teams that have a draft each.

Run as a process of its own with the settings of the installation; prints nothing, writes a file:

    python -m benchmarks.hand_ins.world TEAMS OUTPUT

What is asked is written as rows, as it is no subject here. What is answered (teams, entries,
drafts) goes through the actions of the product, and captains are signed in by its session engine.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django.setup()

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import RequestFactory

from accounts.models import User
from competition.models import Agency, Challenge, Competition, Phase, Terms
from competition.states import ChallengeState, PhaseKind
from core import clock
from scoring.actions import benchmark as benchmark_actions
from scoring.actions.benchmark import BenchmarkSettings, one_ranks
from submissions.actions import entry as entry_actions
from submissions.actions import submission as submission_actions
from submissions.actions import team as team_actions

if TYPE_CHECKING:
    from submissions.models import Submission

LABELS: Final = ("ja", "nein", "unklar")
IDS: Final = tuple(f"r{number:04}" for number in range(500))
DAY: Final = dt.timedelta(days=1)


def build(teams: int) -> dict[str, Any]:
    """Set the installation up and return what the clients have to know."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    challenge = open_challenge()
    terms = challenge.competition.terms.get()
    return {
        "challenge": challenge.code,
        "cookie": settings.SESSION_COOKIE_NAME,
        "ids": IDS,
        "labels": LABELS,
        "teams": [_team(challenge, terms, number) for number in range(teams)],
    }


def open_challenge() -> Challenge:
    """Make a published problem statement that takes a concept and a prediction file now."""
    now = clock.now()
    competition = Competition.objects.create(
        slug="last",
        name_de="Wettbewerb unter Last",
        summary_de="Alle reichen zugleich ein.",
        host="Musterbehörde",
        contact_email="buero@example.org",
        published_at=now - DAY,
    )
    Terms.objects.create(
        competition=competition, version=1, text_de="Bedingungen.", published_at=now - DAY
    )
    challenge = Challenge.objects.create(
        competition=competition,
        agency=Agency.objects.create(name="Landratsamt Musterkreis", slug="musterkreis"),
        title_de="Schreiben zuordnen",
        state=ChallengeState.PUBLISHED,
        wants_concept=True,
        wants_predictions=True,
        published_at=now - DAY,
        frozen_hash="0" * 64,
        created_at=now - DAY,
        updated_at=now - DAY,
    )
    # No limits: twenty versions in a minute are what is measured here.
    Phase.objects.create(
        challenge=challenge,
        kind=PhaseKind.SUBMISSION,
        starts_at=now - DAY,
        ends_at=now + DAY,
    )
    truth = "".join(f"{name},{LABELS[at % len(LABELS)]}\n" for at, name in enumerate(IDS))
    benchmark_actions.save(
        challenge,
        by=User.objects.create_user("bea@example.org", name="Bea", is_confirmed=True),
        data=BenchmarkSettings(
            target_column="label", labels=LABELS, metrics=one_ranks("accuracy"), reason="Last"
        ),
        truth_file=ContentFile(f"id,label\n{truth}".encode(), name="truth.csv"),
    )
    return challenge


def _team(challenge: Challenge, terms: Terms, number: int) -> dict[str, str]:
    captain = User.objects.create_user(
        f"captain{number}@example.org", name=f"Captain {number}", is_confirmed=True
    )
    team = team_actions.create(challenge.competition, by=captain, name=f"Team {number}")
    entry = entry_actions.enter(challenge, by=captain, team=team, terms=terms)
    draft: Submission = submission_actions.start_draft(entry, by=captain)
    submission_actions.save_text(
        draft, by=captain, version=0, title="Zuordnen", summary="Ein Verfahren, das zuordnet."
    )
    return {"team": team.code, "draft": draft.code, "session": _session(captain)}


def _session(user: User) -> str:
    request = RequestFactory().get("/", secure=True)
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)


if __name__ == "__main__":
    _program, count, output = sys.argv
    Path(output).write_text(json.dumps(build(int(count))), encoding="utf-8")
