"""Scoring programs of organisers: what is unpacked, where it runs, what is believed."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import zipfile

import pytest
from django.core.management import CommandError, call_command

from core import sandbox
from core.exceptions import StorageUnavailable
from core.sandbox import Limits, SandboxMissing
from scoring import scoring_program
from scoring.scoring_program import ProgramFailed, ProgramRefused, Scores, read_scores, unpack

COMMAND = "command: python3 $program/score.py $input $output\n"
needs_sandbox = pytest.mark.skipif(bool(sandbox.refusal()), reason=sandbox.refusal())
# As Codabench's example has it: the arguments are the folders of input and output.
ACCURACY = """
import csv, json, pathlib, sys
folder, output = map(pathlib.Path, sys.argv[1:])
def read(part):
    (file,) = (folder / part).iterdir()
    return dict(row for row in list(csv.reader(file.open()))[1:])
truth, found = read("ref"), read("res")
right = sum(found[key] == value for key, value in truth.items())
print("a line for whoever looks for a fault")
(output / "scores.json").write_text(json.dumps({"accuracy": right / len(truth), "rows": 4}))
"""
# What a program would try that means harm; every answer is a number.
HARM = """
import json, os, pathlib, socket
def works(action):
    try:
        action()
    except Exception:
        return 0
    return 1
def connect(host):
    socket.create_connection((host, PORT), timeout=2).close()
