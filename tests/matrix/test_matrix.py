"""Every route of the product, asked by every role (security baseline B-2, B-3, B-9, B-14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.middleware.csrf import _get_new_csrf_string
from django.urls import reverse

from scripts import permissions
from tests.matrix.routes import (
    DENIED,
    NO_METHOD,
    ROLES,
    SIGN_IN,
    SIGNED_IN,
    TABLE,
    Case,
    cases,
    line_of,
    route_names,
    table,
)
from tests.matrix.world import Secret

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from tests.matrix.world import World

pytestmark = pytest.mark.django_db

CASES = cases()
OURS = [case for case in CASES if not case.route.startswith("admin:")]
WITH_OBJECTS = [
    case for case in OURS if any(not v.startswith("=") for v in case.line.parts.values())
]
# Further objects behind a route take the same way until a row is looked for.
ROUTES = [case for case in CASES if "#" not in case.line.key]
METHODS = ("GET", "POST")
# Together they may know everything that anybody may know.
WITNESSES = frozenset({"organiser", "chair", "juror", "agency", "agency_other", "participant"})
# Where a second factor is set up, and the language chosen.
OPEN_WITHOUT_FACTOR = (
    "account_", "mfa_", "usersessions_", "accounts:second-factor-required", "language-set",
)  # fmt: skip
# What a request may write although it changes nothing: its session, and counts of rate limits.
PASSING = ("django_session", "usersessions_usersession", "cache")
WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# A PDF in a frame of our own page: nothing but this frame is allowed to it.
FRAMED = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


def ask(client: Client, method: str, url: str) -> HttpResponse:
    """Send a request; a POST has the one field that every form sends, and nothing else."""
    if method == "GET":
        return client.get(url)
    return client.post(url, {"csrfmiddlewaretoken": "taken as valid by the test client"})


def text_of(response: HttpResponse) -> str:
    """Return head and body as a person could read them, files included."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{head}\n{body.decode('utf-8', 'replace')}"


def answer_of(response: HttpResponse) -> str:
    """Return the status, or where somebody is sent who has to sign in first."""
    location = response.headers.get("Location", "")
    if location.startswith(reverse("account_login") + "?next="):
        return SIGN_IN
    if location.startswith(reverse("accounts:second-factor-required")):
        return "second-factor"
    return str(response.status_code)


@contextmanager
def tables_written() -> Iterator[set[str]]:
    """Collect the tables that are written, but for those that every visit may touch.

    Django's own log of queries would ask SQLite to quote the values of each one.
    """
    written: set[str] = set()

    def look(execute: Any, sql: str, *arguments: Any) -> Any:
        match = WRITES.match(sql)
        if match and not match[1].startswith(PASSING):
            written.add(match[1])
        return execute(sql, *arguments)

    with connection.execute_wrapper(look):
        yield written


# -- the table and the product ---------------------------------------------------------------------


def test_every_route_is_in_the_table():
    """Add a line to matrix.yaml, then `make docs`."""
    unlisted = sorted({name for name in route_names() if line_of(name) is None})

    assert unlisted == []


def test_every_line_of_the_table_has_a_route():
    spoken_for = {line.key for name in route_names() if (line := line_of(name))}
    names = set(route_names())

    orphans = [
        line.key for line in table() if line.key not in spoken_for and line.route not in names
    ]

    assert orphans == []


def test_no_line_stands_twice():
    """YAML would let the second one win in silence."""
    keys = re.findall(r'^    "?([^ "]+?)"?: \{', TABLE.read_text(encoding="utf-8"), re.MULTILINE)

    assert keys == [line.key for line in table()]


def test_page_about_permissions_is_up_to_date():
    """Mend it with: make docs."""
    assert permissions.PAGE.read_text(encoding="utf-8") == permissions.page()


