"""Who may do what with a problem statement: who & when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rules

from competition.states import PUBLIC_STATES, ChallengeState

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Agency, Challenge, Competition, Resource


@rules.predicate
def is_agency_staff(user: User, challenge: Challenge) -> bool:
    """The person works for the agency that posted the statement."""
    return bool(
        user.is_authenticated and challenge.agency.memberships.filter(user=user.pk).exists()
    )


@rules.predicate
def works_for(user: User, agency: Agency) -> bool:
    """The person works for this agency."""
    return bool(user.is_authenticated and agency.memberships.filter(user=user.pk).exists())


@rules.predicate
def is_organiser(user: User, subject: Challenge | Competition) -> bool:
    """The person works in the office of the competition."""
    competition: Any = getattr(subject, "competition", subject)
    return bool(user.is_authenticated and competition.office.filter(user=user.pk).exists())


@rules.predicate
def works_in_an_office(user: User) -> bool:
    """The person works in the office of some competition: standing pages belong to all of them."""
    return bool(user.is_authenticated and user.office_memberships.exists())


@rules.predicate
def is_handed_in(_user: User, challenge: Challenge) -> bool:
    """The statement has left the agency's desk: the office never sees drafts."""
    return challenge.state != ChallengeState.DRAFT


@rules.predicate
def is_editable(_user: User, challenge: Challenge) -> bool:
    """Drafts and statements sent back may be changed."""
    return challenge.is_editable


@rules.predicate
def is_in_review(_user: User, challenge: Challenge) -> bool:
    """The office has the statement on its desk."""
    return challenge.state == ChallengeState.IN_REVIEW


@rules.predicate
def is_accepted(_user: User, challenge: Challenge) -> bool:
    """The statement waits for its publication."""
    return challenge.state == ChallengeState.ACCEPTED


@rules.predicate
def is_before_decision(_user: User, challenge: Challenge) -> bool:
    """Published, and nothing decided yet."""
    return challenge.state in {ChallengeState.PUBLISHED, ChallengeState.CLOSED}


@rules.predicate
def is_public(_user: User, challenge: Challenge) -> bool:
    """Everyone may read it."""
    return challenge.state in PUBLIC_STATES and challenge.competition.published_at is not None


@rules.predicate
def may_change_its_statement(user: User, resource: Resource) -> bool:
    """The person may change the statement to which the file belongs."""
    challenge = resource.challenge
    return bool(is_agency_staff(user, challenge) and challenge.is_editable)


rules.add_perm(
    "competition.view_challenge", is_public | is_agency_staff | (is_organiser & is_handed_in)
)
rules.add_perm("competition.add_challenge", works_for)
rules.add_perm("competition.view_statement", is_agency_staff | (is_organiser & is_handed_in))
# Without the state: a form that comes too late is answered with a reason and what was typed.
rules.add_perm("competition.write_statement", is_agency_staff)
rules.add_perm("competition.change_challenge", is_agency_staff & is_editable)
rules.add_perm("competition.change_resource", may_change_its_statement)
rules.add_perm("competition.hand_in_challenge", is_agency_staff & is_editable)
rules.add_perm("competition.answer_question", is_agency_staff & is_handed_in)
rules.add_perm("competition.review_challenge", is_organiser & is_in_review)
rules.add_perm("competition.publish_challenge", is_organiser & is_accepted)
rules.add_perm("competition.extend_phase", is_organiser & is_before_decision)
rules.add_perm("competition.organise", is_organiser)
rules.add_perm("competition.oversee_challenge", is_organiser & is_handed_in)
rules.add_perm("competition.return_challenge", is_organiser & (is_in_review | is_accepted))
rules.add_perm("competition.edit_page", works_in_an_office)
