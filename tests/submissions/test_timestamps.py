"""Time stamps from a real authority: `openssl ts` behind a small server on this machine."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from core import clock, maintenance, timestamps
from core.audit import canonical
from core.models import AuditEvent
from core.timestamps import StampRefused
from submissions import log
from submissions.actions import seal as seal_actions
from submissions.actions import stamp as actions
from submissions.models import SealKind, TimeStamp
from submissions.queries import proof

pytestmark = [pytest.mark.authority, pytest.mark.django_db]

CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[usage]
extendedKeyUsage = critical,timeStamping
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
"""


def openssl(*arguments: str | Path) -> None:
    program = shutil.which("openssl")
    assert program
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


@dataclass
class Authority:
    """Keys, certificates and address of a time-stamping authority."""

    folder: Path
    url: str = ""
    is_up: bool = True
    asked: int = 0
    chain: bool = False
    change: Callable[[bytes], bytes] = field(default=lambda reply: reply)

    def reply(self, query: bytes) -> bytes:
        """Answer a query as `openssl ts` does."""
        self.asked += 1
        (self.folder / "query.tsq").write_bytes(query)
        answer = self.folder / "reply.tsr"
        config = ["-config", self.folder / "openssl.cnf", "-section", "own"]
        more = ["-chain", self.folder / "chain.pem"] if self.chain else []
        openssl("ts", "-reply", "-queryfile", self.folder / "query.tsq", "-out", answer,
                *config, *more)  # fmt: skip
        return self.change(answer.read_bytes())


def certificates(folder: Path) -> None:
    """Make a root and a certificate for time stamps under it."""
    config = folder / "openssl.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=Root",
            "-keyout", folder / "root.key", "-out", folder / "root.pem")  # fmt: skip
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Zeitstempel",
            "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")  # fmt: skip
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "root.pem",
            "-CAkey", folder / "root.key", "-set_serial", "2", "-days", "3650",
            "-extfile", config, "-extensions", "usage", "-out", folder / "tsa.pem")  # fmt: skip
    chain = (folder / "tsa.pem").read_text() + (folder / "root.pem").read_text()
    (folder / "chain.pem").write_text(chain)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    certificates(folder)
    return folder


