"""What is never deleted of teams and their submissions, not even by mistake."""

from core.keeping import Kept, kept

_OF_DRAFT = "(SELECT state FROM submissions_submission WHERE id = OLD.submission_id) = 'draft'"

_OF_NO_FILE = "NOT EXISTS (SELECT 1 FROM submissions_submissionfile WHERE key = OLD.storage_key)"

for _row in (
    Kept("submissions.Entry"),
    Kept("submissions.Submission"),
    # The file of a draft is replaced by another one.
    Kept("submissions.SubmissionFile", unless=_OF_DRAFT),
    Kept("submissions.OpeningKey"),
    # Goes with the file of a draft.
    Kept("submissions.DocumentKey", unless=_OF_NO_FILE),
    Kept("submissions.Opening"),
    Kept("submissions.Receipt"),
    Kept("submissions.LateAttempt"),
    Kept("submissions.Upload"),
    Kept("submissions.Log"),
    # Leaves and roots refuse changes as well: 0004_log_append_only.
    Kept("submissions.TimeStamp"),
):
    kept.register(_row)
