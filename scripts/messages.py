"""Keep the translations: extract strings, list the untranslated ones, fill them in, compile, check.

    scripts/messages.py extract [--prune]       update the catalogues from the source
    scripts/messages.py missing [--path P ...]  print untranslated strings as JSON
    scripts/messages.py fill FILE               take translations from a JSON file ("-" reads stdin)
    scripts/messages.py compile                 write the .mo files (needs no gettext tools)
    scripts/messages.py check                   fail when a catalogue is not complete

The strings in the code are English, so only the other languages have a catalogue.  Extraction
works on a copy of the source: Django writes helper files beside every template it reads, and the
working tree is no place for them.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import io
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de",)
SOURCES = ("config", "core", "accounts", "competition", "submissions", "scoring", "templates")
SUFFIXES = {".py", ".html", ".txt"}

# "%(name)s" and "{name}" must come through a translation unharmed.
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdrfi]|\{(\w*)\}")

HEADER = """\
# Translations of Auslobung.
# Written by scripts/messages.py: use "extract" and "fill" instead of an editor.
#"""

# Dates and addresses that nobody fills in would only make noise in every diff.
UNUSED_HEADERS = tuple(
    f'"{name}:'.encode()
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)

Key = tuple[str, str | None]


class MessagesError(Exception):
    """Something a person can mend; the sentence says how."""


def main(argv: list[str] | None = None) -> int:
    """Run one sub-command and return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    extract_parser = commands.add_parser("extract", help="update the catalogues from the source")
    extract_parser.add_argument(
        "--prune", action="store_true", help="drop translations whose string is gone"
    )
    missing_parser = commands.add_parser("missing", help="print untranslated strings as JSON")
    missing_parser.add_argument("--path", action="append", default=[], help="only below this path")
    missing_parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    fill_parser = commands.add_parser("fill", help="take translations from a JSON file")
    fill_parser.add_argument("file", help='JSON object, or "-" for the standard input')
    fill_parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    commands.add_parser("compile", help="write the .mo files")
    commands.add_parser("check", help="fail when a catalogue is not complete")
    options = parser.parse_args(argv)

    try:
        with locked():
            match options.command:
                case "extract":
                    extract(prune=options.prune)
                case "missing":
                    entries = missing(options.language, options.path)
                    print(json.dumps(entries, ensure_ascii=False, indent=1))
                case "fill":
                    return report(fill(options.language, read_translations(options.file)))
                case "compile":
                    compile_all()
                case "check":
                    return report(check())
    except MessagesError as error:
        print(f"messages: {error}", file=sys.stderr)
        return 1
    return 0


def report(problems: list[str]) -> int:
    """Print the problems; 1 if there are any."""
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{len(problems)} problem(s) in the translations.", file=sys.stderr)
        return 1
    return 0


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Let one run at a time touch the catalogues of this tree."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def catalogue_path(language: str) -> Path:
    """Return the place of a language's catalogue."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    """Read a language's catalogue; an absent one is empty."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as handle:
        return read_po(handle, locale=language, abort_invalid=True)


def write_catalogue(language: str, catalogue: Catalog) -> None:
    """Write a catalogue sorted, without dates and without places, so that diffs stay small."""
    catalogue.header_comment = HEADER
    catalogue.fuzzy = False
    buffer = io.BytesIO()
    write_po(buffer, catalogue, no_location=True, sort_output=True, width=100)
    lines = buffer.getvalue().splitlines(keepends=True)
    content = b"".join(line for line in lines if not line.startswith(UNUSED_HEADERS))
    write_if_changed(catalogue_path(language), content.rstrip(b"\n") + b"\n")


def write_if_changed(path: Path, content: bytes) -> None:
    """Replace a file in one step, and leave it alone when nothing changed."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def key_of(message: Message) -> Key:
    """Identify a message as gettext does: by its singular and its context."""
    return singular(message), message.context


def singular(message: Message) -> str:
    """Return the English singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def plural(message: Message) -> str | None:
    """Return the English plural, if the message has one."""
    return None if isinstance(message.id, str) else message.id[1]


def strings(message: Message) -> tuple[str, ...]:
    """Return the translation's forms; a message without plural has one."""
    if isinstance(message.string, str):
        return (message.string,)
    return tuple(form or "" for form in message.string or ("",))


