#!/usr/bin/env python3
"""Check a receipt, a root or the result of a competition, offline, with nothing but Python 3.9.

    python3 verify.py receipt.json                          signature and leaf of a receipt
    python3 verify.py receipt.json root.json proof.json     ... and that a published root holds it
    python3 verify.py root1.json root2.json consistency.json  root 2 continues root 1
    python3 verify.py bundle.zip                            everything of a published result

Files may come in any order. Options:

    --key BASE64    the public key you trust, from an old mail or a witness, instead of the file's
    --ca FILE       certificates (PEM) of the time-stamping authority, to check its stamps

Trees are those of RFC 9162, signatures those of RFC 8032 (Ed25519), stamps those of RFC 3161. For
the latter two the program `openssl` (3.0 or newer) is asked; without it the checks are left out,
and the output says so. The exit code is 0 if nothing failed, 1 if a check failed, 2 if the files
could not be read or do not belong together.

This file imports nothing of the platform and talks to nobody. It is short so that you can read it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

LARGEST = 200_000_000  # bytes of one file that is read
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo (RFC 8410)


class Failed(Exception):
    """A check failed; the text says which, and why."""


class Unusable(Exception):
    """The files are not what this program reads."""


class Report:
    """What was checked, what was not, in the order in which it happened."""

    def __init__(self) -> None:
        self.left_out = 0

    def passed(self, text: str) -> None:
        print(f"ok       {text}")

    def skipped(self, text: str) -> None:
        self.left_out += 1
        print(f"NOT DONE {text}")


# ---- the tree (RFC 9162) -------------------------------------------------------------------------


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def verify_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Say whether a leaf is in the tree with that root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(node, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, node)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, path: list[bytes]
) -> bool:
    """Say whether a tree continues an older one (2.1.4.2)."""
    if not 0 <= old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    nodes = list(path)
    if old_size & (old_size - 1) == 0:
        nodes.insert(0, old_root)
    if not nodes:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == root


# ---- files ---------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Return the bytes that are hashed and signed: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has a key twice: two programs could read two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def parse(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON object in a file."""
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=no_twice)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{name} is not readable as JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unusable(f"{name} holds no JSON object.")
    return document


def kind_of(document: dict[str, Any], name: str) -> str:
    """Return what a file is: receipt, root, inclusion or consistency."""
    for part, kinds in (
        ("payload", {"auslobung-receipt/1": "receipt"}),
        ("note", {"auslobung-root/1": "root"}),
    ):
        inner = document.get(part)
        if isinstance(inner, dict) and inner.get("schema") in kinds:
            return kinds[inner["schema"]]
    kinds = {"auslobung-inclusion/1": "inclusion", "auslobung-consistency/1": "consistency"}
    if document.get("schema") in kinds:
        return kinds[document["schema"]]
    raise Unusable(f"{name} is neither a receipt nor a root nor a proof of this platform.")


def field(document: dict[str, Any], name: str, kind: type) -> Any:
    """Return a field of the right type."""
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Unusable(f"The field “{name}” is missing or has the wrong type.")
    return value


def unhex(text: str) -> bytes:
    """Return the 32 bytes that a hash in hex stands for."""
    try:
        value = binascii.unhexlify(text)
    except (ValueError, TypeError) as error:
        raise Unusable(f"{text!r} is not a hash in hex.") from error
    if len(value) != 32:
        raise Unusable(f"{text!r} is not a hash of 32 bytes.")
    return value


def path_of(document: dict[str, Any]) -> list[bytes]:
    """Return the nodes of a proof."""
    return [unhex(text) for text in field(document, "path", list)]


# ---- openssl -------------------------------------------------------------------------------------


def openssl(*arguments: str) -> bool | None:
    """Run openssl and return whether it agreed; None if there is no openssl."""
    program = shutil.which("openssl")
    if program is None:
        return None
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    return done.returncode == 0


