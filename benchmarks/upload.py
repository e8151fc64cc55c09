#!/usr/bin/env python3
"""Upload large files in parts and compare with what the machine needs for the bytes alone (G-10).

    .venv/bin/python benchmarks/upload.py                     200 MB, 5 pairs, then 8 at once
    .venv/bin/python benchmarks/upload.py --megabytes 1000 --pairs 1 --at-once 2

It starts a PostgreSQL of its own that waits for the disk and an installation in a temporary folder
(gunicorn and worker, settings of production, local files). Each pair uploads a PDF as a browser
does, and reads, hashes and writes the same bytes; both have to find the same SHA-256. While many
upload at once, somebody reads a page, and the memory of the web processes is watched. It talks to
this machine only.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hand_ins import faults
from benchmarks.hand_ins.clients import HOST, Line, forms_of

CHUNK: Final = 64 * 1024
MEGABYTE: Final = 1_000_000
GOAL: Final = 1.7  # times what the bytes alone need
WEB_MEMORY_GOAL: Final = 80  # MB that the web processes may grow
PATIENCE: Final = 600.0
ALLOW: Final = """
from competition.models import Challenge
for challenge in Challenge.objects.all():
    challenge.answers["deliverables"] = [{"name": "K", "format": "PDF", "megabytes": MEGABYTES}]
    challenge.save(update_fields=["answers"])
"""


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 if the ratio is below two thirds of its goal, or memory is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200, help="size of one file")
    parser.add_argument("--pairs", type=int, default=5, help="uploads, each with its other side")
    parser.add_argument("--at-once", type=int, default=8, help="how many teams upload together")
    options = parser.parse_args(argv)
    if "POSTGRES_CONTROL" not in os.environ:
        # Once more, with a database.
        script = str(faults.ROOT / "scripts" / "with_postgres.sh")
        again = [script, "--durable", sys.executable, __file__, *(argv or sys.argv[1:])]
        return subprocess.run(again, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="auslobung-upload.") as folder:
        return measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    """Set up, upload, compare, print."""
    data, source = folder / "data", folder / "konzept.pdf"
    source.write_bytes(large_pdf(options.megabytes * MEGABYTE))
    more = {"AUSLOBUNG_UPLOAD_MAX_MB": str(options.megabytes + 1)}
    environ = faults.environment(data, more)
    output = folder / "world.json"
    for command in (
        ["-m", "benchmarks.hand_ins.world", str(options.at_once), str(output)],
        ["manage.py", "shell", "-c", ALLOW.replace("MEGABYTES", str(options.megabytes + 1))],
    ):
        subprocess.run([sys.executable, *command], cwd=faults.ROOT, env=environ, check=True)
    world = json.loads(output.read_text(encoding="utf-8"))
    with faults.Installation(data, more=more) as installation:
        teams = [Browser(installation.port, world, team) for team in world["teams"]]
        for team in teams:
            team.upload(source, 1 * MEGABYTE)  # everything is loaded once
        pairs = [pair_of(source, folder / "raw", teams[0]) for _ in range(options.pairs)]
        at_once = together(installation, teams, source)
    alone, uploaded, sent = (
        statistics.median(seconds for seconds, _hash in side) for side in zip(*pairs, strict=True)
    )
    if len({digest for pair in pairs for _seconds, digest in pair}) != 1:
        raise SystemExit("Both sides must have the same bytes.")
    ratio = uploaded / alone
    rate = options.megabytes / uploaded
    print(f"{options.megabytes} MB in parts, median of {options.pairs} pairs")
    print(f"  read, hashed, written  {alone:6.2f} s")
    print(f"  uploaded and accepted  {uploaded:6.2f} s   {rate:.0f} MB/s")
    print(f"    of which the parts   {sent:6.2f} s")
    print(f"  ratio                  {ratio:6.2f}     goal {GOAL}")
    print("\n".join(at_once.lines))
    return 1 if ratio > GOAL * 1.5 or at_once.growth > WEB_MEMORY_GOAL * 1.5 else 0


def large_pdf(size: int) -> bytes:
    """Return a PDF with one page and a picture that cannot be compressed."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    overhead = 700
    picture = hashlib.shake_256(b"picture").digest(min(size - overhead, 50 * MEGABYTE))
    picture *= -(-(size - overhead) // len(picture))
    picture = picture[: size - overhead]
    objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(picture), picture))
    body, offsets = b"%PDF-1.7\n", []
    parts = [body]
    at = len(body)
    for number, content in enumerate(objects, start=1):
        part = b"%d 0 obj\n%b\nendobj\n" % (number, content)
        offsets.append(at)
        parts.append(part)
        at += len(part)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail = b"xref\n0 5\n0000000000 65535 f \n%btrailer\n<< /Size 5 /Root 1 0 R >>\n" % rows
    end = b"startxref\n%d\n%%%%EOF\n" % at
    filler = size - at - len(tail) - len(end)
    return b"".join([*parts, tail, b"%" + b" " * (filler - 2) + b"\n", end])


def raw(source: Path, target: Path) -> tuple[float, str]:
    """Read, hash and durably write a file, as plainly as it goes."""
    started, digest = time.monotonic(), hashlib.sha256()
    with source.open("rb") as file, target.open("wb") as copy:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return time.monotonic() - started, digest.hexdigest()


