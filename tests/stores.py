"""S3 servers of this machine for tests: two kinds, and a bad line in front of them.

rclone checks signatures and lengths as the real thing does, moto knows more of the API. Both listen
on this machine only and end with the test.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import boto3
from django.core.files.storage import storages

from tests.architecture.source import ROOT

PATIENCE = 60.0  # seconds that a busy machine may take to start a server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _running(
    command: list[str], port: int, environ: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    server = subprocess.Popen(
        command,
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert server.poll() is None, f"{command[0]} has ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


@contextmanager
def rclone(folder: Path, *buckets: str, is_open: bool = False) -> Iterator[str]:
    """Serve a folder, each bucket a folder in it, `is_open` to everybody; yield the address."""
    for bucket in buckets:
        (folder / bucket).mkdir()
    port = free_port()
    program = str(Path(sys.executable).parent / "rclone")
    options = ["--config", str(folder / "none.conf")]
    if not is_open:
        options += ["--auth-key", "webkey,websecret"]
    command = [program, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", *options]
    with _running(command, port) as endpoint:
        yield endpoint


@contextmanager
def moto(*buckets: str, environ: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Serve buckets from memory; yield the address."""
    port = free_port()
    program = str(Path(sys.executable).parent / "moto_server")
    with _running([program, "-H", "127.0.0.1", "-p", str(port)], port, environ) as endpoint:
        client = client_of(endpoint)
        for bucket in buckets:
            client.create_bucket(Bucket=bucket)
        yield endpoint


def client_of(endpoint: str, name: Literal["s3", "iam"] = "s3") -> Any:
    """Return a client of a server that sets it up for tests."""
    return boto3.client(
        name,
        endpoint_url=endpoint,
        aws_access_key_id="webkey",
        aws_secret_access_key="websecret",
        region_name="us-east-1",
    )


class SharedServer:
    """A server that tests share, because starting one takes longer than most of them."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = client_of(endpoint)

    def make_bucket(self) -> str:
        """Make a bucket of which no other test knows; return its name."""
        name = f"files-{secrets.token_hex(8)}"
        self._client.create_bucket(Bucket=name)
        return name


def s3_storage(endpoint: str | None, bucket: str, **options: Any) -> dict[str, Any]:
    """Return an entry of STORAGES like that of the settings."""
    return {
        "BACKEND": "core.storage.PrivateS3Storage",
        "OPTIONS": {
            "access_key": "webkey",
            "secret_key": "websecret",
            "bucket_name": bucket,
            "location": bucket,
            "endpoint_url": endpoint,
            "region_name": "eu-central-1",
            "addressing_style": "path",
            "signature_version": "s3v4",
            "file_overwrite": False,
            "querystring_expire": 60,
            **options,
        },
    }


def documented(key: str) -> dict[str, Any]:
    """Return the block of docs/object-store.md with a key, as operators are told to set it."""
    page = (ROOT / "docs" / "object-store.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in map(json.loads, blocks) if key in block]
    block: dict[str, Any] = found
    return block


def documented_cors(origin: str) -> dict[str, Any]:
    """Return the documented cross-origin rule for a product under an origin."""
    text = json.dumps(documented("CORSRules")).replace("https://auslobung.example", origin)
    cors: dict[str, Any] = json.loads(text)
    return cors


def hurry(alias: str, line: BadLine) -> None:
    """Let our client give up at once on requests that are to stay without an answer.

    To all others it leaves the time that a busy machine takes, however little the product waits.
    """

    def set_patience(request: Any, **_known: Any) -> None:
        swallowed = (request.method, "silence") == line.fault_ahead(request.method)
        request.context["read_timeout"] = 0.1 if swallowed else PATIENCE

    storage: Any = storages[alias]
    storage.connection.meta.client.meta.events.register("before-send.s3", set_patience)


def put(address: str, data: bytes) -> int:
    """Put bytes to an address as a browser does; return the status."""
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(address, data, headers, method="PUT")  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310  (loopback)
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@dataclass
class BadLine:
    """A line to a server on which things go wrong, each as often as it is in the list.

    `faults` holds what happens to the next requests of a method: "500", "silence" or "truncated".
    With `cors`, a configuration as `put_bucket_cors` takes it, browsers get the answers of a store
    that was configured so; rclone asks even the question of a browser for a signature.
    """

    endpoint: str
    upstream: str
    faults: list[tuple[str, str]] = field(default_factory=list)
    cors: dict[str, Any] = field(default_factory=dict)
    passed: list[tuple[str, str]] = field(default_factory=list)  # method and path with query

    def fault_ahead(self, method: str) -> tuple[str, str]:
        """Return what is to happen to the next request of a method."""
        return next((fault for fault in self.faults if fault[0] == method), (method, ""))

    def next_fault(self, method: str) -> str:
        fault = self.fault_ahead(method)
        if fault in self.faults:
            self.faults.remove(fault)
        return fault[1]

    def grants(self, headers: Message, method: str) -> dict[str, str]:
        """Return the headers that let a page of another origin see the answer, if a rule does."""
        wanted = headers.get("Access-Control-Request-Headers", "").lower().split(",")
        for rule in self.cors.get("CORSRules", ()):
            allowed = {name.lower() for name in rule.get("AllowedHeaders", ())} | {""}
            if (
                headers["Origin"] in rule["AllowedOrigins"]
                and method in rule["AllowedMethods"]
                and {name.strip() for name in wanted} <= allowed
            ):
                return {
                    "Access-Control-Allow-Origin": headers["Origin"],
                    "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
                    "Access-Control-Allow-Headers": ", ".join(rule.get("AllowedHeaders", ())),
                    "Vary": "Origin",
                }
        return {}


@contextmanager
def bad_line(upstream: str) -> Iterator[BadLine]:
    """Pass requests on to a server, except for those that a test lets go wrong."""
    port = free_port()
    hidden = {"transfer-encoding", "content-length", "connection"}
    line = BadLine(f"http://127.0.0.1:{port}", upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "OPTIONS":
                granted = line.grants(
                    self.headers, self.headers.get("Access-Control-Request-Method", "")
                )
                self.answer_with(200 if granted else 403, granted)
                return
            granted = line.grants(self.headers, self.command)
            line.passed.append((self.command, self.path))
            fault = line.next_fault(self.command)
            if fault == "500":
                self.answer_with(500, granted)
                return
            if fault == "silence":
                self.connection.settimeout(PATIENCE)
                self.connection.recv(1)  # until the client hangs up
                self.close_connection = True
                return
            connection = http.client.HTTPConnection(upstream.removeprefix("http://"))
            # The signature covers the name of the server that was asked.
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in hidden and not name.lower().startswith("access-control-"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(data)
            self.send_header("Content-Length", str(length or 0))
            for name, value in granted.items():
                self.send_header(name, value)
            self.end_headers()
            if fault == "truncated":
                data = data[: len(data) // 2]
                self.close_connection = True
            self.wfile.write(data)
            connection.close()

        def answer_with(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815  (theirs)
        do_OPTIONS = handle_any  # noqa: N815  (theirs)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that hangs up is part of the game

    server = Server(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
