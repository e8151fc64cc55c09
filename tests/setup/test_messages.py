"""The script that keeps the translations, on a small source of its own."""

from __future__ import annotations

import json
import shutil

import pytest

from scripts import messages

MODULE = """
from django.utils.translation import gettext as _, ngettext, pgettext
name = _("Hello %(name)s")
verb = pgettext("verb", "open")
files = ngettext("one file", "%(count)s files", 3)
pure = N_("Accuracy")
"""
TEMPLATE = """
{% load i18n %}<p>{% translate "Rank" %}</p>
{% blocktranslate trimmed count rows=n %}
  {{ rows }} row
{% plural %}
  {{ rows }} rows
{% endblocktranslate %}
"""
TRANSLATIONS = {
    "Hello %(name)s": "Guten Tag %(name)s",
    "verb|open": "öffnen",
    "one file": ["eine Datei", "%(count)s Dateien"],
    "Accuracy": "Trefferquote",
    "Rank": "Rang",
    "%(rows)s row": ["%(rows)s Zeile", "%(rows)s Zeilen"],
}

pytestmark = pytest.mark.skipif(
    shutil.which("xgettext") is None,
    reason="needs the gettext tools (Debian and Ubuntu: apt-get install gettext)",
)


@pytest.fixture
def source(tmp_path, monkeypatch):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "names.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "board.html").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    return tmp_path


def test_missing_lists_every_string_with_its_files(source):
    entries = messages.missing("de", [])

    assert {entry["msgid"]: entry["files"] for entry in entries} == {
        "Accuracy": ["core/names.py"],
        "Hello %(name)s": ["core/names.py"],
        "one file": ["core/names.py"],
        "open": ["core/names.py"],
        "Rank": ["templates/board.html"],
        "%(rows)s row": ["templates/board.html"],
    }


def test_missing_can_be_narrowed_to_a_path(source):
    entries = messages.missing("de", ["templates"])

    assert {entry["msgid"] for entry in entries} == {"Rank", "%(rows)s row"}


def test_fill_completes_the_catalogue(source):
    problems = messages.fill("de", TRANSLATIONS)

    assert problems == []
    assert messages.check() == []
    assert messages.missing("de", []) == []


def test_fill_refuses_a_lost_placeholder_and_keeps_the_rest(source):
    problems = messages.fill("de", {**TRANSLATIONS, "Hello %(name)s": "Guten Tag"})

    assert problems == [
        "Placeholders differ: 'Hello %(name)s' has ['%(name)s'], its translation []"
    ]
    assert messages.check() == ["de: not translated: 'Hello %(name)s'"]


def test_fill_names_strings_that_do_not_exist(source):
    assert messages.fill("de", {"Goodbye": "Auf Wiedersehen"}) == [
        "No such string in the source: 'Goodbye'"
    ]


def test_extract_brings_a_translation_back_with_its_string(source):
    messages.fill("de", TRANSLATIONS)
    module = source / "core" / "names.py"
    module.write_text("", encoding="utf-8")
    messages.extract()
    module.write_text(MODULE, encoding="utf-8")

    messages.extract()

    assert messages.check() == []


def test_extract_guesses_no_translation_from_a_similar_string(source):
    messages.fill("de", TRANSLATIONS)
    module = source / "core" / "names.py"
    module.write_text(MODULE.replace("Hello", "Hallo"), encoding="utf-8")

    messages.extract(prune=True)

    assert messages.check() == ["de: not translated: 'Hallo %(name)s'"]


def test_extract_changes_nothing_when_nothing_changed(source):
    messages.fill("de", TRANSLATIONS)
    before = messages.catalogue_path("de").read_bytes()

    messages.extract()

    assert messages.catalogue_path("de").read_bytes() == before


def test_extract_leaves_no_helper_files_beside_the_source(source):
    messages.extract()

    assert sorted(path.name for path in (source / "templates").iterdir()) == ["board.html"]


def test_compile_writes_what_django_reads(source):
    messages.fill("de", TRANSLATIONS)

    messages.compile_all()

    assert b"Trefferquote" in (messages.catalogue_path("de").with_suffix(".mo").read_bytes())


def test_command_reads_translations_from_a_file(source, capsys):
    file = source / "translations.json"
    file.write_text(json.dumps(TRANSLATIONS), encoding="utf-8")

    code = messages.main(["fill", str(file)])

    assert (code, capsys.readouterr().err) == (0, "")


def test_command_says_what_is_wrong_with_a_file(source, capsys):
    file = source / "translations.json"
    file.write_text("{", encoding="utf-8")

    code = messages.main(["fill", str(file)])

    assert code == 1
    assert capsys.readouterr().err.startswith(f"messages: {file} is not valid JSON")
