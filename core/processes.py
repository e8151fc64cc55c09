"""Processes that start others: nothing goes on after whoever started it has died."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(number: signal.Signals, parent: int | None = None) -> None:
    """Let the kernel send this process a signal when its parent dies, even by SIGKILL.

    Only Linux can do it; elsewhere the limits of time have to suffice. `parent` is the id of the
    parent: it may have died while we were loading, which nobody tells us.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
    if parent is not None and os.getppid() != parent:
        signal.raise_signal(number)