def check_signature(
    document: dict[str, Any], signed: dict[str, Any], what: str, key: str | None, report: Report
) -> None:
    """Check the Ed25519 signature of a receipt or a root."""
    public = key or field(document, "public_key", str)
    try:
        raw = base64.b64decode(public, validate=True)
        signature = base64.b64decode(field(document, "signature", str), validate=True)
    except binascii.Error as error:
        raise Failed(f"signature: {what} holds no readable signature or key.") from error
    if len(raw) != 32:
        raise Failed(f"signature: the key of {what} has {len(raw)} bytes, not 32.")
    name = hashlib.sha256(raw).hexdigest()[:16]
    if field(signed, "key_id", str) != name:
        raise Failed(f"signature: {what} names the key {signed['key_id']}, but this is {name}.")
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "key.pem": b"-----BEGIN PUBLIC KEY-----\n"
            + base64.b64encode(ED25519_PREFIX + raw)
            + b"\n-----END PUBLIC KEY-----\n",
            "signature": signature,
            "data": canonical(signed),
        }
        for file_name, data in files.items():
            with open(os.path.join(folder, file_name), "wb") as file:
                file.write(data)
        good = openssl(
            "pkeyutl", "-verify", "-rawin", "-pubin",
            "-inkey", os.path.join(folder, "key.pem"),
            "-sigfile", os.path.join(folder, "signature"),
            "-in", os.path.join(folder, "data"),
        )  # fmt: skip
    if good is None:
        report.skipped(f"signature of {what}: the program openssl was not found.")
    elif not good:
        raise Failed(f"signature: that of {what} does not fit.")
    else:
        whose = "the key you gave" if key else f"the key {name} in the file; compare it"
        report.passed(f"signature of {what} fits {whose}")


def check_stamp(
    reply: bytes, note: dict[str, Any], what: str, ca: str | None, report: Report
) -> None:
    """Check the RFC 3161 time stamp of a root."""
    digest = hashlib.sha256(canonical(note)).hexdigest()
    if ca is None:
        report.skipped(
            f"time stamp of {what}: give --ca, or run"
            f" openssl ts -verify -digest {digest} -in FILE.tsr -CAfile CA.pem"
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "reply.tsr")
        with open(name, "wb") as file:
            file.write(reply)
        good = openssl("ts", "-verify", "-digest", digest, "-in", name, "-CAfile", ca)
    if good is None:
        report.skipped(f"time stamp of {what}: the program openssl was not found.")
    elif not good:
        raise Failed(f"time stamp: that of {what} does not fit.")
    else:
        report.passed(f"time stamp of {what} fits")


# ---- receipts, roots, proofs ---------------------------------------------------------------------


def check_receipt(document: dict[str, Any], key: str | None, report: Report) -> bytes:
    """Check signature and leaf of a receipt; return the hash of its leaf."""
    payload = document["payload"]
    name = f"receipt {payload.get('reference')}"
    check_signature(document, payload, name, key, report)
    leaf = field(payload, "leaf", dict)
    found = leaf_hash(canonical(leaf))
    if found.hex() != payload.get("leaf_hash"):
        raise Failed(f"leaf: its hash is {found.hex()}, the receipt says another one.")
    told = [
        {part: file.get(part) for part in ("kind", "size", "sha256")}
        for file in field(payload, "files", list)
    ]
    same = (
        leaf.get("submission") == payload.get("submission")
        and leaf.get("version") == payload.get("version")
        and leaf.get("challenge") == payload.get("challenge")
        and leaf.get("competition") == payload.get("competition")
        and leaf.get("text_sha256") == payload.get("text_sha256")
        and leaf.get("files") == told
        and str(leaf.get("received_at"))[:19] == str(payload.get("received_at_utc"))[:19]
    )
    if not same:
        raise Failed("leaf: it does not say the same as the receipt.")
    report.passed(f"leaf of {name} says the same; hash {found.hex()}")
    return found