def pair_of(source: Path, target: Path, team: Browser) -> tuple[tuple[float, str], ...]:
    """Do both, one after the other; the third time is that of the parts alone."""
    alone, uploaded = raw(source, target), team.upload(source)
    return alone, uploaded, (team.sent, uploaded[1])


class Browser:
    """Uploads in parts as static/js/upload.js does, one request after the other."""

    def __init__(self, port: int, world: Mapping[str, Any], team: Mapping[str, str]) -> None:
        """Sign in with the session of a team's captain and read the token from its page."""
        cookies = {world["cookie"]: team["session"]}
        self._place = f"/submissions/{team['draft']}/"
        page = Line("127.0.0.1", port, cookies, 1).ask("GET", f"{self._place}files/concept/")
        tokens = [form["fields"].get("csrfmiddlewaretoken") for form in forms_of(page.body)]
        self._port = port
        self._headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
            "X-CSRFToken": next(token for token in tokens if token),
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Accept": "application/json",
        }
        self._count = 0
        self.sent = 0.0  # seconds until all parts of the last upload were there

    def upload(self, source: Path, size: int = 0) -> tuple[float, str]:
        """Upload a file, or the first bytes of it; return the seconds, and what we hashed."""
        size = size or source.stat().st_size
        self._count += 1
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        begun = self._ask(
            connection,
            "POST",
            f"{self._place}uploads/",
            {"name": "k.pdf", "size": size, "modified": self._count, "kind": "concept"},
        )
        digest, place = hashlib.sha256(), f"{self._place}uploads/{begun['id']}/"
        with source.open("rb") as file:
            for number in range(1, -(-size // begun["part_size"]) + 1):
                part = file.read(min(begun["part_size"], size - file.tell()))
                self._ask(connection, "PUT", f"{place}parts/{number}/", part)
                digest.update(part)
        self.sent = time.monotonic() - started
        done = self._ask(connection, "POST", f"{place}complete/")
        connection.close()
        if done["state"] != "attached":
            raise SystemExit(f"The upload ended as {done}.")
        return time.monotonic() - started, digest.hexdigest()

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        sent: bytes | Mapping[str, object] = b"",
    ) -> Any:
        headers = dict(self._headers)
        if not isinstance(sent, bytes):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            sent = urlencode(sent).encode()
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {body[:300]!r}")
        return json.loads(body)

    def read_page(self) -> float:
        """Return the seconds until a page of the team has come."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        connection.request("GET", self._place, headers={**self._headers, "Accept": "text/html"})
        connection.getresponse().read()
        connection.close()
        return time.monotonic() - started


class Together:
    """What was seen while many uploaded."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lines: list[str] = []
        self.growth = 0.0


def together(installation: faults.Installation, teams: list[Browser], source: Path) -> Together:
    """Let all teams upload at once; watch memory, and how fast a page comes."""
    seen, quiet = Together(), [teams[0].read_page() for _ in range(100)]
    before = memory(installation)
    busy: list[float] = []
    with watching(installation) as peaks, reading(teams[0], busy):
        started = time.monotonic()
        with ThreadPoolExecutor(len(teams)) as pool:
            sent = list(pool.map(lambda one: one.upload(source), teams))
        seconds = time.monotonic() - started
    if len({digest for _seconds, digest in sent}) != 1:
        raise SystemExit("Everybody sent the same bytes.")
    megabytes = len(teams) * source.stat().st_size / MEGABYTE
    seen.growth = max(peaks) - before
    rate = megabytes / seconds
    seen.lines = [
        f"{len(teams)} at once, {megabytes:.0f} MB: {seconds:.1f} s, {rate:.0f} MB/s",
        f"  memory of all web processes  {before:.0f} MB, at most {max(peaks):.0f} MB",
        f"  a page while it is quiet     {spread(quiet)}",
        f"  a page meanwhile             {spread(busy)}",
    ]
    return seen


def spread(values: list[float]) -> str:
    """Return median, and what 99 of 100 values do not exceed, in ms."""
    ordered = sorted(values)
    most = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    median = statistics.median(ordered)
    return f"median {median * 1000:.0f} ms, 99 % {most * 1000:.0f} ms, {len(ordered)} times"


@contextmanager
def watching(installation: faults.Installation) -> Iterator[list[float]]:
    """Collect the memory of the web processes, ten times a second."""
    peaks, ending = [memory(installation)], threading.Event()

    def watch() -> None:
        while not ending.wait(0.1):
            peaks.append(memory(installation))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        ending.set()
        thread.join()


@contextmanager
def reading(browser: Browser, times: list[float]) -> Iterator[None]:
    """Read a page again and again, with pauses, and collect how long it took."""
    ending = threading.Event()

    def read() -> None:
        while not ending.wait(0.05):
            times.append(browser.read_page())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def memory(installation: faults.Installation) -> float:
    """Return the MB that the web processes hold, without what they share (`Pss`)."""
    total = 0
    for pid in installation.victims("web worker"):
        text = (Path("/proc") / str(pid) / "smaps_rollup").read_text(encoding="ascii")
        total += sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total * 1024 / MEGABYTE


if __name__ == "__main__":
    sys.exit(main())
