"""Tasks of the judging side: wake-ups that may come twice."""

from django.tasks import task

from scoring.actions import evaluation


@task(queue_name="evaluations")
def evaluate(evaluation_id: int) -> None:
    """Evaluate one prediction file, unless it is done or being done."""
    evaluation.run(evaluation_id)