def check_root(document: dict[str, Any], key: str | None, report: Report) -> dict[str, Any]:
    """Check the signature of a root; return its note."""
    note: dict[str, Any] = document["note"]
    name = f"root {note.get('number')} ({note.get('kind')})"
    check_signature(document, note, name, key, report)
    unhex(field(note, "root", str))
    field(note, "size", int)
    return note


def same_log(first: dict[str, Any], second: dict[str, Any], what: str) -> None:
    """Make sure that two files speak of the same problem statement."""
    for part in ("competition", "challenge"):
        if first.get(part) != second.get(part):
            raise Failed(f"{what}: the files belong to different problem statements.")


def check_inclusion(
    leaf: bytes, proof: dict[str, Any], note: dict[str, Any], report: Report
) -> None:
    """Check that the leaf is in the root."""
    same_log(proof, note, "inclusion")
    if proof.get("leaf_hash") != leaf.hex():
        raise Failed("inclusion: the proof is about another leaf.")
    if (proof.get("size"), proof.get("root")) != (note["size"], note["root"]):
        raise Failed("inclusion: the proof is about another root.")
    index = field(proof, "index", int)
    if not verify_inclusion(leaf, index, note["size"], path_of(proof), unhex(note["root"])):
        raise Failed("inclusion: the path does not lead from the leaf to the root.")
    report.passed(f"leaf {index} of {note['size']} is in root {note['number']}, {note['time']}")


def check_consistency(
    proof: dict[str, Any], old: dict[str, Any], new: dict[str, Any], report: Report
) -> None:
    """Check that the newer root continues the older one."""
    same_log(old, new, "consistency")
    if (proof.get("old_size"), proof.get("old_root")) != (old["size"], old["root"]):
        raise Failed("consistency: the proof begins at another root.")
    if (proof.get("size"), proof.get("root")) != (new["size"], new["root"]):
        raise Failed("consistency: the proof ends at another root.")
    if not verify_consistency(
        old["size"], new["size"], unhex(old["root"]), unhex(new["root"]), path_of(proof)
    ):
        raise Failed("consistency: the newer root does not continue the older one.")
    report.passed(f"root {new['number']} continues root {old['number']}: nothing was changed")


