"""A juror on a tablet: keyboard alone, the network cut, a tab that was closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.line import OFFLINE
from tests.e2e.test_drafting import wait_for
from tests.e2e.test_jury import sheets
from tests.e2e.walk import Walk, walk

pytestmark = pytest.mark.e2e

TABLET = 820


def declare(person: Walk, jury: str) -> None:
    person.sign_in("finn")
    person.visit(jury)
    for answer in person.page.locator("input[type=radio][value=none]").all():
        answer.check()
    person.page.locator("[name=oath]").check()
    person.press(person.t("Declare"))


def keys(person: Walk, *names: str) -> None:
    for name in names:
        person.page.keyboard.press(name)


def levels(person: Walk) -> list[str]:
    return person.page.locator("[data-criterion] input:checked").evaluate_all(
        "inputs => inputs.map(input => input.value)"
    )


@contextmanager
def offline(person: Walk) -> Iterator[None]:
    """Cut the network; what the browser says about that is no complaint."""
    person.page.context.set_offline(True)
    yield
    person.page.context.set_offline(False)
    person.complaints[:] = [text for text in person.complaints if not OFFLINE.search(text)]


def leave(person: Walk) -> None:
    """Close the tab, whatever the page asks."""
    person.page.once("dialog", lambda dialog: dialog.accept())
    person.page.goto("about:blank")


def tab_into_the_criteria(person: Walk) -> None:
    """Go on with the Tab key until a level has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if person.page.evaluate("!!document.activeElement.closest('[data-criterion] fieldset')"):
            return
        keys(person, "Tab")
    pytest.fail("The criteria cannot be reached with the Tab key.")


def test_juror_assesses_with_the_keyboard_and_without_a_connection(browser, own_demo):
    jury = f"/jury/{own_demo.challenge('Bürger')}/"
    with walk(browser, own_demo, width=TABLET) as finn:
        declare(finn, jury)
        first, *others = sheets(finn, jury)
        finn.visit(f"{first}#score")
        tab_into_the_criteria(finn)

        # The network is cut in the middle of the first one: nothing is lost, and n does not leave.
        keys(finn, "4", "j", "3")
        wait_for(finn, "saved")
        with offline(finn):
            keys(finn, "j", "5", "j", "2")
            wait_for(finn, "offline")
            keys(finn, "n")
            assert finn.path == first
        wait_for(finn, "saved")

        for sheet in others:
            with finn.page.expect_navigation():
                keys(finn, "n")
            assert finn.path == sheet
            finn.page.wait_for_function("() => document.activeElement.closest('[data-criterion]')")
            keys(finn, "3", "j", "3", "j", "4", "j", "5")
            wait_for(finn, "saved")
            assert levels(finn) == ["3", "3", "4", "5"]

        finn.visit(first)
        assert levels(finn) == ["4", "3", "5", "2"]
        finn.visit(jury)
        assert len(others) == 5
        finn.says(finn.t("My assessments"), finn.t("Assessed"))
        assert finn.page.locator("progress").first.get_attribute("value") == "6"


def test_closed_tab_leaves_what_was_typed_on_the_device_until_the_sign_out(browser, own_demo):
    jury = f"/jury/{own_demo.challenge('Bürger')}/"
    with walk(browser, own_demo, width=TABLET) as finn:
        declare(finn, jury)
        first, *_others = sheets(finn, jury)
        finn.visit(f"{first}#score")
        finn.answer("comment", "Erste Fassung.")
        wait_for(finn, "saved")

        with offline(finn):
            finn.answer("comment", "Im Zug geschrieben.")
            wait_for(finn, "offline")
            leave(finn)
        finn.visit(f"{first}#score")
        finn.page.wait_for_function("() => !Object.keys(localStorage).length")
        finn.visit(first)

        assert finn.page.locator("[name=comment]").input_value() == "Im Zug geschrieben."
        finn.follow(finn.t("Earlier versions"))
        finn.click(finn.page.locator("p a[href$='?every']"))
        assert finn.page.locator("tbody tr").count() == 2
        finn.follow(re.compile(f"^{finn.t('Version %(number)s', number=1)}"))
        finn.says("Erste Fassung.")
        finn.press(finn.t("Take version %(number)s back", number=1))
        assert finn.page.locator("[name=comment]").input_value() == "Erste Fassung."

        # What waits on the device when somebody signs out is gone with the sign-in.
        with offline(finn):
            finn.answer("comment", "Niemals gesendet.")
            wait_for(finn, "offline")
            leave(finn)
        finn.visit("/accounts/logout/")
        note = finn.page.locator("[data-outbox-waiting]")
        assert note.is_visible()
        finn.press(finn.t("Sign out"))
        assert finn.page.evaluate("Object.keys(localStorage).join()") == ""


def test_text_kept_on_a_device_meets_what_was_saved_on_another(browser, own_demo):
    jury = f"/jury/{own_demo.challenge('Bürger')}/"
    with (
        walk(browser, own_demo, width=TABLET) as tablet,
        walk(browser, own_demo) as desk,
    ):
        declare(tablet, jury)
        first, *_others = sheets(tablet, jury)
        tablet.visit(f"{first}#score")
        with offline(tablet):
            tablet.answer("comment", "Vom Tablet.")
            wait_for(tablet, "offline")
            leave(tablet)
        desk.sign_in("finn")
        desk.visit(first)
        desk.answer("comment", "Vom Schreibtisch.")
        wait_for(desk, "saved")

        tablet.visit(f"{first}#score")
        wait_for(tablet, "conflict")
        tablet.press(tablet.t("Compare both texts"))
        tablet.says("Vom Tablet.", "Vom Schreibtisch.")
        tablet.press(tablet.t("Save my choice"))

        assert tablet.page.locator("[name=comment]").input_value() == "Vom Tablet."
        assert tablet.page.evaluate("Object.keys(localStorage).join()") == ""


def test_shared_device_keeps_nothing_and_keys_can_be_switched_off(browser, own_demo):
    jury = f"/jury/{own_demo.challenge('Bürger')}/"
    with walk(browser, own_demo, width=TABLET) as finn:
        declare(finn, jury)
        first, *_others = sheets(finn, jury)
        finn.visit(f"{first}#score")
        for name in ("keys-off", "outbox-off"):
            box = finn.page.locator(f"#{name}")
            finn.unfold(box)
            box.check()

        with offline(finn):
            finn.answer("comment", "Nicht auf diesem Gerät.")
            wait_for(finn, "failed")
        wait_for(finn, "saved")
        tab_into_the_criteria(finn)
        keys(finn, "4")

        assert levels(finn) == []
        assert finn.page.evaluate("Object.keys(localStorage).sort().join()") == (
            "outbox-off,scoring-keys-off"
        )
