"""Tables of scoring."""

from scoring.models.assessment import Assessment, AssessmentVersion, CriterionScore, Reopening
from scoring.models.benchmark import Benchmark, BenchmarkVersion, GroundTruth
from scoring.models.board_rules import BoardName, BoardRules
from scoring.models.calibration import CalibrationSample, CalibrationSheet
from scoring.models.decision import Award, Decision
from scoring.models.deliberation import (
    Attendance,
    ConsensusMark,
    DiscussionItem,
    Meeting,
    MeetingNote,
    MeetingNoteVersion,
    Motion,
    Talk,
    Vote,
)
from scoring.models.evaluation import (
    Evaluation,
    EvaluationDetail,
    Fingerprint,
    GroupScore,
    MetricScore,
)
from scoring.models.freeze import Freeze
from scoring.models.invitation import JuryInvitation
from scoring.models.jury import Assignment, ConflictDeclaration, Jury, JurySeat, Recusal
from scoring.models.leaderboard import LeaderboardRow, LeaderboardSnapshot
from scoring.models.minutes import Minutes, MinutesConfirmation, MinutesVersion
from scoring.models.notice import ConflictNotice
from scoring.models.proposal import AssignmentProposal
from scoring.models.publication import Amendment, EligibilityCheck, Objection, Unsealing
from scoring.models.rounds import Cut, Finalist
from scoring.models.rubric import Criterion, Level, Rubric, RubricVersion
from scoring.models.scoring_program import ScoringProgram

__all__ = [
    "Amendment",
    "Assessment",
    "AssessmentVersion",
    "Assignment",
    "AssignmentProposal",
    "Attendance",
    "Award",
    "Benchmark",
    "BenchmarkVersion",
    "BoardName",
    "BoardRules",
    "CalibrationSample",
    "CalibrationSheet",
    "ConflictDeclaration",
    "ConflictNotice",
    "ConsensusMark",
    "Criterion",
    "CriterionScore",
    "Cut",
    "Decision",
    "DiscussionItem",
    "EligibilityCheck",
    "Evaluation",
    "EvaluationDetail",
    "Finalist",
    "Fingerprint",
    "Freeze",
    "GroundTruth",
    "GroupScore",
    "Jury",
    "JuryInvitation",
    "JurySeat",
    "LeaderboardRow",
    "LeaderboardSnapshot",
    "Level",
    "Meeting",
    "MeetingNote",
    "MeetingNoteVersion",
    "MetricScore",
    "Minutes",
    "MinutesConfirmation",
    "MinutesVersion",
    "Motion",
    "Objection",
    "Recusal",
    "Reopening",
    "Rubric",
    "RubricVersion",
    "ScoringProgram",
    "Talk",
    "Unsealing",
    "Vote",
]
