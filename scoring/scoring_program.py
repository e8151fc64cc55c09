"""Scoring programs of organisers, by the convention of Codabench: unpacked, run, read strictly.

A program is a zip archive with `metadata` (or `metadata.yaml`), whose line `command:` says what to
run. It finds the reference in input/ref, the predictions in input/res, and writes scores.json or
scores.txt into its output. It runs in `core.sandbox` and nowhere else.
"""

from __future__ import annotations

import json
import lzma
import math
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from core import sandbox, storage

if TYPE_CHECKING:
    from django.core.files.base import File

MAX_FILES: Final = 500
MAX_UNPACKED: Final = 100_000_000  # bytes of all files together
MAX_SCORES: Final = 100
MAX_NAME: Final = 80  # characters of the name of a score
MAX_ANSWER: Final = 65_536  # bytes of scores.json
METADATA: Final = ("metadata", "metadata.yaml", "metadata.yml")
_MORE: Final = 64  # bytes for the name in front, and to notice that there is more
_CHUNK: Final = 65_536
_UNIX: Final = 3
# The variables of Codabench; the shell puts them into the command.
PLACES: Final = {
    "program": "/app/program",
    "input": "/app/input",
    "hidden": "/app/input/ref",
    "predictions": "/app/input/res",
    "output": "/app/output",
    "tmp": "/app/output",
    "shared": "/app/shared",
}
# What the program was told to write, after its name, and nothing of it if it failed.
_ANSWER: Final = """
( {command}
) 3>&- || exit $?
for name in scores.json scores.txt; do
  if [ -f "/app/output/$name" ]; then echo "$name" >&3; cat "/app/output/$name" >&3; exit 0; fi
done
"""


