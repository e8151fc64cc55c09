"""Frame, components and sign-in in a real browser: accessible, fitting, within the policy."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import connection
from playwright.sync_api import expect

from tests.architecture.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.urls("tests.e2e.frame_urls"),
    pytest.mark.django_db(transaction=True),
]
PAGES = ("/styleguide/", "/accounts/login/", "/en/accounts/signup/", "/nowhere/")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module", autouse=True)
def answers_may_end_late(django_db_setup: None) -> None:
    """Let threads of the live server close the shared connection also after the server has ended.

    The browser keeps its lines open, and when it lets them go is chance.
    """
    connection.inc_thread_sharing()


@cache
def axe() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def page_of(browser: Browser, **settings: Any) -> Iterator[Page]:
    """Open a page whose complaints fail the test: script errors and breaches of the policy."""
    complaints: list[str] = []
    context = browser.new_context(**{"locale": "de-DE", "timezone_id": "Europe/Berlin", **settings})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda entry: complaints.append(entry.text) if "Security Policy" in entry.text else None,
    )
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_pages_are_accessible_and_fit(browser, live_server, scheme, width):
    found = {}
    with page_of(browser, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        for path in PAGES:
            page.goto(live_server.url + path)
            page.evaluate(axe())
            result = page.evaluate("tags => axe.run(document, {runOnly: tags})", STANDARDS)
            problems = [
                f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in result["violations"]
            ]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append("wider than the window")
            found[path] = problems

    assert found == {path: [] for path in PAGES}


def test_menu_opens_without_script_and_leads_on(browser, live_server):
    with page_of(
        browser, java_script_enabled=False, viewport={"width": 360, "height": 700}
    ) as page:
        page.goto(f"{live_server.url}/accounts/signup/")
        page.get_by_text("Menü", exact=True).click()
        page.get_by_role("link", name="Anmelden").first.click()

        expect(page).to_have_url(f"{live_server.url}/accounts/login/")
        # A passkey needs script; without it the button would promise what it cannot do.
        assert page.get_by_text("Mit Passkey anmelden").is_hidden()


def test_first_tab_stop_leads_past_the_menu(browser, live_server):
    with page_of(browser) as page:
        page.goto(f"{live_server.url}/accounts/login/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Zum Inhalt springen"

        page.keyboard.press("Enter")

        expect(page.locator("#content")).to_be_focused()


def test_error_summary_takes_the_focus_and_leads_to_the_field(browser, live_server):
    with page_of(browser) as page:
        page.goto(f"{live_server.url}/accounts/signup/")
        page.get_by_label("E-Mail-Adresse").fill("kaputt")
        page.get_by_role("button", name="Konto anlegen").click()
        expect(page.locator("#error-summary")).to_be_focused()
        expect(page).to_have_title(re.compile("^Fehler: "))

        page.locator("#error-summary a").first.click()

        expect(page.locator("#id_email")).to_be_focused()
        assert page.get_by_label("E-Mail-Adresse").input_value() == "kaputt"


def test_counter_says_what_is_left_and_what_is_too_much(browser, live_server):
    with page_of(browser) as page:
        page.goto(f"{live_server.url}/styleguide/")
        counter = page.locator("#id_summary_count")
        assert counter.inner_text() == "Noch 1\u202f200 von 1\u202f200 Zeichen"

        # A line break counts as the two characters that are sent.
        page.locator("#id_summary").fill("a\n" * 600)

        expect(counter).to_have_text("600 Zeichen zu viel")


def test_deadline_follows_the_clock_of_the_server(browser, live_server):
    with page_of(browser) as page:
        # The reader's clock is an hour slow; the time left must not be an hour too much.
        page.clock.install(time=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))  # noqa: TID251
        page.goto(f"{live_server.url}/styleguide/")
        soon = page.locator("aside [data-deadline-left]").nth(1)
        before = soon.inner_text()

        page.clock.run_for(65_000)

        assert re.fullmatch(r"noch 8 Minuten, \d+ Sekunden", before)
        expect(soon).to_have_text(re.compile(r"^noch 7 Minuten, \d+ Sekunden$"))

        page.clock.run_for(8 * 60_000)

        expect(soon).to_have_text("Frist abgelaufen")


def test_deadline_adds_the_readers_zone_only_where_it_differs(browser, live_server):
    hints = []
    for zone in ("Europe/Berlin", "Europe/Paris", "America/New_York"):
        with page_of(browser, timezone_id=zone) as page:
            page.goto(f"{live_server.url}/styleguide/")
            hints.append(page.locator("[data-deadline-yours]").first.inner_text())

    assert hints[:2] == ["", ""]
    assert re.fullmatch(r"in Ihrer Zeitzone: \w\w, \d\d:\d\d \(UTC−[45]\)", hints[2])


def test_print_is_black_on_white_in_the_dark_theme(browser, live_server):
    with page_of(browser, color_scheme="dark") as page:
        page.goto(f"{live_server.url}/styleguide/")
        page.emulate_media(media="print")

        # Read as pixels, because KERN writes its colours in OKLCH.
        colours = page.evaluate(
            """() => ['--paper', '--kern-color-layout-background-default'].map(name => {
                const context = document.createElement('canvas').getContext('2d');
                context.fillStyle = getComputedStyle(document.body).getPropertyValue(name);
                context.fillRect(0, 0, 1, 1);
                return `rgb(${[...context.getImageData(0, 0, 1, 1).data].slice(0, 3).join(', ')})`;
            })"""
        )
        assert colours == ["rgb(255, 255, 255)"] * 2
        assert page.locator("main .kern-btn").first.is_hidden()


def test_sign_up_passkey_and_second_factor(browser, live_server):
    with page_of(browser) as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        page.goto(f"{live_server.url}/accounts/signup/")
        page.get_by_label("E-Mail-Adresse").fill("gus@example.org")
        page.get_by_label("Ihr Name").fill("Gus")
        page.get_by_role("button", name="Konto anlegen").click()
        page.get_by_label("Code aus der E-Mail").fill(latest_code("gus@example.org"))
        page.get_by_role("button", name="Bestätigen").click()
        page.wait_for_url("**/me/")

        page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
        page.get_by_label("Name dieses Passkeys").fill("Diensttelefon")
        page.get_by_label("Damit allein anmelden").check()
        page.get_by_role("button", name="Passkey hinzufügen").click()
        page.wait_for_url("**/accounts/2fa/**reauth**")
        page.get_by_role("link", name="Sicherheitsschlüssel").click()
        page.get_by_role("button", name="Passkey oder Sicherheitsschlüssel verwenden").click()
        page.wait_for_url("**/recovery-codes/**")
        assert page.locator("#recovery_codes li").count() == 10

        page.goto(f"{live_server.url}/accounts/logout/")
        page.get_by_role("button", name="Abmelden").click()
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_role("button", name="Mit Passkey anmelden").click()
        page.wait_for_url("**/me/")

        assert page.get_by_role("link", name="Mein Konto: Gus").is_visible()


def latest_code(recipient: str) -> str:
    """Read the code from the mail that was sent last; the outbox has erased its text by then."""
    body = [message.body for message in mail.outbox if message.to == [recipient]][-1]
    found = re.search(r"^ {4}(\S+)$", body, re.MULTILINE)
    assert found
    return found.group(1)


def test_cancelled_passkey_says_what_happened(browser, live_server):
    with page_of(browser) as page:
        # What a browser answers when the person closes its window.
        page.add_init_script(
            "navigator.credentials.get = "
            "async () => { throw new DOMException('', 'NotAllowedError'); }"
        )
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_role("button", name="Mit Passkey anmelden").click()

        problem = page.locator("#passkey-problem")
        problem.wait_for(state="visible")

        assert "wählen Sie einen anderen Weg" in problem.inner_text()