def check_files(
    documents: list[tuple[str, dict[str, Any]]], key: str | None, report: Report
) -> None:
    """Check loose files that belong together."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, document in documents:
        found.setdefault(kind_of(document, name), []).append(document)
    counts = {kind: len(rows) for kind, rows in found.items()}
    if counts not in (
        {"receipt": 1},
        {"root": 1},
        {"receipt": 1, "root": 1, "inclusion": 1},
        {"root": 2, "consistency": 1},
    ):
        raise Unusable(f"These files do not make a check: {counts}. See --help.")
    leaf = check_receipt(found["receipt"][0], key, report) if "receipt" in found else b""
    notes = [check_root(document, key, report) for document in found.get("root", [])]
    if "inclusion" in found:
        check_inclusion(leaf, found["inclusion"][0], notes[0], report)
        leaf_time = found["receipt"][0]["payload"]["leaf"]["received_at"]
        if leaf_time > notes[0]["time"]:
            raise Failed("inclusion: the receipt is younger than the root that should hold it.")
    if "consistency" in found:
        old, new = sorted(notes, key=lambda note: (note["size"], note["number"]))
        check_consistency(found["consistency"][0], old, new, report)


# ---- the bundle ----------------------------------------------------------------------------------


def number(text: Any, what: str) -> Decimal:
    """Return a published figure."""
    try:
        return Decimal(text)
    except (InvalidOperation, TypeError) as error:
        raise Failed(f"ranks: {what} is no number: {text!r}.") from error


def check_ranks(rows: list[dict[str, Any]], report: Report) -> None:
    """Recompute totals and ranks from the published rows; after a cut the finalists come first."""
    rounds = {row.get("round", "") for row in rows}
    if not (rounds <= {""} or rounds <= {"final", "first"}):
        raise Failed(f"ranks: rounds are mixed up: {sorted(rounds)}.")
    ahead = 0
    for name in ("", "final", "first"):
        own = [row for row in rows if row.get("round", "") == name and row["rank"] != ""]
        check_round(own, ahead)
        ahead += len(own)
    report.passed(f"totals and ranks of {ahead} rows follow from the published figures")
    if "final" in rounds:
        report.passed("every finalist ranks before what was cut after the first round")


def check_round(ranked: list[dict[str, Any]], before: int) -> None:
    """Recompute the ranks of one round, behind the rows `before` it."""
    for row in ranked:
        total = number(row["points"], f"points of {row['submission']}")
        if row["metric_part"]:
            parts = number(row["jury_part"], "jury_part") + number(
                row["metric_part"], "metric_part"
            )
        else:
            parts = number(row["jury_points"], "jury_points")
        if parts != total:
            raise Failed(f"ranks: the parts of {row['submission']} do not add up to its points.")
    for row in ranked:
        total = Decimal(row["points"])
        better = sum(Decimal(other["points"]) > total for other in ranked)
        equal = [other for other in ranked if Decimal(other["points"]) == total]
        ahead = [other for other in equal if other["rank"] < row["rank"]]
        if row["rank"] != before + better + len(ahead) + 1:
            raise Failed(f"ranks: {row['submission']} has rank {row['rank']}, not what follows.")
        for other in ahead:
            step = row["tie_step"]
            if not step or not other["tie_step"]:
                raise Failed(f"ranks: no rule says why {row['submission']} is behind its equals.")
            if step == "jury_points" and Decimal(other[step]) <= Decimal(row[step]):
                raise Failed(f"ranks: {row['submission']} is behind its equals without a reason.")


def half_up(value: Fraction) -> Decimal:
    """Round to two digits, as every published figure is."""
    return Decimal((200 * value.numerator + value.denominator) // (2 * value.denominator)) / 100


def check_metrics(result: dict[str, Any], rows: list[dict[str, Any]], report: Report) -> None:
    """Recompute the points that several metrics make together, from their published values."""
    metrics = result.get("metric", {}).get("metrics")
    if not metrics:
        return
    checked = 0
    for row in rows:
        if not row["metric_part"]:
            continue
        total = Decimal(0)
        for one in metrics:
            value = number(row.get(f"value_{one['key']}"), f"{one['key']} of {row['submission']}")
            low, high = (Fraction(str(one[end])) for end in ("baseline", "target"))
            gone = min(max((Fraction(value) - low) / (high - low), Fraction(0)), Fraction(1))
            points = half_up(100 * gone)
            total += half_up(Fraction(points) * Fraction(one["weight"]) / 100)
        if total != number(row["metric_points"], f"metric_points of {row['submission']}"):
            raise Failed(f"metrics: those of {row['submission']} do not make its points.")
        checked += 1
    report.passed(f"the points of {checked} rows follow from the values of several metrics")


def unnamed(rounds: Any) -> Any:
    """Return the rounds of a result as the decision was sealed with them: without a team."""
    if not isinstance(rounds, dict):
        return rounds
    listed = [
        {key: value for key, value in row.items() if key != "team"}
        for row in field(rounds, "first_round", list)
    ]
    return {**rounds, "first_round": listed}


def check_cut(result: dict[str, Any], rows: list[dict[str, Any]], report: Report) -> None:
    """Check that the line after the first round separates no equal places."""
    if "rounds" not in result:
        return
    cut = field(result, "rounds", dict)
    listed = field(cut, "first_round", list)
    place = field(cut, "place", int)
    for row in listed:
        above = row["rank"] != "" and row["rank"] <= place
        if above and row["round"] != "final":
            raise Failed(f"cut: {row['submission']} is above the line and not in the final.")
        if not above and row["round"] == "final" and not row["taken_up"]:
            raise Failed(f"cut: nobody says why {row['submission']} was taken up.")
    finalists = {row["submission"] for row in listed if row["round"] == "final"}
    wrong = [
        row["submission"]
        for row in rows
        if (row["submission"] in finalists) != (row.get("round") == "final")
    ]
    if wrong:
        raise Failed(f"cut: {', '.join(sorted(wrong))}: the table names another round.")
    report.passed(f"the cut below rank {place} separates no equal places")


def check_result(
    files: dict[str, bytes], folder: str, notes: list[dict[str, Any]], report: Report
) -> dict[str, Any]:
    """Check that a version of the result is what the last root commits to; return its leaf."""
    leaf = parse(files[f"{folder}/leaf.json"], f"{folder}/leaf.json")
    proof = parse(files[f"{folder}/inclusion.json"], f"{folder}/inclusion.json")
    note = next((note for note in notes if note["size"] == proof.get("size")), None)
    if note is None:
        raise Failed("inclusion: the proof of the result names no root of the bundle.")
    check_inclusion(leaf_hash(canonical(leaf)), proof, note, report)
    result = parse(files[f"{folder}/result.json"], f"{folder}/result.json")
    rows = field(result, "rows", list)
    sealed = [{key: value for key, value in row.items() if key != "team"} for row in rows]
    if hashlib.sha256(canonical(sealed)).hexdigest() != leaf.get("rows_sha256"):
        raise Failed("result: its rows are not those that were sealed.")
    decision = parse(files[f"{folder}/decision.json"], f"{folder}/decision.json")
    if hashlib.sha256(canonical(decision)).hexdigest() != leaf.get("decision_sha256"):
        raise Failed("decision: it is not the one that was sealed.")
    if unnamed(result.get("rounds")) != decision.get("rounds"):
        raise Failed("cut: result and decision tell different cuts.")
    report.passed("rows and decision are those that were sealed at the publication")
    check_ranks(sealed, report)
    check_metrics(result, sealed, report)
    check_cut(result, sealed, report)
    return leaf


def check_versions(files: dict[str, bytes], notes: list[dict[str, Any]], report: Report) -> None:
    """Check the result that holds, and every version that an erratum has corrected."""
    numbers = sorted({int(name.split("/")[1]) for name in files if name.startswith("versions/")})
    if numbers != list(range(1, len(numbers) + 1)):
        raise Failed("result: a version before an erratum is missing.")
    folders = [*(f"versions/{number}" for number in numbers), "result"]
    leaves = []
    for folder in folders:
        parts = ("leaf", "inclusion", "result", "decision")
        missing = [part for part in parts if f"{folder}/{part}.json" not in files]
        if missing:
            raise Failed(f"result: missing in the bundle: {', '.join(missing)}.")
        leaves.append(check_result(files, folder, notes, report))
    for number, (old, new) in enumerate(zip(leaves, leaves[1:]), start=1):
        if new.get("corrects") != leaf_hash(canonical(old)).hex():
            raise Failed(f"erratum: it does not name version {number}, which it corrects.")
        report.passed(f"an erratum replaces version {number}, and names it")
    if "corrects" in leaves[0]:
        raise Failed("erratum: the version that it corrects is missing.")


def check_reopenings(notes: list[dict[str, Any]], report: Report) -> None:
    """Tell of assessments that were locked anew, which the result can only follow."""
    kinds = [note.get("kind") for note in notes]
    found = [at for at, kind in enumerate(kinds) if kind == "reopening"]
    for at in found:
        if "jury_lock" not in kinds[:at]:
            raise Failed(f"roots: number {at + 1} reopens what was never locked.")
        if "publication" in kinds[:at]:
            raise Failed(f"roots: number {at + 1} changes an assessment after the publication.")
    if found:
        numbers = ", ".join(str(at + 1) for at in found)
        report.passed(
            f"assessments were reopened after the closing and locked anew before the result,"
            f" {len(found)} time(s): root {numbers}; the minutes of the jury say why"
        )


# What a damaged stream raises, by how it was packed; bz2 has OSError, a password RuntimeError.
STREAMS = (zlib.error, lzma.LZMAError)


def read_bundle(data: bytes) -> dict[str, bytes]:
    """Return the files of a bundle, compared with its list."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST:
                raise Unusable("The bundle is too large.")
            broken = archive.testzip()
            if broken is not None:
                raise Failed(f"bundle: {broken} is damaged.")
            names = archive.namelist()
            files = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, *STREAMS) as error:
        raise Failed(f"bundle: it is damaged ({error}).") from error
    if len(files) != len(names) or "manifest.json" not in files:
        raise Failed("bundle: its list of files is missing, or a file is there twice.")
    manifest = parse(files.pop("manifest.json"), "manifest.json")
    if manifest.get("schema") != "auslobung-bundle/1":
        raise Unusable("This is not a bundle of this platform.")
    listed = field(manifest, "files", dict)
    found = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    wrong = sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))
    if wrong:
        raise Failed(f"bundle: not as its list says: {', '.join(wrong)}.")
    return files


