"""A program in the place of the evaluator: wants more memory than it is given."""

import sys

from scoring.evaluator import _limit, load
from scoring.protocol import Question

__all__ = ["load", "main"]


def main() -> int:
    question = Question.from_json(sys.stdin.read())
    _limit(question)
    bytearray(question.memory_limit)
    return 0
