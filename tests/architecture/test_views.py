"""Views are found by name: the name of a route says what it shows or does, and a test asks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

from tests.architecture.source import DOMAIN_APPS, PACKAGES, ROOT, python_files

# <noun>-<verb>, or a noun and what is shown of it: team-list, file-upload, leaderboard-csv.
NAME = re.compile(r"[a-z]+(-[a-z]+)+")
# Entrances, which are nothing but themselves.
ENTRANCES = {"home", "start"}


def own_routes(resolver: Any = None) -> Iterator[URLPattern]:
    for part in (resolver or get_resolver()).url_patterns:
        if not isinstance(part, URLPattern):
            # The administration has names of its own.
            yield from own_routes(part) if part.namespace != "admin" else ()
        elif part.callback.__module__.partition(".")[0] in PACKAGES:
            yield part


def test_routes_are_named_by_noun_and_verb():
    names = {part.name or str(part.pattern) for part in own_routes()}

    odd = {name for name in names - ENTRANCES if not NAME.fullmatch(name)}

    assert odd == set()


def test_routes_are_named_once():
    names = sorted(part.name for part in own_routes() if part.name)

    assert names == sorted(set(names))


def test_every_module_of_views_has_tests_in_its_app():
    """A file of tests that has its name, or one that asks one of its routes by name."""
    names: dict[str, set[str]] = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): set()
        for path in python_files(*(f"{app}/views" for app in DOMAIN_APPS))
        if path.stem != "__init__"
    }
    for part in own_routes():
        names.get(part.callback.__module__, set()).add(f":{part.name}")

    untested = [
        module
        for module, routes in names.items()
        if not any(
            path.stem == f"test_{module.rpartition('.')[2]}"
            or any(route in path.read_text(encoding="utf-8") for route in routes)
            for path in python_files(f"tests/{module.partition('.')[0]}")
        )
    ]

    assert untested == []
