"""Tables of submissions."""

from submissions.models.entry import Entry
from submissions.models.opening import DocumentKey, Opening, OpeningKey
from submissions.models.seal import LeafKind, Log, LogLeaf, Seal, SealKind, TimeStamp
from submissions.models.submission import LateAttempt, Receipt, Submission, SubmissionFile
from submissions.models.team import (
    FormerMembership,
    Invitation,
    JoinRequest,
    Membership,
    MergeProposal,
    Team,
)
from submissions.models.upload import Upload

__all__ = [
    "DocumentKey",
    "Entry",
    "FormerMembership",
    "Invitation",
    "JoinRequest",
    "LateAttempt",
    "LeafKind",
    "Log",
    "LogLeaf",
    "Membership",
    "MergeProposal",
    "Opening",
    "OpeningKey",
    "Receipt",
    "Seal",
    "SealKind",
    "Submission",
    "SubmissionFile",
    "Team",
    "TimeStamp",
    "Upload",
]
