"""Teams, their members, invitations and requests to join."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from core.codes import assign_code, new_code
from submissions.states import RequestState, TeamRole
from submissions.validators import validate_line

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class TeamQuerySet(models.QuerySet["Team"]):
    """Filters over teams."""

    def live(self) -> TeamQuerySet:
        """Teams that have not become part of another one."""
        return self.filter(merged_into=None)

    def of_member(self, user: User | AnonymousUser) -> TeamQuerySet:
        """Teams the person belongs to."""
        return self.filter(memberships__user=key_of(user))

    def with_join_code(self, code: str, at: dt.datetime) -> TeamQuerySet:
        """The team that a join code leads to at a moment, if there is one."""
        return self.filter(join_code=code.strip().upper(), join_code_expires_at__gt=at)

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
        max_length=400,  # of merged teams; one organisation has 120 at most
        blank=True,
        validators=[validate_line, MaxLengthValidator(120)],
        help_text=_("University, company or association; jurors declare conflicts against it."),
    )
    created_at = models.DateTimeField()
    # In clear, so that captains can look it up and read it out: alone it opens nothing, since a
    # captain confirms everybody who uses it.
    join_code = models.CharField(max_length=12, null=True, blank=True, unique=True, editable=False)
    join_code_expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    # The team that this one has become part of; its row stays, since receipts name its code.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_teams"
    )

    JOIN_CODE_VALID_FOR: ClassVar = dt.timedelta(days=14)
    AND: ClassVar = " + "

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

    @property
    def organisations(self) -> list[str]:
        """Return the organisations behind it: several, once teams have merged."""
        return self.organisations_in(self.organisation)

    @classmethod
    def organisations_in(cls, organisation: str) -> list[str]:
        """Return the names that one column holds."""
        return [name for name in organisation.split(cls.AND) if name]

    def add_organisations(self, other: Team) -> None:
        """Name those of another team too: jurors declare conflicts against them."""
        names = dict.fromkeys([*self.organisations, *other.organisations])
        self.organisation = self.AND.join(names)[:400]

    @staticmethod
    def new_join_code() -> str:
        """Return a code such as `J-7K4Q2MXY`: longer than others, since it is meant to be typed."""
        return new_code("J", 8)

    def has_join_code(self, at: dt.datetime) -> bool:
        """Say whether its join code works; agrees with `with_join_code`."""
        return self.join_code_expires_at is not None and at < self.join_code_expires_at


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


class FormerMembershipQuerySet(models.QuerySet["FormerMembership"]):
    """Filters over memberships that have ended."""

    def visible_to(self, user: User | AnonymousUser) -> FormerMembershipQuerySet:
        """One's own; the jury's office never reads who was where."""
        return self.filter(user=key_of(user))


class FormerMembership(models.Model):
    """A person who once was in a team: the jury asks for it, because former members stay biased.

    Written by what ends a membership, never changed. Goes with the account, and with a team that
    is dissolved, which takes part in nothing; so no trigger keeps it (`core.keeping`).
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="former_memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="former_team_memberships"
    )
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField()

    objects = FormerMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("former membership")
        verbose_name_plural = _("former memberships")
        ordering: ClassVar = ["left_at", "pk"]

    def __str__(self) -> str:
        """Return person and team."""
        return f"{self.user} – {self.team}"


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


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    """Filters over requests to join."""

    def open_at(self, at: dt.datetime) -> JoinRequestQuerySet:
        """Those a captain can still answer; agrees with `JoinRequest.is_open`."""
        return self.filter(state=RequestState.OPEN, expires_at__gt=at)

    def visible_to(self, user: User | AnonymousUser) -> JoinRequestQuerySet:
        """One's own requests, and those to teams that one leads."""
        led = Membership.objects.captains().filter(user=key_of(user)).values("team")
        return self.filter(models.Q(user=key_of(user)) | models.Q(team__in=led))


class JoinRequest(models.Model):
    """Somebody with the join code asks to become a member; a captain answers."""

    VALID_FOR: ClassVar = dt.timedelta(days=14)

    code = models.CharField(max_length=12, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="join_requests")
    # Repeats the team's competition so that the database can refuse a second open request.
    competition = models.ForeignKey(
        "competition.Competition", on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="join_requests"
    )
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "user"],
                condition=models.Q(state="open"),
                name="one_open_join_request",
            )
        ]

    def __str__(self) -> str:
        """Return the code: logs name no person."""
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new request its code."""
        assign_code(self, "A")
        super().save(*args, **kwargs)

    def is_open(self, at: dt.datetime) -> bool:
        """Say whether it can still be answered."""
        return self.state == RequestState.OPEN and at < self.expires_at


class MergeProposalQuerySet(models.QuerySet["MergeProposal"]):
    """Filters over proposals to merge."""

    def open_at(self, at: dt.datetime) -> MergeProposalQuerySet:
        """Those that can still be answered; agrees with `MergeProposal.is_open`."""
        return self.filter(state=RequestState.OPEN, expires_at__gt=at)

    def of_team(self, team: Team) -> MergeProposalQuerySet:
        """Proposals by a team or to it."""
        return self.filter(models.Q(team=team) | models.Q(other=team))

    def visible_to(self, user: User | AnonymousUser) -> MergeProposalQuerySet:
        """Proposals by or to a team that one leads."""
        led = Membership.objects.captains().filter(user=key_of(user)).values("team")
        return self.filter(models.Q(team__in=led) | models.Q(other__in=led))


class MergeProposal(models.Model):
    """A captain proposes that another team becomes part of the own one; its captain consents."""

    VALID_FOR: ClassVar = dt.timedelta(days=14)

    code = models.CharField(max_length=12, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="proposals_made")
    other = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="proposals_received")
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = MergeProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal to merge")
        verbose_name_plural = _("proposals to merge")
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team"], condition=models.Q(state="open"), name="one_open_proposal"
            ),
            models.CheckConstraint(
                condition=~models.Q(team=models.F("other")), name="proposal_names_two_teams"
            ),
        ]

    def __str__(self) -> str:
        """Return both names."""
        return f"{self.team} + {self.other}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new proposal its code."""
        assign_code(self, "V")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the page that both captains see."""
        return reverse("submissions:merge-show", args=[self.code])

    def is_open(self, at: dt.datetime) -> bool:
        """Say whether it can still be answered."""
        return self.state == RequestState.OPEN and at < self.expires_at
