"""Two people of the office open the sealed documents, each with their own account."""

from __future__ import annotations

import pytest

from tests.e2e.installation import manage
from tests.e2e.walk import walk

pytestmark = pytest.mark.e2e

# The deadline of a demo lies days ahead; nobody waits for it here.
DEADLINE_PASSES = """
import datetime as dt
from competition.models import Phase
now = dt.datetime.now(dt.UTC)
Phase.objects.filter(challenge__code="{code}", kind="submission").update(
    ends_at=now - dt.timedelta(hours=1)
)
"""


@pytest.mark.parametrize("language", ["de", "en"])
def test_office_opens_sealed_documents(browser, own_demo, language):
    code = own_demo.challenge("IT-Service")
    opening = f"/office/ki-wettbewerb/challenges/{code}/opening/"
    with (
        walk(browser, own_demo, language=language) as ada,
        walk(browser, own_demo, language=language, width=360) as anton,
    ):
        t = ada.t
        ada.sign_in("ada")
        ada.visit(opening)
        ada.says(t("Teams can still hand in. The documents can be opened after the deadline."))

        passed = manage(own_demo.data, "shell", "-c", DEADLINE_PASSES.format(code=code))
        assert passed.returncode == 0, passed.stderr
        ada.visit("/office/ki-wettbewerb/")
        ada.click(ada.page.locator(f"main a[href$='{opening}']"))
        ada.press(t("Confirm the opening"))
        ada.says(t("You have confirmed. Now a second person of the office has to confirm."))
        assert ada.page.locator("main form").count() == 0

        anton.sign_in("anton")
        anton.visit(opening)
        anton.press(t("Confirm and open"))
        anton.says(t("The documents are open. The record is below."), "Ada Amsel", "Anton Adler")
        with anton.page.expect_download() as download:
            anton.page.get_by_role("link", name=t("As PDF")).click()
        assert download.value.path().read_bytes().startswith(b"%PDF-")

        # Everybody sees that the deadline stays where it is now.
        ada.visit(f"/office/ki-wettbewerb/challenges/{code}/")
        assert ada.page.locator("a[href$='/phases/submission/extend/']").count() == 0