def check_bundle(data: bytes, key: str | None, ca: str | None, report: Report) -> None:
    """Check every root, every proof and the result of a bundle."""
    files = read_bundle(data)
    report.passed(f"the bundle holds the {len(files)} files of its list")
    names = sorted(name for name in files if name.startswith("roots/") and name.endswith(".json"))
    notes: list[dict[str, Any]] = []
    for at, name in enumerate(names, start=1):
        document = parse(files[name], name)
        if kind_of(document, name) != "root":
            raise Unusable(f"{name} is no root.")
        note = check_root(document, key, report)
        if note.get("number") != at:
            raise Failed(f"roots: number {at} is missing.")
        stamp = name[: -len("json")] + "tsr"
        if stamp in files:
            check_stamp(files[stamp], note, f"root {at}", ca, report)
        notes.append(note)
    if not notes:
        raise Failed("roots: there is none.")
    for old, new in zip(notes, notes[1:]):
        name = f"consistency/{old['number']:02}-{new['number']:02}.json"
        if name not in files:
            raise Failed(f"consistency: {name} is missing.")
        check_consistency(parse(files[name], name), old, new, report)
    check_reopenings(notes, report)
    check_versions(files, notes, report)


# ---- the program ---------------------------------------------------------------------------------


def read(name: str) -> bytes:
    """Return the bytes of a file."""
    try:
        if os.path.getsize(name) > LARGEST:
            raise Unusable(f"{name} is too large.")
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise Unusable(f"{name} cannot be read: {error.strerror}.") from error


