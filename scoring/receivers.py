"""Receivers of signals of lower apps."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from scoring.actions import evaluation
from submissions.models import Submission
from submissions.signals import submission_handed_in


@receiver(submission_handed_in, dispatch_uid="scoring.evaluate")
def evaluate_handed_in(submission_id: int, **_kwargs: Any) -> None:
    """Create the evaluation of a version that has just been handed in."""
    submissions = Submission.objects.select_related("entry__challenge")
    evaluation.enqueue(submissions.get(pk=submission_id))
