"""Reads that feed pages: tries left, tasks of a draft, lists."""

from submissions.queries.limits import FileLimits, limits_of
from submissions.queries.pages import (
    EntryLine,
    MailState,
    Standing,
    TeamPage,
    entry_lines,
    memberships_of,
    receipt_mails,
    standing,
    standings_of,
    team_page,
)
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
from submissions.queries.teams import captain_names, current_terms, entry_of, team_of
from submissions.queries.tries import Tries, day_start, tries, tries_among

__all__ = [
    "EntryLine",
    "FileLimits",
    "MailState",
    "Missing",
    "Standing",
    "Task",
    "TeamPage",
    "Tries",
    "captain_names",
    "current_terms",
    "day_start",
    "entry_lines",
    "entry_of",
    "has_problems",
    "is_ready",
    "limits_of",
    "memberships_of",
    "missing",
    "receipt_mails",
    "standing",
    "standings_of",
    "tasks",
    "team_of",
    "team_page",
    "tries",
    "tries_among",
    "upload_url",
    "wanted_kinds",
]
