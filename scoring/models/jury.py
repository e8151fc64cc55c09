"""Who assesses what: juries, seats, assignments, declarations and recusals."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access import key_of
from core.codes import assign_code
from scoring.affiliations import is_one_of, mail_domain
from scoring.models.rounds import Finalist
from scoring.states import (
    ASSESSING_ROLES,
    VOTING_ROLES,
    AfterSaving,
    ConflictAnswer,
    JuryState,
    RecusalReason,
    SeatRole,
)
from submissions.models import Entry, FormerMembership, Membership, Team

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


FINAL_ROUND = 2


class JuryQuerySet(models.QuerySet["Jury"]):
    """Filters over juries."""

    def of_member(self, user: User | AnonymousUser) -> JuryQuerySet:
        """Juries in which the person has a seat."""
        return self.filter(seats__user=key_of(user))

    def visible_to(self, user: User | AnonymousUser) -> JuryQuerySet:
        """Juries one sits in, and those of competitions one organises."""
        return self.filter(
            models.Q(pk__in=Jury.objects.of_member(user).values("pk"))
            | models.Q(challenge__competition__office__user=key_of(user))
        ).distinct()


class Jury(models.Model):
    """The jury of one problem statement."""

    challenge = models.OneToOneField(
        "competition.Challenge", on_delete=models.PROTECT, related_name="jury"
    )
    state = models.CharField(max_length=14, choices=JuryState.choices, default=JuryState.PREPARING)
    # 2 from the cut on, where two rounds were published; see `scoring.models.rounds`.
    round = models.PositiveSmallIntegerField(default=1)

    objects = JuryQuerySet.as_manager()

    class Meta:
        verbose_name = _("jury")
        verbose_name_plural = _("juries")
        ordering: ClassVar = ["challenge"]

    def __str__(self) -> str:
        """Return whose jury it is."""
        return f"{self.challenge.code} jury"

    @property
    def is_final(self) -> bool:
        """Say whether the chair has made the cut: the second and last round."""
        return self.round == FINAL_ROUND

    @property
    def state_tone(self) -> str:
        """Return the tone of the state tag."""
        return "good" if self.state == JuryState.ASSESSING else "neutral"


def new_seed() -> int:
    """Return a random seed that every database can store."""
    return secrets.randbelow(2**31)


class JurySeatQuerySet(models.QuerySet["JurySeat"]):
    """Filters over seats."""

    def assessing(self) -> JurySeatQuerySet:
        """Those whom submissions may be assigned to."""
        return self.filter(role__in=ASSESSING_ROLES)

    def visible_to(self, user: User | AnonymousUser) -> JurySeatQuerySet:
        """One's own seats; the office reads seats through the jury that it manages."""
        return self.filter(user=user.pk)

    def with_vote(self) -> JurySeatQuerySet:
        """Seats of those who vote."""
        return self.filter(role__in=VOTING_ROLES)


class JurySeat(models.Model):
    """A person in a jury. Nobody holds a seat and an office in one competition (R-14)."""

    code = models.CharField(max_length=12, unique=True, editable=False)
    jury = models.ForeignKey(Jury, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jury_seats"
    )
    role = models.CharField(max_length=10, choices=SeatRole.choices, default=SeatRole.JUROR)
    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    field = models.CharField(_("field of expertise"), max_length=120, blank=True)
    tags = models.JSONField(
        default=list, blank=True, help_text="Fields of the statement (PS-56) the person knows"
    )
    order_seed = models.PositiveIntegerField(
        default=new_seed, help_text="Order of submissions for this juror (Q-43)"
    )
    after_saving = models.CharField(
        max_length=10, choices=AfterSaving.choices, default=AfterSaving.NEXT
    )
    added_at = models.DateTimeField()
    declared_at = models.DateTimeField(
        null=True, blank=True, help_text="When the conflict declaration was completed"
    )

    objects = JurySeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("jury seat")
        verbose_name_plural = _("jury seats")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["jury", "user"], name="one_seat_per_person"),
            models.UniqueConstraint(
                fields=["jury"], condition=models.Q(role="chair"), name="one_chair_per_jury"
            ),
        ]

    def __str__(self) -> str:
        """Return person and jury."""
        return f"{self.user} – {self.jury}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give a new seat its code."""
        assign_code(self, "J")
        super().save(*args, **kwargs)

    @property
    def is_chair(self) -> bool:
        """Say whether the person leads the jury."""
        return self.role == SeatRole.CHAIR

    @property
    def is_substitute(self) -> bool:
        """Say whether the person waits to step in for somebody."""
        return self.role == SeatRole.SUBSTITUTE

    @property
    def assesses(self) -> bool:
        """Say whether submissions may be assigned to the person."""
        return self.role in ASSESSING_ROLES

    @property
    def has_vote(self) -> bool:
        """Say whether the person votes in the jury."""
        return self.role in VOTING_ROLES

    @property
    def leads(self) -> bool:
        """Say whether the person is chair or deputy."""
        return self.role in {SeatRole.CHAIR, SeatRole.DEPUTY}

    @property
    def duty(self) -> Any:
        """Return what the role means, in one sentence for the person."""
        return SeatRole(self.role).duty

    def is_barred_from(self, entry_id: int) -> bool:
        """Say whether the person is recused from an entry, has not declared or is in conflict."""
        has_declared = self.declarations.filter(entry=entry_id, answer=ConflictAnswer.NONE).exists()
        return (
            not has_declared
            or self.recusals.filter(entry=entry_id).exists()
            or entry_id in detected_entries(self.user, pk=entry_id)
        )


