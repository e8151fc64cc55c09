"""What the judging side commits to in the log: the jury's marks when they are locked, the result.

Both are called before the first audit event of their change (see `submissions.log` on locks).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from core.audit import canonical
from scoring.actions import final_boards
from scoring.queries import results
from scoring.queries import rubric as rubric_queries
from submissions import log
from submissions.actions import seal
from submissions.models import LeafKind, LogLeaf, SealKind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from accounts.models import User
    from scoring.models import Assessment, Cut, Decision, Jury
    from submissions.models import Seal


def lock_jury(
    jury: Jury,
    released: Iterable[Assessment],
    *,
    by: User,
    now: dt.datetime,
    kind: str = SealKind.JURY_LOCK,
) -> Seal:
    """Commit to the rubric and to each released assessment, and seal the log (VE-8).

    A juror appears under the code of the seat. The root of the deadline comes first, should the
    sweep not have made it yet. With two rounds each of them is locked, and has a root of its own.
    """
    challenge = jury.challenge
    seal.at_deadline(challenge, now=now)
    rubric = rubric_queries.of(challenge)
    if rubric is not None:
        log.append(challenge, LeafKind.RUBRIC, {"rubric_sha256": rubric.sha256}, at=now)
    for assessment in sorted(released, key=_place):
        log.append(
            challenge,
            LeafKind.ASSESSMENT,
            facts_of(assessment),
            at=now,
            submission=assessment.assignment.submission,
        )
    return seal.make(challenge, kind, by=by, now=now)


def seal_cut(cut: Cut, *, now: dt.datetime) -> LogLeaf:
    """Commit to who is in the final, before anybody marks there; the next root covers it."""
    return log.append(cut.jury.challenge, LeafKind.CUT, cut_facts(cut), at=now)


def cut_facts(cut: Cut) -> dict[str, object]:
    """Return what the leaf of a cut says: line, reason, finalists by the code of the version."""
    finalists = {row.entry_id: row.reason for row in cut.finalists.all()}
    rows = cut.snapshot.rows.filter(entry__in=finalists).select_related("submission")
    return {
        "snapshot": cut.snapshot.code,
        "inputs_sha256": cut.snapshot.inputs_sha256,
        "place": cut.place,
        "reason": cut.reason,
        "finalists": sorted(
            [row.submission.code if row.submission is not None else "", finalists[row.entry_id]]
            for row in rows
        ),
    }


def lock_again(assessment: Assessment, *, by: User, now: dt.datetime) -> Seal:
    """Commit to an assessment that was reopened, naming the leaf it replaces, and seal the log."""
    assignment = assessment.assignment
    challenge = assignment.seat.jury.challenge
    facts = facts_of(assessment)
    earlier = LogLeaf.objects.filter(
        challenge=challenge, kind=LeafKind.ASSESSMENT, submission=assignment.submission_id
    ).order_by("-index")
    before = next((leaf for leaf in earlier if leaf.data["juror"] == facts["juror"]), None)
    if before is not None:
        facts["replaces"] = before.hash
    log.append(challenge, LeafKind.ASSESSMENT, facts, at=now, submission=assignment.submission)
    return seal.make(challenge, SealKind.REOPENING, by=by, now=now)


def facts_of(assessment: Assessment) -> dict[str, object]:
    """Return what the leaf of an assessment says; the same as long as no mark changes."""
    assignment = assessment.assignment
    return {
        "submission": assignment.submission.code,
        "version": assignment.submission.number,
        "juror": assignment.seat.code,
        "total_hundredths": assessment.total_hundredths,
        "marks_hundredths": {
            score.criterion.key: score.mark_hundredths
            for score in assessment.scores.select_related("criterion")
        },
    }


def _place(assessment: Assessment) -> tuple[str, str]:
    return (assessment.assignment.submission.code, assessment.assignment.seat.code)


def publish_result(decision: Decision, *, by: User | None, now: dt.datetime) -> Seal:
    """Commit to the table of the result and seal the log, for the last time as a rule."""
    log.append(decision.challenge, LeafKind.RESULT, result_facts(decision), at=now)
    return seal.make(decision.challenge, SealKind.PUBLICATION, by=by, now=now)


def publish_erratum(decision: Decision, *, by: User, now: dt.datetime) -> Seal:
    """Commit to the corrected result, naming the leaf that it corrects, and seal the log."""
    before = LogLeaf.objects.filter(challenge=decision.challenge, kind=LeafKind.RESULT)
    corrected = before.order_by("index").last()
    facts = result_facts(decision)
    if corrected is not None:
        facts["corrects"] = corrected.hash
    log.append(decision.challenge, LeafKind.RESULT, facts, at=now)
    return seal.make(decision.challenge, SealKind.ERRATUM, by=by, now=now)


def result_facts(decision: Decision, version: int | None = None) -> dict[str, str]:
    """Return what the leaf of a result says: the stored board, and the rows that are published.

    `version` counts from 1; None is the one that holds.
    """
    boards = final_boards.of_decision(decision, version)
    found = results.result(decision, boards, version=version)
    return {
        "snapshot": found.final.code,
        "inputs_sha256": found.final.inputs_sha256,
        "rows_sha256": _sha256(results.sealed_rows(found)),
        "decision_sha256": _sha256(results.sealed_decision(found)),
    }


def _sha256(document: Any) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()
