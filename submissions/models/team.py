"""Teams, their members and invitations."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from core.codes import assign_code
from submissions.states import TeamRole
from submissions.validators import validate_line

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class TeamQuerySet(models.QuerySet["Team"]):
    """Filters over teams."""

    def of_member(self, user: User | AnonymousUser) -> TeamQuerySet:
        """Teams the person belongs to."""
        return self.filter(memberships__user=key_of(user))

    def visible_to(self, user: User | AnonymousUser) -> TeamQuerySet:
        """Only one's own teams; the office reads teams through their entries."""
        return self.of_member(user)


class Team(models.Model):
    """Who submits. There is always at least one captain."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    competition = models.ForeignKey(
        "competition.Competition", on_delete=models.PROTECT, related_name="teams"
    )
    name = models.CharField(
        _("public name of the team"),
        max_length=60,
        validators=[validate_line],
        help_text=_("Shown on the public leaderboard. The jury never sees it before the decision."),
    )
    organisation = models.CharField(
        _("organisation"),
        max_length=120,
        blank=True,
        validators=[validate_line],
        help_text=_("University, company or association; jurors declare conflicts against it."),
    )
    created_at = models.DateTimeField()

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["competition", "name"], name="team_name_is_unique")
        ]

    def __str__(self) -> str:
        """Return the public name."""
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new team its code."""
        assign_code(self, "T")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the team's page."""
        return reverse("submissions:team-show", args=[self.code])


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Filters over memberships."""

    def captains(self) -> MembershipQuerySet:
        """People who lead their team."""
        return self.filter(role=TeamRole.CAPTAIN)

    def visible_to(self, user: User | AnonymousUser) -> MembershipQuerySet:
        """Everyone in one's own teams."""
        return self.filter(team__in=Team.objects.of_member(user).values("pk"))


class Membership(models.Model):
    """A person in a team; one team per person and competition (TH-63)."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    # Repeats the team's competition so that the database can refuse a second team.
    competition = models.ForeignKey(
        "competition.Competition", on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_memberships"
    )
    role = models.CharField(max_length=10, choices=TeamRole.choices, default=TeamRole.MEMBER)
    joined_at = models.DateTimeField()

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering: ClassVar = ["joined_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "user"], name="one_team_per_person_and_competition"
            )
        ]

    def __str__(self) -> str:
        """Return person and team."""
        return f"{self.user} – {self.team}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new membership its code."""
        assign_code(self, "M")
        super().save(*args, **kwargs)

    @property
    def is_captain(self) -> bool:
        """Say whether the person leads the team."""
        return self.role == TeamRole.CAPTAIN


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Filters over invitations."""

    def with_token(self, token: str) -> InvitationQuerySet:
        """The invitation of a link, if there is one; tokens are stored hashed."""
        return self.filter(token_hash=Invitation.hash_of(token))

    def usable_at(self, at: dt.datetime) -> InvitationQuerySet:
        """Those that can still be accepted; agrees with `Invitation.is_usable`."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=at)

    def visible_to(self, user: User | AnonymousUser) -> InvitationQuerySet:
        """Invitations of one's own teams."""
        return self.filter(team__in=Team.objects.of_member(user).values("pk"))


class Invitation(models.Model):
    """An invitation bound to one address; the token is stored hashed, used once, 72 hours."""

    VALID_FOR: ClassVar = dt.timedelta(hours=72)

    code = models.CharField(max_length=12, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        """Return the address."""
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new invitation its code."""
        assign_code(self, "I")
        super().save(*args, **kwargs)

    @staticmethod
    def hash_of(token: str) -> str:
        """Return the form in which a token is stored: hex SHA-256 (TH-62)."""
        return hashlib.sha256(token.encode()).hexdigest()

    def is_usable(self, at: dt.datetime) -> bool:
        """Say whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and at < self.expires_at
