"""What is never deleted of teams and their submissions, not even by mistake."""

from core.keeping import Kept, kept

_OF_DRAFT = "(SELECT state FROM submissions_submission WHERE id = OLD.submission_id) = 'draft'"

for _row in (
    Kept("submissions.Entry"),
    Kept("submissions.Submission"),
    # The file of a draft is replaced by another one.
    Kept("submissions.SubmissionFile", unless=_OF_DRAFT),
    Kept("submissions.Receipt"),
    Kept("submissions.LateAttempt"),
    Kept("submissions.Upload"),
    Kept("submissions.Log"),
    # Leaves and roots refuse changes as well: 0004_log_append_only.
    Kept("submissions.TimeStamp"),
):
    kept.register(_row)