def is_translated(message: Message) -> bool:
    """Tell whether every form is there and nobody marked it as doubtful."""
    forms = strings(message)
    return all(forms) and (plural(message) is None or len(forms) > 1) and not message.fuzzy


def messages_of(catalogue: Catalog) -> dict[Key, Message]:
    """Return the messages of a catalogue without its header."""
    return {key_of(message): message for message in catalogue if message.id}


def scan() -> Catalog:
    """Collect every translatable string of the source, with its places."""
    if shutil.which("xgettext") is None:
        raise MessagesError(
            "The program xgettext is missing. Install the gettext tools "
            "(Debian and Ubuntu: apt-get install gettext)."
        )
    with tempfile.TemporaryDirectory(prefix="auslobung-messages-") as folder:
        copy = Path(folder)
        for source in SOURCES:
            for path in sorted((ROOT / source).rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    target = copy / path.relative_to(ROOT)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)
        (copy / "locale").mkdir()
        make_template(copy)
        template = copy / "locale" / "django.pot"
        if not template.exists():
            return Catalog()
        # The template says "nplurals=INTEGER", which is for a person to replace.
        content = template.read_bytes().replace(b"nplurals=INTEGER", b"nplurals=2")
        return read_po(io.BytesIO(content), abort_invalid=True)


