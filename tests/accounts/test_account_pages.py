"""allauth's pages and mails in our words: sign-up, sign-in, second factor, account."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from accounts.wording import SENTENCES
from core.models import OutboxMessage
from tests.architecture.source import ROOT
from tests.factories import UserFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    SignIn = Callable[[User], Client]

pytestmark = pytest.mark.django_db

FAMILIAR = re.compile(r"\b(?:du|dich|dir|dein\w*)\b", re.IGNORECASE)
ENTRANCE = (
    "account_login",
    "account_signup",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_inactive",
)
ACCOUNT = (
    "account_email",
    "account_set_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "usersessions_list",
    "account_logout",
)
MAILS = sorted(
    str(path.relative_to(ROOT / "templates")).removesuffix("_subject.txt")
    for app in ("account", "mfa")
    for path in (ROOT / "templates" / app / "email").glob("*_subject.txt")
)


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """Build addresses without prefix, whatever language the test before this one left behind."""
    with translation.override("de"):
        yield


def localised(name: str, language: str) -> str:
    with translation.override(language):
        return reverse(name)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ENTRANCE)
def test_entrance_page_opens_in_both_languages(client: Client, name: str, language: str) -> None:
    response = client.get(localised(name, language))

    html = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in html
    assert html.count("<h1>") == 1
    assert language == "en" or FAMILIAR.findall(html) == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ACCOUNT)
def test_account_page_opens_in_both_languages(sign_in: SignIn, name: str, language: str) -> None:
    ada = UserFactory()
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)

    response = sign_in(ada).get(localised(name, language))

    # Some of them ask first whether it is really Ada.
    assert response.status_code in {200, 302}
    html = response.content.decode()
    assert html == "" or html.count("<h1>") == 1
    assert language == "en" or FAMILIAR.findall(html) == []


@pytest.mark.parametrize("create", [User.objects.create_user, User.objects.create_superuser])
def test_created_person_has_an_address_to_confirm_and_reading_adds_nothing(
    sign_in: SignIn, create: Callable[..., User]
) -> None:
    nele = create(" Nele@Jury.Example ")
    client = sign_in(nele)

    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("account_email"))

    row = EmailAddress.objects.get(user=nele)
    assert (row.email, row.primary, row.verified) == ("nele@jury.example", True, False)
    assert page.status_code == 200
    assert [query for query in queries if query["sql"].startswith('INSERT INTO "account_')] == []


def test_created_person_may_be_confirmed_already() -> None:
    nele = User.objects.create_user("nele@jury.example", is_confirmed=True)

    assert EmailAddress.objects.get(user=nele).verified


def test_administration_keeps_the_address_in_step(sign_in: SignIn) -> None:
    olaf = UserFactory(is_staff=True, is_superuser=True)
    client = sign_in(olaf)
    data = {"name": "Nele", "language": "de", "is_active": "on"}

    client.post(reverse("admin:accounts_user_add"), {**data, "email": "nele@old.example"})
    nele = User.objects.get(email="nele@old.example")
    EmailAddress.objects.filter(user=nele).update(verified=True)
    address = reverse("admin:accounts_user_change", args=[nele.pk])
    client.post(address, {**data, "email": "nele@old.example", "name": "Nele Neu"})
    kept = EmailAddress.objects.get(user=nele)
    client.post(address, {**data, "email": "nele@new.example"})
    replaced = EmailAddress.objects.get(user=nele)

    assert (kept.email, kept.verified) == ("nele@old.example", True)
    assert (replaced.email, replaced.primary, replaced.verified) == (
        "nele@new.example",
        True,
        False,
    )


def test_sign_up_asks_for_the_code_sent_by_mail(client: Client) -> None:
    answer = client.post(
        reverse("account_signup"), {"email": "gus@example.org", "name": "Gus"}, follow=True
    )

    mail = OutboxMessage.objects.get(recipient="gus@example.org")
    code = re.search(r"^ {4}(\S+)$", mail.body, re.MULTILINE).group(1)
    assert mail.subject == f"Ihr Bestätigungscode: {code}"
    assert "gus@example.org" in answer.content.decode()

    done = client.post(answer.request["PATH_INFO"], {"code": code})

    assert done["Location"] == reverse("accounts:start")
    assert User.objects.get(email="gus@example.org").name == "Gus"


def test_sign_up_with_a_wrong_address_keeps_what_was_typed(client: Client) -> None:
    html = client.post(
        reverse("account_signup"), {"email": "kaputt", "name": "Gus"}
    ).content.decode()

    assert 'value="kaputt"' in html
    assert 'value="Gus"' in html
    assert '<a href="#id_email">' in html
    assert "<title>Fehler: Konto anlegen" in html


def test_sign_in_by_code_writes_one_mail(client: Client) -> None:
    ada = UserFactory(email="ada@example.org")
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)

    client.post(reverse("account_request_login_code"), {"email": "ada@example.org"})

    subjects = OutboxMessage.objects.values_list("subject", flat=True)
    assert [subject.partition(":")[0] for subject in subjects] == ["Ihr Anmeldecode"]


def test_sign_in_by_password_is_possible_for_those_who_set_one(client: Client) -> None:
    ada = UserFactory(email="ada@example.org")
    ada.set_password("korrekt-pferd-batterie")
    ada.save()
    EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=True)

    answer = client.post(
        reverse("account_login"),
        {"login": "ada@example.org", "password": "korrekt-pferd-batterie"},
    )

    assert answer["Location"] == reverse("accounts:start")


def test_sign_up_needs_no_password_but_takes_a_good_one(client: Client) -> None:
    html = client.get(reverse("account_signup")).content.decode()
    short = client.post(
        reverse("account_signup"),
        {"email": "gus@example.org", "name": "Gus", "password1": "kurz"},
    )

    assert 'name="password1"' in html
    assert (short.status_code, "id_password1" in short.content.decode()) == (200, True)
    assert not User.objects.filter(email="gus@example.org").exists()


def test_a_wrong_code_says_what_to_do(client: Client) -> None:
    answer = client.post(
        reverse("account_signup"), {"email": "gus@example.org", "name": "Gus"}, follow=True
    )

    html = client.post(answer.request["PATH_INFO"], {"code": "FALSCH"}).content.decode()

    assert "fordern Sie einen neuen an" in html


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("prefix", MAILS)
def test_mail_is_complete_in_both_languages(prefix: str, language: str) -> None:
    context = {
        "code": "ABCD-EFGH",
        "email": "ada@example.org",
        "from_email": "old@example.org",
        "to_email": "new@example.org",
        "deleted_email": "old@example.org",
        "ip": "192.0.2.1",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
        "timestamp": dt.datetime(2027, 3, 15, 9, 47, 38, tzinfo=dt.UTC),
        "signup_url": "https://example.org/signup",
        "password_reset_url": "https://example.org/reset",
    }

    with translation.override(language):
        subject = render_to_string(f"{prefix}_subject.txt", context).strip()
        body = render_to_string(f"{prefix}_message.txt", context).strip()

    assert 0 < len(subject) <= 60
    assert "\n" not in subject
    assert "{" not in body + subject
    assert "&" not in body
    assert len(body.splitlines()) > 2
    assert language == "en" or FAMILIAR.findall(subject + body) == []


def test_messages_of_the_library_address_people_formally() -> None:
    messages = [
        *DefaultAccountAdapter.error_messages.values(),
        *DefaultMFAAdapter.error_messages.values(),
        *SENTENCES,
    ]

    with translation.override("de"):
        familiar = [str(message) for message in messages if FAMILIAR.search(str(message))]

    # One sentence of the library counts addresses and is never shown: nobody has so many.
    assert familiar == ["Du kannst nicht mehr als %d E-Mail-Adressen hinzufügen."]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0", "Firefox unter Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140", "Edge unter Windows"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/18 Safari/604", "Safari unter iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10) Chrome/140 Safari", "Chrome unter macOS"),
        ("curl/8", "unbekanntes Programm"),
        ("Linux", "Linux"),
    ],
)
def test_device_is_named_so_that_people_recognise_it(user_agent: str, words: str) -> None:
    from core.display import device_words

    with translation.override("de"):
        assert device_words(user_agent) == words