class ProgramRefused(Exception):
    """The archive is no scoring program; the sentence says what is wrong, the code what kind.

    Codes: damaged, no_metadata, no_command, escapes, too_many.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.code = code


class ProgramFailed(Exception):
    """The program gave no scores; `told` holds its last words, which may quote the reference."""

    def __init__(self, message: str, told: str = "") -> None:
        """Keep the sentence and the last words."""
        super().__init__(message)
        self.told = told


@dataclass(frozen=True, slots=True)
class Scores:
    """What a program found, by the names that it chose, and what we had to overlook."""

    values: dict[str, float]
    notes: tuple[str, ...] = ()


def score(
    program: IO[bytes] | File[bytes],
    *,
    reference: Sequence[Path],
    predictions: Sequence[Path],
    limits: sandbox.Limits | None = None,
) -> Scores:
    """Run a program on files of ours, under their own names, and return its scores.

    Raises:
        ProgramRefused: the archive is none, or holds what none may hold.
        ProgramFailed: it failed, took too long, or wrote no scores.
        SandboxMissing: nothing is run on this machine.

    """
    with tempfile.TemporaryDirectory(prefix="auslobung-scoring.") as name:
        folder = Path(name)
        command = unpack(program, folder / "program")
        for part, files in (("ref", reference), ("res", predictions)):
            inside = folder / "input" / part
            inside.mkdir(parents=True)
            for file in files:
                shutil.copyfile(file, inside / file.name)
        outcome = sandbox.run(
            _ANSWER.format(command=command),
            folders={"/app/program": folder / "program", "/app/input": folder / "input"},
            limits=limits,
            environment=PLACES,
            answer_size=MAX_ANSWER + _MORE,
        )
    if outcome.code is None:
        raise ProgramFailed("The program took too long and was ended.", outcome.told)
    if outcome.code:
        message = f"The program ended with code {outcome.code}."
        raise ProgramFailed(message, outcome.told)
    named, _line, content = outcome.answer.partition(b"\n")
    if not named:
        message = "The program wrote neither scores.json nor scores.txt into its output."
        raise ProgramFailed(message, outcome.told)
    if len(content) > MAX_ANSWER:
        message = f"The scores are larger than {MAX_ANSWER} bytes."
        raise ProgramFailed(message, outcome.told)
    return read_scores(named.decode("ascii", "replace"), content)


def command_of(archive: IO[bytes] | File[bytes]) -> str:
    """Return the command of a program, which is unpacked on the way and then thrown away.

    Raises:
        ProgramRefused: it is none.

    """
    with tempfile.TemporaryDirectory(prefix="auslobung-scoring.") as name:
        return unpack(archive, Path(name) / "program")


# ---- the archive ---------------------------------------------------------------------------------
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def unpack(archive: IO[bytes] | File[bytes], folder: Path) -> str:
    """Unpack a program into a folder that does not exist yet, and return its command.

    Raises:
        ProgramRefused: it is no zip archive, too large, leaves its folder, or has no command.
        StorageUnavailable: the disk is full.

    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if len(entries) > MAX_FILES:
                message = f"The archive holds more than {MAX_FILES} files."
                raise ProgramRefused("too_many", message)
            folder.mkdir(parents=True)
            left = MAX_UNPACKED
            for entry in entries:
                left = _unpack_one(opened, entry, folder, left)
    except (OSError, EOFError, NotImplementedError, *_BROKEN) as error:
        # Odd names and streams are the archive's fault, a full disk is ours.
        if storage.is_out_of_room(error):
            raise storage.no_room() from error
        message = "The file is no zip archive, or it is damaged."
        raise ProgramRefused("damaged", message) from None
    for name in METADATA:
        if (folder / name).is_file():
            return _command_in((folder / name).read_bytes())
    message = "The archive has no file metadata at its top; it has to name the command."
    raise ProgramRefused("no_metadata", message)


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Unpack one file, and return how many bytes the others may have."""
    path = PurePosixPath(entry.filename)
    is_odd = path.is_absolute() or ".." in path.parts or "\\" in entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16) if entry.create_system == _UNIX else 0
    if is_odd or kind not in {0, stat.S_IFREG} or entry.flag_bits & 1:
        message = "The archive holds a link, an encrypted file, or one outside of its folder."
        raise ProgramRefused("escapes", message)
    target = folder.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Measured while it is unpacked: what an archive says of its sizes need not be true.
    with archive.open(entry) as packed, target.open("xb") as unpacked:
        while chunk := packed.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                message = f"The archive unpacks to more than {MAX_UNPACKED:,} bytes."
                raise ProgramRefused("too_many", message)
            unpacked.write(chunk)
    return left


def _command_in(metadata: bytes) -> str:
    for line in metadata.decode("utf-8-sig", "replace").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == "command" and (command := value.strip()):
            if command[0] in "'\"" and command[-1] == command[0]:
                command = command[1:-1]
            return command
    message = "The file metadata has no line that begins with command:"
    raise ProgramRefused("no_command", message)


# ---- the scores ----------------------------------------------------------------------------------
def read_scores(name: str, content: bytes) -> Scores:
    """Read scores.json or scores.txt: names and finite numbers, nothing else.

    Raises:
        ProgramFailed: it says anything else; the sentence names the score and quotes no value.

    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        message = f"{name} is no UTF-8 text."
        raise ProgramFailed(message) from None
    notes: tuple[str, ...] = ()
    if name == "scores.json":
        pairs = _pairs_of_json(text)
    else:
        pairs, notes = _pairs_of_lines(text)
    if not pairs or len(pairs) > MAX_SCORES:
        message = f"{name} has to hold 1 to {MAX_SCORES} scores; it holds {len(pairs)}."
        raise ProgramFailed(message)
    values: dict[str, float] = {}
    for key, value in pairs:
        shown = key[:MAX_NAME]
        if not key or len(key) > MAX_NAME or not key.isprintable():
            message = f"A name in {name} is empty, or longer than {MAX_NAME} characters."
            raise ProgramFailed(message)
        if key in values:
            message = f"{name} holds {shown} twice."
            raise ProgramFailed(message)
        if value is None or not math.isfinite(value):
            message = f"{shown} in {name} is no finite number."
            raise ProgramFailed(message)
        values[key] = value
    return Scores(values, notes)


def _pairs_of_json(text: str) -> list[tuple[str, float | None]]:
    try:
        # Pairs, since a name that is there twice would hide one of its values.
        found = json.loads(text, object_pairs_hook=list, parse_int=float)
    except (ValueError, RecursionError):
        message = "scores.json is no JSON."
        raise ProgramFailed(message) from None
    if not isinstance(found, list) or not all(isinstance(pair, tuple) for pair in found):
        message = "scores.json has to be an object of names and numbers."
        raise ProgramFailed(message)
    return [(key, value if isinstance(value, float) else None) for key, value in found]


def _pairs_of_lines(text: str) -> tuple[list[tuple[str, float | None]], tuple[str, ...]]:
    pairs: list[tuple[str, float | None]] = []
    is_tight = False
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        if not colon:
            message = "A line of scores.txt is not of the form name: number."
            raise ProgramFailed(message)
        is_tight = is_tight or not value.startswith((" ", "\t"))
        pairs.append((key.strip().strip("'\""), _number(value.strip())))
    note = "Lines of scores.txt without a blank after the colon were read as name and number."
    return pairs, (note,) if is_tight else ()


def _number(text: str) -> float | None:
    try:
        # Underscores and words such as "infinity" are Python's, not those of the file.
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
