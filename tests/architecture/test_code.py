"""Rules about the code that no linter knows."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils.module_loading import import_string

from tests.architecture.source import (
    DOMAIN_APPS,
    PACKAGES,
    ROOT,
    dotted,
    nodes,
    place,
    python_files,
)

HEAVY = ("pandas", "numpy", "scipy", "sklearn", "altair", "vl_convert", "typst")
VAGUE_NAMES = {"utils", "common", "helpers", "services", "lib", "misc"}
ENTERS_UNSEEN = {"all", "get", "filter", "exclude", "first", "last", "values", "values_list"}


@pytest.mark.django_db
def test_models_have_no_change_without_migration(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True)
    except SystemExit:
        pytest.fail(f"A migration is missing:\n{capsys.readouterr().out}")

    assert capsys.readouterr().out.strip() == "No changes detected"


@pytest.mark.slow
def test_web_process_starts_without_heavy_libraries():
    script = (
        "import sys, django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().reverse_dict\n"
        f"print(*sorted(set({HEAVY}) & sys.modules.keys()))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings.test", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == []


def test_packages_have_names_that_say_something():
    names = {
        path.stem if path.stem != "__init__" else path.parent.name
        for path in python_files(*PACKAGES)
    }

    assert names & VAGUE_NAMES == set()


def test_views_get_rows_through_permission_or_visibility():
    """`Model.objects.visible_to(user)` and core.access are the ways in; `.objects.get()` is not."""
    found = [
        place(path, node)
        for path in python_files(*DOMAIN_APPS)
        if "views" in path.parts or path.stem in {"views", "api"}
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr in ENTERS_UNSEEN
        and dotted(node.value).split(".")[-1] in {"objects", "_default_manager"}
    ]

    assert found == []


def test_every_form_checks_its_token():
    found = [
        place(path, node)
        for path in python_files(*PACKAGES)
        for node in nodes(path)
        if isinstance(node, ast.Name | ast.Attribute | ast.alias)
        and "csrf_exempt" in (dotted(node) or getattr(node, "name", ""))
    ]

    assert found == []


def test_suite_has_no_mocks():
    found = [
        place(path, node)
        for path in python_files("tests")
        for node in nodes(path)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest.mock"))
        or (isinstance(node, ast.Import) and any("mock" in name.name for name in node.names))
        or (isinstance(node, ast.arg) and node.arg == "mocker")
    ]

    assert found == []


def test_character_fields_of_models_are_limited():
    unlimited = [
        f"{model._meta.label}.{field.name}"
        for app in (*DOMAIN_APPS, "core")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.CharField) and field.max_length is None
    ]

    assert unlimited == []


def test_character_fields_of_forms_are_limited():
    unlimited = [
        place(path, node)
        for path in python_files(*DOMAIN_APPS)
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and dotted(node.func) == "forms.CharField"
        and not any(keyword.arg in {"max_length", None} for keyword in node.keywords)
    ]

    assert unlimited == []


def test_forms_name_their_fields():
    """`fields = "__all__"` and `exclude` let a new column into a form unseen."""
    found = [
        place(path, node)
        for path in python_files(*PACKAGES)
        if path.stem != "admin"
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and node.name == "Meta"
        for line in node.body
        if isinstance(line, ast.Assign)
        for target in line.targets
        if isinstance(target, ast.Name)
        and (
            target.id == "exclude"
            or (
                target.id == "fields"
                and isinstance(line.value, ast.Constant)
                and line.value.value == "__all__"
            )
        )
    ]

    assert found == []


def test_state_is_assigned_in_one_place():
    """core.transitions moves rows; core.outbox keeps the simple state of a mail."""
    allowed = {ROOT / "core" / "transitions.py", ROOT / "core" / "outbox.py"}
    found = []
    for path in python_files(*PACKAGES):
        if path in allowed:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(to, ast.Attribute) and to.attr == "state" for to in targets):
                    found.append(place(path, node))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                changes = {keyword.arg for keyword in node.keywords}
                if node.func.attr in {"update", "bulk_update"} and "state" in changes:
                    found.append(place(path, node))

    assert found == []


def test_environment_is_read_in_the_settings_only():
    readers = {"os.environ", "os.getenv", "os.environb"}
    found = [
        place(path, node)
        for path in python_files(*PACKAGES)
        if path.parent != ROOT / "config" / "settings" and path != ROOT / "config" / "wsgi.py"
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and dotted(node) in readers
    ]

    assert found == []


def test_tasks_named_by_actions_exist():
    names = {
        node.args[0].value
        for path in python_files(*PACKAGES)
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and dotted(node.func).split(".")[-1] == "enqueue_on_commit"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    missing = [name for name in sorted(names) if not hasattr(import_string(name), "enqueue")]

    assert missing == []