@pytest.mark.parametrize(
    ("secret", "text", "is_told"),
    [
        ("73201", "r1,73201.25", True),
        ("73201", "<td>73201</td>", True),
        ("73201", "a73201f0", False),
        ("73201", "0.73201", False),
        ("0.7319", '{"value": 0.7319}', True),
        ("0.7319", '{"value": 0.73190000001}', True),
        ("0.7319", "09:10:30.731912", False),
        ("Geheim", "geheim Geheimnis", True),
    ],
)
def test_number_is_told_as_itself_only(secret: str, text: str, is_told: bool):
    assert Secret(secret).is_in(text) == is_told


# -- what every role is answered -------------------------------------------------------------------


def check(world: World, case: Case, role: str, method: str) -> str:
    """Ask, check what holds for every answer, and return the answer."""
    url = world.address(case.route, case.line.parts)
    with transaction.atomic(), tables_written() as written:
        response = ask(world.client(role), method, url)
        text = text_of(response)
        transaction.set_rollback(True)
    answer = answer_of(response)
    wanted = HEADERS
    if response["Content-Type"] == "application/pdf" and case.route in {
        "scoring:assessment-document",
        "scoring:discussion-document",
    }:
        wanted = HEADERS | FRAMED
    assert {name: response.headers.get(name) for name in wanted} == wanted, role
    if method == "GET" or answer in {DENIED, NO_METHOD, SIGN_IN}:
        assert written == set(), role
    told = [row.text for row in world.secrets if role not in row.known_to and row.is_in(text)]
    assert told == [], role
    joined = [
        row
        for row in world.disguises
        if role not in row.known_to and row.pseudonym in text and row.team in text
    ]
    assert joined == [], role
    return answer


def roles_for(case: Case, method: str) -> tuple[str, ...]:
    """Return the roles to ask as: few where the answer is given before anybody is known."""
    if set(case.line.answers(method).values()) == {NO_METHOD}:
        return ("anonymous", "operator")
    if "*" in case.line.key:
        # The administration asks for one flag, which nobody but operators has.
        return ("anonymous", "organiser", "auditor", "operator")
    return tuple(ROLES)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_route_answers_each_role_as_the_table_says(world: World, case: Case, method: str):
    roles = roles_for(case, method)

    answers = {role: check(world, case, role, method) for role in roles}

    assert answers == {role: case.line.answers(method)[role] for role in roles}


# -- denial tells nothing --------------------------------------------------------------------------


def unknown(case: Case) -> dict[str, str]:
    """Return the parts of an address behind which there is nothing."""
    return {
        key: value if value.startswith("=") else f"=unbekannt-{key.replace('_', '-')}"
        for key, value in case.line.parts.items()
    }


def anonymised(response: HttpResponse, url: str) -> tuple[object, ...]:
    """Return an answer without the address that was asked for."""
    head = sorted(
        (name, value.replace(url, "…"))
        for name, value in response.items()
        if name not in {"Set-Cookie", "Content-Length"}
    )
    # Tokens are drawn anew for every answer.
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text_of(response))
    # So are the number and the time of a failure.
    body = re.sub(r'"urn:[^"]*"|"F-\w+"|"at": "[^"]*"', "", body)
    body = body.replace(url, "…").split("\n\n", 1)[-1]
    return response.status_code, head, re.sub(r"Content-Length: \d+", "", body)


def method_of(case: Case) -> str:
    """Return the method by which a route is used."""
    return "POST" if set(case.line.get.values()) == {NO_METHOD} else "GET"


def strangers(case: Case) -> list[str]:
    """Return a visitor, and the first and the last role that are denied."""
    answers = case.line.answers(method_of(case))
    denied = [role for role in SIGNED_IN if answers[role] == DENIED]
    visitors = [role for role in ("anonymous",) if answers[role] in {DENIED, SIGN_IN}]
    return sorted({*visitors, *denied[:1], *denied[-1:]})