def detected_entries(user: User | AnonymousUser, **lookup: Any) -> set[int]:
    """Return the entries before the person's juries in which the platform notices a conflict.

    A present or former member is the person, a present one has an address of the same mail domain
    (Q-22, Q-23, N-12), or the organisation is that of the seat. One query; `lookup` narrows the
    entries. `queries.conflict.detect` answers the same for many seats at once (a test proves it).
    """
    members = models.Q(user=key_of(user))
    if domain := mail_domain(getattr(user, "email", "")):
        members |= models.Q(user__email__iendswith=f"@{domain}")
    present = Membership.objects.filter(members, team=models.OuterRef("team"))
    former = FormerMembership.objects.filter(user=key_of(user), team=models.OuterRef("team"))
    rows = (
        Entry.objects.filter(challenge__jury__seats__user=key_of(user), is_baseline=False, **lookup)
        .annotate(
            of_juror=models.F("challenge__jury__seats__organisation"),
            knows_people=models.Exists(present) | models.Exists(former),
        )
        .filter(
            models.Q(knows_people=True) | ~models.Q(of_juror="") & ~models.Q(team__organisation="")
        )
        .values_list("pk", "knows_people", "of_juror", "team__organisation")
    )
    return {
        pk
        for pk, knows_people, of_juror, of_team in rows
        if knows_people or is_one_of(of_juror, Team.organisations_in(of_team))
    }


class ConflictDeclaration(models.Model):
    """What a juror declared about one team's entry, before anything of it is shown (Q-20)."""

    seat = models.ForeignKey(JurySeat, on_delete=models.PROTECT, related_name="declarations")
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="declarations"
    )
    answer = models.CharField(max_length=10, choices=ConflictAnswer.choices)
    note = models.CharField(_("explanation"), max_length=500, blank=True)
    is_detected = models.BooleanField(
        default=False, help_text="The platform noticed it: mail domain, organisation or team"
    )
    declared_at = models.DateTimeField()

    class Meta:
        verbose_name = _("conflict declaration")
        verbose_name_plural = _("conflict declarations")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seat", "entry"], name="one_declaration_per_entry")
        ]

    def __str__(self) -> str:
        """Return the answer."""
        return self.get_answer_display()


class Recusal(models.Model):
    """A juror who does not assess a submission; it and every count of it disappear for them."""

    seat = models.ForeignKey(JurySeat, on_delete=models.PROTECT, related_name="recusals")
    entry = models.ForeignKey(
        "submissions.Entry", on_delete=models.PROTECT, related_name="recusals"
    )
    reason = models.CharField(_("reason"), max_length=20, choices=RecusalReason.choices)
    text = models.CharField(_("explanation"), max_length=500, blank=True)
    # Set where the recusal follows from a declaration, so that it falls when that is settled.
    declaration = models.OneToOneField(
        ConflictDeclaration,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recusal",
    )
    recused_at = models.DateTimeField()
    recused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seat", "entry"], name="one_recusal_per_entry")
        ]

    def __str__(self) -> str:
        """Return the reason."""
        return self.get_reason_display()


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Filters over assignments."""

    def not_recused(self) -> AssignmentQuerySet:
        """Assignments without a recusal of the same juror for the same entry."""
        recused = Recusal.objects.filter(
            seat=models.OuterRef("seat"), entry=models.OuterRef("submission__entry")
        )
        return self.exclude(models.Exists(recused))

    def declared(self) -> AssignmentQuerySet:
        """Assignments whose juror declared having no conflict with the entry."""
        declared = ConflictDeclaration.objects.filter(
            seat=models.OuterRef("seat"),
            entry=models.OuterRef("submission__entry"),
            answer=ConflictAnswer.NONE,
        )
        return self.filter(models.Exists(declared))

    def of_the_round(self) -> AssignmentQuerySet:
        """Assignments that the round of their jury is about: in the final, those of finalists."""
        finalists = Finalist.objects.filter(
            cut__jury=models.OuterRef("seat__jury"), entry=models.OuterRef("submission__entry")
        )
        return self.exclude(
            models.Q(seat__jury__round=FINAL_ROUND) & ~models.Q(models.Exists(finalists))
        )

    def in_the_running(self) -> AssignmentQuerySet:
        """Assignments whose submission is handed in, not withdrawn and not ineligible."""
        return self.filter(submission__state="handed_in")

    def of_juror(self, user: User | AnonymousUser) -> AssignmentQuerySet:
        """Assignments of a person."""
        return self.filter(seat__user=key_of(user))

    def visible_to(self, user: User | AnonymousUser) -> AssignmentQuerySet:
        """What a juror may open: own, declared and free of conflict, not recused, in the running.

        What the platform notices is looked for at once (one query), not when the rows are read; the
        recusal follows with the sweep or the next save. Agrees with the predicate
        `scoring.open_assignment` (a test proves it).
        """
        return (
            self.of_juror(user)
            .declared()
            .not_recused()
            .in_the_running()
            .exclude(submission__entry__in=detected_entries(user))
            .exclude(seat__jury__state=JuryState.PREPARING)
        )


class Assignment(models.Model):
    """Which juror assesses which submission."""

    seat = models.ForeignKey(JurySeat, on_delete=models.PROTECT, related_name="assignments")
    submission = models.ForeignKey(
        "submissions.Submission", on_delete=models.PROTECT, related_name="assignments"
    )
    assigned_at = models.DateTimeField()

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["seat", "submission"], name="one_assignment_per_juror")
        ]

    def __str__(self) -> str:
        """Return seat and submission."""
        return f"{self.seat_id} → {self.submission_id}"

    @property
    def is_detected(self) -> bool:
        """Say whether the platform notices a conflict of the juror now; one query."""
        return bool(detected_entries(self.seat.user, pk=self.submission.entry_id))
