"""`verify.py` as people run it: alone, offline, without our packages; one changed byte fails."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competition.models import Phase
from core import merkle, signing
from core.audit import canonical
from scoring.actions import publication
from submissions import log, receipts, verify
from submissions.actions import seal as seal_actions
from submissions.actions import submission as submission_actions
from submissions.deadlines import grace
from submissions.models import Seal, SealKind
from submissions.queries import proof
from tests.factories import SubmissionFactory
from tests.scoring.decided import closed_room, measured_room

SCRIPT = Path(verify.__file__)


@dataclass
class Outcome:
    """What the program answered."""

    code: int
    text: str


def run(*arguments: Path | str, env: dict[str, str] | None = None) -> Outcome:
    """Run the program without our packages: isolated, and without site-packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        timeout=60,
    )
    assert done.stderr == ""
    return Outcome(done.returncode, done.stdout)


@dataclass
class Kept:
    """The files that a team keeps."""

    folder: Path
    documents: dict[str, dict[str, Any]]

    def write(self, **documents: dict[str, Any]) -> list[Path]:
        paths = []
        for name, document in {**self.documents, **documents}.items():
            path = self.folder / f"{name}.json"
            path.write_bytes(proof.as_file(document))
            paths.append(path)
        return paths


@pytest.fixture
def filed(world, tmp_path) -> Kept:
    """Receipt, root of the deadline and the proof, among the leaves of four versions."""
    found = []
    for number in range(1, 5):
        draft = SubmissionFactory(entry=world.entry, number=number)
        found.append(submission_actions.hand_in(draft, by=world.cem, key=draft.code, declared=True))
    ends_at = Phase.objects.get().ends_at
    seal = seal_actions.at_deadline(world.challenge, now=ends_at + grace())
    held = proof.inclusion(seal, found[1].payload["leaf_hash"])
    documents = {
        "receipt": receipts.document_of(found[1]),
        "root": log.document_of(seal),
        "proof": held.document(),
    }
    return Kept(tmp_path, documents)


def changed(document: Any, *path: Any, value: Any) -> Any:
    """Return a copy with another value at a place."""
    copy = json.loads(json.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def signed(document: dict[str, Any], part: str) -> dict[str, Any]:
    """Sign a changed document anew, as a thief of the key could."""
    return {**document, "signature": signing.sign(canonical(document[part]).encode())}


def other(text: str) -> str:
    """Change the first character of a hash."""
    return ("1" if text[0] == "0" else "0") + text[1:]


def test_receipt_root_and_proof_fit(filed):
    outcome = run(*filed.write())

    assert outcome.code == 0, outcome.text
    assert "leaf 1 of 5 is in root 1" in outcome.text
    assert outcome.text.splitlines()[-1].startswith("Everything that can be checked")


def test_receipt_alone_can_be_checked(filed):
    assert run(filed.write()[0]).code == 0


def test_trusted_key_takes_the_place_of_the_one_in_the_file(filed):
    receipt = filed.write()[0]

    assert run(receipt, "--key", signing.public_key()).code == 0
    outcome = run(receipt, "--key", "A" * 43 + "=")
    assert (outcome.code, "FAILED   signature" in outcome.text) == (1, True)


def test_without_openssl_the_program_says_what_it_could_not_check(filed, tmp_path):
    outcome = run(*filed.write(), env={"PATH": str(tmp_path)})

    assert outcome.code == 0
    assert outcome.text.count("NOT DONE signature") == 2
    assert "2 of the checks could not be made" in outcome.text


@pytest.mark.parametrize(
    ("name", "path", "value", "named"),
    [
        ("receipt", ("payload", "received_at_utc"), "2020-01-01T00:00:00Z", "signature"),
        ("receipt", ("payload", "leaf", "salt"), "00" * 16, "signature"),
        ("receipt", ("signature",), "A" * 86 + "==", "signature"),
        ("receipt", ("public_key",), "A" * 43 + "=", "signature"),
        ("root", ("note", "size"), 6, "signature"),
        ("root", ("note", "time"), "2020-01-01T00:00:00.000000Z", "signature"),
        ("proof", ("leaf_hash",), "0" * 64, "inclusion"),
        ("proof", ("index",), 2, "inclusion"),
        ("proof", ("size",), 6, "inclusion"),
        ("proof", ("root",), "0" * 64, "inclusion"),
        ("proof", ("path", 0), "0" * 64, "inclusion"),
        ("proof", ("path",), [], "inclusion"),
        ("proof", ("challenge",), "P-222222", "inclusion"),
    ],
)
def test_change_is_found_and_named(filed, name, path, value, named):
    document = changed(filed.documents[name], *path, value=value)

    outcome = run(*filed.write(**{name: document}))

    assert outcome.code == 1, outcome.text
    assert outcome.text.splitlines()[-1].startswith(f"FAILED   {named}:")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("payload", "leaf", "salt"), "00" * 16),
        (("payload", "leaf_hash"), "0" * 64),
        (("payload", "version"), 9),
        (("payload", "text_sha256"), "0" * 64),
        (("payload", "files"), [{"kind": "concept", "size": 1, "sha256": "0" * 64}]),
        (("payload", "received_at_utc"), "2020-01-01T00:00:00Z"),
    ],
)
def test_whoever_stole_the_key_still_cannot_change_a_receipt(filed, path, value):
    document = signed(changed(filed.documents["receipt"], *path, value=value), "payload")

    outcome = run(*filed.write(receipt=document))

    assert outcome.code == 1, outcome.text
    assert outcome.text.splitlines()[-1].startswith("FAILED   leaf:")


