"""Invitations into a jury: what is expected, and what the person answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from core.codes import assign_code
from scoring.models.jury import Jury
from scoring.states import DeclineReason, InvitationState, SeatRole

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

# What mails and pages reckon with for one submission.
MINUTES_PER_SUBMISSION: Final = 20


def hours_for(submissions: int) -> int:
    """Return about how many hours so many assessments take, at least one."""
    return max(round(submissions * MINUTES_PER_SUBMISSION / 60), 1)


class JuryInvitationQuerySet(models.QuerySet["JuryInvitation"]):
    """Filters over invitations."""

    def unanswered(self) -> JuryInvitationQuerySet:
        """Those that wait for an answer."""
        return self.filter(state=InvitationState.OPEN)

    def visible_to(self, user: User | AnonymousUser) -> JuryInvitationQuerySet:
        """One's own; the office reads invitations through the jury that it manages."""
        return self.filter(user=key_of(user)).exclude(state=InvitationState.WITHDRAWN)


class JuryInvitation(models.Model):
    """A person who is asked into a jury. Only an acceptance makes a seat."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    jury = models.ForeignKey(Jury, on_delete=models.PROTECT, related_name="invitations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jury_invitations"
    )
    state = models.CharField(
        max_length=10, choices=InvitationState.choices, default=InvitationState.OPEN
    )
    role = models.CharField(max_length=10, choices=SeatRole.choices, default=SeatRole.JUROR)
    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    field = models.CharField(_("field of expertise"), max_length=120, blank=True)
    tags = models.JSONField(
        default=list, blank=True, help_text="Fields of the statement (PS-56) the person knows"
    )
    expected = models.PositiveSmallIntegerField(
        _("submissions to assess, about"), default=0, help_text="0: the mail names no number"
    )
    reason_code = models.CharField(
        _("reason"), max_length=20, choices=DeclineReason.choices, blank=True, default=""
    )
    text = models.CharField(_("explanation"), max_length=500, blank=True)
    invited_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = JuryInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation into a jury")
        verbose_name_plural = _("invitations into juries")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["jury", "user"],
                condition=models.Q(state="open"),
                name="one_open_invitation_per_person",
            ),
            models.UniqueConstraint(
                fields=["jury"],
                condition=models.Q(state="open", role="chair"),
                name="one_open_invitation_to_chair",
            ),
            models.CheckConstraint(
                condition=models.Q(state="declined") ^ models.Q(reason_code=""),
                name="reason_iff_declined",
            ),
        ]

    def __str__(self) -> str:
        """Return person and jury."""
        return f"{self.user} – {self.jury}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new invitation its code."""
        assign_code(self, "JI")
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Say whether it waits for an answer."""
        return self.state == InvitationState.OPEN

    @property
    def hours(self) -> int:
        """Return about how many hours the assessments take."""
        return hours_for(self.expected)

    @property
    def duty(self) -> Any:
        """Return what the role means, in one sentence for the person."""
        return SeatRole(self.role).duty
