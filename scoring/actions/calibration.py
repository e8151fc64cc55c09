"""Set up samples for calibration, and score them: for talk, never for a score (Q-72)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from scoring.models import CalibrationSample, CalibrationSheet, Jury, JurySeat
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from accounts.models import User

MAX_SAMPLES = 3


class CalibrationRefused(DomainError):
    """There are enough samples, or levels have been given that nothing may change any more."""


def _locked(jury: Jury) -> Jury:
    return (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__competition")
        .get(pk=jury.pk)
    )


@transaction.atomic
def add_sample(
    jury: Jury, *, by: User, title: str, text: str, now: dt.datetime | None = None
) -> CalibrationSample:
    """Store a sample that every juror scores.

    Raises:
        PermissionRefused: not of the office, or the assessments are over.
        Incomplete: title or text is missing.
        CalibrationRefused: there are `MAX_SAMPLES` already.

    """
    moment = now or clock.now()
    locked = _locked(jury)
    if not by.has_perm("scoring.prepare_calibration", locked):
        raise PermissionRefused("not_permitted", _("You cannot change the samples."))
    if not title.strip() or not text.strip():
        raise Incomplete("sample_incomplete", _("A sample needs a title and a text."))
    if CalibrationSample.objects.filter(jury=locked).count() >= MAX_SAMPLES:
        raise CalibrationRefused(
            "too_many",
            _("There are at most %(limit)s samples: jurors have to read them all.")
            % {"limit": MAX_SAMPLES},
        )
    sample = CalibrationSample.objects.create(
        jury=locked, title=title.strip(), text=text.strip(), created_at=moment, created_by=by
    )
    audit.record(
        "calibration.sample_added",
        target=sample,
        by=by,
        data={"challenge": locked.challenge.code},
        now=moment,
    )
    return sample


@transaction.atomic
def remove_sample(sample: CalibrationSample, *, by: User, now: dt.datetime | None = None) -> None:
    """Delete a sample that nobody has scored yet.

    Raises:
        PermissionRefused: not of the office, or the assessments are over.
        CalibrationRefused: somebody has given levels.

    """
    moment = now or clock.now()
    locked = _locked(sample.jury)
    if not by.has_perm("scoring.prepare_calibration", locked):
        raise PermissionRefused("not_permitted", _("You cannot change the samples."))
    if sample.sheets.exists():
        raise CalibrationRefused(
            "scored", _("Jurors have scored this sample already; it stays as it is.")
        )
    audit.record(
        "calibration.sample_removed",
        target=sample,
        by=by,
        data={"challenge": locked.challenge.code},
        now=moment,
    )
    sample.delete()


@transaction.atomic
def give_levels(
    sample: CalibrationSample,
    *,
    by: User,
    marks: Mapping[str, int | None],
    now: dt.datetime | None = None,
) -> CalibrationSheet:
    """Store a juror's levels for a sample by the key of the criterion; None is "cannot judge".

    They are given once: whoever has given them sees those of the others.

    Raises:
        PermissionRefused: no seat that assesses, or the assessments are over.
        Incomplete: a criterion has no level, or one outside its scale.
        CalibrationRefused: levels have been given already.

    """
    moment = now or clock.now()
    locked = _locked(sample.jury)
    seat = (
        JurySeat.objects.select_related("jury__challenge").filter(jury=locked, user=by.pk).first()
    )
    if seat is None or not by.has_perm("scoring.calibrate", seat):
        raise PermissionRefused("not_permitted", _("You cannot score this sample."))
    rubric = rubric_queries.of(locked.challenge)
    criteria = list(rubric.criteria.all()) if rubric is not None else []
    for criterion in criteria:
        mark = marks.get(criterion.key)
        may_be_missing = criterion.may_abstain and criterion.key in marks
        if mark not in criterion.scale and not (mark is None and may_be_missing):
            raise Incomplete("levels_missing", _("Please choose a level for every criterion."))
    if CalibrationSheet.objects.filter(sample=sample, seat=seat).exists():
        raise CalibrationRefused("given", _("You have scored this sample already."))
    sheet = CalibrationSheet.objects.create(
        sample=sample,
        seat=seat,
        marks={criterion.key: marks[criterion.key] for criterion in criteria},
        given_at=moment,
    )
    audit.record(
        "calibration.scored",
        target=sample,
        by=by,
        data={"seat": seat.pk},
        now=moment,
    )
    return sheet
