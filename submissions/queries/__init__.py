"""Reads that feed pages: tries left, tasks of a draft, lists."""

from submissions.queries.readiness import (
    Missing,
    Task,
    has_problems,
    is_ready,
    missing,
    tasks,
    upload_url,
    wanted_kinds,
)
from submissions.queries.teams import current_terms, team_of
from submissions.queries.tries import Tries, day_start, tries, tries_among

__all__ = [
    "Missing",
    "Task",
    "Tries",
    "current_terms",
    "day_start",
    "has_problems",
    "is_ready",
    "missing",
    "tasks",
    "team_of",
    "tries",
    "tries_among",
    "upload_url",
    "wanted_kinds",
]
