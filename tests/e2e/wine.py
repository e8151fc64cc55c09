"""A statement about real data, and what happens around the steps that its walk does by hand.

The data are the chemical analyses of 178 wines of three cultivars that come with scikit-learn. Each
step is a process of its own on the folder of an installation, by the actions of the product.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from config.demo import statements, story
from config.demo.statements import Statement

if TYPE_CHECKING:
    from config.demo.story import Story

TITLE = "Rebsorten an Messwerten erkennen"
WINE: Statement = replace(
    statements.DIGITS,
    key="wine",
    title=(TITLE, "Telling cultivars by measurements"),
    tagline=(
        "Von welcher Rebsorte ist ein Wein? Das Labor misst, die Zuordnung soll schneller gehen.",
        "Of which cultivar is a wine? The laboratory measures, the rest should be faster.",
    ),
    answers={
        **statements.DIGITS.answers,
        "wants": ["predictions"],
        "footprint": "optional",
        "deliverables": statements.DIGITS.answers["deliverables"][1:],
    },
)
LABELS = ("barolo", "grignolino", "barbera")
# Captains of the demo whose teams take part, each with another method.
TEAMS = {"cem": "Klare Kante", "emil": "Gute Nachbarn", "jana": "Grenzgang"}


# ---- the data --------------------------------------------------------------------------------
@cache
def wines() -> Any:
    """Return the analyses, in an order that tells nothing: every other one is asked for."""
    import numpy as np
    from sklearn.datasets import load_wine

    data = load_wine()
    order = np.random.default_rng(7).permutation(len(data.target))
    return data.data[order], data.target[order]


def truth() -> bytes:
    """Return the answers for the second half, with two columns of groups and one of parts."""
    measured, kind = wines()
    rows = [
        (
            f"w{at:03}",
            LABELS[kind[at]],
            "stark" if measured[at, 0] >= 13 else "leicht",
            "public" if at % 2 else "private",
        )
        for at in asked()
    ]
    return story.csv_of(("wein", "sorte", "alkohol", "teil"), rows)


def asked() -> range:
    """Return the places of the wines whose cultivar is asked for."""
    return range(len(wines()[1]) // 2, len(wines()[1]))


def predictions(captain: str) -> bytes:
    """Return what a method that learned from the first half says about the second one."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    methods = {
        "cem": make_pipeline(StandardScaler(), LogisticRegression()),
        "emil": KNeighborsClassifier(5),  # without scaling: clearly worse
        "jana": DecisionTreeClassifier(max_depth=2, random_state=1),
    }
    measured, kind = wines()
    known = asked().start
    method = methods[captain].fit(measured[:known], kind[:known])
    guesses = method.predict(measured[known:])
    rows = [(f"w{at:03}", LABELS[guess]) for at, guess in zip(asked(), guesses, strict=True)]
    return story.csv_of(("wein", "sorte"), rows)


# ---- the steps -------------------------------------------------------------------------------
def draft(told: Story) -> None:
    """Write the statement as far as the benchmark, with timeline and rubric."""
    from competition.states import PhaseKind

    told.write(WINE, "berta", "landesit")
    told.add_rubric("wine", "berta", jury_weight="40", needed=3)
    windows = {
        PhaseKind.QUESTIONS: (0, 20.0),
        PhaseKind.SUBMISSION: (0, 20.0),
        PhaseKind.ASSESSMENT: (22, 30.0),
        PhaseKind.DELIBERATION: (30, 40.0),
    }
    told.set_phases("wine", "berta", windows, per_day=5, total=20)
    # The tasks without their answers.
    measured, _kind = wines()
    rows = [(f"w{at:03}", *measured[at]) for at in asked()]
    header = ("wein", *(f"messwert_{number}" for number in range(1, measured.shape[1] + 1)))
    told.add_file(
        "wine", "berta", "weine.csv", story.csv_of(header, rows),
        ("Analysen ohne Rebsorte", "Analyses without the cultivar"), "CC-BY-4.0",
    )  # fmt: skip


def publish(told: Story) -> None:
    """Hand the statement in, accept it, and publish it as if submission had not begun yet."""
    from core import clock

    told.hand_in("wine", "berta")
    told.accept("wine")
    begin = told.challenges["wine"].phases.earliest("starts_at").starts_at
    with clock.simulated(begin - dt.timedelta(minutes=1)):
        told.publish("wine")


def freeze(told: Story) -> None:
    """Let the moment come from which the leaderboard stands still."""
    from core import clock
    from scoring.models import Freeze

    Freeze.objects.filter(challenge=told.challenges["wine"]).update(starts_at=clock.now())


def decide(told: Story) -> None:
    """Let the jury assess, decide and publish, in the order of the demo."""
    from config.demo import people

    quality = {"cem": 4.2, "emil": 2.6, "jana": 3.4}
    told.at(20.1, told.seal_deadline, "wine")
    told.at(22, told.seat_jury, "wine")
    for number, juror in enumerate(people.JURORS):
        told.at(23 + number / 10, told.declare, "wine", juror)
        told.at(25 + number / 10, told.assess, "wine", juror, quality, release=3)
    told.at(30.1, told.deliberate, "wine")
    told.at(30.6, told.decide, "wine")
    told.at(31, told.confirm_minutes, "wine")
    told.at(31.2, told.unseal, "wine", "ada")
    told.at(31.205, told.unseal, "wine", "anton")
    told.at(31.3, told.check_winners, "wine")
    told.at(31.4, told.tell_teams, "wine")
    told.at(45, told.publish_results, "wine")
    told.run()


def _story() -> Story:
    """Return the demo as it stands, with its people, teams and statements by their keys."""
    from accounts.models import User
    from competition.models import Agency, Challenge
    from config.demo.story import Story
    from core import clock
    from submissions.models import Team

    told = Story(clock.now(), print)
    told.noon = clock.now().replace(second=0, microsecond=0)  # phases begin at whole minutes
    told.users = {user.email.partition("@")[0]: user for user in User.objects.all()}
    told.agencies = {agency.slug: agency for agency in Agency.objects.all()}
    told.teams = {key: Team.objects.get(name=name) for key, name in TEAMS.items()}
    written = Challenge.objects.filter(title_de=TITLE).first()
    if written is not None:
        told.challenges["wine"] = written
    return told


def run(name: str) -> None:
    """Take one step; called in a process of its own on the folder of an installation."""
    {"draft": draft, "publish": publish, "freeze": freeze, "decide": decide}[name](_story())
