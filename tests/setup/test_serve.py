"""The supervisor of the demo: what it starts, starts again, and ends."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from scripts import serve

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def children():
    """Processes of a test; whatever is left of them is ended."""
    started: list[serve.Child] = []
    yield started
    for child in started:
        child.end(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()


def counting(folder: Path, *, code: int) -> list[str]:
    """Return a command that leaves a mark and ends."""
    script = f"open({str(folder / 'starts')!r}, 'a').write('x'); raise SystemExit({code})"
    return [sys.executable, "-c", script]


def until_started(folder: Path, times: int) -> list[str]:
    """Return a command that ends once another one has left so many marks."""
    script = (
        "import pathlib, time\n"
        f"marks = pathlib.Path({str(folder / 'starts')!r})\n"
        f"while not marks.exists() or len(marks.read_text()) < {times}: time.sleep(0.05)"
    )
    return [sys.executable, "-c", script]


def test_worker_that_ends_is_started_again_after_growing_pauses(children, tmp_path, capfd):
    web = serve.Child("web", until_started(tmp_path, times=3))
    worker = serve.Child("worker", counting(tmp_path, code=3), pause=0.1)
    children += [web, worker]
    web.start()
    worker.start()

    serve.supervise(web, worker)

    assert len((tmp_path / "starts").read_text()) >= 3
    assert worker.pause >= 0.4
    assert "The worker has ended with code 3" in capfd.readouterr().err


def test_everything_ends_when_the_web_process_ends(children, tmp_path, capfd):
    web = serve.Child("web", counting(tmp_path, code=4))
    worker = serve.Child("worker", SLEEPS)
    children += [web, worker]
    web.start()
    worker.start()

    code = serve.supervise(web, worker)
    serve.end_all(web, worker)

    assert code == 4
    assert worker.process is not None
    assert worker.process.poll() == -signal.SIGTERM


def test_end_reaches_what_a_process_has_started(children, tmp_path):
    """The grandchild holds a pipe; reading it ends when the grandchild does."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    holds = f"import time; pipe = open({str(pipe)!r}, 'w'); print('up', file=pipe, flush=True)"
    grandchild = [sys.executable, "-c", f"{holds}; time.sleep(60)"]
    parent = serve.Child(
        "parent", [sys.executable, "-c", f"import subprocess; subprocess.run({grandchild!r})"]
    )
    children.append(parent)
    parent.start()

    with pipe.open(encoding="ascii") as reader:
        assert reader.readline() == "up\n"
        serve.end_all(parent)

        assert reader.read() == ""


@pytest.mark.s3  # the mark that allows sockets on this machine
def test_taken_port_is_named_before_anything_starts(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        code = serve.main(["--port", str(port)])

    assert code == 1
    assert f"Port {port} is taken" in capsys.readouterr().err