@pytest.mark.parametrize(
    "case", [case for case in WITH_OBJECTS if strangers(case) and "#" not in case.line.key], ids=str
)
def test_denial_is_the_same_as_for_what_does_not_exist(world: World, case: Case):
    here = world.address(case.route, case.line.parts)
    nowhere = world.address(case.route, unknown(case))
    for role in strangers(case):
        client = world.client(role)

        found = ask(client, method_of(case), here)
        missing = ask(client, method_of(case), nowhere)

        assert anonymised(found, here) == anonymised(missing, nowhere), role


@pytest.mark.parametrize(
    "case",
    [case for case in WITH_OBJECTS if {"slug", "code"} <= case.line.parts.keys()],
    ids=str,
)
def test_object_is_found_below_its_own_competition_only(world: World, case: Case):
    url = world.address(case.route, case.line.parts | {"slug": "competition-elsewhere"})
    method = method_of(case)
    allowed = {
        role
        for role, answer in case.line.answers(method).items()
        if answer not in {SIGN_IN, DENIED}
    }

    answers = {role: answer_of(ask(world.client(role), method, url)) for role in allowed}

    assert answers == dict.fromkeys(allowed, DENIED)


# -- tokens and second factors ---------------------------------------------------------------------


@pytest.mark.parametrize("case", ROUTES, ids=str)
def test_post_without_token_is_refused(world: World, case: Case):
    url = world.address(case.route, case.line.parts)
    allowed = [role for role in ROLES if case.line.post[role] not in {DENIED, SIGN_IN, NO_METHOD}]
    client = world.client(next(iter(allowed), "organiser"), enforce_csrf_checks=True)

    with tables_written() as written:
        as_text = client.post(url, "{}", content_type="text/plain")
        client.cookies["csrftoken"] = _get_new_csrf_string()
        forged = client.post(url, {"csrfmiddlewaretoken": _get_new_csrf_string()})

    assert [as_text.status_code, forged.status_code] == [403, 403]
    assert written == set()


@pytest.mark.parametrize("case", ROUTES, ids=str)
def test_organiser_without_second_factor_gets_nowhere(world: World, case: Case):
    url = world.address(case.route, case.line.parts)
    client = world.client("organiser")
    session = client.session
    del session["account_authentication_methods"]
    session.save()

    answer = answer_of(ask(client, method_of(case), url))

    assert (answer == "second-factor") is not case.route.startswith(OPEN_WITHOUT_FACTOR)


# -- what the table cannot say ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> dict[str, list[str]]:
    """Keep what a role can read, for the tests that look at all of it."""
    return {}


def pages(world: World, library: dict[str, list[str]], role: str) -> list[str]:
    """Return the text of every page that a role may read and on which something could be told."""
    if role not in library:
        client = world.client(role)
        library[role] = [
            text_of(client.get(world.address(case.route, case.line.parts)))
            for case in OURS
            if case.line.get[role] == "200"
            and case.line.room != "Account"
            # Published, so nothing is told there; its figures take a second to draw.
            and case.line.key != "scoring:results-show"
        ]
    return library[role]


def test_secrets_are_met_by_those_who_may_know(world: World, library: dict[str, list[str]]):
    """A word that nobody meets anywhere would prove nothing."""
    known = [secret for secret in world.secrets if secret.known_to & WITNESSES]
    met: set[str] = set()
    for role in sorted(WITNESSES):
        text = "".join(pages(world, library, role))
        met |= {row.kind or row.text for row in known if role in row.known_to and row.is_in(text)}

    assert met == {row.kind or row.text for row in known}


@pytest.mark.parametrize("role", ["organiser", "juror", "chair", "auditor"])
def test_no_two_pages_join_pseudonym_and_team(
    world: World, library: dict[str, list[str]], role: str
):
    """The code of a version stands beside one of the two names, never beside both."""
    joined = [
        row
        for row in world.disguises
        if role not in row.known_to
        and any(row.code in page and row.pseudonym in page for page in pages(world, library, role))
        and any(row.code in page and row.team in page for page in pages(world, library, role))
    ]

    assert joined == []
