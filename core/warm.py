"""The warm parent of processes that read files of others: `python -m core.warm PROGRAM SOCKET`.

Loading a program takes longer than judging a file with it. So one process loads it once and forks a
child for every file, which is as fresh as a new process but for what was loaded: it begins before
any file was opened, and what it has read ends with it (performance G-5).

The parent has no thread, opens no file of anybody and no database. `core.forked` starts it and
talks to it over one socket: open files come in (question, answer, last words, and what else the
program is given), how the child ended goes back. Any word before that ends the child, and the end
of the line ends both.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from core.processes import end_with_parent

STREAMS: Final = 3  # question, answer, last words
MOST_FILES: Final = 128  # an upload in parts is handed over part by part
WORD: Final = b"."


def main(program: str, descriptor: int) -> int:
    """Load the program, then fork it for everything that is asked until the line ends."""
    module = importlib.import_module(program)
    module.load()
    gc.freeze()  # what is shared with the children stays untouched, and so shared
    bell, clapper = os.pipe()
    for end in (bell, clapper):
        os.set_blocking(end, False)
    # Rings whenever a child has ended, so that one can wait for this and the line together.
    signal.set_wakeup_fd(clapper)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with socket.socket(fileno=descriptor) as line:
        while True:
            word, files, _flags, _address = socket.recv_fds(line, len(WORD), MOST_FILES)
            if not word:
                return 0
            if not files:
                continue  # a child was to be ended that had ended meanwhile
            child = _fork(module.main, files, [line.fileno(), bell, clapper])
            for file in files:
                os.close(file)
            code = _attend(child, line, bell)
            with suppress(BrokenPipeError):  # then the line has ended, too
                line.sendall(str(code).encode())


def _fork(program: Callable[..., int], files: list[int], ours: list[int]) -> int:
    """Let a child run the program, with three files as its standard streams; return its id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        end_with_parent(signal.SIGKILL, parent)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for stream, file in enumerate(files[:STREAMS]):
            os.dup2(file, stream)
        for file in (*files[:STREAMS], *ours):
            os.close(file)
        code = program(*files[STREAMS:])
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  (its message may quote what was read)
        sys.stderr.write(type(error).__qualname__)
    finally:
        with suppress(OSError, MemoryError):
            sys.stderr.flush()
        # Nothing that belongs to the parent is tidied up here.
        os._exit(code)


def _attend(child: int, line: socket.socket, bell: int) -> int:
    """Wait for a child, and end it when anything is said; return its exit code, -N for signal N."""
    while True:
        ready, _writable, _faulty = select.select([line.fileno(), bell], [], [])
        if line.fileno() in ready:
            line.recv(len(WORD))
            for end in (os.kill, os.killpg):
                with suppress(ProcessLookupError):  # it ended by itself, or has no group yet
                    end(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with suppress(BlockingIOError):
            os.read(bell, 64)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
