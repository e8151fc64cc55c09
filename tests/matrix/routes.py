"""The table of who may open what (`matrix.yaml`), and the routes that the product really has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.urls import URLPattern, get_resolver

TABLE = Path(__file__).with_name("matrix.yaml")

# The roles of the matrix, in the order of its columns. Two people act in both competitions:
# whoever organises the other one takes part in this one, and the juror of another problem
# statement leads a team in the other one (IN-46).
ROLES = {
    "anonymous": "a visitor who is not signed in",
    "participant": "the captain of the team",
    "member": "a member of the team",
    "rival": "the captain of another team",
    "juror": "a juror of the problem statement",
    "chair": "the chair of its jury",
    "juror_elsewhere": "a juror of another problem statement",
    "agency": "staff of the agency that posted it",
    "agency_other": "staff of another agency",
    "organiser": "the office of the competition",
    "organiser_elsewhere": "the office of another competition; takes part in this one",
    "auditor": "an auditor",
    "operator": "an operator of the installation",
}
SIGNED_IN = tuple(role for role in ROLES if role != "anonymous")
GROUPS = {
    "everybody": tuple(ROLES),
    "signed-in": SIGNED_IN,
    "team": ("participant", "member"),
    "jury": ("juror", "chair"),
}
SIGN_IN, DENIED, NO_METHOD = "sign-in", "404", "405"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a route, an object behind it, and the answer to every role."""

    key: str
    room: str
    what: str
    parts: dict[str, str]
    get: dict[str, str]
    post: dict[str, str]

    @property
    def route(self) -> str:
        """Return the name of the route; further objects behind it follow a `#`."""
        return self.key.partition("#")[0]

    def answers(self, method: str) -> dict[str, str]:
        """Return the expected answer by role."""
        return self.get if method == "GET" else self.post


def expected(clauses: str) -> dict[str, str]:
    """Read `roles status; roles status`, or `nobody`; who is not named is denied.

    The last clause that names a role wins.
    """
    answers = dict.fromkeys(ROLES, DENIED) | {"anonymous": SIGN_IN}
    for clause in clauses.split(";") if clauses != "nobody" else ():
        *names, status = clause.split()
        for name in names or ["everybody"]:
            for role in GROUPS.get(name, (name,)):
                if role not in ROLES:
                    message = f"Unknown role “{role}” in “{clauses}”"
                    raise ValueError(message)
                answers[role] = status
    return answers


@cache
def table() -> tuple[Line, ...]:
    """Read the table."""
    return tuple(
        Line(
            key=key,
            room=room["room"],
            what=line["what"],
            parts=line.get("at", {}),
            get=expected(str(line["get"])),
            post=expected(str(line["post"])),
        )
        for room in yaml.safe_load(TABLE.read_text(encoding="utf-8"))
        for key, line in room["routes"].items()
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A line for a route that exists; a line with `*` stands for several."""

    line: Line
    route: str

    def __str__(self) -> str:
        """Return what pytest shows."""
        return self.line.key if "*" not in self.line.key else self.route


def cases() -> list[Case]:
    """Return the lines of the table, those with a pattern once for each route."""
    names = sorted(set(route_names()))
    found = []
    for line in table():
        matching = [name for name in names if line_of(name) is line]
        found += (
            [Case(line, name) for name in matching] if "*" in line.key else [Case(line, line.route)]
        )
    return found


@cache
def line_of(name: str) -> Line | None:
    """Return the line that speaks for a route; one that names it comes before a pattern."""
    exact = next((line for line in table() if line.route == name), None)
    return exact or next((line for line in table() if fnmatchcase(name, line.route)), None)


def route_names() -> list[str]:
    """Return the name of every route of the resolver; one without has its pattern instead."""
    return [name for name, _address in routes()]


def routes() -> Iterator[tuple[str, str]]:
    """Yield the name and the pattern of every route of the resolver."""
    yield from _routes(get_resolver(), "", "")


def _routes(resolver: Any, namespace: str, address: str) -> Iterator[tuple[str, str]]:
    for part in resolver.url_patterns:
        here = address + str(part.pattern)
        if isinstance(part, URLPattern):
            yield f"{namespace}{part.name or here}", here
        else:
            inner = f"{namespace}{part.namespace}:" if part.namespace else namespace
            yield from _routes(part, inner, here)
