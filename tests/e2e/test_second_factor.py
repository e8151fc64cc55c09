"""Outside demo mode: whose role demands a second factor sets one up before anything opens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.installation import copy_of, serve
from tests.e2e.walk import Walk, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.installation import Installation

pytestmark = pytest.mark.e2e

ADA = "ada@buero.demo.example"
FRIDA = "frida@jury.demo.example"


@pytest.fixture
def strict_demo(demo_data: Path, tmp_path: Path) -> Iterator[Installation]:
    """The data of the demo, served as a real installation would: no one-click sign-in."""
    with copy_of(demo_data, tmp_path) as data, serve(data, demo=False) as installation:
        yield installation


def sign_in_by_mail(person: Walk, email: str) -> None:
    """Ask for a code and enter it."""
    person.visit("/accounts/login/")
    subject = person.t("Your sign-in code: %(code)s", code="").strip()
    known = person.installation.mails(email, subject)
    person.page.locator("#id_code_email").fill(email)
    person.press(person.t("Send me a code"))
    code = person.installation.code_from_mail(email, subject, known=known)
    person.fill(person.t("Code from the email"), code)
    person.press(person.t("Confirm"))


def sign_out(person: Walk) -> None:
    person.follow(person.t("Sign out"), within="header")
    person.press(person.t("Sign out"))


def totp(secret: str) -> str:
    """Return what an authenticator app shows (RFC 6238); never a code that is about to end."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def test_office_sets_up_an_authenticator_app(browser, strict_demo):
    with walk(browser, strict_demo) as ada:
        t = ada.t
        assert ada.page.request.post(ada.address("/demo/sign-in/"), data={}).status in {403, 404}
        sign_in_by_mail(ada, ADA)
        assert ada.path == "/me/second-factor/"
        ada.visit("/office/")
        assert ada.path == "/me/second-factor/"

        ada.follow(t("Set up an authenticator app"))
        secret = ada.page.locator("#authenticator_secret").inner_text()
        ada.fill(t("2. Enter the code that the app shows"), "000000")
        ada.press(t("Activate"), refused=True)
        ada.fill(t("2. Enter the code that the app shows"), totp(secret))
        ada.press(t("Activate"))
        # The app is asked once more before the recovery codes are shown.
        ada.fill(t("Code"), totp(secret))
        ada.press(t("Confirm"))
        codes = ada.page.locator("#recovery_codes li").all_inner_texts()
        assert len(codes) == 10
        ada.visit("/office/")
        assert ada.path == "/office/"

        # From now on the mailbox alone is not enough; a recovery code is, once.
        sign_out(ada)
        sign_in_by_mail(ada, ADA)
        ada.visit("/office/")
        assert ada.path != "/office/"
        ada.visit("/accounts/2fa/authenticate/")
        ada.fill(t("Code"), codes[0])
        ada.press(t("Sign in"))
        ada.visit("/office/")
        assert ada.path == "/office/"


def test_juror_registers_a_passkey_and_signs_in_with_it(browser, strict_demo):
    with walk(browser, strict_demo) as frida:
        t = frida.t
        device = frida.page.context.new_cdp_session(frida.page)
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
        sign_in_by_mail(frida, FRIDA)
        frida.visit("/jury/")
        assert frida.path == "/me/second-factor/"
        frida.follow(t("Set up a passkey"))
        frida.answer("name", "Diensttelefon")
        frida.page.get_by_label(t("Sign in with it alone")).check()
        frida.press(t("Add passkey"))
        frida.page.wait_for_url("**/2fa/**")

        sign_out(frida)
        frida.visit("/accounts/login/")
        frida.press(t("Sign in with a passkey"))
        frida.page.wait_for_url("**/jury/")
        frida.visit(f"/jury/{strict_demo.challenge('Bürger')}/")
