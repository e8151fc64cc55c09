"""Captains who hand in and do not give up before they hold a receipt.

A client sends what a browser without JavaScript sends, through the forms of the pages: it reads
their hidden fields, keeps cookies, and repeats what was not answered. It talks to this machine
only (LO-9).
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

HOST: Final = "auslobung.localhost"
PATIENCE: Final = 60.0  # seconds for one step before a client gives up, which counts as a loss
ANSWER: Final = 20.0  # seconds that a client waits for one answer
LONGEST_PAUSE: Final = 2.0
TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


class GaveUp(Exception):
    """A step did not lead on; the text says which one and what was answered last."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        """Return where a redirect leads."""
        return self.headers.get("location", "")


@dataclass(slots=True)
class HandIn:
    """One hand-in as its captain saw it."""

    team: str
    number: int
    key: str = ""
    files: dict[str, str] = field(default_factory=dict)  # kind → SHA-256 of what was sent
    document: dict[str, Any] | None = None  # the receipt
    begun: float = 0.0  # seconds since the clients started
    seconds: float = 0.0  # from the first click on "hand in" to the receipt
    seconds_in_all: float = 0.0  # with the upload before it
    uploads: list[float] = field(default_factory=list)  # seconds of each upload of predictions
    retries: int = 0
    problem: str = ""


class _Forms(HTMLParser):
    """Collects the forms of a page: what a browser would send if everything was ticked."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = {"action": values.get("action", ""), "fields": {}, "file": ""}
            self.forms.append(self._open)
        elif tag == "input" and self._open is not None and values.get("name"):
            kind = values.get("type", "text")
            if kind == "file":
                self._open["file"] = values["name"]
            elif kind == "checkbox":
                self._open["fields"][values["name"]] = values.get("value", "on")
            elif kind == "hidden":
                self._open["fields"][values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def forms_of(page: bytes) -> list[dict[str, Any]]:
    """Return the forms of a page: `action`, `fields` to send back, name of the `file` field."""
    parser = _Forms()
    parser.feed(page.decode())
    return parser.forms


class Line:
    """The way to the server: one connection for each request, as behind a simple proxy."""

    def __init__(self, address: str, port: int, cookies: dict[str, str], seed: int) -> None:
        """Refuse any other machine than this one."""
        if not ipaddress.ip_address(address).is_loopback:
            message = f"{address} is not this machine. The harness loads nothing else."
            raise ValueError(message)
        self.retries = 0
        self.statuses: Counter[str] = Counter()
        self._place = (address, port)
        self._cookies = cookies
        self._random = random.Random(seed)

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> Answer:
        """Ask until there is an answer that is no fault.

        Raises:
            GaveUp: there was none within the patience.

        """
        ends_at = time.monotonic() + PATIENCE
        pause, last = 0.1, ""
        while time.monotonic() < ends_at:
            wait = 0.0
            try:
                answer = self._once(method, path, body, content_type)
            except (OSError, http.client.HTTPException) as error:
                last = type(error).__name__
            else:
                if answer.status not in TRY_AGAIN:
                    return answer
                last = str(answer.status)
                wait = float(answer.headers.get("retry-after", 0))
            self.statuses[last] += 1
            self.retries += 1
            # Everybody at the same moment again would be the next overload.
            time.sleep(max(wait, pause) * self._random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE)
        message = f"{method} {path}: {last}"
        raise GaveUp(message)

    def _once(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            # What the proxy in front adds.
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
            "Connection": "close",
        }
        if content_type:
            headers["Content-Type"] = content_type
        connection = http.client.HTTPConnection(*self._place, timeout=ANSWER)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie") or ():
                name, _equals, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            lowered = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, lowered, response.read())
        finally:
            connection.close()


def predictions(ids: Sequence[str], labels: Sequence[str], chance: random.Random) -> bytes:
    """Return a prediction file with random labels."""
    rows = "".join(f"{name},{chance.choice(labels)}\n" for name in ids)
    return f"id,label\n{rows}".encode()


