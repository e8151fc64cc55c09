"""A program in the place of the evaluator: is killed at work, as by a machine without memory."""

import os
import signal


def load() -> None:
    """Need nothing."""


def main() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0
