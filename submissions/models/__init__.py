"""Tables of submissions."""

from submissions.models.entry import Entry
from submissions.models.submission import LateAttempt, Receipt, Submission, SubmissionFile
from submissions.models.team import Invitation, Membership, Team

__all__ = [
    "Entry",
    "Invitation",
    "LateAttempt",
    "Membership",
    "Receipt",
    "Submission",
    "SubmissionFile",
    "Team",
]
