"""A team takes part in a problem statement: terms accepted, name before the jury drawn."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.exceptions import DomainError, StaleVersion
from submissions import deadlines, pseudonyms, queries
from submissions.extensions import participation_bar
from submissions.models import Entry, Team

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge, Terms


@transaction.atomic
def enter(
    challenge: Challenge,
    *,
    by: User,
    team: Team,
    terms: Terms,
    now: dt.datetime | None = None,
) -> Entry:
    """Enter a team: record who accepted which version of the terms and when.

    A team that takes part already keeps its entry; nothing happens.

    Raises:
        PhaseClosed: the window for submissions is not open by the clock of the database.
        StaleVersion: other terms are in force than those agreed to.
        DomainError: the team belongs to another competition, or a member may not take part.

    """
    locked = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    # Two teams that enter at once must not draw the same tree.
    challenge = type(challenge).objects.select_for_update(no_key=True).get(pk=challenge.pk)
    moment = now or clock.of_database()
    if locked.competition_id != challenge.competition_id or locked.merged_into_id is not None:
        raise DomainError(
            "other_competition", _("This team belongs to another competition. Choose another one.")
        )
    if known := Entry.objects.live().filter(team=locked, challenge=challenge).first():
        return known
    deadlines.open_window(challenge, moment)
    if terms != queries.current_terms(challenge.competition):
        raise StaleVersion(
            "terms_changed",
            _("The terms of participation have changed. Read the new version and agree to it."),
        )
    for membership in locked.memberships.select_related("user"):
        if reason := participation_bar(membership.user, challenge.competition):
            raise DomainError("participation_barred", reason)
    taken = set(challenge.entries.values_list("jury_pseudonym", flat=True))
    entry = Entry.objects.create(
        team=locked,
        challenge=challenge,
        terms=terms,
        accepted_at=moment,
        accepted_by=by,
        jury_pseudonym=pseudonyms.pick(locked.name, taken),
    )
    # The pseudonym stays out of the log: an auditor reads the log before the decision.
    audit.record("entry.created", target=entry, by=by, data={"terms": terms.version}, now=moment)
    return entry
