"""A team from its first account to its rank, and three ways to hand in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError  # noqa: A004  (theirs, not Python's)

from config.demo import concepts
from tests.e2e import material
from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

COMPETITION = "/competitions/ki-wettbewerb/"
TEAM = "Sieben Zettel"
CSV = "text/csv"
PDF = "application/pdf"


def sign_up(person: Walk, email: str, name: str) -> None:
    """Create an account on the page that is open; the code comes by mail."""
    person.fill(person.t("Email address"), email)
    person.fill(person.t("Your name"), name)
    person.press(person.t("Create account"))
    subject = person.t("Your confirmation code: %(code)s", code="")
    code = person.installation.code_from_mail(email, subject.strip())
    person.fill(person.t("Code from the email"), code)
    person.press(person.t("Confirm"))


def wait_for_evaluation(person: Walk) -> None:
    """Follow to the evaluation and wait until its page, which looks again by itself, is done."""
    person.follow(person.t("Steps, values and runs"))
    headline = person.t("Evaluated: %(value)s", value="").strip()
    done = re.compile(rf"^\s*{re.escape(headline)}")
    person.page.locator("#standing", has_text=done).wait_for(timeout=60_000)
    person.visit(person.path.removeprefix("/en"))


@pytest.mark.parametrize("language", ["de", "en"])
def test_team_signs_up_hands_in_and_finds_its_rank(browser, own_demo, language):
    statement = f"{COMPETITION}challenges/{own_demo.challenge('IT-Service')}/"
    with (
        walk(browser, own_demo, language=language) as mara,
        walk(browser, own_demo, language=language, width=360) as lou,
    ):
        t = mara.t

        # From the statement to an account, and back to where one came from.
        mara.visit(statement)
        mara.follow(t("Submit a solution"))
        mara.follow(t("Create an account"))
        sign_up(mara, "mara@kolleg.example", "Mara Milan")
        assert mara.page.url == mara.address(f"{statement}enter/")

        # A team is founded and the terms are accepted in one step.
        mara.answer("team-name", TEAM)
        mara.press(t("Take part and begin a draft"), refused=True)
        assert mara.page.locator("[name=team-name]").input_value() == TEAM
        mara.page.locator("[name=accepts_terms]").check()
        mara.press(t("Take part and begin a draft"))
        mara.says(t("You take part. Your first draft is ready."), t("Draft – not handed in yet"))
        draft = mara.path.removeprefix("/en")

        # A member comes by invitation; the invitation leads through the sign-up.
        mara.visit("/teams/")
        mara.follow(re.compile(TEAM))
        mara.answer("email", "lou@kolleg.example")
        mara.press(t("Send invitation"))
        mail = own_demo.mail("lou@kolleg.example", TEAM)
        link = re.search(r"/teams/join/\S+", mail)
        assert link
        lou.visit(link.group())
        lou.follow(t("Create an account"))
        sign_up(lou, "lou@kolleg.example", "Lou Löffler")
        lou.press(t("Join the team"))
        lou.says("Mara Milan", "Lou Löffler")

        # Another one types the join code; the captain confirms.
        mara.press(t("Make a join code"))
        code = mara.page.locator("code.code-input").inner_text()
        with walk(browser, own_demo, language=language) as noa:
            noa.visit("/teams/join/")
            noa.follow(t("Create an account"))
            sign_up(noa, "noa@kolleg.example", "Noa Nebelkrähe")
            noa.visit("/teams/join/")
            noa.answer("code", "J-22222222")
            noa.press(t("Ask to join"), refused=True)
            noa.answer("code", code.lower())
            noa.press(t("Ask to join"))
            noa.says(TEAM, t("You have asked to join"))
            mara.visit("/teams/")
            mara.follow(re.compile(TEAM))
            mara.press(re.compile(f"^{t('Accept')}"))
            mara.says("Noa Nebelkrähe")

        # Both write: the member the text, the captain the files.
        lou.visit(f"{draft}text/")
        lou.answer("title", concepts.TICKETS.title)
        lou.answer("summary", concepts.TICKETS.summary)
        lou.press(t("Save draft"))
        answer_questions(lou, draft)
        mara.visit(draft)
        mara.click(mara.page.locator("main a[href$='/files/concept/']"))
        mara.upload("konzept.pdf", PDF, material.concept())
        mara.press(t("Upload"))
        mara.follow(t("On to the tasks"))
        mara.click(mara.page.locator("main a[href$='/files/predictions/']"))
        mara.upload("falsch.csv", CSV, material.broken_predictions())
        mara.press(t("Upload and check"))
        mara.says("drucker", "t9999", t("Correct the file and upload it again; this costs no try."))
        mara.upload("vorhersagen.csv", CSV, material.predictions(4))
        mara.press(t("Upload and check"))
        mara.says(t("File check without errors."))

        # Handing in needs the declaration and gives a receipt.
        mara.visit(f"{draft}check/")
        mara.press(t("Hand in version %(number)s", number=1), refused=True)
        mara.page.locator("[name=is_declared]").check()
        mara.press(t("Hand in version %(number)s", number=1))
        mara.says(t("Your submission has arrived"))
        reference = mara.page.locator(".confirm-code b").inner_text()
        receipt = mara.page.request.get(mara.address(f"{draft}receipt.json")).text()
        assert reference in own_demo.mail("mara@kolleg.example", reference)
        assert reference in own_demo.mail("lou@kolleg.example", reference)

        # The machine evaluates; the leaderboard knows whose row is whose.
        mara.visit(draft)
        mara.says(t("Handed in – this version counts"))
        wait_for_evaluation(mara)
        mara.follow(t("Provisional leaderboard"))
        own_row = mara.page.locator("tr.is-own")
        assert t("(your team)") in own_row.inner_text()
        assert own_row.locator(".rank").inner_text() == "1"

        # Anybody can check the receipt; one changed character is noticed.
        with walk(browser, own_demo, language=language) as visitor:
            visitor.visit("/receipts/verify/")
            visitor.answer("text", receipt)
            visitor.press(t("Check"))
            visitor.says(t("Genuine and unchanged"), reference)
            assert json.loads(receipt)["payload"]["version"] == 1
            visitor.visit("/receipts/verify/")
            visitor.answer("text", receipt.replace('"version": 1', '"version": 2'))
            visitor.press(t("Check"))
            visitor.says(t("Not valid"))


# -- the same step in other ways -------------------------------------------------------------------

# A link that covers a whole row is outlined by what lies over the row.
FOCUS_IS_VISIBLE = """() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const drawn = [null, '::after'].some(part => {
        const style = getComputedStyle(element, part);
        return style.boxShadow !== 'none'
            || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
    });
    return drawn && box.width > 0 && box.bottom > 0 && box.top < window.innerHeight;
}"""


class Keyboard:
    """A person who has no mouse: every stop of the focus can be seen."""

    def __init__(self, person: Walk) -> None:
        self.person = person
        self.page = person.page

    def tab_to(self, selector: str) -> None:
        """Go on with the tabulator until an element has the focus."""
        passed = []
        for _step in range(90):
            self.page.keyboard.press("Tab")
            where = self.page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
            try:  # the page may still be scrolling there
                self.page.wait_for_function(FOCUS_IS_VISIBLE, timeout=2_000)
            except TimeoutError as error:
                raise AssertionError(f"the focus is not to be seen on {where}") from error
            if self.page.evaluate("it => document.activeElement.matches(it)", selector):
                return
            passed.append(where)
        raise AssertionError(f"{selector} is not reached by tabulator:\n" + "\n".join(passed))

    def choose(self, file: FilePayload) -> None:
        """Choose a file for the field that has the focus.

        On a busy machine Chromium now and then lets the first press go by; a person presses again.
        """
        for attempt in range(3):
            try:
                with self.page.expect_file_chooser(timeout=15_000) as chooser:
                    self.page.keyboard.press("Enter")
            except TimeoutError:
                if attempt == 2:
                    raise
            else:
                chooser.value.set_files(file)
                return

    def go(self, selector: str, key: str = "Enter") -> None:
        """Press what leads to the next page."""
        self.tab_to(selector)
        with self.page.expect_event("domcontentloaded"):
            self.page.keyboard.press(key)
        self.page.wait_for_load_state("load")
        self.person.check()


def latest_reference(installation: Installation, team: str) -> str:
    return installation.value(
        "select s.code || '-v' || s.number from submissions_submission s"
        " join submissions_entry e on e.id = s.entry_id"
        " join submissions_team t on t.id = e.team_id"
        " where t.name = ? and s.state = 'handed_in' order by s.handed_in_at desc limit 1",
        team,
    )


def draft_of(installation: Installation, team: str) -> str:
    code = installation.value(
        "select s.code from submissions_submission s"
        " join submissions_entry e on e.id = s.entry_id"
        " join submissions_team t on t.id = e.team_id where t.name = ? and s.state = 'draft'",
        team,
    )
    return f"/submissions/{code}/"


def answer_questions(person: Walk, draft: str) -> None:
    """Answer the data and model card and the self-check, which the statement wants."""
    for page, answers in (("card/", concepts.CARD), ("self-check/", concepts.SELF_CHECK)):
        person.visit(f"{draft}{page}")
        for name, answer in answers.items():
            person.answer(name, answer)
        person.press(person.t("Save draft"))


def test_hand_in_with_the_keyboard_alone(browser, own_demo):
    with walk(browser, own_demo) as emil:
        keyboard = Keyboard(emil)
        page = emil.page
        emil.visit("/accounts/login/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # past the menu
        keyboard.go("form:has([value='emil@team.demo.example']) button")
        keyboard.go("header a[href='/submissions/']")
        keyboard.go(f"main a[href='{draft_of(own_demo, 'Gute Nachbarn')}']")

        keyboard.go("a[href$='/text/']")
        keyboard.tab_to("[name=summary]")
        page.keyboard.press("Control+End")
        page.keyboard.type(" Gemessen an 200 Meldungen.")
        keyboard.go("main form button[type=submit]")
        keyboard.go("a[href$='/files/predictions/']")
        keyboard.tab_to("main input[type=file]")
        keyboard.choose({"name": "neu.csv", "mimeType": CSV, "buffer": material.predictions(4)})
        keyboard.go("main form button[type=submit]")
        emil.says("neu.csv", emil.t("File check without errors."))
        keyboard.go("main a.kern-btn--primary")

        keyboard.go("a[href$='/check/']")
        emil.says("Gemessen an 200 Meldungen.", "neu.csv")
        keyboard.tab_to("[name=is_declared]")
        page.keyboard.press("Space")
        keyboard.go("form[action$='/hand-in/'] button[type=submit]")

        emil.says(
            emil.t("Your submission has arrived"), latest_reference(own_demo, "Gute Nachbarn")
        )


def test_hand_in_without_javascript(browser, own_demo):
    statement = f"{COMPETITION}challenges/{own_demo.challenge('IT-Service')}/"
    with walk(browser, own_demo, javascript=False, width=360) as greta:
        t = greta.t
        greta.sign_in("greta")
        greta.visit(statement)
        greta.press(t("Begin the first draft"))
        greta.click(greta.page.locator("main a[href$='/text/']"))
        greta.answer("title", concepts.TICKETS.title)
        greta.answer("summary", concepts.TICKETS.summary)
        greta.press(t("Save draft"))
        draft = greta.path
        answer_questions(greta, draft)
        greta.visit(draft)
        greta.click(greta.page.locator("main a[href$='/files/concept/']"))
        greta.upload("konzept.pdf", PDF, material.concept())
        greta.press(t("Upload"))
        greta.follow(t("On to the tasks"))
        greta.click(greta.page.locator("main a[href$='/files/predictions/']"))
        greta.upload("falsch.csv", CSV, material.broken_predictions())
        greta.press(t("Upload and check"))
        greta.says("drucker", "t9999")
        greta.upload("vorhersagen.csv", CSV, material.predictions(2))
        greta.press(t("Upload and check"))
        greta.follow(t("On to the tasks"))
        greta.follow(t("Check and hand in"))
        greta.press(t("Hand in version %(number)s", number=1), refused=True)
        greta.page.locator("[name=is_declared]").check()
        greta.press(t("Hand in version %(number)s", number=1))

        greta.says(t("Your submission has arrived"), latest_reference(own_demo, "Team Nulllinie"))
