"""Tasks of the judging side: wake-ups that may come twice."""

from django.tasks import task

from scoring.actions import evaluation, proposal


@task(queue_name="evaluations")
def evaluate(evaluation_id: int) -> None:
    """Evaluate one prediction file, unless it is done or being done."""
    evaluation.run(evaluation_id)


@task(queue_name="default")
def propose_assignments(proposal_id: int) -> None:
    """Compute one proposal of assignments, unless it is done or being done."""
    proposal.run(proposal_id)
