"""A jury from the declaration of conflicts to the published result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

CUT = "Danach klafft eine Lücke."
REASONS = (
    "Die Jury folgt den veröffentlichten Punkten. Sie hat die ersten beiden Konzepte verglichen."
)
MOTION = "Die Jury entscheidet heute."
REMARK = "Am gründlichsten gemessen und am ehrlichsten beschrieben."


def criteria(person: Walk) -> list[Locator]:
    return person.page.locator("[data-criterion] fieldset.levels").all()


def choose(criterion: Locator, level: int) -> None:
    criterion.locator(f"label:has(input[value='{level}'])").click()


def sheets(person: Walk, jury: str) -> list[str]:
    """Return the paths of the person's submissions, in the order of their list."""
    person.visit(jury)
    links = person.page.locator("table.board th a[href*='/assess/']")
    return [link.get_attribute("href") or "" for link in links.all()]


def assess_the_rest(person: Walk, jury: str, number: int) -> None:
    """Assess whatever this juror has not released, and release it."""
    for row, sheet in enumerate(sheets(person, jury)):
        person.visit(sheet)
        save = person.page.locator("button[name=go][value=stay]:visible")
        if not save.count():
            continue
        tab = person.page.locator(".pane-tabs a[href='#score']:visible")
        if tab.count():  # a phone shows one half at a time
            tab.click()
        for position, criterion in enumerate(criteria(person)):
            choose(criterion, 1 + (number + row + position) % 5)
        person.click(save.last)
    person.visit(f"{jury}release/")
    person.click(person.page.locator("form.buttons button"))
    person.says(person.t("Everything is released."))


def meet(browser: Browser, demo: Installation, frida: Walk, jury: str) -> None:
    """Record presence, let a member vote on a phone, close the vote, and take a note."""
    t = frida.t
    frida.follow(t("Presence and votes"))
    frida.press(t("All members are present"))
    frida.press(t("Put to the vote"), refused=True)
    frida.answer("kind", "procedure")
    frida.page.locator("form[action$='/motions/'] [name=text]").fill(MOTION)
    frida.press(t("Put to the vote"))
    with walk(browser, demo, width=360, theme="dark") as felix:
        felix.sign_in("felix")
        felix.visit(jury)
        felix.follow(t("To the discussion"))
        felix.tick(felix.page.locator("input[type=radio][value=yes]"))
        felix.click(felix.page.locator("form[action$='/vote/'] button"))
        felix.says(t("Your vote is in. You can change it until the vote is closed."))
    frida.press(t("Close the vote and count"))
    frida.says(t("Accepted"))
    note = frida.page.locator("#note [name=text]")
    note.fill("Felix stimmt zu.")
    frida.page.locator("#note [data-autosave-status][data-state=saved]").wait_for()


