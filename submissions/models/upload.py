"""Uploads in parts, from the first byte to the file of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import models

from core import storage
from core.access import key_of
from core.codes import assign_code
from core.staging import Staged
from submissions.states import FileKind, UploadState

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

_UNFINISHED: Final = (UploadState.OPEN, UploadState.CHECKING)


class UploadQuerySet(models.QuerySet["Upload"]):
    """Filters over uploads."""

    def unfinished(self) -> UploadQuerySet:
        """Uploads of which parts may be staged."""
        return self.filter(state__in=_UNFINISHED)

    def stale(self, before: dt.datetime) -> UploadQuerySet:
        """Unfinished uploads that were opened before a moment."""
        return self.unfinished().filter(opened_at__lt=before)

    def visible_to(self, user: User | AnonymousUser) -> UploadQuerySet:
        """Uploads to submissions of one's own teams."""
        return self.filter(submission__entry__team__memberships__user=key_of(user))


class Upload(models.Model):
    """One upload in parts. Which parts are there, the staging area knows (`core.staging`).

    Times are those of the database: an upload that was opened before the deadline may arrive within
    the grace (`submissions.deadlines`).
    """

    code = models.CharField(max_length=12, unique=True, editable=False)
    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, related_name="uploads"
    )
    kind = models.CharField(max_length=12, choices=FileKind.choices)
    state = models.CharField(
        max_length=12, choices=UploadState.choices, default=UploadState.OPEN, db_index=True
    )
    original_name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="As announced; proven at the end")
    modified = models.BigIntegerField(
        default=0, help_text="When the browser says the file was changed, to know it again"
    )
    part_size = models.PositiveIntegerField()
    staging_key = models.CharField(max_length=200)
    multipart_id = models.CharField(
        max_length=1_024, blank=True, help_text="The store's name for it; empty with local files"
    )
    opened_at = models.DateTimeField()
    received_at = models.DateTimeField(
        null=True, blank=True, help_text="When all parts were there and finishing was asked for"
    )
    completed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was refused, discarded or given up"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    failure = models.CharField(
        max_length=40, blank=True, help_text="Code of the error for which it was refused"
    )
    # Another file of the kind replaces the row in time.
    file = models.OneToOneField(
        "submissions.SubmissionFile",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="upload",
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["opened_at", "pk"]

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new upload its code."""
        assign_code(self, "U")
        super().save(*args, **kwargs)

    @property
    def staged(self) -> Staged:
        """Return where its parts lie."""
        return Staged(storage.SUBMISSIONS, self.staging_key, self.multipart_id)

    @property
    def is_open(self) -> bool:
        """Say whether parts are still taken."""
        return self.state == UploadState.OPEN

    @property
    def is_unfinished(self) -> bool:
        """Say whether it may still become a file."""
        return self.state in _UNFINISHED

    @property
    def part_count(self) -> int:
        """Return of how many parts it consists."""
        return -(-self.size // self.part_size)

    def size_of_part(self, number: int) -> int:
        """Return how long a part (from 1) has to be."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)