def test_late_submission_is_not_in_the_root_of_the_deadline(filed, world):
    late = SubmissionFactory(entry=world.entry, number=5)
    receipt = submission_actions.hand_in(late, by=world.cem, key="late", declared=True)

    outcome = run(*filed.write(receipt=receipts.document_of(receipt)))

    assert outcome.code == 1
    assert "FAILED   inclusion: the proof is about another leaf." in outcome.text


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"a": 1}', b'{"a": 1, "a": 2}', b"\xff\xfe", b"PK\x03\x04 nothing"],
)
def test_other_files_are_refused_without_a_traceback(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)

    assert run(path).code in {1, 2}


def test_missing_files_and_wrong_options_are_said():
    assert run("nothing.json").code == 2
    assert run().code == 2
    assert run("--nonsense").code == 2
    assert "python3 verify.py" in run("--help").text


# ---- consistency ---------------------------------------------------------------------------------


@pytest.fixture
def two_roots(filed, world) -> Kept:
    old = Seal.objects.get()
    log.append(world.challenge, "rubric", {"rubric_sha256": "0" * 64}, at=old.made_at)
    new = seal_actions.make(world.challenge, SealKind.JURY_LOCK)
    documents = {
        "old": log.document_of(old),
        "new": log.document_of(new),
        "consistency": proof.consistency(old, new),
    }
    return Kept(filed.folder, documents)


def test_newer_root_continues_the_older_one(two_roots):
    outcome = run(*two_roots.write())

    assert (outcome.code, "root 2 continues root 1" in outcome.text) == (0, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("old_size",), 4),
        (("size",), 7),
        (("old_root",), "0" * 64),
        (("root",), "0" * 64),
        (("path", 0), "0" * 64),
        (("path",), []),
    ],
)
def test_changed_consistency_is_found(two_roots, path, value):
    document = changed(two_roots.documents["consistency"], *path, value=value)

    outcome = run(*two_roots.write(consistency=document))

    assert outcome.code == 1
    assert outcome.text.splitlines()[-1].startswith("FAILED   consistency:")


# ---- the bundle ----------------------------------------------------------------------------------


def published(room) -> bytes:
    """Publish a result after a root of the deadline, and return its bundle."""
    seal_actions.make(room.challenge, SealKind.DEADLINE)
    room.publish()
    return proof.bundle(room.challenge)


@pytest.fixture
def files(db) -> dict[str, bytes]:
    return unpacked(published(closed_room()))


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes], folder: Path, *, is_listed: bool = True) -> Path:
    """Pack files, with a list that fits them if somebody forges carefully."""
    if is_listed:
        manifest = json.loads(files["manifest.json"])
        digest = verify.hashlib.sha256
        manifest["files"] = {
            name: digest(content).hexdigest()
            for name, content in files.items()
            if name != "manifest.json"
        }
        files = {**files, "manifest.json": proof.as_file(manifest)}
    path = folder / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def rewritten(files: dict[str, bytes], name: str, *path: Any, value: Any) -> dict[str, bytes]:
    document = changed(json.loads(files[name]), *path, value=value)
    return {**files, name: proof.as_file(document)}


