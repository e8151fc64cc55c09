"""Tables of submissions."""

from submissions.models.entry import Entry
from submissions.models.seal import LeafKind, Log, LogLeaf, Seal, SealKind, TimeStamp
from submissions.models.submission import LateAttempt, Receipt, Submission, SubmissionFile
from submissions.models.team import Invitation, JoinRequest, Membership, MergeProposal, Team
from submissions.models.upload import Upload

__all__ = [
    "Entry",
    "Invitation",
    "JoinRequest",
    "LateAttempt",
    "LeafKind",
    "Log",
    "LogLeaf",
    "Membership",
    "MergeProposal",
    "Receipt",
    "Seal",
    "SealKind",
    "Submission",
    "SubmissionFile",
    "Team",
    "TimeStamp",
    "Upload",
]
