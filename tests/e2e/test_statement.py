"""A problem statement from its first word to the public page: the agency and the office."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from competition.statement import BY_KEY
from config.demo import statements
from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from competition.statement import Field

pytestmark = pytest.mark.e2e

TITLE = "Fundsachen auf Fotos wiedererkennen"
ANSWERS: dict[str, Any] = {
    **statements.ROADS.answers,
    "title": TITLE,
    "tagline": "Wer etwas verloren hat, soll es unter 9 000 Fundsachen in einer Minute finden.",
}
# Days from today: begin and end.
TIMELINE = {
    "questions": (40, 68),
    "submission": (40, 96),
    "assessment": (104, 125),
    "deliberation": (126, 132),
}
FILE = b"id,text\nf001,Schwarzer Regenschirm mit Holzgriff\nf002,Kinderrucksack mit Dinosaurier\n"

# Read once: a walk that passes midnight must not mean two days by one number.
TODAY = dt.date.today()  # noqa: DTZ011  (both run on this machine)


def moment(days: int) -> str:
    """Return noon so many days from today, as a browser writes it into its field."""
    return f"{TODAY + dt.timedelta(days=days)}T12:00"


def code_at(person: Walk) -> str:
    """Return the code of the statement whose page is open."""
    found = re.search(r"P-[0-9A-Z]+", person.path)
    assert found
    return found.group()


def fill_in(person: Walk, question: Field) -> None:
    """Answer a question of a section as an author would; rows are added one by one."""
    answer = ANSWERS.get(question.key)
    if answer is None:
        return
    if not question.is_rows:
        if isinstance(answer, bool):
            answer = "yes" if answer else "no"
        person.answer(question.key, answer)
        return
    for number, row in enumerate(answer):
        if not person.page.locator(f"[name^='{question.key}-{number}-']").count():
            person.click(person.page.locator(f"[name=add_row][value={question.key}]"))
        for column, value in row.items():
            person.answer(f"{question.key}-{number}-{column}", value)


def fill_section(person: Walk, section: str) -> None:
    for question in BY_KEY[section].fields:
        fill_in(person, question)


def test_agency_writes_a_statement_and_hands_it_in(browser, own_demo):
    with walk(browser, own_demo) as bea:
        t = bea.t
        bea.sign_in("bea")
        bea.follow(t("Start a problem statement"))
        bea.answer("title_de", TITLE)
        bea.press(t("Start"))
        code = code_at(bea)

        # Save half a section, leave, come back: everything is there.
        bea.follow(re.compile(t("The problem")))
        bea.answer("problem", ANSWERS["problem"])
        bea.press(t("Save"))
        bea.says(t("Saved. You can interrupt at any time."))
        bea.visit("/agency/challenges/")
        bea.follow(TITLE)
        bea.follow(re.compile(t("The problem")))
        assert bea.page.locator("[name=problem]").input_value() == ANSWERS["problem"]

        # Handing in says what is missing, and nothing is handed in.
        bea.visit(f"/agency/challenges/{code}/check/")
        bea.press(t("Hand in now"))
        bea.says(t("Not handed in: something is missing"))
        assert bea.page.evaluate("document.activeElement.id") == "missing"

        for section in BY_KEY:
            bea.visit(f"/agency/challenges/{code}/sections/{section}/")
            fill_section(bea, section)
            bea.answer("finished", "yes")
            bea.click(bea.page.locator("[name=save_next]"))

        bea.visit(f"/agency/challenges/{code}/precheck/")
        for question, value in {
            "pc1": "yes", "pc2": "none", "pc3": "no", "pc4": "none", "pc7": "none",
            "pc8": "no", "pc9a": "no", "pc9b": "no",
        }.items():  # fmt: skip
            bea.answer(question, value)
        bea.page.locator("[data-autosave-status][data-state='saved']").wait_for()
        bea.press(t("Save"))
        bea.says(t("Minimal risk"))
        bea.answer("reasoning", statements.ROADS.reasoning)
        bea.answer("finished", "yes")
        bea.click(bea.page.locator("[name=save_next]"))

        bea.visit(f"/agency/challenges/{code}/data/")
        bea.upload("fundsachen.csv", "text/csv", FILE)
        bea.answer("title_de", "Beschreibungen von Fundsachen")
        bea.answer("title_en", "Descriptions of lost property")
        bea.answer("licence", "CC0-1.0")
        bea.press(t("Upload"))
        bea.says(t("The file is stored."), "fundsachen.csv")

        bea.visit(f"/agency/challenges/{code}/phases/")
        for kind, (begin, end) in TIMELINE.items():
            bea.answer(f"{kind}-starts_at", moment(begin))
            bea.answer(f"{kind}-ends_at", moment(end))
        bea.answer("finished", "yes")
        # It saves itself, too.
        bea.page.locator("[data-autosave-status][data-state='saved']").wait_for()
        bea.visit(f"/agency/challenges/{code}/phases/")
        begin, _end = TIMELINE["submission"]
        assert bea.page.locator("[name=submission-starts_at]").input_value() == moment(begin)
        bea.press(t("Save"))

        bea.visit(f"/agency/challenges/{code}/rubric/")
        bea.unfold(bea.page.locator("button[value='copy:concept']"))
        bea.click(bea.page.locator("button[value='copy:concept']"))
        bea.says(t("Not saved yet."))
        bea.answer("min_assessments", "3")
        bea.click(bea.page.locator("button[value=save]"))

        bea.visit(f"/agency/challenges/{code}/")
        bea.says(t("Everything that is needed is there. You can hand in."))
        bea.follow(t("Check and hand in"))
        bea.press(t("Hand in now"))
        bea.says(t("Handed in"), code, t("What happens next"))

    assert code in own_demo.mail("ada@", code)


@pytest.mark.parametrize("language", ["de", "en"])
def test_office_asks_accepts_and_publishes(browser, own_demo, language):
    title = statements.DECISIONS.title[language == "en"]
    code = own_demo.challenge("Bescheide")
    with (
        walk(browser, own_demo, language=language) as ada,
        walk(browser, own_demo, language=language) as boris,
        walk(browser, own_demo, language=language, width=360) as anton,
        walk(browser, own_demo, language=language) as visitor,
    ):
        t = ada.t
        visitor.visit(f"/competitions/ki-wettbewerb/challenges/{code}/", status=404)

        # The office asks; without a question nothing goes back.
        ada.sign_in("ada")
        ada.visit("/office/ki-wettbewerb/")
        ada.follow(re.compile(re.escape(title)))
        ada.press(t("Send back with questions"), refused=True)
        ada.answer("problem", "Wie viele Bescheide enthalten Angaben über Dritte?")
        ada.press(t("Send back with questions"))
        ada.says(t("The statement is back with the agency, with your questions."))

        # The agency answers, changes a sentence, and hands in again.
        boris.sign_in("boris")
        boris.follow(title)
        fold = boris.page.locator("details.answer")
        fold.locator("summary").click()
        fold.locator("textarea").fill("Etwa jeder zwanzigste; die Zahl steht jetzt im Text.")
        boris.click(fold.locator("button"))
        boris.says(t("Your answer is with the competition office."))
        boris.visit(f"/agency/challenges/{code}/sections/problem/")
        problem = boris.page.locator("[name=problem]")
        problem.fill(f"{problem.input_value()} Jeder zwanzigste nennt Dritte.")
        boris.press(t("Save"))
        boris.visit(f"/agency/challenges/{code}/check/")
        boris.press(t("Hand in now"))

        # The office sees what changed and accepts; a second person publishes.
        ada.visit(f"/office/ki-wettbewerb/challenges/{code}/")
        ada.unfold(ada.page.get_by_text("Jeder zwanzigste nennt Dritte.").first)
        ada.says("Jeder zwanzigste nennt Dritte.", "Etwa jeder zwanzigste")
        ada.press(t("Accept"))
        ada.says(t("The statement is accepted. The checklist comes next."))
        anton.sign_in("anton")
        anton.visit(f"/office/ki-wettbewerb/challenges/{code}/checklist/")
        reasons = anton.page.locator("main form textarea")
        if reasons.count():
            anton.press(t("Publish the problem statement"), refused=True)
            for number in range(reasons.count()):
                reasons.nth(number).fill("Für die Erprobung so gewollt.")
        anton.press(t("Publish the problem statement"))
        anton.says(t("The problem statement is public."))

        visitor.visit(f"/competitions/ki-wettbewerb/challenges/{code}/")
        assert visitor.page.locator("h1").inner_text() == title

    assert code in own_demo.mail("boris@", code)


def test_office_extends_a_deadline_with_a_reason(browser, own_demo):
    code = own_demo.challenge("IT-Service")
    reason = "Die Datei mit den Meldungen war zwei Tage nicht erreichbar."
    with walk(browser, own_demo) as ada, walk(browser, own_demo, width=360) as visitor:
        t = ada.t
        ada.sign_in("ada")
        ada.visit(f"/office/ki-wettbewerb/challenges/{code}/")
        ada.click(ada.page.locator("a[href$='/phases/submission/extend/']"))

        # Earlier is refused; later shows the whole plan before anybody is told.
        ada.answer("ends_at", moment(1))
        ada.answer("reason_de", reason)
        ada.press(t("Look at the new plan"), refused=True)
        ada.answer("ends_at", moment(20))
        ada.press(t("Look at the new plan"))
        ada.says(t("The new plan"), reason)
        ada.press(t("Extend and tell everybody"))
        ada.says(t("The phase is extended. The reason stands on the public page."))

        visitor.visit(f"/competitions/ki-wettbewerb/challenges/{code}/")
        visitor.says(reason)

    assert reason in own_demo.mail("cem@", "neue Frist")
