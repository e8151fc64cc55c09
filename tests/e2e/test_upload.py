"""Large files over a bad line: what has arrived is kept, whatever happens to line and page."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from core.display import grouped_hash
from tests.e2e import material
from tests.e2e.installation import manage
from tests.e2e.line import ALLOW_60_MB, SIZE, TEAM, Line, saved
from tests.e2e.test_team import draft_of
from tests.e2e.walk import walk

if TYPE_CHECKING:
    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

OFFLINE_WORDS = {"de": "Verbindung unterbrochen – ", "en": "Connection interrupted – "}


@pytest.fixture
def generous(own_demo: Installation) -> Installation:
    """The demo, with problem statements that allow 60 MB."""
    changed = manage(own_demo.data, "shell", "-c", ALLOW_60_MB)
    assert changed.returncode == 0, changed.stderr
    return own_demo


@pytest.mark.parametrize("language", ["de", "en"])
def test_interrupted_upload_of_60_mb_goes_on(browser, generous, large_pdf, language):
    digest = hashlib.sha256(large_pdf.read_bytes()).hexdigest()
    address = f"{draft_of(generous, TEAM)}files/concept/"
    with walk(browser, generous, language=language) as emil:
        page, t = emil.page, emil.t
        emil.sign_in("emil")
        emil.visit(address)
        line = Line(emil)
        line.set(megabytes_per_second=12)

        # The line is cut, and the upload goes on by itself when it is back.
        page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.named("button", t("Upload")).click()
        line.wait_for(25)
        line.set()
        page.locator("#uploads", has_text=OFFLINE_WORDS[language]).wait_for()
        interrupted_at = saved(page)
        line.forgive()
        emil.check()
        line.set(megabytes_per_second=12)
        line.wait_for(interrupted_at + 15)
        line.forgive()

        # Paused, nothing moves.
        emil.named("button", re.compile(t("Pause"))).click()
        paused_at = saved(page)
        count = len(line.puts)
        page.wait_for_timeout(1_500)
        assert (saved(page), len(line.puts)) == (paused_at, count)

        # The page is loaded anew: what is there is shown, and only the rest is sent.
        emil.visit(address)
        assert saved(page) == paused_at
        line.puts.clear()
        line.set(megabytes_per_second=60)
        page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.press(t("Upload"))

        parts = -(-SIZE // (2 * 1024 * 1024))
        assert len(line.puts) <= parts - parts * paused_at // 100 + 1
        emil.says(
            t(
                "“%(name)s” is stored. It belongs to your draft, which is not handed in.",
                name=large_pdf.name,
            ),
            grouped_hash(digest),
        )
        assert page.locator("#uploads .file").count() == 0
    stored = generous.value(
        "select sha256 from submissions_submissionfile where original_name = ?", large_pdf.name
    )
    assert stored == digest


def test_file_of_60_mb_arrives_without_javascript(browser, generous, large_pdf):
    address = f"{draft_of(generous, TEAM)}files/concept/"
    with walk(browser, generous, javascript=False, width=360) as emil:
        emil.sign_in("emil")
        emil.visit(address)
        emil.page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.press(emil.t("Upload"))

        digest = hashlib.sha256(large_pdf.read_bytes()).hexdigest()
        emil.says(grouped_hash(digest))
    stored = generous.value(
        "select sha256 from submissions_submissionfile where original_name = ?", large_pdf.name
    )
    assert stored == digest


def test_several_files_at_once_and_a_refusal_with_its_number(browser, own_demo, tmp_path):
    pdf, csv = tmp_path / "konzept.pdf", tmp_path / "vorhersagen.csv"
    pdf.write_bytes(material.concept())
    csv.write_bytes(material.predictions(3))
    wrong = tmp_path / "bild.pdf"
    wrong.write_bytes(b"\x89PNG")
    statement = f"/competitions/ki-wettbewerb/challenges/{own_demo.challenge('IT-Service')}/"
    with walk(browser, own_demo) as greta:
        page, t = greta.page, greta.t
        greta.sign_in("greta")
        greta.visit(statement)
        greta.press(t("Begin the first draft"))
        greta.click(page.locator("main a[href$='/files/concept/']"))

        page.locator("main input[type=file]").set_input_files(wrong)
        greta.named("button", t("Upload")).click()
        page.locator("#uploads", has_text=re.compile(r"Vorgang F-")).wait_for()
        greta.check()

        page.locator("main input[type=file]").set_input_files([pdf, csv])
        greta.press(t("Upload"))
        greta.says("konzept.pdf", "vorhersagen.csv", t("File check without errors."))
