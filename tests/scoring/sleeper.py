"""A program in the place of the evaluator: reads nothing and does nothing."""

import time


def load() -> None:
    """Need nothing."""


def main() -> int:
    time.sleep(60)
    return 0