def test_jury_assesses_decides_and_publishes(browser, own_demo):
    code = own_demo.challenge("Bürger")
    jury = f"/jury/{code}/"
    with walk(browser, own_demo, width=360, keyboard=True) as finn:
        t = finn.t

        # Nothing opens before the declaration; it needs an answer for everybody, and the oath.
        finn.sign_in("finn")
        finn.visit(jury)
        assert finn.path == f"{jury}declaration/"
        finn.press(t("Declare"), refused=True)
        for answer in finn.page.locator("input[type=radio][value=none]").all():
            finn.tick(answer)
        finn.tick(finn.page.locator("[name=oath]"))
        finn.press(t("Declare"))

        # An assessment can be saved half done and taken up again.
        first, second, *_others = sheets(finn, jury)
        finn.visit(first)
        finn.page.get_by_role("link", name=t("Assess (%(done)s of %(of)s)", done=0, of=4)).click()
        open_ones = criteria(finn)
        choose(open_ones[0], 4)
        choose(open_ones[1], 3)
        finn.answer("private_note", "Kapitel 3 noch einmal lesen.")
        finn.click(finn.page.locator("button[name=go][value=stay]:visible").last)
        finn.visit(jury)
        finn.says(t("%(begun)s begun, %(open)s open.", begun=1, open=5))
        finn.visit(first)
        assert finn.page.locator("[data-criterion] input:checked").count() == 2
        assert finn.page.locator("[name=private_note]").input_value().startswith("Kapitel 3")

        # Who recognises somebody steps back, and the submission is gone.
        finn.visit(second)
        finn.follow(t("Step back from this submission"))
        finn.press(t("Step back"), refused=True)
        finn.tick(finn.page.locator("input[type=radio][value=conflict]"))
        finn.press(t("Step back"))
        assert second not in sheets(finn, jury)
        assess_the_rest(finn, jury, 0)

    for number, key in enumerate(("felix", "fatma", "flora"), start=1):
        with walk(browser, own_demo, theme="dark") as juror:
            juror.sign_in(key)
            assess_the_rest(juror, jury, number)

    with walk(browser, own_demo) as frida, walk(browser, own_demo) as visitor:
        results = f"/competitions/ki-wettbewerb/challenges/{code}/results/"
        visitor.visit(results, status=404)

        # The chair closes the first round and draws the line; here everybody has assessed
        # everything, so the final needs no more marks.
        frida.sign_in("frida")
        frida.visit(f"{jury}progress/")
        frida.follow(t("Close the assessments"))
        frida.press(t("Close the assessments"))
        frida.follow(t("Make the cut"))
        frida.press(t("Check the cut"), refused=True)
        frida.tick(frida.page.locator("input[name=place]").first)
        frida.answer("reason", CUT)
        frida.press(t("Check the cut"))
        frida.press(t("Make the cut"))
        frida.says(CUT)

        # The chair closes, opens the deliberation, and decides after a look at everything.
        frida.visit(f"{jury}progress/")
        frida.follow(t("Close the assessments"))
        frida.press(t("Close the assessments"))
        frida.visit(f"{jury}board/")
        frida.follow(t("Open the deliberation"))
        frida.press(t("Open the deliberation"))
        frida.says(t("The jury is deliberating"))
        meet(browser, own_demo, frida, jury)
        frida.visit(f"{jury}board/")
        frida.follow(t("Enter the decision"))
        frida.press(t("Check the decision"), refused=True)
        frida.answer("reasons_de", REASONS)
        award = frida.page.locator("select[name$='-1-kind']").first.get_attribute("name") or ""
        award = award.removesuffix("kind")
        frida.answer(f"{award}kind", "prize")
        frida.answer(f"{award}place", 1)
        frida.press(t("Check the decision"), refused=True)
        frida.answer(f"{award}amount", 20_000)
        frida.answer(f"{award}reason_de", REMARK)
        frida.press(t("Check the decision"))
        frida.says(REASONS, REMARK)
        frida.press(t("Decide"))
        frida.says(t("The decision is stored. It is not published yet."))
        visitor.visit(results, status=404)
        publication_page = frida.path

        # The minutes are taken from what was recorded; whoever took part confirms them.
        frida.visit(f"{jury}minutes/")
        frida.answer("remarks", "Offen bleibt der Betrieb.")
        frida.press(t("Draw up the minutes"))
        frida.says(MOTION, "Offen bleibt der Betrieb.")
        frida.press(t("Confirm the minutes"))
        frida.says(t("Thank you. You have confirmed the minutes."))
        frida.visit(publication_page)

        # Two people of the office unseal the names and check the winner; only then it is public.
        frida.says(t("Publishing is possible when the steps above are done."))
        publication = f"{jury}publication/"
        with walk(browser, own_demo) as ada, walk(browser, own_demo, width=360) as anton:
            ada.sign_in("ada")
            ada.visit(publication)
            ada.follow(t("Unseal the names"))
            ada.press(t("Confirm the unsealing"))
            anton.sign_in("anton")
            anton.visit(f"{publication}unsealing/")
            anton.press(t("Confirm and unseal"))
            anton.says(t("The names are unsealed. The record is below."))
            anton.visit(publication)
            anton.click(anton.page.locator("a[href*='/eligibility/']"))
            anton.press(t("Store the check"), refused=True)
            for answer in anton.page.locator("input[type=radio][value=met]").all():
                answer.check()
            anton.press(t("Store the check"))

            # The teams are told first; here without days in which they may object.
            ada.visit("/office/ki-wettbewerb/team-rules/")
            ada.answer("objection_days", 0)
            ada.press(t("Save"))
            ada.visit(publication)
            ada.press(t("Tell the teams"))
        with walk(browser, own_demo, width=360) as kira:
            kira.sign_in("kira")
            kira.visit("/submissions/")
            kira.visit(
                kira.page.locator("main a[href*='/submissions/S-']").first.get_attribute("href")
            )
            kira.follow(t("Read your result"))
            kira.says(t("Confidential until the publication"))
        frida.visit(publication)
        frida.press(t("Publish now"))
        frida.says(t("The result is published. All teams get a message."))
        visitor.visit(results)
        visitor.says(REASONS, REMARK)

    assert own_demo.mail("kira@", "Ergebnis")
