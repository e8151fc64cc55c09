"""A program in the place of the evaluator: answers something else."""

import sys


def load() -> None:
    """Need nothing."""


def main() -> int:
    sys.stdin.read()
    sys.stdout.write('{"values": []}')
    return 0
