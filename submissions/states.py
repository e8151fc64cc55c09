"""States of a submission and their edges."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import transitions


class SubmissionState(models.TextChoices):
    """Where one numbered version of an answer is."""

    DRAFT = "draft", _("Draft, not handed in")
    HANDED_IN = "handed_in", _("Handed in")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    INELIGIBLE = "ineligible", _("Not eligible")

    @property
    def tone(self) -> str:
        """Return the tone of the tag."""
        return _TONES[self]


_TONES = {
    SubmissionState.DRAFT: "warn",
    SubmissionState.HANDED_IN: "good",
    SubmissionState.WITHDRAWN: "plain",
    SubmissionState.INELIGIBLE: "bad",
}

S = SubmissionState

TRANSITIONS = {
    SubmissionState: {
        S.DRAFT: frozenset({S.HANDED_IN}),
        S.HANDED_IN: frozenset({S.WITHDRAWN, S.INELIGIBLE}),
        S.INELIGIBLE: frozenset({S.HANDED_IN}),
        S.WITHDRAWN: frozenset(),
    }
}
transitions.register(TRANSITIONS)


class RequestState(models.TextChoices):
    """Where a request to join a team, or a proposal to merge two, is."""

    OPEN = "open", _("Waits for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


R = RequestState

REQUEST_TRANSITIONS = {
    RequestState: {
        R.OPEN: frozenset({R.ACCEPTED, R.DECLINED, R.WITHDRAWN, R.EXPIRED}),
        R.ACCEPTED: frozenset(),
        R.DECLINED: frozenset(),
        R.WITHDRAWN: frozenset(),
        R.EXPIRED: frozenset(),
    }
}
transitions.register(REQUEST_TRANSITIONS)


class TeamRole(models.TextChoices):
    """What a member of a team may do."""

    CAPTAIN = "captain", _("Captain")
    MEMBER = "member", _("Member")


class FileKind(models.TextChoices):
    """What an uploaded file is."""

    CONCEPT = "concept", _("Concept")
    PREDICTIONS = "predictions", _("Prediction file")


class UploadState(models.TextChoices):
    """Where an upload in parts is."""

    OPEN = "open", _("Being uploaded")
    CHECKING = "checking", _("Everything has arrived and is being checked")
    ATTACHED = "attached", _("Uploaded")
    REFUSED = "refused", _("Refused")
    ABORTED = "aborted", _("Discarded")
    EXPIRED = "expired", _("Expired")


class FileState(models.TextChoices):
    """What the malware scanner says about a stored file."""

    UNSCANNED = "unscanned", _("Not checked for malware")
    SCANNING = "scanning", _("Being checked for malware")
    CLEAN = "clean", _("No malware found")
    BLOCKED = "blocked", _("Blocked")


U, F = UploadState, FileState

UPLOAD_TRANSITIONS = {
    UploadState: {
        U.OPEN: frozenset({U.CHECKING, U.REFUSED, U.ABORTED, U.EXPIRED}),
        U.CHECKING: frozenset({U.ATTACHED, U.REFUSED, U.ABORTED, U.EXPIRED}),
        U.ATTACHED: frozenset(),
        U.REFUSED: frozenset(),
        U.ABORTED: frozenset(),
        U.EXPIRED: frozenset(),
    },
}
FILE_TRANSITIONS = {
    FileState: {
        F.UNSCANNED: frozenset({F.SCANNING}),
        F.SCANNING: frozenset({F.CLEAN, F.BLOCKED}),
        F.CLEAN: frozenset(),
        F.BLOCKED: frozenset(),
    },
}
transitions.register(UPLOAD_TRANSITIONS)
transitions.register(FILE_TRANSITIONS)
