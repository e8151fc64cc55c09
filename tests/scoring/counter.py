"""A program in the place of the evaluator: tells how often it was asked, and who forked it."""

import os
import sys

asked = 0


def load() -> None:
    """Need nothing."""


def main() -> int:
    global asked  # noqa: PLW0603  (that is what is tested)
    asked += 1
    sys.stderr.write(f"{asked} {os.getppid()}")
    return 3
