"""The problem statement as data: sections A to H with all questions PS-n, and the rules for them.

One declaration feeds the forms, the checks before handing in and publishing, the frozen version
and the public page, so that they cannot disagree. The number behind PS is that of the template of
the state; numbers without a question here are columns or tasks of their own (`ELSEWHERE`).
"""

from django.utils.translation import gettext_lazy as _

from competition.statement.basics import BASICS
from competition.statement.constraints import CONSTRAINTS
from competition.statement.contest import CONTEST
from competition.statement.data import DATA
from competition.statement.fields import Field, Section
from competition.statement.goal import GOAL
from competition.statement.law import LAW
from competition.statement.problem import PROBLEM
from competition.statement.transfer import TRANSFER

SECTIONS: tuple[Section, ...] = (
    BASICS,
    PROBLEM,
    GOAL,
    DATA,
    LAW,
    CONSTRAINTS,
    CONTEST,
    TRANSFER,
)
BY_KEY: dict[str, Section] = {section.key: section for section in SECTIONS}
FIELDS: dict[str, Field] = {
    question.key: question for section in SECTIONS for question in section.fields
}

# Parts of the template that are no question of a section, and where they are asked.
ELSEWHERE = {
    "PS-4": "agency",
    "PS-33": "benchmark",
    "PS-43": "precheck",
    "PS-53": "rubric",
    "PS-54": "benchmark",
    "PS-58": "phases",
    "PS-59": "phases",
}

# Tasks of the task list beside the sections that this app owns.
PRECHECK = "precheck"
PHASES = "phases"
RESOURCES = "resources"

# What a question of the office can be about: every task, or the statement as a whole.
TOPICS = {
    **{section.key: section.label for section in SECTIONS},
    PRECHECK: _("AI Act pre-check"),
    RESOURCES: _("Files for the teams"),
    PHASES: _("Timeline"),
    "rubric": _("Rubric"),
    "benchmark": _("Benchmark"),
    "": _("The statement as a whole"),
}

__all__ = [
    "BY_KEY",
    "ELSEWHERE",
    "FIELDS",
    "PHASES",
    "PRECHECK",
    "RESOURCES",
    "SECTIONS",
    "TOPICS",
    "Field",
    "Section",
]