def make_template(folder: Path) -> None:
    """Run Django's extraction in a folder; it leaves locale/django.pot there."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415  (heavy)
    from django.core.management.commands import makemessages  # noqa: PLC0415  (heavy)
    from django.template import TemplateSyntaxError  # noqa: PLC0415  (heavy)

    class Command(makemessages.Command):
        # N_() marks strings in scoring.compute, which must not import Django.
        xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=N_"]

    before = Path.cwd()
    # The extraction must not depend on the settings, nor on their being in order.
    settings_module = os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    os.chdir(folder)
    try:
        call_command(
            Command(stdout=io.StringIO(), stderr=io.StringIO()),
            locale=list(LANGUAGES),
            extensions=["html,txt,py"],
            keep_pot=True,
            verbosity=0,
        )
    except (CommandError, TemplateSyntaxError) as error:
        raise MessagesError(str(error)) from error
    finally:
        os.chdir(before)
        if settings_module is not None:
            os.environ["DJANGO_SETTINGS_MODULE"] = settings_module


def extract(*, prune: bool = False, template: Catalog | None = None) -> None:
    """Bring the catalogues up to date.

    Translations of strings that are gone are kept as obsolete, and come back with their string,
    unless they are pruned.  No translation is guessed from a similar string.
    """
    template = template or scan()
    for language in LANGUAGES:
        old = read_catalogue(language)
        known = {key_of(message): message for message in old.obsolete.values()} | messages_of(old)
        new = Catalog(locale=language, charset="utf-8")
        for message in template:
            if not message.id:
                continue
            former = known.pop(key_of(message), None)
            entry = message.clone()
            entry.string = ("",) * new.num_plurals if plural(message) is not None else ""
            if former is not None and (plural(former) is None) == (plural(message) is None):
                entry.string = former.string
            new[entry.id] = entry
        if not prune:
            for (msgid, context), message in known.items():
                if any(strings(message)):
                    new.obsolete[(msgid, context) if context else msgid] = message
        write_catalogue(language, new)


def missing(language: str, paths: list[str]) -> list[dict[str, Any]]:
    """List what a catalogue lacks, as the source stands now, optionally below some paths only."""
    known = messages_of(read_catalogue(language))
    prefixes = tuple(str(Path(path)) for path in paths)
    entries: list[dict[str, Any]] = []
    for message in scan():
        if not message.id:
            continue
        entry = known.get(key_of(message))
        if entry is not None and is_translated(entry):
            continue
        files = sorted({str(Path(name)) for name, _line in message.locations})
        if prefixes and not any(is_below(file, prefix) for file in files for prefix in prefixes):
            continue
        found: dict[str, Any] = {"msgid": singular(message), "msgid_plural": plural(message)}
        if message.context:
            found["context"] = message.context
        if message.auto_comments:
            found["comments"] = list(message.auto_comments)
        found["files"] = files
        entries.append(found)
    return entries


def is_below(file: str, prefix: str) -> bool:
    """Tell whether a file is, or lies below, a path."""
    return file == prefix or file.startswith(f"{prefix}/")


def read_translations(name: str) -> dict[str, str | list[str]]:
    """Read a JSON object: msgid (or "context|msgid") to a string or [singular, plural]."""
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise MessagesError(f"{name} is not valid JSON: {error}.") from error
    if not isinstance(data, dict):
        raise MessagesError(f"{name} must hold one JSON object, from msgid to translation.")
    return data


def fill(language: str, translations: dict[str, str | list[str]]) -> list[str]:
    """Put translations into a catalogue and return what could not be taken.

    Good entries are written even when others are refused.
    """
    catalogue = read_catalogue(language)
    if not set(translations) <= fillable(catalogue).keys():
        extract()
        catalogue = read_catalogue(language)
    targets = fillable(catalogue)
    problems = []
    for name, translation in translations.items():
        message = targets.get(name)
        if message is None:
            problems.append(f"No such string in the source: {name!r}")
            continue
        if plural(message) is not None and isinstance(translation, str):
            problems.append(f"Needs [singular, plural]: {name!r}")
            continue
        if plural(message) is None and not isinstance(translation, str):
            problems.append(f"Needs one string: {name!r}")
            continue
        former = message.string
        message.string = translation if isinstance(translation, str) else tuple(translation)
        if faults := placeholder_faults(message):
            message.string = former
            problems.extend(faults)
            continue
        message.flags.discard("fuzzy")
    write_catalogue(language, catalogue)
    return problems


def fillable(catalogue: Catalog) -> dict[str, Message]:
    """Map the names that `fill` accepts to the messages of a catalogue."""
    return {
        f"{context}|{msgid}" if context else msgid: message
        for (msgid, context), message in messages_of(catalogue).items()
    }


def placeholder_faults(message: Message) -> list[str]:
    """Compare the placeholders of a translation with those of its English original.

    The singular of a plural message may leave placeholders out ("one file").
    """
    original = placeholders(singular(message)) | placeholders(plural(message) or "")
    faults = []
    for number, form in enumerate(strings(message)):
        if not form:
            continue
        found = placeholders(form)
        lacking = set() if plural(message) is not None and number == 0 else original - found
        if lacking or found - original:
            faults.append(
                f"Placeholders differ: {singular(message)!r} has {sorted(original)}, "
                f"its translation {sorted(found)}"
            )
        if (form.startswith("\n"), form.endswith("\n")) != (
            singular(message).startswith("\n"),
            singular(message).endswith("\n"),
        ):
            faults.append(f"Line breaks at the ends differ: {singular(message)!r}")
    return faults


def placeholders(text: str) -> set[str]:
    """Return the placeholders of a string as they stand in it."""
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def compile_all() -> None:
    """Write the .mo file of every language; doubtful entries stay English."""
    for language in LANGUAGES:
        buffer = io.BytesIO()
        write_mo(buffer, read_catalogue(language))
        write_if_changed(catalogue_path(language).with_suffix(".mo"), buffer.getvalue())


def check() -> list[str]:
    """Return everything that keeps a catalogue from being complete."""
    source = messages_of(scan())
    problems = []
    for language in LANGUAGES:
        catalogue = read_catalogue(language)
        known = messages_of(catalogue)
        problems += [f"{language}: not extracted: {key[0]!r}" for key in source if key not in known]
        problems += [
            f"{language}: not in the source: {key[0]!r}" for key in known if key not in source
        ]
        problems += entry_faults(language, catalogue)
    return problems


def entry_faults(language: str, catalogue: Catalog) -> list[str]:
    """Return the faults that show in a catalogue alone, without looking at the source."""
    problems = [
        f"{language}: obsolete (extract --prune drops it): {singular(message)!r}"
        for message in catalogue.obsolete.values()
    ]
    for key, message in messages_of(catalogue).items():
        if message.fuzzy:
            problems.append(f"{language}: fuzzy: {key[0]!r}")
        elif not is_translated(message):
            problems.append(f"{language}: not translated: {key[0]!r}")
        problems += [f"{language}: {fault}" for fault in placeholder_faults(message)]
    return problems


if __name__ == "__main__":
    sys.exit(main())
