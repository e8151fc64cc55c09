"""Two people of the office open the sealed documents of a problem statement (R-4, VE-12)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from competition.models import Challenge
from core import audit, clock, sealing
from core.exceptions import DomainError, PermissionRefused, PhaseClosed
from submissions import documents, log, openings, queries
from submissions.actions import seal as seal_actions
from submissions.models import DocumentKey, LeafKind, Opening, SealKind

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def confirm(challenge: Challenge, *, by: User, now: dt.datetime | None = None) -> Opening:
    """Confirm the opening: the first person begins it, a second one within 15 minutes opens.

    The first confirmation ends after 15 minutes; the next one begins anew. Opening makes the
    documents of all versions readable that are in, writes the signed record, and seals the log of
    the problem statement with the checksum of that record.

    Raises:
        PermissionRefused: not of the office of this competition.
        PhaseClosed: teams can still hand in.
        DomainError: it is open already, the same person confirms twice, or the operator's key is
            not there.

    """
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    moment = now or clock.of_database()
    _refuse(locked, by, moment)
    opening = Opening.objects.filter(challenge=locked).first()
    if opening is not None and opening.is_done:
        raise DomainError("open_already", _("The documents have been opened already."))
    opener = _opener(locked)
    if opening is None or not opening.completes(by, moment):
        return _begin(locked, by=by, at=moment)
    return _open(opening, opener, by=by, at=moment)


def _refuse(challenge: Challenge, by: User, at: dt.datetime) -> None:
    if not by.has_perm("competition.organise", challenge):
        raise PermissionRefused(
            "not_permitted", _("Only the competition office opens the documents.")
        )
    if not queries.can_be_opened(challenge, at):
        raise PhaseClosed(
            "not_over",
            _("Teams can still hand in. The documents can be opened after the deadline."),
        )


def _opener(challenge: Challenge) -> sealing.Opener | None:
    """Return the private key, or None if no document was ever sealed."""
    if not queries.has_sealed_documents(challenge):
        return None
    opening_key = documents.opening_key_of(challenge.competition)
    try:
        return sealing.Opener(documents.key_file(opening_key), opening_key.public_key)
    except sealing.MissingKey as error:
        raise DomainError(
            "key_missing",
            _(
                "The key of the opening is not there. Ask the operator to put the file “%(file)s”"
                " in its place; nothing is lost."
            )
            % {"file": error.args[0]},
        ) from error


def _begin(challenge: Challenge, *, by: User, at: dt.datetime) -> Opening:
    opening, _created = Opening.objects.update_or_create(
        challenge=challenge, defaults={"first_by": by, "first_at": at}
    )
    audit.record("opening.begun", target=opening, by=by, now=at)
    return opening


def _open(opening: Opening, opener: sealing.Opener | None, *, by: User, at: dt.datetime) -> Opening:
    rows = list(DocumentKey.objects.to_be_opened(opening.challenge))
    for row in rows:
        assert opener is not None  # noqa: S101  (whatever is sealed has an opening key)
        key = opener.unwrap(row.for_opening, name=row.storage_key)
        row.readable = sealing.wrap(key, name=row.storage_key)
    DocumentKey.objects.bulk_update(rows, ["readable"], batch_size=500)
    opening.second_by, opening.opened_at = by, at
    opening.sign(openings.record_of(opening))
    opening.save()
    _seal_log(opening, by=by, at=at)
    audit.record(
        "opening.opened",
        target=opening,
        by=by,
        data={"documents": len(rows), "sha256": opening.record_sha256},
        now=at,
    )
    return opening


def _seal_log(opening: Opening, *, by: User, at: dt.datetime) -> None:
    """Publish a root that commits to the record; the root of the deadline comes before it."""
    challenge = opening.challenge
    seal_actions.at_deadline(challenge, now=at)
    log.append(challenge, LeafKind.OPENING, {"record": opening.record_sha256}, at=at)
    seal_actions.make(challenge, SealKind.OPENING, by=by, now=at)
