"""What this app shows on pages of `competition`, and who it keeps out of teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from competition.extensions import (
    Addressee,
    Contribution,
    Duty,
    Figure,
    Need,
    Place,
    Slot,
    duty_bars,
    extension_bars,
    followers,
    participant_filters,
    slots,
)
from competition.models import AgencyMembership, Challenge
from competition.states import ChallengeState, PhaseKind
from core import clock
from submissions import deadlines, queries
from submissions.extensions import participation_bar, participation_bars
from submissions.models import Entry, Opening, Seal, Submission, Team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from competition.models import Competition


@participant_filters.register
def _participates(user: User) -> QuerySet[Any]:
    return Entry.objects.of_member(user).values("challenge")


@followers.register
def _members_of_teams(challenge: Challenge) -> Iterator[Addressee]:
    """Name everyone in a team that takes part, each once."""
    people = (
        User.objects.filter(team_memberships__team__entries__challenge=challenge, is_active=True)
        .distinct()
        .order_by("pk")
    )
    for person in people:
        yield Addressee(person.pk, person.email, person.language)


# -- who may not be in a team ---------------------------------------------------------------------


@participation_bars.register
def _bar_office(user: User, competition: Competition) -> Any | None:
    if not competition.office.filter(user=user).exists():
        return None
    return gettext_lazy(
        "You work in the office of this competition. Who organises it cannot be in a team."
    )


@participation_bars.register
def _bar_agencies(user: User, competition: Competition) -> Any | None:
    posting = competition.challenges.values("agency")
    if not AgencyMembership.objects.filter(user=user, agency__in=posting).exists():
        return None
    return gettext_lazy(
        "You work for an agency that posts a problem statement in this competition."
        " Its staff cannot be in a team."
    )


@duty_bars.register
def _bar_members(user: User, competition: Competition, duty: Duty) -> Any | None:
    """Keep members of teams out of the office and out of the agencies that post."""
    if queries.team_of(user, competition) is None:
        return None
    return gettext_lazy(
        "This person is in a team of the competition. Who takes part in it neither organises it"
        " nor posts in it."
    )


@extension_bars.register
def _opened(challenge: Challenge, kind: str) -> bool:
    """Keep the deadline where it is once the office has read what came in before it."""
    return (
        kind == PhaseKind.SUBMISSION
        and Opening.objects.filter(challenge=challenge).exclude(opened_at=None).exists()
    )


# -- public page of a problem statement -----------------------------------------------------------


def _challenge_aside(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Offer the one next step: sign in, enter, continue the draft, or look at what was received."""
    now = clock.now()
    user = request.user
    if not challenge.is_public:
        return None
    is_open = deadlines.refusal(challenge, now) is None
    standing = None
    if user.is_authenticated:
        entry = (
            Entry.objects.of_member(user)
            .live()
            .filter(challenge=challenge)
            .select_related("team")
            .prefetch_related("submissions", "merged_entries__submissions")
            .first()
        )
        if entry is not None:
            entry.challenge = challenge  # with its phases, which are loaded already
            standing = queries.standing(entry, now)
        elif participation_bar(user, challenge.competition):
            return None
    if standing is None and not is_open:
        return None
    enter_url = reverse(
        "submissions:entry-create", args=[challenge.competition.slug, challenge.code]
    )
    return Contribution(
        "submissions/parts/challenge_aside.html",
        {
            "standing": standing,
            "is_open": is_open,
            "is_anonymous": not user.is_authenticated,
            "enter_url": enter_url,
        },
    )


slots.register(Slot("submissions.aside", Place.CHALLENGE_ASIDE, _challenge_aside, order=10))


def _challenge_rule(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Say what counts, before anybody begins."""
    phase = deadlines.window(challenge)
    if phase is None or challenge.state == ChallengeState.CONCLUDED:
        return None
    return Contribution(
        "submissions/parts/challenge_rule.html", {"phase": phase, "grace": deadlines.grace()}
    )


slots.register(Slot("submissions.rule", Place.CHALLENGE_MAIN, _challenge_rule, order=5))


def _proof_tab(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Lead to the roots as soon as there is one."""
    if not Seal.objects.filter(challenge=challenge).exists():
        return None
    url = reverse("submissions:proof-show", args=[challenge.competition.slug, challenge.code])
    return Contribution("", {"label": _("Proofs"), "url": url, "current": request.path == url})


slots.register(Slot("submissions.proof", Place.CHALLENGE_TABS, _proof_tab, order=90))


# -- competition office ---------------------------------------------------------------------------


def _office_challenge(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Count teams and versions; the list behind it names no submission."""
    if not challenge.is_public:
        return None
    lines = queries.entry_lines(challenge)
    return Contribution(
        "submissions/parts/office_challenge.html",
        {
            "teams": len(lines),
            "handed_in": sum(line.handed_in > 0 for line in lines),
            "versions": sum(len(line.received) for line in lines),
            "late": sum(len(line.late) for line in lines),
            "opening": queries.opening_of(challenge),
            "has_sealed": queries.has_sealed_documents(challenge),
            "opening_url": reverse(
                "submissions:opening-show", args=[challenge.competition.slug, challenge.code]
            ),
            "url": reverse(
                "submissions:entry-list", args=[challenge.competition.slug, challenge.code]
            ),
        },
    )


slots.register(Slot("submissions.office", Place.OFFICE_CHALLENGE, _office_challenge, order=20))


def _office_needs(request: HttpRequest, competition: Competition) -> Contribution:
    """Remind of documents that are still sealed although nothing can come in any more."""
    items = [
        Need(
            label=_("Open the documents: %(title)s") % {"title": challenge.title},
            url=reverse("submissions:opening-show", args=[competition.slug, challenge.code]),
            note=_("Two people of the office confirm within 15 minutes."),
        )
        for challenge in queries.awaiting_opening(competition, clock.now())
    ]
    return Contribution("", {"items": items})


slots.register(Slot("submissions.needs", Place.OFFICE_NEEDS, _office_needs, order=25))


def _office_figures(request: HttpRequest, competition: Competition) -> Contribution | None:
    """Count teams and received versions of the whole competition for the cockpit."""
    received = Submission.objects.filter(
        entry__challenge__competition=competition, handed_in_at__isnull=False
    )
    items = [
        Figure(Team.objects.live().filter(competition=competition).count(), _("Teams")),
        Figure(received.count(), _("Versions received")),
    ]
    return Contribution("", {"items": items})


slots.register(Slot("submissions.figures", Place.OFFICE_FIGURES, _office_figures, order=20))
