"""A team is warned of what could tell the jury who it is, and ends the warning in both ways."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter

from tests.e2e import material
from tests.e2e.walk import walk

pytestmark = pytest.mark.e2e


def signed_concept(author: str) -> bytes:
    """Return a concept as a word processor writes it: with the name of its author."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(material.concept())))
    writer.metadata = {"/Author": author}
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("language", "javascript", "width"), [("de", False, 360), ("en", True, 1280)]
)
def test_author_of_a_document_is_cleaned_and_a_name_in_the_texts_is_kept_in_mind(
    browser, own_demo, language, javascript, width
):
    statement = f"/competitions/ki-wettbewerb/challenges/{own_demo.challenge('IT-Service')}/"
    with walk(browser, own_demo, language=language, javascript=javascript, width=width) as greta:
        t = greta.t
        one_place = t("%(count)s place could tell who you are", count=1)
        greta.sign_in("greta")
        greta.visit(statement)
        greta.press(t("Begin the first draft"))
        greta.click(greta.page.locator("main a[href$='/files/concept/']"))

        greta.upload("konzept.pdf", "application/pdf", signed_concept("Nora Namenlos"))
        greta.press(t("Upload"))
        greta.says(one_place, "Nora Namenlos")
        greta.click(greta.page.locator("form[action$='/clean/'] button"))
        greta.says(t("No names of your team found in text and properties. Pictures are not read."))
        assert "Nora" not in greta.page.locator("main").inner_text()

        greta.upload("team-nulllinie.pdf", "application/pdf", material.concept())
        greta.press(t("Upload"))
        greta.follow(t("On to the tasks"))
        greta.says(t("Look at the hints"))
        greta.follow(t("Check and hand in"))
        greta.says(one_place)
        greta.click(greta.page.locator("main .kern-alert a[href$='/files/concept/']"))
        greta.click(greta.page.locator("form[action$='/keep/'] button"))
        greta.follow(t("On to the tasks"))
        greta.says(t("hints seen and left as they are"))