def options(arguments: list[str]) -> tuple[list[str], str | None, str | None]:
    """Return files, trusted key and certificates from the command line."""
    names: list[str] = []
    given: dict[str, str | None] = {"--key": None, "--ca": None}
    rest = iter(arguments)
    for argument in rest:
        if argument in given:
            given[argument] = next(rest, None)
            if given[argument] is None:
                raise Unusable(f"{argument} needs a value.")
        elif argument.startswith("--"):
            raise Unusable(f"There is no option {argument}. See --help.")
        else:
            names.append(argument)
    if not names:
        raise Unusable("Name at least one file. See --help.")
    return names, given["--key"], given["--ca"]


def main(arguments: list[str]) -> int:
    """Check what the command line names; return the exit code."""
    if arguments in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    report = Report()
    try:
        names, key, ca = options(arguments)
        contents = [(name, read(name)) for name in names]
        if len(contents) == 1 and contents[0][1][:2] == b"PK":
            check_bundle(contents[0][1], key, ca, report)
        else:
            check_files([(name, parse(data, name)) for name, data in contents], key, report)
    except Failed as failure:
        print(f"FAILED   {failure}")
        return 1
    except Unusable as problem:
        print(f"UNUSABLE {problem}")
        return 2
    except (KeyError, TypeError, AttributeError) as error:
        print(f"UNUSABLE The files have not the expected form ({type(error).__name__}: {error}).")
        return 2
    if report.left_out:
        print(f"Nothing failed, but {report.left_out} of the checks could not be made here.")
    else:
        print("Everything that can be checked with these files is as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
