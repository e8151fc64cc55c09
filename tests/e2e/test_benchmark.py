"""A benchmark from real data: set up, measured, frozen, published, and computed again."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e import wine
from tests.e2e.installation import manage
from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

COMPETITION = "/competitions/ki-wettbewerb/"


def step(installation: Installation, name: str) -> None:
    """Let happen what this walk does not do by hand."""
    code = f"from tests.e2e import wine; wine.run({name!r})"
    done = manage(installation.data, "shell", "--verbosity=0", "--command", code)
    assert done.returncode == 0, done.stdout + done.stderr


def hand_in(team: Walk, statement: str, predictions: bytes) -> None:
    """Take part, upload a prediction file, and hand it in."""
    t = team.t
    team.visit(f"{statement}enter/")
    team.page.locator("[name=accepts_terms]").check()
    team.press(t("Take part and begin a draft"))
    draft = team.path
    team.visit(f"{draft}text/")
    team.answer("title", "Ein Verfahren, das aus der ersten Hälfte lernt")
    team.answer(
        "summary", "Die Messwerte der ersten Hälfte lehren, die Sorte der zweiten zu nennen."
    )
    team.press(t("Save draft"))
    team.visit(f"{draft}files/predictions/")
    team.upload("vorhersagen.csv", "text/csv", predictions)
    team.press(t("Upload and check"))
    team.says(t("File check without errors."))
    team.visit(f"{draft}check/")
    team.page.locator("[name=is_declared]").check()
    team.press(t("Hand in version %(number)s", number=1))
    team.visit(draft)
    team.follow(t("Steps, values and runs"))
    headline = t("Evaluated: %(value)s", value="").strip()
    done = re.compile(rf"^\s*{re.escape(headline)}")
    team.page.locator("#standing", has_text=done).wait_for(timeout=60_000)


def ranks(person: Walk) -> list[tuple[str, str]]:
    """Return rank and team of the leaderboard that is open."""
    rows = person.page.locator("main table.board tbody tr:has(.rank)")
    return [
        (row.locator(".rank").inner_text(), row.locator("th").inner_text().partition("\n")[0])
        for row in rows.all()
    ]


def test_benchmark_from_real_data(browser, own_demo):
    step(own_demo, "draft")
    code = own_demo.challenge(wine.TITLE)
    statement = f"{COMPETITION}challenges/{code}/"
    with (
        walk(browser, own_demo) as berta,
        walk(browser, own_demo) as ada,
        walk(browser, own_demo) as visitor,
    ):
        t = berta.t

        # The agency sets it up: first a look without saving, then for good.
        berta.sign_in("berta")
        berta.visit(f"/agency/challenges/{code}/benchmark/")
        answers = {
            "id_column": "wein",
            "target_column": "sorte",
            "labels": "\n".join(wine.LABELS),
            "split": "column",
            "split_column": "teil",
            "group_columns": "alkohol",
            "metric_1": "accuracy",
            "weight_1": "60",
            "digits_1": "3",
            "baseline_1": "0,4",
            "target_1": "1",
            "metric_2": "f1_macro",
            "weight_2": "40",
            "baseline_2": "0,3",
            "target_2": "1",
        }
        for name, value in answers.items():
            berta.answer(name, value)
        berta.upload("sorten.csv", "text/csv", wine.truth())
        berta.press(t("Preview without saving"))
        berta.upload("sorten.csv", "text/csv", wine.truth())
        berta.press(t("Save the benchmark"))
        step(own_demo, "publish")

        # Three teams, three methods, three values.
        for captain in wine.TEAMS:
            with walk(browser, own_demo) as team:
                team.sign_in(captain)
                hand_in(team, statement, wine.predictions(captain))
        visitor.visit(f"{statement}leaderboard/")
        before = ranks(visitor)
        assert [rank for rank, _team in before] == ["1", "2", "3"]
        assert before[0][1] == wine.TEAMS["cem"]

        # The office announces a freeze; when it has come, the public leaderboard stands still.
        ada.sign_in("ada")
        ada.visit(f"/office/ki-wettbewerb/challenges/{code}/leaderboard/")
        tomorrow = dt.date.today() + dt.timedelta(days=1)  # noqa: DTZ011  (both run here)
        ada.answer("at", f"{tomorrow}T12:00")
        ada.answer("reason", "Der Schluss soll spannend bleiben.")
        ada.press(t("Announce the freeze"))
        step(own_demo, "freeze")
        visitor.visit(f"{statement}leaderboard/")
        visitor.says("Der Schluss soll spannend bleiben.")
        assert ranks(visitor) == before

        # The jury decides; the hidden rows are shown with the result, and all of it adds up.
        step(own_demo, "decide")
        visitor.visit(f"{statement}results/")
        visitor.says(*wine.TEAMS.values())
        visitor.visit(f"{statement}leaderboard/?part=hidden")
        assert ranks(visitor)[0][0] == "1"
