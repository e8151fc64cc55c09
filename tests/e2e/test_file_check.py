"""A visitor without an account checks a file of German Excel, and one with errors."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e


def sample(visitor: Walk) -> list[str]:
    """Return the lines of the sample file that the page offers."""
    path = visitor.page.locator("main a[href$='/sample.csv']").get_attribute("href")
    response = visitor.page.request.get(f"{visitor.installation.url}{path}")
    assert response.status == 200
    return response.text().splitlines()


def german_excel(lines: list[str]) -> bytes:
    """Write lines as German Excel does."""
    return b"\xef\xbb\xbf" + "".join(f"{line.replace(',', ';')}\r\n" for line in lines).encode()


def go_to_check(visitor: Walk, demo: Installation) -> None:
    code = demo.challenge("Handgeschriebene")
    visitor.visit(f"/competitions/ki-wettbewerb/challenges/{code}/")
    visitor.follow(visitor.t("Check a prediction file"))


@pytest.mark.parametrize("language", ["de", "en"])
def test_visitor_checks_files_with_the_keyboard(browser, demo, language):
    with walk(browser, demo, language=language) as visitor:
        page, t = visitor.page, visitor.t
        go_to_check(visitor, demo)
        lines = sample(visitor)

        def send(content: bytes) -> None:
            page.locator("#check").evaluate("element => element.replaceChildren()")
            visitor.upload("vorhersage.csv", "text/csv", content)
            page.locator("#file").focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.locator("#check .kern-alert").wait_for()
            visitor.check()
            # The verdict is the next thing that a reader meets.
            assert page.evaluate("document.activeElement.matches('#check [data-focus]')")

        send(german_excel(lines))
        visitor.says(t("File check without errors"), t("semicolon ;"))

        lines[1] = lines[2]
        lines[5] = f"{lines[5].partition(',')[0]},O"
        send(german_excel(lines))
        assert page.title().startswith(t("Error:"))
        assert page.locator("#check .issue").count() == 3
        visitor.says("E05", "E07", "E10", t("The label “%(value)s” is unknown.", value="O"))

        with page.expect_download() as download:
            page.locator("button[name=list]").focus()
            page.keyboard.press("Enter")
        table = Path(download.value.path()).read_text(encoding="utf-8")
        rows = list(csv.DictReader(io.StringIO(table)))
        assert [(row["code"], row["line"]) for row in rows] == [
            ("E05", ""),
            ("E07", "3"),
            ("E10", "6"),
        ]


def test_visitor_checks_a_file_without_script(browser, demo):
    with walk(browser, demo, width=360, javascript=False) as visitor:
        page, t = visitor.page, visitor.t
        go_to_check(visitor, demo)
        lines = sample(visitor)

        visitor.upload("vorhersage.csv", "text/csv", german_excel(lines))
        visitor.press(t("Check the file"))
        visitor.says(t("File check without errors"))

        visitor.upload("vorhersage.xlsx", "text/csv", b"PK\x03\x04[Content_Types].xml")
        visitor.press(t("Check the file"))
        visitor.says(
            "E15", t("For the whole list choose the file again above, since it was not stored.")
        )

        visitor.upload("vorhersage.csv", "text/csv", "\n".join(lines[:-1]).encode())
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile("CSV")).click()
        assert "E05" in Path(download.value.path()).read_text(encoding="utf-8")