PARTS = [
    "consistency/01-02.json",
    "result/decision.json",
    "result/inclusion.json",
    "result/leaf.json",
    "result/result.json",
    "roots/01-deadline.json",
    "roots/02-publication.json",
]


@pytest.mark.parametrize("room", [closed_room, measured_room])
def test_bundle_of_a_result_is_complete_and_fits(db, tmp_path, room):
    data = published(room())
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)

    outcome = run(path)

    assert sorted(unpacked(data)) == sorted([*PARTS, "manifest.json"])
    assert outcome.code == 0, outcome.text
    assert "root 2 continues root 1" in outcome.text
    assert "rows and decision are those that were sealed" in outcome.text
    assert "totals and ranks of 2 rows follow" in outcome.text


@pytest.fixture
def corrected(db) -> dict[str, bytes]:
    """The bundle of a result with an erratum."""
    room = closed_room()
    published(room)
    publication.correct(
        room.jury,
        by=room.ada,
        awards=[room.award("Ahorn")],
        excluded=[room.submissions["Eibe"].entry],
        reason_de="Ein Text war abgeschrieben.",
        reason_en="A text was copied.",
    )
    return unpacked(proof.bundle(room.challenge))


def test_bundle_of_a_corrected_result_holds_both_versions(corrected, tmp_path):
    outcome = run(packed(corrected, tmp_path))

    assert {name for name in corrected if name.startswith("versions/")} == {
        f"versions/1/{part}.json" for part in ("decision", "inclusion", "leaf", "result")
    }
    assert outcome.code == 0, outcome.text
    assert "an erratum replaces version 1, and names it" in outcome.text
    assert "totals and ranks of 2 rows follow" in outcome.text
    assert "totals and ranks of 1 rows follow" in outcome.text


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            lambda files: rewritten(
                files, "versions/1/result.json", "rows", 0, "points", value="1.00"
            ),
            "FAILED   result:",
        ),
        (
            lambda files: {
                name: content for name, content in files.items() if not name.startswith("versions/")
            },
            "FAILED   erratum:",
        ),
        (
            lambda files: {
                **files,
                **{
                    f"versions/1/{part}.json": files[f"result/{part}.json"]
                    for part in ("decision", "inclusion", "leaf", "result")
                },
            },
            "FAILED   erratum:",
        ),
    ],
)
def test_changed_versions_are_found(corrected, tmp_path, change, found):
    outcome = run(packed(change(corrected), tmp_path))

    assert outcome.code == 1
    assert outcome.text.splitlines()[-1].startswith(found)


def test_bundle_has_the_same_bytes_twice_and_names_no_person(db):
    room = closed_room()
    data = published(room)

    assert proof.bundle(room.challenge) == data
    people = (room.ada, room.bea, room.cem, room.emil, room.frida, room.fritz)
    found = [
        word for person in people for word in (person.name, person.email) if word.encode() in data
    ]
    assert found == []
    assert b"Geheime Notiz" not in data


@pytest.mark.parametrize("name", PARTS)
def test_changed_byte_in_any_part_of_the_bundle_is_found(files, tmp_path, name):
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1

    outcome = run(packed({**files, name: bytes(content)}, tmp_path, is_listed=False))

    assert outcome.code == 1
    assert f"FAILED   bundle: not as its list says: {name}." in outcome.text


@pytest.mark.parametrize("name", PARTS)
def test_missing_part_of_the_bundle_is_found(files, tmp_path, name):
    del files[name]

    assert run(packed(files, tmp_path)).code == 1


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_damaged_stream_is_found_however_it_was_packed(method):
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", method) as opened:
        opened.writestr("manifest.json", "{}" * 99)
    content = bytearray(bundle.getvalue())
    content[43:60] = b"\xff" * 17

    with pytest.raises(verify.Failed, match="damaged"):
        verify.read_bundle(bytes(content))


def test_damaged_archive_is_found(files, tmp_path):
    path = packed(files, tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"reasons_de") + 15] ^= 1
    path.write_bytes(data)

    outcome = run(path)

    assert (outcome.code, "FAILED   bundle:" in outcome.text) == (1, True)