scores = {
    "own machine": works(lambda: connect("127.0.0.1")),
    "names": works(lambda: socket.getaddrinfo("example.org", 80)),
    "passwords": works(lambda: open("/etc/passwd").read()),
    "homes": works(lambda: os.listdir("/root") + os.listdir("/home")),
    "data": works(lambda: os.listdir(DATA)),
    "secrets": sum("AUSLOBUNG" in name or "DJANGO" in name for name in os.environ),
    "user": os.getuid(),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")) > 4,
    "write /usr": works(lambda: pathlib.Path("/usr/x").write_text("x")),
    "write program": works(lambda: pathlib.Path("/app/program/x").write_text("x")),
    "write reference": works(lambda: pathlib.Path("/app/input/ref/x").write_text("x")),
    "namespaces": works(lambda: os.unshare(os.CLONE_NEWUSER)),
    "mount": works(lambda: os.chroot("/tmp")),
    "link": works(lambda: os.symlink("/etc/shadow", "/app/output/scores.txt")),
}
scores = {name: int(value) for name, value in scores.items()}
pathlib.Path("/app/output/scores.json").write_text(json.dumps(scores))
"""


def archive(files=None, **entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in {**(files or {}), **entries}.items():
            opened.writestr(name, content)
    packed.seek(0)
    return packed


def program(script, metadata=COMMAND):
    return archive({"metadata": metadata, "score.py": script})


@pytest.fixture
def files(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "predictions.csv"
    truth.write_text("id,animal\na,quokka\nb,axolotl\nc,quokka\nd,axolotl\n")
    found.write_text("id,animal\na,quokka\nb,axolotl\nc,axolotl\nd,axolotl\n")
    return {"reference": [truth], "predictions": [found]}


def arguments(path, files):
    given = [str(path)]
    for name, paths in files.items():
        given += [f"--{name}", *map(str, paths)]
    return given


def run(script, files, **limits):
    return scoring_program.score(program(script), **files, limits=Limits(**limits))


# ---- in the sandbox ------------------------------------------------------------------------------
@needs_sandbox
def test_program_by_the_convention_of_codabench_is_run(files):
    assert run(ACCURACY, files) == Scores({"accuracy": 0.75, "rows": 4.0})


@needs_sandbox
def test_program_reaches_nothing_and_changes_nothing(files, settings, tmp_path):
    script = HARM.replace("PORT", "80").replace("DATA", repr(str(settings.DATA_DIR)))

    found = run(script, files).values

    assert found == {
        **dict.fromkeys(found, 0.0),
        "user": 65534.0,
        # It may link whatever it likes: nothing outside of it is ever opened by that name.
        "link": 1.0,
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions.csv", "truth.csv"]


@needs_sandbox
@pytest.mark.parametrize(
    ("script", "limits", "sentence"),
    [
        ("import time; time.sleep(60)", {"seconds": 0.5}, "took too long"),
        ("bytearray(2 * 10**9)", {"memory": 10**9}, "ended with code 1"),
        ("raise SystemExit(3)", {}, "ended with code 3"),
        ("print('nothing')", {}, "neither scores.json nor scores.txt"),
        ("open('/app/output/scores.json', 'w').write(' ' * 70_000)", {}, "larger than 65536"),
    ],
)
def test_program_that_fails_says_how(files, script, limits, sentence):
    with pytest.raises(ProgramFailed, match=sentence):
        run(script, files, **limits)


@needs_sandbox
def test_command_runs_a_program_and_prints_its_scores(files, tmp_path, capsys):
    path = tmp_path / "program.zip"
    path.write_bytes(program(ACCURACY).getvalue())

    call_command("run_scorer", *arguments(path, files), "--json")

    assert json.loads(capsys.readouterr().out) == {"accuracy": 0.75, "rows": 4.0}


def test_nothing_is_run_without_a_sandbox(files, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SandboxMissing, match="apt-get install bubblewrap"):
        run(ACCURACY, files)


def test_command_refuses_clearly_without_a_sandbox(files, monkeypatch, tmp_path):
    path = tmp_path / "program.zip"
    path.write_bytes(program(ACCURACY).getvalue())
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(CommandError, match="Missing: bwrap, prlimit"):
        call_command("run_scorer", *arguments(path, files))


# ---- the archive ---------------------------------------------------------------------------------
def link():
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_damaged_stream_is_refused_however_it_was_packed(tmp_path, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as opened:
        opened.writestr("metadata", COMMAND * 50)
    content = bytearray(packed.getvalue())
    content[46:60] = b"\xff" * 14

    with pytest.raises(ProgramRefused, match="damaged"):
        unpack(io.BytesIO(bytes(content)), tmp_path / "program")


def test_full_disk_is_no_fault_of_the_archive(tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", full)

    with pytest.raises(StorageUnavailable):
        unpack(archive({"metadata": COMMAND}), tmp_path / "program")


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (io.BytesIO(b"no archive"), "no zip archive"),
        (archive({"score.py": ""}), "no file metadata"),
        (archive({"metadata": "image: x\ncommand:\n"}), "no line that begins with command"),
        (archive({"metadata": COMMAND, "../x": ""}), "outside of its folder"),
        (archive({"metadata": COMMAND, "/x": ""}), "outside of its folder"),
        (archive({"metadata": COMMAND, "a\\..\\x": ""}), "outside of its folder"),
        (archive({"metadata": COMMAND, link(): "/etc/passwd"}), "holds a link"),
        (archive({f"f{n}": "" for n in range(501)}), "more than 500 files"),
        (archive({"a": "", "a/b": ""}), "damaged"),
    ],
)
def test_archive_that_is_no_program_is_refused(tmp_path, packed, sentence):
    with pytest.raises(ProgramRefused, match=sentence):
        unpack(packed, tmp_path / "program")


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring_program, "MAX_UNPACKED", 1_000)

    with pytest.raises(ProgramRefused, match="1,000 bytes"):
        unpack(archive({"metadata": COMMAND, "big": "x" * 1_000}), tmp_path / "program")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata", "command: python3 score.py"),
        ("metadata.yaml", "description: x\r\ncommand: 'python3 score.py'\r\n"),
        ("metadata", '\ufeffcommand: "python3 score.py"'),
    ],
)
def test_command_is_read_from_the_metadata(tmp_path, name, text):
    assert unpack(archive({name: text}), tmp_path / "program") == "python3 score.py"


# ---- the scores ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("scores.json", '{"f1": 0.5, "n": 3}', {"f1": 0.5, "n": 3.0}),
        ("scores.txt", "f1: 0.5\n# note\n\nn: 3\n", {"f1": 0.5, "n": 3.0}),
        ("scores.txt", "'f 1': -1e-3\n", {"f 1": -0.001}),
    ],
)
def test_scores_are_read(name, text, values):
    assert read_scores(name, text.encode()) == Scores(values)


def test_scores_without_a_blank_are_read_with_a_note():
    found = read_scores("scores.txt", b"f1:0.5\n")

    assert (found.values, len(found.notes)) == ({"f1": 0.5}, 1)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("scores.json", '{"f1": NaN}', "f1 in scores.json is no finite number"),
        ("scores.json", '{"f1": 1e999}', "no finite number"),
        ("scores.json", '{"f1": true}', "no finite number"),
        ("scores.json", '{"f1": "0.5"}', "no finite number"),
        ("scores.json", '{"f1": {"a": 1}}', "no finite number"),
        ("scores.json", '{"f1": 1, "f1": 2}', "holds f1 twice"),
        ("scores.json", "[0.5]", "an object of names and numbers"),
        ("scores.json", "{}", "it holds 0"),
        ("scores.json", "[" * 100_000, "is no JSON"),
        ("scores.json", "\xff", "is no JSON"),
        ("scores.json", json.dumps({"x" * 81: 1}), "longer than 80"),
        ("scores.json", json.dumps({"a\nb": 1}), "is empty, or longer"),
        ("scores.json", json.dumps({str(n): 1 for n in range(101)}), "it holds 101"),
        ("scores.txt", "f1 0.5", "name: number"),
        ("scores.txt", "f1: !!python/object:os.system", "no finite number"),
        ("scores.txt", "f1: nan", "no finite number"),
        ("scores.txt", "f1: 1_0", "no finite number"),
    ],
)
def test_scores_that_are_none_are_refused(name, text, sentence):
    with pytest.raises(ProgramFailed, match=sentence):
        read_scores(name, text.encode())
