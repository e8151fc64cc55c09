"""Sealed documents: the keys of files, and the record of their opening."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from core.two_people import ConfirmedByTwo
from submissions.models.submission import SubmissionFile

if TYPE_CHECKING:
    from competition.models import Challenge


class OpeningKey(models.Model):
    """The public key for which the documents of a competition are sealed.

    The private half is a file that the operator holds; `core.sealing` reads it at an opening only.
    """

    competition = models.OneToOneField(
        "competition.Competition", on_delete=models.PROTECT, related_name="opening_key"
    )
    public_key = models.CharField(max_length=44, help_text="X25519, 32 bytes in base64")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the competition."""
        return str(self.competition)

    @property
    def file_name(self) -> str:
        """Return the name of the file with the private half."""
        return f"{self.competition.slug}.opening-key.pem"


class DocumentKeyQuerySet(models.QuerySet["DocumentKey"]):
    """Filters over keys of files."""

    def sealed(self) -> DocumentKeyQuerySet:
        """Keys of files that nobody can read before the opening."""
        return self.filter(readable="")

    def to_be_opened(self, challenge: Challenge) -> DocumentKeyQuerySet:
        """Sealed keys of one problem statement; what was withdrawn stays sealed for good."""
        files = SubmissionFile.objects.of_versions_in().filter(
            submission__entry__challenge=challenge
        )
        return self.sealed().filter(storage_key__in=files.values("key"))


class DocumentKey(models.Model):
    """The key of one encrypted file, wrapped twice (`core.sealing`).

    Handing in empties `readable`; the opening fills it again. Several versions may name one file.
    """

    storage_key = models.CharField(max_length=200, unique=True)
    opening_key = models.ForeignKey(
        OpeningKey, on_delete=models.PROTECT, related_name="document_keys"
    )
    for_opening = models.CharField(max_length=200, help_text="Wrapped for the opening")
    readable = models.CharField(
        max_length=200, blank=True, help_text="Wrapped for this installation; empty while sealed"
    )
    stored_sha256 = models.CharField(max_length=64, help_text="Of the bytes as they are stored")

    objects = DocumentKeyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the key of the file in its storage."""
        return self.storage_key

    @property
    def is_sealed(self) -> bool:
        """Say whether nobody can read the file before the opening; agrees with `sealed`."""
        return not self.readable


class Opening(ConfirmedByTwo):
    """The opening of the sealed documents of a problem statement by two people of its office.

    `record` lists what was found, when it had arrived and what came too late; it is what is signed.
    """

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, related_name="opening"
    )

    class Meta(ConfirmedByTwo.Meta):
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the code of the problem statement."""
        return self.challenge.code
