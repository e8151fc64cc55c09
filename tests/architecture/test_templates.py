"""Rules about templates and style that no linter knows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.template.loader import get_template

from tests.architecture.source import ROOT

TEMPLATES = ROOT / "templates"
COMPONENTS = TEMPLATES / "components"
APP_CSS = ROOT / "static" / "css" / "app.css"
# Written by htmx while a request runs.
FOREIGN_CLASSES = {"htmx-indicator"}
# Scripts that hold data are not executed; the policy lets them pass.
DATA_SCRIPT = re.compile(r'<script[^>]*type="application/json"')


def pages() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@cache
def markup(path: Path) -> str:
    """Return a template without its comments."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{#.*?#\}", "", text)


def named(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def found(pattern: str, *, flags: int = re.IGNORECASE) -> list[str]:
    """Return `template: text` for every place that a pattern matches."""
    return [
        f"{named(path)}: {match.group(0)}"
        for path in pages()
        for match in re.finditer(pattern, markup(path), flags)
    ]


@pytest.mark.parametrize("path", pages(), ids=named)
def test_template_compiles(path):
    assert Path(get_template(named(path)).origin.name) == path


def test_templates_have_no_style_attribute_or_element():
    assert found(r"<style\b|\sstyle\s*=") == []


def test_templates_have_no_event_attribute():
    assert found(r"<[a-z][^<>]*\s(?:on[a-z]+|hx-on[:-][\w:.-]*|hx-vals\s*=\s*[\"']js:)\s*=") == []


def test_scripts_come_from_files_or_hold_data():
    inline = [
        place
        for place in found(r"<script\b[^>]*>")
        if " src=" not in place and not DATA_SCRIPT.search(place)
    ]

    assert inline == []


def test_nothing_is_loaded_from_elsewhere():
    assert found(r"(?:src|href|action)=[\"'](?:https?:)?//") == []


def test_components_are_included_in_isolation():
    includes = found(r"\{%\s*include\s+\"components/[^%]*%\}")

    assert [place for place in includes if not re.search(r"\sonly\s*%\}$", place)] == []


def test_every_block_of_text_is_trimmed():
    assert found(r"\{%\s*blocktrans(?:late)?\s+(?!.*\btrimmed\b)[^%]*%\}") == []


def test_forms_that_change_something_carry_the_token():
    open_forms = [
        f"{named(path)}: {form[:60]}"
        for path in pages()
        for form in re.findall(
            r"<form\b[^>]*method=\"post\".*?</form>", markup(path), re.DOTALL | re.IGNORECASE
        )
        if "csrf_token" not in form and "csrf_field" not in form
    ]

    assert [place for place in open_forms if not place.startswith("styleguide.html")] == []


def test_every_component_says_what_it_is_for():
    silent = [
        named(path)
        for path in sorted(COMPONENTS.glob("*.html"))
        if not path.read_text(encoding="utf-8").startswith("{% comment %}")
    ]

    assert silent == []


def test_every_component_is_documented():
    text = (ROOT / "docs" / "components.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+\.html)` \|", text, re.MULTILINE))

    # Filled by base.html and by the tag of the same name.
    internal = {"messages.html", "deadline_inline.html"}
    assert documented == {path.name for path in COMPONENTS.glob("*.html")} - internal


def class_names(path: Path) -> set[str]:
    """Return the classes that a template names outright; names put together are left out."""
    names: set[str] = set()
    for value in re.findall(r'\sclass="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"', markup(path)):
        # A name that touches a variable or a condition is only part of one.
        whole = re.sub(r"[\w-]*-\{%\s*if.*?endif\s*%\}[\w-]*", " ", value)
        whole = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*", " ", whole)
        whole = re.sub(r"\{%.*?%\}", " ", whole)
        names |= {name for name in whole.split() if not name.endswith("-")}
    return names


@cache
def known_classes(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", path.read_text(encoding="utf-8")))


def test_every_class_exists_in_kern_or_in_our_style_sheet():
    """KERN renames classes between minor versions (K-3), and a misspelt one fails silently."""
    kern = Path(finders.find("vendor/kern/kern.css"))
    known = known_classes(kern) | known_classes(APP_CSS) | FOREIGN_CLASSES

    unknown = {f"{named(path)}: {name}" for path in pages() for name in class_names(path) - known}

    assert unknown == set()


def test_our_style_sheet_uses_colours_of_kern_only():
    text = re.sub(r"/\*.*?\*/", "", APP_CSS.read_text(encoding="utf-8"), flags=re.DOTALL)

    # A QR code is dark on white in every theme, or cameras cannot read it.
    colours = [
        line.strip()
        for line in text.splitlines()
        if re.search(r"#[0-9a-f]{3,8}\b(?=[^{]*;)|\brgba?\(|\bhsla?\(|\boklch\(", line)
    ]
    assert [line for line in colours if not line.startswith(".qr ")] == []


def test_our_modules_write_no_markup_and_evaluate_no_text():
    """With a strict policy such code would fail, and it is how hostile text gets into a page."""
    bad = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )

    offenders = {
        path.name
        for path in (ROOT / "static" / "js").glob("*.js")
        if bad.search(path.read_text(encoding="utf-8"))
    }

    assert offenders == set()


@pytest.mark.slow
def test_every_address_in_the_collected_styles_resolves(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    # Hashing the names reads every url() and fails on one that leads nowhere.
    call_command("collectstatic", interactive=False, verbosity=0)

    names = ManifestStaticFilesStorage(location=tmp_path).hashed_files
    assert "css/app.css" in names
    style = (tmp_path / names["css/app.css"]).read_text(encoding="utf-8")
    fonts = re.findall(r'url\("\.\./(vendor/kern/fonts/fira-sans/[^"]+)"\)', style)
    assert len(fonts) == 4
    assert [font for font in fonts if not (tmp_path / font).is_file()] == []
    assert [name for name in names if name.endswith("package.json")] == []


def test_static_files_are_our_own():
    """Third-party files come by npm and pip; nothing of them is committed (H-33)."""
    suffixes = {path.suffix for path in (ROOT / "static").rglob("*") if path.is_file()}
    folders = {Path(entry) if isinstance(entry, str) else entry for entry in our_folders()}

    assert suffixes <= {".css", ".js", ".svg"}
    assert folders == {ROOT / "static"}


def our_folders() -> list[str | Path]:
    """Return the folders of static files that are served without a prefix."""
    return [entry for entry in settings.STATICFILES_DIRS if not isinstance(entry, tuple)]
