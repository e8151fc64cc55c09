"""Proofs over the jury's rows: nothing counts that may not, and a result is what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from core.maintenance import Invariant, SweepStep, invariants, sweep_steps
from scoring.actions import commitments, final_boards, leaderboard, publication
from scoring.actions import conflict as conflict_actions
from scoring.actions import invitation as invitation_actions
from scoring.actions import proposal as proposal_actions
from scoring.models import (
    Assessment,
    ConflictDeclaration,
    CriterionScore,
    Cut,
    Decision,
    Jury,
    LeaderboardRow,
    LeaderboardSnapshot,
    Minutes,
    Reopening,
)
from scoring.models.jury import FINAL_ROUND
from scoring.queries import minutes as minutes_queries
from scoring.states import AssessmentState, BoardKind, ConflictAnswer, JuryState
from submissions.models import LeafKind, LogLeaf

_ROW: Final = ("position", "rank", "entry_id", "submission_id", "name", "score", "columns", "note")
_CLOSED: Final = [
    JuryState.CUTTING,
    JuryState.CLOSED,
    JuryState.DELIBERATING,
    JuryState.DECIDED,
    JuryState.PUBLISHED,
]


def final_boards_that_differ() -> Iterator[str]:
    """Yield boards of decisions that a computation from the stored rows does not give again."""
    for decision in Decision.objects.select_related("challenge", "snapshot"):
        boards = final_boards.of_decision(decision)
        first = final_boards.of_decision(decision, 1)
        if decision.snapshot.pk not in {board.pk for board in first.values()}:
            yield f"The decision on {decision.challenge.code} names a board that is not its own."
        for kind in (BoardKind.JURY, BoardKind.COMBINED):
            if kind in boards:
                yield from _differences(boards[kind])
        shown = decision.published_at is not None
        for board in boards.values():
            if board.is_public != shown:
                yield f"Board {board.code} is {'not public' if shown else 'public too early'}."


def final_boards_of_the_past() -> Iterator[str]:
    """Yield boards of the jury that are kept as they were, and why nothing computes them again."""
    of_juries = LeaderboardSnapshot.objects.filter(
        kind__in=[BoardKind.JURY, BoardKind.COMBINED, BoardKind.LONGLIST]
    ).select_related("challenge")
    current = {
        board.pk
        for decision in Decision.objects.select_related("challenge")
        for board in final_boards.of_decision(decision).values()
    }
    for board in of_juries.exclude(pk__in=current):
        why = (
            "marks of the final have come since"
            if board.kind == BoardKind.LONGLIST
            else "an erratum has changed what counts, or it belongs to no decision"
        )
        yield f"Board {board.code} of {board.challenge.code}: {why}."


def _differences(board: LeaderboardSnapshot) -> Iterator[str]:
    computed = final_boards.recompute(board)
    name = f"Board {board.code} of {board.challenge.code}"
    if computed.inputs_sha256 != board.inputs_sha256:
        yield f"The inputs of {name} have changed since the decision."
        return
    stored = [_values(row) for row in LeaderboardRow.objects.filter(snapshot=board)]
    if stored != [_values(row) for row in leaderboard.stored_rows(computed, board)]:
        yield f"{name} differs from its recomputation."


def _values(row: LeaderboardRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _ROW)


def marks_outside_their_scale() -> Iterator[str]:
    """Yield assessments with a mark below or above its criterion, or of a foreign rubric."""
    wrong = CriterionScore.objects.filter(
        Q(mark_hundredths__lt=F("criterion__lowest") * 100)
        | Q(mark_hundredths__gt=F("criterion__highest") * 100)
        | ~Q(criterion__rubric__challenge=F("assessment__assignment__seat__jury__challenge"))
    )
    for key in wrong.values_list("assessment", flat=True).distinct():
        yield f"Assessment {key} has a mark outside the scale of its criterion."


def assessments_without_leave() -> Iterator[str]:
    """Yield counted assessments of jurors who are in conflict, undeclared or in another jury."""
    declared = ConflictDeclaration.objects.filter(
        seat=OuterRef("assignment__seat"),
        entry=OuterRef("assignment__submission__entry"),
        answer=ConflictAnswer.NONE,
    )
    foreign = Q(~Q(assignment__submission__entry__challenge=F("assignment__seat__jury__challenge")))
    own_team = Q(assignment__submission__entry__team__memberships__user=F("assignment__seat__user"))
    counted = Assessment.objects.counted().annotate(is_declared=Exists(declared))
    for key in counted.filter(Q(is_declared=False) | foreign | own_team).values_list(
        "pk", flat=True
    ):
        yield f"Assessment {key} counts although its juror may not assess the submission."


def released_after_closing() -> Iterator[str]:
    """Yield released assessments of closed juries: closing locks all of them."""
    open_ones = Assessment.objects.filter(
        state=AssessmentState.RELEASED, assignment__seat__jury__state__in=_CLOSED
    )
    for key in open_ones.counted().values_list("pk", flat=True):
        yield f"Assessment {key} is released, not locked, although its jury has closed."


def decisions_without_their_state() -> Iterator[str]:
    """Yield juries whose state and decision do not belong together."""
    for decision in Decision.objects.select_related("challenge__jury"):
        published = decision.published_at is not None
        expected = JuryState.PUBLISHED if published else JuryState.DECIDED
        state = decision.challenge.jury.state
        if state != expected:
            yield f"The jury of {decision.challenge.code} is {state} with a decision {expected}."


def broken_commitments() -> Iterator[str]:
    """Yield assessments and results that are no longer what the log committed to (VE-8)."""
    leaves = LogLeaf.objects.select_related("challenge")
    committed = leaves.filter(kind=LeafKind.ASSESSMENT).order_by("challenge", "index")
    replaced = {leaf.data["replaces"] for leaf in committed.iterator() if "replaces" in leaf.data}
    anew = Reopening.objects.filter(locked_at__isnull=False).count()
    if len(replaced) != anew:
        yield f"The log replaces {len(replaced)} assessments, {anew} were locked anew."
    for leaf in committed.iterator():
        if leaf.hash in replaced:
            continue
        assessment = (
            Assessment.objects.filter(
                assignment__submission=leaf.submission_id,
                assignment__seat__code=leaf.data["juror"],
            )
            .select_related("assignment__submission", "assignment__seat")
            .first()
        )
        if assessment is not None and assessment.reopenings.filter(locked_at=None).exists():
            continue
        if assessment is None or not commitments.facts_of(assessment).items() <= leaf.data.items():
            yield f"Leaf {leaf.index} of {leaf.challenge.code} commits to another assessment."
    for leaf in leaves.filter(kind=LeafKind.CUT):
        cut = Cut.objects.filter(jury__challenge=leaf.challenge_id).first()
        if cut is None or not commitments.cut_facts(cut).items() <= leaf.data.items():
            yield f"Leaf {leaf.index} of {leaf.challenge.code} commits to another cut."
    published = Decision.objects.filter(published_at__isnull=False)
    for decision in published.select_related("challenge__competition", "snapshot"):
        sealed = list(leaves.filter(kind=LeafKind.RESULT, challenge=decision.challenge))
        errata = decision.amendments.filter(is_erratum=True).count()
        if len(sealed) != errata + 1:
            yield f"The log has {len(sealed)} results of {decision.challenge.code}."
        for version, leaf in enumerate(sealed[: errata + 1], start=1):
            if not commitments.result_facts(decision, version).items() <= leaf.data.items():
                yield (
                    f"Version {version} of the result of {decision.challenge.code} is not the one"
                    " in the log."
                )


def cuts_that_do_not_hold() -> Iterator[str]:
    """Yield juries whose round, line, finalists and assessments do not belong together."""
    for jury in Jury.objects.filter(round=FINAL_ROUND, cut=None).select_related("challenge"):
        yield f"The jury of {jury.challenge.code} is in the final without a cut."
    cuts = Cut.objects.select_related("jury__challenge", "snapshot").prefetch_related("finalists")
    for cut in cuts:
        code = cut.jury.challenge.code
        if not cut.jury.is_final:
            yield f"The cut of {code} was made, and its jury is in the first round."
        finalists = {row.entry_id: row for row in cut.finalists.all()}
        ranks = dict(cut.snapshot.rows.values_list("entry", "rank"))
        above = {key for key, rank in ranks.items() if rank is not None and rank <= cut.place}
        for key in sorted(above - set(finalists)):
            yield f"Entry {key} is above the line of {code} and not in the final."
        for key, row in finalists.items():
            if key not in above and not row.reason:
                yield f"Entry {key} is in the final of {code} from below the line without a reason."
        # What the chair reopened after the closing is released and locked anew.
        late = Assessment.objects.of_jury(cut.jury).filter(
            released_at__gt=cut.made_at, reopenings=None
        )
        for key in late.exclude(assignment__submission__entry__in=finalists).values_list(
            "pk", flat=True
        ):
            yield f"Assessment {key} was released after the cut of {code}, not of a finalist."


def minutes_that_changed() -> Iterator[str]:
    """Yield sealed minutes that are no longer what was sealed, or lack a confirmation."""
    sealed = Minutes.objects.filter(sealed_at__isnull=False)
    for minutes in sealed.select_related("decision__challenge"):
        version = minutes.current
        name = f"The minutes of {minutes.decision.challenge.code}"
        if minutes_queries.sha256_of(minutes_queries.record_of(version)) != minutes.sealed_sha256:
            yield f"{name} differ from what was sealed."
        if version.confirmations.count() != version.members.count():
            yield f"{name} are sealed without every confirmation."


sweep_steps.register(
    SweepStep(
        "conflicts", "Jurors recused for a new conflict", conflict_actions.look_again_everywhere, 40
    )
)
sweep_steps.register(
    SweepStep("invitations", "People reminded of invitations", invitation_actions.remind, 65)
)
sweep_steps.register(
    SweepStep("proposals", "Proposals of assignments taken up again", proposal_actions.repair, 66)
)

sweep_steps.register(SweepStep("planned", "Planned results published", publication.publish_due, 50))


invariants.register(
    Invariant(
        "final_boards",
        "Boards of decisions equal their recomputation",
        final_boards_that_differ,
        60,
        unproven=final_boards_of_the_past,
    )
)
for _key, _label, _violations in (
    ("marks", "No mark lies outside its scale", marks_outside_their_scale),
    ("leave", "Nobody assesses what is not theirs to assess", assessments_without_leave),
    ("locked", "Closed juries have locked assessments", released_after_closing),
    ("commitments", "Marks and results are those that were sealed", broken_commitments),
    ("decisions", "Juries and decisions agree", decisions_without_their_state),
    ("cuts", "Finals hold who was above the line or taken up", cuts_that_do_not_hold),
    ("minutes", "Sealed minutes are those that were confirmed", minutes_that_changed),
):
    invariants.register(Invariant(_key, _label, _violations, 60))