@pytest.fixture
def authority(keys, settings, socket_enabled) -> Iterator[Authority]:
    made = Authority(keys)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if not made.is_up:
                self.send_error(503)
                return
            content = made.reply(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = settings.TSA_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.TSA_CERTIFICATES = str(keys / "root.pem")
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def seal(world):
    return seal_actions.make(world.challenge, SealKind.OPENING)


def test_root_gets_a_stamp_that_openssl_accepts(authority, seal, tmp_path):
    before = clock.now()

    assert actions.stamp(seal.pk)

    row = TimeStamp.objects.get()
    assert abs(row.stamped_at - before) < dt.timedelta(minutes=1)
    reply, data = tmp_path / "reply.tsr", tmp_path / "note.json"
    reply.write_bytes(row.reply)
    data.write_bytes(canonical(seal.note).encode())
    openssl("ts", "-verify", "-data", data, "-in", reply, "-CAfile", authority.folder / "root.pem")
    event = AuditEvent.objects.get(action="log.stamped")
    assert event.data == {"number": 1, "time": log.moment(row.stamped_at)}


def test_stamp_is_asked_for_once(authority, seal):
    assert [actions.stamp(seal.pk), actions.stamp(seal.pk)] == [True, False]
    assert authority.asked == 1


def test_page_offers_the_stamp_as_it_came(authority, seal, client, world):
    actions.stamp(seal.pk)
    challenge = world.challenge
    address = f"/competitions/{challenge.competition.slug}/challenges/{challenge.code}/proof/"

    response = client.get(f"{address}root-1.tsr")

    assert response.content == bytes(TimeStamp.objects.get().reply)
    assert "root-1.tsr" in client.get(address).text
    assert sorted(proof._roots(challenge)) == ["roots/01-opening.json", "roots/01-opening.tsr"]


@pytest.mark.parametrize("position", [0.3, 0.6, 0.97])
def test_changed_reply_is_refused(authority, seal, position):
    def change(reply: bytes) -> bytes:
        at = int(len(reply) * position)
        return reply[:at] + bytes([reply[at] ^ 1]) + reply[at + 1 :]

    authority.change = change

    assert not actions.stamp(seal.pk)
    row = TimeStamp.objects.get()
    assert (row.reply, row.stamped_at) == (None, None)
    assert row.error.startswith("The reply is not valid")


@pytest.mark.parametrize("reply", [b"", b"nothing", b"<html></html>", b"\x30\x03\x02\x01\x02"])
def test_other_answers_are_refused(authority, seal, reply):
    authority.change = lambda _reply: reply

    assert not actions.stamp(seal.pk)


def test_reply_about_something_else_is_refused(authority, seal):
    stamped = timestamps.request(b"one")

    with pytest.raises(StampRefused):
        timestamps.check(stamped.reply, b"two")
    with pytest.raises(StampRefused):
        timestamps.check(stamped.reply, b"one", nonce=1)


def test_reply_of_another_authority_is_refused(authority, seal, tmp_path, settings):
    certificates(tmp_path)
    settings.TSA_CERTIFICATES = str(tmp_path / "root.pem")

    assert not actions.stamp(seal.pk)


def test_reply_with_the_whole_chain_is_taken_or_refused_and_never_breaks(authority, seal):
    # openssl does not sort the certificates of a chain as DER demands; the reader refuses that.
    authority.chain = True

    found = actions.stamp(seal.pk)

    row = TimeStamp.objects.get()
    assert found == (row.reply is not None)
    assert found or "valid" in row.error


def test_without_certificates_nothing_is_believed(authority, seal, settings):
    settings.TSA_CERTIFICATES = ""

    assert not actions.stamp(seal.pk)
    assert "AUSLOBUNG_TSA_CERTIFICATES" in TimeStamp.objects.get().error


def test_authority_that_is_down_blocks_nothing_and_is_asked_later(authority, seal):
    authority.is_up = False
    now = clock.now()

    first = actions.stamp_waiting(now)
    too_early = actions.stamp_waiting(now + actions.FIRST_PAUSE / 2)
    again = actions.stamp_waiting(now + actions.FIRST_PAUSE)
    authority.is_up = True
    too_early_again = actions.stamp_waiting(now + 2 * actions.FIRST_PAUSE)
    at_last = actions.stamp_waiting(now + 3 * actions.FIRST_PAUSE)

    assert (first, too_early, again, too_early_again, at_last) == (0, 0, 0, 0, 1)
    row = TimeStamp.objects.get()
    assert (row.attempts, row.error, row.stamped_at is not None) == (3, "", True)


def test_pause_grows_to_six_hours(authority, seal):
    authority.is_up = False
    now = clock.now()
    TimeStamp.objects.create(seal=seal, attempts=50, next_try_at=now)

    actions.stamp(seal.pk, now=now)

    assert TimeStamp.objects.get().next_try_at == now + actions.LONGEST_PAUSE


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/"])
def test_other_schemes_are_not_opened(seal, settings, url):
    settings.TSA_URL = url

    assert not actions.stamp(seal.pk)
    assert "must start with" in TimeStamp.objects.get().error


def test_without_an_authority_nothing_is_asked(seal):
    assert (actions.stamp(seal.pk), actions.stamp_waiting(clock.now())) == (False, 0)
    assert not TimeStamp.objects.exists()


def test_sweep_asks(authority, seal):
    results = {result.step.key: result.count for result in maintenance.sweep()}

    assert results["time_stamps"] == 1


def test_program_checks_stamps_of_a_bundle(authority, world, tmp_path):
    from submissions import verify

    seal = seal_actions.make(world.challenge, SealKind.OPENING)
    actions.stamp(seal.pk)
    reply = bytes(TimeStamp.objects.get().reply)
    report = verify.Report()
    ca = str(authority.folder / "root.pem")

    verify.check_stamp(reply, seal.note, "root 1", ca, report)
    with pytest.raises(verify.Failed, match="time stamp"):
        verify.check_stamp(reply, {**seal.note, "size": 9}, "root 1", ca, report)
    verify.check_stamp(reply, seal.note, "root 1", None, report)

    assert report.left_out == 1