def small_pdf(text: str) -> bytes:
    """Return a PDF with one empty page, whose title makes it one of a kind."""
    parts = [b"%PDF-1.4\n"]
    offsets = []
    for number, content in enumerate(
        (
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            f"<< /Title ({text}) >>",
        ),
        start=1,
    ):
        offsets.append(sum(map(len, parts)))
        parts.append(f"{number} 0 obj\n{content}\nendobj\n".encode())
    start = sum(map(len, parts))
    rows = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    parts.append(
        f"xref\n0 5\n0000000000 65535 f \n{rows}"
        f"trailer\n<< /Size 5 /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return b"".join(parts)


def multipart(fields: Mapping[str, str], name: str, file: str, content: bytes) -> tuple[bytes, str]:
    """Return body and content type of a form with one file."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
    )
    parts += [content, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


class Captain:
    """One client: hands in version after version of one team."""

    def __init__(
        self,
        world: Mapping[str, Any],
        team: Mapping[str, str],
        line: Line,
        *,
        seed: int,
        load: Load,
    ) -> None:
        """Sign in with the session of the team's captain."""
        self.line = line
        self._ids, self._labels = world["ids"], world["labels"]
        self._team = team["team"]
        self._draft = team["draft"]
        self._random = random.Random(seed)
        self._load = load
        self._forms: dict[str, dict[str, Any]] = {}

    def hand_in(self, number: int) -> HandIn:
        """Upload, hand in, and fetch the receipt; what went wrong is in `problem`."""
        record = HandIn(self._team, number)
        before, started = self.line.retries, time.monotonic()
        try:
            if number > 1:
                self._renew()
            else:
                self._upload("concept", "konzept.pdf", small_pdf(self._team), record)
            for _upload in range(self._load.uploads):
                content = predictions(self._ids, self._labels, self._random)
                begun = time.monotonic()
                self._upload("predictions", "vorhersagen.csv", content, record)
                record.uploads.append(time.monotonic() - begun)
            fields = self._fields(
                "hand-in", f"/submissions/{self._draft}/check/", "key", is_fresh=number == 1
            )
            record.key = fields["key"] = secrets.token_urlsafe(24)
            clicked = time.monotonic()
            record.document = self._receipt(fields)
            record.seconds = time.monotonic() - clicked
        except GaveUp as error:
            record.problem = str(error)
        record.seconds_in_all = time.monotonic() - started
        record.retries = self.line.retries - before
        return record

    def _renew(self) -> None:
        """Begin the next version; if the answer got lost, the same draft is found again."""
        fields = {"csrfmiddlewaretoken": self._forms["hand-in"]["csrfmiddlewaretoken"]}
        answer = self._post(f"/submissions/{self._draft}/renew/", fields)
        self._draft = answer.location.rstrip("/").rsplit("/", 1)[-1]

    def _upload(self, kind: str, name: str, content: bytes, record: HandIn) -> None:
        path = f"/submissions/{self._draft}/files/{kind}/"
        fields = dict(self._fields(kind, path, "file", is_fresh=record.number == 1))
        body, content_type = multipart(fields, fields.pop("file"), name, content)
        self._follow(self.line.ask("POST", path, body, content_type), path)
        record.files[kind] = hashlib.sha256(content).hexdigest()

    def _receipt(self, fields: Mapping[str, str]) -> dict[str, Any]:
        answer = self._post(f"/submissions/{self._draft}/hand-in/", fields)
        if not answer.location.endswith(f"/submissions/{self._draft}/receipt/"):
            message = f"handing in {self._draft} led to {answer.location}"
            raise GaveUp(message)
        path = f"/submissions/{self._draft}/receipt.json"
        receipt = self.line.ask("GET", path)
        if receipt.status != 200:
            message = f"GET {path}: {receipt.status}"
            raise GaveUp(message)
        document: dict[str, Any] = json.loads(receipt.body)
        return document

    def _fields(self, name: str, path: str, wanted: str, *, is_fresh: bool) -> dict[str, str]:
        """Return what the form on a page sends; a page that is known is not read every time."""
        if is_fresh or self._load.reads_pages:
            page = self.line.ask("GET", path)
            for form in forms_of(page.body):
                fields = {**form["fields"], **({"file": form["file"]} if form["file"] else {})}
                if wanted in fields:
                    self._forms[name] = fields
                    return dict(fields)
            message = f"{path} ({page.status}) has no form with the field {wanted}"
            raise GaveUp(message)
        return dict(self._forms[name])

    def _post(self, path: str, fields: Mapping[str, str]) -> Answer:
        body = urlencode(fields).encode()
        answer = self.line.ask("POST", path, body, "application/x-www-form-urlencoded")
        return self._follow(answer, path)

    def _follow(self, answer: Answer, path: str) -> Answer:
        if answer.status != 302 or "/accounts/" in answer.location:
            message = f"POST {path}: {answer.status} {answer.location}"
            raise GaveUp(message)
        return answer


@dataclass(frozen=True, slots=True)
class Load:
    """How much is offered: versions for each team, spread over so many seconds (0: at once)."""

    versions: int
    seconds: float
    seed: int
    reads_pages: bool = False
    uploads: int = 1  # of predictions before each hand-in; each replaces the one before


@dataclass(slots=True)
class Outcome:
    """What all clients saw."""

    hand_ins: list[HandIn]
    faults: Counter[str]  # what had to be repeated, by status or kind of error
    seconds: float

    def as_data(self) -> list[dict[str, Any]]:
        """Return the hand-ins as plain data for the judge."""
        return [asdict(row) for row in self.hand_ins]


def run(world: Mapping[str, Any], port: int, load: Load) -> Outcome:
    """Let one client for each team hand in; return when the last one holds its receipt."""
    teams = world["teams"]
    started = time.monotonic()
    faults: Counter[str] = Counter()
    lock = threading.Lock()

    def client(at: int) -> list[HandIn]:
        line = Line("127.0.0.1", port, {world["cookie"]: teams[at]["session"]}, load.seed + at)
        captain = Captain(world, teams[at], line, seed=load.seed * 1_000 + at, load=load)
        rows = []
        for number in range(1, load.versions + 1):
            # One after another in each round, so that the load is even.
            turn = (number - 1 + at / len(teams)) / load.versions * load.seconds
            time.sleep(max(0.0, started + turn - time.monotonic()))
            begun = time.monotonic() - started
            row = captain.hand_in(number)
            row.begun = begun
            rows.append(row)
            if row.problem:
                break
        with lock:
            faults.update(line.statuses)
        return rows

    with ThreadPoolExecutor(len(teams)) as pool:
        found: Iterable[list[HandIn]] = pool.map(client, range(len(teams)))
        hand_ins = [row for rows in found for row in rows]
    return Outcome(hand_ins, faults, time.monotonic() - started)
