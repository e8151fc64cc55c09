"""Photograph the key screens of a running demo, light and dark, wide and narrow, to look at them.

    scripts/screens.py FOLDER [--url http://localhost:8000] [--only S-14 S-15] [--language en]

Start the demo with `make demo`. The pictures are named <screen>-<width>-<theme>.png.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, sync_playwright

BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"))
QUIET = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
WIDTHS = (1280, 360)
THEMES = ("light", "dark")
COMPETITION = "/competitions/ki-wettbewerb/"
OFFICE = "/office/ki-wettbewerb/"


@dataclass(frozen=True)
class Screen:
    """A page: whose, where it begins, and the parts of addresses that lead on from there."""

    name: str
    person: str
    start: str
    links: tuple[str, ...] = ()
    row: str = ""  # the German title beside the first link
    ending: str = ""  # what stands behind the address of the last link


TICKETS, DIGITS, ROUTING = "IT-Service-Desk", "Handgeschriebene Ziffern", "Bürgeranfragen"
SCREENS = (
    Screen("S-01-home", "", "/"),
    Screen("S-02-competition", "", COMPETITION),
    Screen("S-03-challenge", "", COMPETITION, ("/challenges/",), TICKETS),
    Screen("S-04-leaderboard", "", COMPETITION, ("/challenges/",), DIGITS, "leaderboard/"),
    Screen("S-05-file-check", "emil", "/submissions/", ("/submissions/S-",), TICKETS,
           "files/predictions/"),
    Screen("S-06-team", "cem", "/teams/", ("/teams/T-",)),
    Screen("S-07-submission-tasks", "emil", "/submissions/", ("/submissions/S-",), TICKETS),
    Screen("S-08-upload", "emil", "/submissions/", ("/submissions/S-",), TICKETS, "files/concept/"),
    Screen("S-09-check-and-hand-in", "emil", "/submissions/", ("/submissions/S-",), TICKETS,
           "check/"),
    Screen("S-10-receipt", "cem", "/submissions/", ("/submissions/S-",), DIGITS, "receipt/"),
    Screen("S-11-evaluation", "cem", "/submissions/", ("/submissions/S-", "/evaluations/"),
           TICKETS),
    Screen("S-12-statement-tasks", "bea", "/agency/challenges/", ("/agency/challenges/P-",),
           "Posteingang"),
    Screen("S-13-statement-section", "bea", "/agency/challenges/", ("/agency/challenges/P-",),
           "Posteingang", "sections/problem/"),
    Screen("S-13b-statement-handed-in", "boris", "/agency/challenges/", ("/agency/challenges/P-",),
           "Emotionserkennung"),
    Screen("S-14-jury-grid", "frida", "/jury/", ("/jury/P-",), ROUTING),
    Screen("S-15-scoring", "flora", "/jury/", ("/jury/P-", "/assess/"), ROUTING),
    Screen("S-16-cockpit", "ada", OFFICE),
    Screen("S-17-timeline", "bea", "/agency/challenges/", ("/agency/challenges/P-",), "Posteingang",
           "phases/"),
    Screen("S-18-publish-checklist", "ada", OFFICE, ("/challenges/P-",), "Bescheide", "checklist/"),
    Screen("S-19-deliberation-board", "frida", "/jury/", ("/jury/P-",), DIGITS, "board/"),
    Screen("S-19b-discussion", "felix", "/jury/", ("/jury/P-",), DIGITS, "discussion/"),
    Screen("S-19c-votes", "frida", "/jury/", ("/jury/P-",), DIGITS, "meeting/"),
    Screen("S-19d-minutes", "felix", "/jury/", ("/jury/P-",), DIGITS, "minutes/"),
    Screen("S-20-results", "", COMPETITION, ("/challenges/",), DIGITS, "results/"),
    Screen("S-20b-explanation", "", COMPETITION, ("/challenges/",), DIGITS, "results/explanation/"),
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Write the pictures; 1 if a screen was not found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of names, as S-14")
    parser.add_argument("--language", choices=["de", "en"], default="de")
    options = parser.parse_args(argv)
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = [
        screen
        for screen in SCREENS
        if not options.only or screen.name.startswith(tuple(options.only))
    ]
    missing = []
    with sync_playwright() as playwright:
        executable = next((path for path in BROWSERS if path.exists()), None)
        sandbox = ("--no-sandbox",) if os.getuid() == 0 else ()
        browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *sandbox])
        for person in dict.fromkeys(screen.person for screen in wanted):
            context = browser.new_context(
                base_url=options.url, locale="de-DE", timezone_id="Europe/Berlin"
            )
            context.set_default_timeout(10_000)
            page = context.new_page()
            sign_in(page, person)
            for screen in wanted:
                if screen.person == person:
                    try:
                        find(page, screen, options.language)
                    except Error as error:
                        missing.append(f"{screen.name}: {error.message.splitlines()[0]}")
                        continue
                    photograph(page, options.folder, screen.name)
            context.close()
        browser.close()
    for line in missing:
        print(line, file=sys.stderr)
    print(f"{len(wanted) - len(missing)} screens are in {options.folder.resolve()}")
    return 1 if missing else 0


def sign_in(page: Page, person: str) -> None:
    """Sign in as a person of the demo; nobody needs none."""
    if person:
        page.goto("/accounts/login/")
        page.locator(f"form:has(input[value^='{person}@']) button").click()
        page.wait_for_url(lambda url: "/accounts/login/" not in url)


def find(page: Page, screen: Screen, language: str) -> None:
    """Go to a screen through the links of its pages."""
    page.goto(screen.start)
    for number, part in enumerate(screen.links):
        link = page.locator(f"main a[href*='{part}']")
        if number == 0 and screen.row:
            link = (
                page.locator("main :is(tr, li, article, section)")
                .filter(has_text=screen.row)
                .last.locator(f"a[href*='{part}']")
            )
        address = link.first.get_attribute("href") or ""
        page.goto(address)
    path = ("/en" if language == "en" else "") + urlsplit(page.url).path + screen.ending
    response = page.goto(path)
    if response is None or response.status != 200:
        raise Error(f"{path} answers {response and response.status}")


def photograph(page: Page, folder: Path, name: str) -> None:
    """Take a whole page in every width and theme."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
