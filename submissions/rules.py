"""Who may do what with teams and submissions: who & when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules

from competition.states import PhaseKind
from core import clock
from submissions.states import SubmissionState, TeamRole

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge
    from submissions.models import Entry, Membership, Submission, Team


@rules.predicate
def is_member(user: User, team: Team) -> bool:
    """The person belongs to the team."""
    return bool(user.is_authenticated and team.memberships.filter(user=user.pk).exists())


@rules.predicate
def is_captain(user: User, team: Team) -> bool:
    """The person leads the team."""
    return bool(
        user.is_authenticated
        and team.memberships.filter(user=user.pk, role=TeamRole.CAPTAIN).exists()
    )


@rules.predicate
def is_team_member(user: User, submission: Submission) -> bool:
    """The person belongs to the team that submits."""
    return is_member(user, submission.entry.team)


@rules.predicate
def is_team_captain(user: User, submission: Submission) -> bool:
    """The person leads the team that submits."""
    return is_captain(user, submission.entry.team)


@rules.predicate
def is_entry_member(user: User, entry: Entry) -> bool:
    """The person belongs to the team of the entry."""
    return is_member(user, entry.team)


@rules.predicate
def leads_team_of(user: User, membership: Membership) -> bool:
    """The person leads the team to which the membership belongs."""
    return is_captain(user, membership.team)


@rules.predicate
def is_own_membership(user: User, membership: Membership) -> bool:
    """The membership is the person's own."""
    return bool(user.is_authenticated and membership.user_id == user.pk)


@rules.predicate
def is_going_on(_user: User, submission: Submission) -> bool:
    """The entry was not closed by a merge of two teams."""
    return submission.entry.merged_into_id is None


@rules.predicate
def is_draft(_user: User, submission: Submission) -> bool:
    """Nothing that was handed in may be changed."""
    return submission.state == SubmissionState.DRAFT


@rules.predicate
def is_handed_in(_user: User, submission: Submission) -> bool:
    """The version is in."""
    return submission.state == SubmissionState.HANDED_IN


@rules.predicate
def accepts_entries(user: User, challenge: Challenge) -> bool:
    """Anyone with an account may enter while the window is open."""
    return bool(user.is_authenticated and challenge.has_open(PhaseKind.SUBMISSION, clock.now()))


# A closed phase is no reason to hide a page from its own team: the actions refuse with the reason
# and the time (403, T-37), so the window is not part of these permissions.
rules.add_perm("submissions.view_team", is_member)
rules.add_perm("submissions.manage_team", is_captain)
rules.add_perm("submissions.remove_membership", leads_team_of | is_own_membership)
rules.add_perm("submissions.promote_membership", leads_team_of & ~is_own_membership)
rules.add_perm("submissions.view_entry", is_entry_member)
rules.add_perm("submissions.start_submission", is_entry_member)
rules.add_perm("submissions.enter_challenge", accepts_entries)
rules.add_perm("submissions.view_submission", is_team_member)
rules.add_perm("submissions.change_submission", is_team_member & is_draft & is_going_on)
# Not only of drafts: a repeated click must reach the action, which answers with the same receipt.
rules.add_perm("submissions.hand_in_submission", is_team_captain)
rules.add_perm("submissions.withdraw_submission", is_team_captain & is_handed_in)
rules.add_perm("submissions.choose_submission", is_team_captain & is_handed_in)
