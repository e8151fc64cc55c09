"""What everybody may read and download, and what an auditor verifies."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse

pytestmark = pytest.mark.e2e

STANDING = (
    "Imprint",
    "Privacy",
    "Accessibility",
    "Plain language",
    "Sign language",
    "Contact",
)


def download(person: Walk, selector: str) -> APIResponse:
    """Fetch what a link of the page leads to."""
    path = person.page.locator(selector).first.get_attribute("href")
    assert path
    address = path if path.startswith("/") else person.path + path
    response = person.page.request.get(person.installation.url + address)
    assert response.status == 200
    return response


def table(response: APIResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.body().decode("utf-8-sig"))))


def ranks_on_page(person: Walk) -> list[str]:
    """Return the ranks of the first table with ranks."""
    board = person.page.locator("table.board:has(.rank)").first
    return [text.strip() for text in board.locator(".rank").all_inner_texts()]


def ranks_in(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row["rank"]) for row in rows if row["rank"]]


@pytest.mark.parametrize("width", [1280, 360])
def test_visitor_reads_everything_from_home_to_the_data(browser, demo, width):
    with walk(browser, demo, width=width) as visitor:
        t = visitor.t
        menu = "header nav" if width > 1000 else "header nav details"

        def choose(label: str) -> None:
            entry = visitor.page.locator(menu).get_by_text(t(label), exact=True)
            visitor.unfold(entry.first)
            visitor.click(entry.first)

        visitor.visit("/")
        choose("Competitions")
        visitor.follow(re.compile("KI-Wettbewerb Verwaltung"))
        visitor.follow(re.compile("Handgeschriebene Ziffern"))
        data = download(visitor, "main a[href*='/data/']")
        assert len(data.body()) > 10_000

        # The machine's board, on screen and as files.
        visitor.click(visitor.page.locator("main a[href$='/leaderboard/']").first)
        shown = ranks_on_page(visitor)
        assert len(shown) == 6
        assert ranks_in(table(download(visitor, "main a[href*='leaderboard.csv']"))) == shown
        board = json.loads(download(visitor, "main a[href*='leaderboard.json']").text())
        assert ranks_in(board["rows"]) == shown

        # The decision, with its explanation and its data.
        choose("Results")
        visitor.click(visitor.page.locator("main a[href$='/results/']").first)
        shown = ranks_on_page(visitor)
        assert shown == ["1", "2", "3", "4", "5", "6"]
        assert ranks_in(table(download(visitor, "main a[href$='/results.csv']"))) == shown
        result = json.loads(download(visitor, "main a[href$='/results.json']").text())
        assert ranks_in(result["rows"]) == shown
        visitor.follow(t("Explain the ranking"))

        visitor.visit("/agencies/")
        visitor.follow(re.compile("Landratsamt Musterkreis"))
        visitor.follow(re.compile("Handgeschriebene Ziffern"))
        for label in STANDING:
            visitor.follow(t(label), within="footer")

        # The same page in the other language, and back.
        visitor.language = "en"
        visitor.follow("English", within="header")
        assert visitor.path == "/en/contact/"


def test_auditor_verifies_the_chain(browser, demo):
    events = demo.value("select count(*) from core_auditevent")
    with walk(browser, demo) as paula:
        t = paula.t
        paula.sign_in("paula")
        paula.says(t("Audit log"))
        paula.answer("action", "decision.")
        paula.press(t("Filter"))
        actions = paula.page.locator("table.board tbody th").all_inner_texts()
        assert actions
        assert {action.partition(".")[0] for action in actions} == {"decision"}
        paula.press(t("Verify chain"))
        paula.says(t("The chain is intact"), events)