@pytest.mark.parametrize(
    ("name", "path", "value", "named"),
    [
        ("roots/01-deadline.json", ("note", "size"), 9, "signature"),
        ("roots/02-publication.json", ("note", "root"), "0" * 64, "signature"),
        ("consistency/01-02.json", ("path",), ["0" * 64], "consistency"),
        ("result/inclusion.json", ("index",), 5, "inclusion"),
        ("result/inclusion.json", ("size",), 9, "inclusion"),
        ("result/leaf.json", ("rows_sha256",), "0" * 64, "inclusion"),
        ("result/result.json", ("rows", 0, "points"), "91.00", "result"),
        ("result/result.json", ("rows", 1, "rank"), 1, "result"),
        ("result/result.json", ("rows", 0, "submission"), "S-222222", "result"),
        ("result/decision.json", ("awards", 0, "amount"), 90_000, "decision"),
    ],
)
def test_careful_forgery_of_a_part_is_found_and_named(files, tmp_path, name, path, value, named):
    outcome = run(packed(rewritten(files, name, *path, value=value), tmp_path))

    assert outcome.code == 1, outcome.text
    assert outcome.text.splitlines()[-1].startswith(f"FAILED   {named}:")


def row(submission: str, rank: Any, points: str, **fields: Any) -> dict[str, Any]:
    """Make a published row of a jury's board."""
    base = {"metric_part": "", "jury_part": "", "jury_points": points, "tie_step": ""}
    return {"submission": submission, "rank": rank, "points": points, **base, **fields}


@pytest.mark.parametrize(
    "rows",
    [
        [row("a", 1, "90.00"), row("b", 2, "80.00"), row("c", "", "")],
        [row("a", 1, "90.00"), row("b", 1, "90.00"), row("c", 3, "80.00")],
        [row("a", 1, "9.00", tie_step="median"), row("b", 2, "9.00", tie_step="median")],
        [row("a", 1, "50.00", jury_part="30.00", metric_part="20.00", jury_points="60.00")],
    ],
)
def test_ranks_that_follow_are_accepted(rows):
    verify.check_ranks(rows, verify.Report())


@pytest.mark.parametrize(
    "rows",
    [
        [row("a", 2, "90.00"), row("b", 1, "80.00")],
        [row("a", 1, "90.00"), row("b", 3, "80.00")],
        [row("a", 1, "90.00"), row("b", 2, "90.00")],
        [row("a", 1, "90.00"), row("b", 1, "90.00"), row("c", 2, "80.00")],
        [row("a", 1, "50.01", jury_part="30.00", metric_part="20.00")],
        [row("a", 1, "90.00", jury_points="80.00")],
        [row("a", 1, "x")],
        [
            row("a", 1, "9.00", tie_step="jury_points", jury_part="4", metric_part="5.00"),
            row("b", 2, "9.00", tie_step="jury_points", jury_part="4", metric_part="5.00"),
        ],
    ],
)
def test_ranks_that_do_not_follow_are_refused(rows):
    with pytest.raises(verify.Failed, match="ranks"):
        verify.check_ranks(rows, verify.Report())


# ---- the same as ours ----------------------------------------------------------------------------


@given(st.integers(0, 60), st.data())
def test_the_program_verifies_as_the_platform_does(size, data):
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(size)]
    old = data.draw(st.integers(0, size))
    top, before = merkle.root(leaves), merkle.root(leaves[:old])
    path = merkle.consistency_proof(leaves, old)
    if path and data.draw(st.booleans()):
        path[data.draw(st.integers(0, len(path) - 1))] = merkle.EMPTY_ROOT

    assert verify.verify_consistency(old, size, before, top, path) == merkle.verify_consistency(
        old, size, before, top, path
    )
    for index in range(size):
        way = merkle.inclusion_proof(leaves, index)
        assert verify.verify_inclusion(leaves[index], index, size, way, top)
        assert not verify.verify_inclusion(leaves[index], index + 1, size, way, top) or (size == 1)


def test_the_program_writes_json_as_the_platform_does():
    value = {"b": ["ä", 1, None, True, {"z": "€"}], "a": "\u2028\U0001f600"}

    assert verify.canonical(value) == canonical(value).encode()


def test_openssl_is_there_for_these_tests():
    assert shutil.which("openssl")
