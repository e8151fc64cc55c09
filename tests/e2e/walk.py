"""A person at a browser. Every page that the walk comes to is checked before it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext

from tests.architecture.source import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Response

    from tests.e2e.installation import Installation

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
DEMO_DOMAINS = {
    "ada": "buero",
    "anton": "buero",
    "bea": "musterkreis",
    "boris": "beispielstadt",
    "berta": "landesit",
    "frida": "jury",
    "felix": "jury",
    "fatma": "jury",
    "finn": "jury",
    "flora": "jury",
    "gus": "publikum",
    "olaf": "betrieb",
    "paula": "pruefung",
}
# Words that sentences of the other language have and names of organisations have not. What people
# wrote in their language stands in elements with a `lang` of their own.
TELLTALE = {
    "de": re.compile(r"\b(the|and|of|with|your|this|are|from|has been|you)\b", re.IGNORECASE),
    "en": re.compile(r"\b(und|der|das|den|dem|nicht|wird|werden|ist|sind|mit|Sie|eine?)\b"),
}
READ_TEXTS = """language => {
    const texts = [];
    const add = (element, text) => {
        const marked = element.closest('[lang]');
        if (text.trim() && marked.lang === language && !element.closest('script, style, .mono')) {
            texts.push(text);
        }
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) add(walker.currentNode.parentElement, walker.currentNode.data);
    for (const name of ['aria-label', 'alt', 'placeholder', 'title']) {
        for (const element of document.querySelectorAll(`body [${name}]`)) {
            add(element, element.getAttribute(name));
        }
    }
    return texts;
}"""
MOST_STOPS = 200  # of the Tab key, before something counts as out of its reach
MOST_OPTIONS = 20
# The browser says itself that a form came back with errors; that is no fault.
EXPECTED = re.compile(r"the server responded with a status of (404|409|410|422)")
# A breach of the policy is an event of the document; the console is where the walk listens.
WATCH_POLICY = """
document.addEventListener('securitypolicyviolation', event => console.error(
    `Security Policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@cache
def axe() -> str:
    """Return axe-core: injected as an evaluation, because the policy blocks a script tag."""
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@cache
def leftovers(language: str) -> frozenset[str]:
    """Return all words of the catalogue that would be in the wrong language on a page."""
    with (ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file, locale="de")
    english, german = set(), set()
    for message in catalogue:
        if message.id:
            forms = [message.id, message.string]
            both = [form if isinstance(form, (list, tuple)) else [form] for form in forms]
            english.update(words(text) for text in both[0])
            german.update(words(text) for text in both[1])
    return frozenset(english - german if language == "de" else german - english)


class Walk:
    """One person, one browser window."""

    def __init__(
        self,
        page: Page,
        installation: Installation,
        *,
        language: str = "de",
        javascript: bool = True,
        keyboard: bool = False,
    ) -> None:
        self.page = page
        self.installation = installation
        self.language = language
        self.javascript = javascript
        self.keyboard = keyboard
        self.complaints: list[str] = []
        self.checked: set[str] = set()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, entry: Any) -> None:
        if entry.type == "error" and not EXPECTED.search(entry.text):
            self.complaints.append(f"{self.path}: {entry.text}")

    # -- going somewhere ---------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Return where the walk is."""
        return urlsplit(self.page.url).path

    def address(self, path: str) -> str:
        """Return the whole address of a path, in the language of the walk."""
        prefix = "/en" if self.language == "en" and not path.startswith("/en/") else ""
        return f"{self.installation.url}{prefix}{path}"

    def visit(self, path: str, *, status: int = 200) -> Response:
        """Open an address and check its page."""
        response = self.page.goto(self.address(path))
        assert response is not None
        assert response.status == status, f"{path} answers {response.status}"
        self.check()
        return response

    def look(self, path: str) -> Iterator[str]:
        """Open an address and yield its problems, in both themes and on both widths."""
        response = self.page.goto(self.address(path))
        if response is None or response.status != 200:
            yield f"answers {response and response.status}"
            return
        yield from self._frame_problems()
        yield from self.language_problems()
        for width in (1280, 360):
            self.page.set_viewport_size({"width": width, "height": 800})
            for theme in ("light", "dark"):
                self.page.emulate_media(color_scheme=theme)
                # A theme changes colours and nothing else.
                rules = COLOURS if theme == "dark" else None
                found = [*self.width_problems(), *self.accessibility_problems(rules)]
                yield from (f"{width} px, {theme}: {problem}" for problem in found)
        yield from self.complaints
        self.complaints.clear()
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 800})

    def sign_in(self, key: str) -> None:
        """Sign in as a person of the demo, with one click on the sign-in page."""
        email = f"{key}@{DEMO_DOMAINS.get(key, 'team')}.demo.example"
        self.page.goto(self.address("/accounts/login/"))
        self.page.locator(f"form:has(input[value='{email}']) button").click()
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)
        self.check()

    def press(
        self, name: str | re.Pattern[str], *, within: str = "main", refused: bool = False
    ) -> None:
        """Press a button that loads a page, and check the page."""
        self.click(self.named("button", name, within), refused=refused)

    def follow(self, name: str | re.Pattern[str], *, within: str = "main") -> None:
        """Follow a link and check its page."""
        self.click(self.named("link", name, within))

    def named(self, role: Any, name: str | re.Pattern[str], within: str = "main") -> Locator:
        """Find a button or link by its whole name, or by an expression that fits a part of it."""
        place = self.page.locator(within)
        return place.get_by_role(role, name=name, exact=isinstance(name, str)).first

    def click(self, target: Locator, *, refused: bool = False) -> None:
        """Click on something that loads a page, and check the page: did a form come back?"""
        with self.page.expect_event("domcontentloaded"):
            self.activate(target)
        self.page.wait_for_load_state("load")
        self.check()
        errors = " / ".join(self.page.locator("#error-summary").all_inner_texts())
        assert bool(errors) is refused, f"{self.path} says {errors or 'nothing'}"

    def activate(self, target: Locator) -> None:
        """Click on a button, a link or a fold; with the keyboard alone: go there, press Enter."""
        if not self.keyboard:
            target.click()
            return
        self._tab_to(target, "element => element === document.activeElement")
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        """Check a box or choose an option; with the keyboard alone: Space, then the arrows."""
        if not self.keyboard:
            target.check()
            return
        # Of the options of one name, Tab reaches one only.
        self._tab_to(
            target,
            "element => element === document.activeElement || element.type === 'radio'"
            " && element.name === document.activeElement.name",
        )
        self.page.keyboard.press("Space")
        for _option in range(MOST_OPTIONS):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        message = f"{self.path}: no key chooses {target}"
        raise AssertionError(message)

    def _tab_to(self, target: Locator, is_there: str) -> None:
        for _stop in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            if target.evaluate(is_there):
                return
        message = f"{self.path}: Tab does not reach {target}"
        raise AssertionError(message)

    def t(self, msgid: str, **names: object) -> str:
        """Return words of the product in the language of the walk."""
        with translation.override(self.language):
            return gettext(msgid) % names if names else gettext(msgid)

    def fill(self, label: str, text: str) -> None:
        """Fill a field by its label."""
        field = self.page.locator("main").get_by_label(label, exact=True)
        self.unfold(field)
        field.fill(text)

    def answer(self, name: str, value: object) -> None:
        """Fill in the field of a name, whatever kind of field it is."""
        field = self.page.locator(f"main [name='{name}']")
        self.unfold(field.first)
        kind = field.first.get_attribute("type")
        if kind in {"radio", "checkbox"}:
            for choice in value if isinstance(value, (list, tuple)) else [value]:
                self.tick(self.page.locator(f"main [name='{name}'][value='{choice}']"))
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(str(value))
        else:
            field.fill(str(value))

    def unfold(self, target: Locator) -> None:
        """Open what hides an element, from the outside in."""
        folds = target.locator("xpath=ancestor::details[not(@open)]")
        while folds.count():
            self.activate(folds.first.locator("> summary"))

    def upload(self, name: str, mime_type: str, data: bytes) -> None:
        """Choose a file for the only file field of the page."""
        self.page.locator("main input[type=file]").set_input_files(
            {"name": name, "mimeType": mime_type, "buffer": data}
        )

    def says(self, *texts: str) -> None:
        """Make sure that the page shows some texts; blanks of any width count as one."""
        shown = words(self.page.locator("body").inner_text())
        missing = [text for text in texts if words(text) not in shown]
        assert missing == [], f"{self.path} does not say {missing}:\n{shown[:3_000]}"

    # -- checks ------------------------------------------------------------------------------------

    def check(self) -> None:
        """Check the page: frame, width, accessibility, policy, script errors."""
        problems = [*self._frame_problems(), *self.accessibility_problems(), *self.complaints]
        self.complaints.clear()
        assert problems == [], f"{self.path}\n" + "\n".join(problems)
        self.checked.add(self.path)

    def _frame_problems(self) -> Iterator[str]:
        page = self.page
        language = page.locator("html").get_attribute("lang")
        if language != self.language:
            yield f"the page is in {language}, not in {self.language}"
        headings = page.locator("h1").count()
        if headings != 1:
            yield f"{headings} headings of the first level"
        if not page.title().partition(" – ")[0].strip():
            yield "the page has no title of its own"
        yield from self.width_problems()

    def width_problems(self) -> Iterator[str]:
        """Yield what is wider than the window."""
        found = self.page.evaluate(
            """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
                [...document.querySelectorAll('main *')].filter(element =>
                    element.getBoundingClientRect().right > window.innerWidth
                    && !element.closest('[tabindex="0"]')
                ).slice(0, 3).map(element => element.outerHTML.slice(0, 120))"""
        )
        yield from (f"wider than the window: {html}" for html in found)

    def accessibility_problems(self, rules: list[str] | None = None) -> Iterator[str]:
        """Yield what axe-core finds, all rules of WCAG 2.2 AA or only some."""
        if not self.javascript:
            return  # axe is a script, and waits for timers; the walk with script runs it
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(axe())
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
        # The only frames are PDF viewers of the browser, in which axe would wait for an answer.
        result = self.page.evaluate(
            "only => axe.run(document,"
            " {runOnly: only, resultTypes: ['violations'], iframes: false})",
            only,
        )
        for violation in result["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            summary = violation["nodes"][0].get("failureSummary", "").replace("\n", " ")
            yield f"{violation['id']} ({violation['impact']}): {nodes} -- {summary}"

    def language_problems(self) -> Iterator[str]:
        """Yield texts in the wrong language: of the catalogue, or with words that tell."""
        for text in self.page.evaluate(READ_TEXTS, self.language):
            shown = words(text)
            if shown in leftovers(self.language) or TELLTALE[self.language].search(shown):
                yield f"not in the language of the page: {shown[:160]}"


def words(text: str) -> str:
    """Return a text with single blanks, as people compare it."""
    return " ".join(text.split())


@contextmanager
def walk(
    browser: Browser,
    installation: Installation,
    *,
    width: int = 1280,
    theme: str = "light",
    language: str = "de",
    javascript: bool = True,
    keyboard: bool = False,
) -> Iterator[Walk]:
    """Open a window for a person, who may use the keyboard alone."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
        locale="de-DE" if language == "de" else "en-GB",
        timezone_id="Europe/Berlin",
        java_script_enabled=javascript,
    )
    context.set_default_timeout(45_000)
    context.add_init_script(WATCH_POLICY)
    person = Walk(
        context.new_page(),
        installation,
        language=language,
        javascript=javascript,
        keyboard=keyboard,
    )
    try:
        yield person
    except Exception as error:
        shown = words(person.page.locator("body").inner_text())
        error.add_note(f"{person.path} ({person.page.title()})\n{shown[:3_000]}")
        raise
    finally:
        context.close()
    assert person.complaints == []
