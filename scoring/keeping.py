"""What is never deleted of rubrics, assessments, evaluations, results and decisions."""

from core.keeping import Kept, kept

_DRAFT = "(SELECT state FROM scoring_assessment WHERE id = OLD.assessment_id) = 'draft'"
_OPEN_RUBRIC = "(SELECT frozen_at FROM scoring_rubric WHERE id = OLD.rubric_id) IS NULL"
_OPEN_CRITERION = (
    "(SELECT frozen_at FROM scoring_rubric WHERE id ="
    " (SELECT rubric_id FROM scoring_criterion WHERE id = OLD.criterion_id)) IS NULL"
)

for _row in (
    # A juror who leaves takes drafts along.
    Kept("scoring.Assessment", unless="OLD.state = 'draft'"),
    Kept("scoring.CriterionScore", unless=_DRAFT),
    Kept("scoring.AssessmentVersion", unless=_DRAFT),
    Kept("scoring.Reopening"),
    # Rubrics are written anew until the statement is published.
    Kept("scoring.Rubric"),
    Kept("scoring.RubricVersion"),
    Kept("scoring.Criterion", unless=_OPEN_RUBRIC),
    Kept("scoring.Level", unless=_OPEN_CRITERION),
    Kept("scoring.Benchmark"),
    Kept("scoring.BenchmarkVersion"),
    Kept("scoring.GroundTruth"),
    Kept("scoring.ScoringProgram"),
    Kept("scoring.Evaluation"),
    Kept("scoring.MetricScore"),
    Kept("scoring.GroupScore"),
    Kept("scoring.EvaluationDetail"),
    Kept("scoring.LeaderboardSnapshot"),
    Kept("scoring.LeaderboardRow"),
    Kept("scoring.Freeze"),
    Kept("scoring.BoardRules"),
    Kept("scoring.BoardName"),
    Kept("scoring.Jury"),
    Kept("scoring.Cut"),
    Kept("scoring.Finalist"),
    Kept("scoring.Meeting"),
    Kept("scoring.Talk"),
    Kept("scoring.Attendance"),
    Kept("scoring.Motion"),
    Kept("scoring.Vote"),
    Kept("scoring.MeetingNote"),
    Kept("scoring.MeetingNoteVersion"),
    Kept("scoring.ConsensusMark"),
    Kept("scoring.Minutes"),
    Kept("scoring.MinutesVersion"),
    Kept("scoring.MinutesConfirmation"),
    Kept("scoring.Decision"),
    Kept("scoring.Award"),
    Kept("scoring.Unsealing"),
    Kept("scoring.EligibilityCheck"),
    Kept("scoring.Amendment"),
    Kept("scoring.Objection"),
):
    kept.register(_row)
