"""Fingerprints of prediction files, made by the sweep after their evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scoring.models import Benchmark, Evaluation, Fingerprint
from scoring.states import EvaluationState

if TYPE_CHECKING:
    import datetime as dt

# So many files one sweep reads at most.
AT_ONCE: Final = 100


def make_fingerprints(now: dt.datetime) -> int:
    """Read evaluated files that have no fingerprint yet; return how many."""
    from scoring import frames  # noqa: PLC0415  (heavy)
    from scoring.compute.likeness import fingerprint  # noqa: PLC0415  (heavy)

    runs = Evaluation.objects.filter(
        state=EvaluationState.SUCCEEDED, submission__fingerprint=None
    ).select_related("benchmark", "submission")
    made = 0
    for run in runs.prefetch_related("submission__files").order_by("-finished_at")[:AT_ONCE]:
        file = run.submission.predictions
        table = frames.read_predictions(file, run.benchmark).table if file else None
        # What cannot be read by the benchmark of today has an empty one.
        content = b""
        if table is not None:
            content = fingerprint(table.ids, table.values, seed=_seed(run.benchmark))
        _kept, is_new = Fingerprint.objects.get_or_create(
            submission=run.submission, defaults={"content": content, "made_at": now}
        )
        made += is_new
    return made


def _seed(benchmark: Benchmark) -> int:
    return int(benchmark.split_seed)
