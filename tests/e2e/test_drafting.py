"""Writing a draft: it saves itself, two windows meet, files come from earlier versions."""

from __future__ import annotations

import re

import pytest

from tests.e2e import material
from tests.e2e.test_team import PDF, draft_of
from tests.e2e.walk import Walk, walk

pytestmark = pytest.mark.e2e

ROADS = "Straßenschäden"


def wait_for(person: Walk, state: str) -> None:
    """Wait until the line below the form says what has become of the text."""
    person.page.locator(f"[data-autosave-status][data-state='{state}']").wait_for()


def test_draft_saves_itself_and_survives_a_reload(browser, own_demo):
    with walk(browser, own_demo) as emil:
        emil.sign_in("emil")
        draft = draft_of(own_demo, "Gute Nachbarn")
        for page, field in (("text/", "summary"), ("card/", "purpose")):
            emil.visit(f"{draft}{page}")
            emil.answer(field, f"Geschrieben auf {page}")
            wait_for(emil, "saved")

            emil.visit(f"{draft}{page}")

            assert emil.page.locator(f"[name={field}]").input_value() == f"Geschrieben auf {page}"


@pytest.mark.parametrize("language", ["de", "en"])
def test_two_windows_meet_and_each_text_is_chosen(browser, own_demo, language):
    with (
        walk(browser, own_demo, language=language) as first,
        walk(browser, own_demo, language=language, width=360) as second,
    ):
        draft = draft_of(own_demo, "Gute Nachbarn")
        for window in (first, second):
            window.sign_in("emil")
            window.visit(f"{draft}text/")
        first.answer("title", "Erster Titel")
        first.answer("summary", "Das Verfahren fragt zuerst nach.")
        wait_for(first, "saved")
        second.answer("title", "Zweiter Titel")
        second.answer("summary", "Das Verfahren fragt zuletzt nach.")
        wait_for(second, "conflict")

        second.press(second.t("Compare both texts"))
        marks = second.page.locator("mark").all_inner_texts()
        second.answer("take-title", "stored")
        second.press(second.t("Save draft"))

        assert marks == ["Erster", "Zweiter", "zuerst", "zuletzt"]
        second.visit(f"{draft}text/")
        assert second.page.locator("[name=title]").input_value() == "Erster Titel"
        assert second.page.locator("[name=summary]").input_value() == (
            "Das Verfahren fragt zuletzt nach."
        )


def test_section_of_a_statement_saves_itself_and_two_authors_meet(browser, own_demo):
    address = f"/agency/challenges/{own_demo.challenge(ROADS)}/sections/goal/"
    with walk(browser, own_demo) as bea, walk(browser, own_demo) as window:
        for person in (bea, window):
            person.sign_in("bea")
            person.visit(address)
        bea.answer("goal", "Schäden werden an einem Tag gefunden.")
        wait_for(bea, "saved")
        bea.press(re.compile(bea.t("Add: %(name)s", name="")))
        wait_for(bea, "saved")
        window.answer("goal", "Schäden werden in einer Stunde gefunden.")
        wait_for(window, "conflict")

        window.press(window.t("Compare both texts"))
        window.answer("take-goal", "stored")
        window.press(window.t("Save"))

        window.visit(address)
        found = window.page.locator("[name=goal]").input_value()
        assert found == "Schäden werden an einem Tag gefunden."


@pytest.mark.parametrize("javascript", [True, False])
def test_team_takes_over_a_file_and_lets_an_older_version_count(browser, own_demo, javascript):
    with walk(browser, own_demo, javascript=javascript, width=360, keyboard=True) as hugo:
        t = hugo.t
        hugo.sign_in("hugo")
        hugo.visit("/submissions/")
        hugo.press(re.compile(f"^{t('Begin a new version')}"))
        draft = hugo.path
        hugo.click(hugo.page.locator("main a[href$='/files/concept/']"))
        upload = hugo.path
        hugo.upload("zweites-konzept.pdf", PDF, material.concept())
        hugo.press(t("Upload"))
        hugo.says("zweites-konzept.pdf")

        hugo.visit(upload)
        earlier = t("Take over a file of an earlier version")
        hugo.activate(hugo.page.locator("summary", has_text=earlier))
        hugo.press(re.compile(f"^{t('Take over')}"))

        hugo.says(t("unchanged from version %(number)s", number=1))
        hugo.visit(f"{draft}check/")
        hugo.tick(hugo.page.locator("[name=is_declared]"))
        hugo.press(t("Hand in version %(number)s", number=2))
        hugo.visit(draft)
        hugo.activate(hugo.page.locator("summary", has_text=t("Let another version count")))
        hugo.tick(hugo.page.get_by_label(t("Version %(number)s", number=1), exact=False).last)
        hugo.press(t("Use this one"))
        hugo.says(t("Your team has chosen version %(number)s: it counts.", number=1))
