"""Tasks of the judging side: wake-ups that may come twice."""

from django.tasks import task

from scoring.actions import evaluation, proposal


@task(queue_name="evaluations")
def evaluate(evaluation_id: int) -> None:
    """Evaluate one prediction file: the one whose turn it is, not the one that asked for us.

    There are as many of these tasks as runs that wait. The id only tells whose arrival made it.
    """
    evaluation.run_next()


@task(queue_name="default")
def propose_assignments(proposal_id: int) -> None:
    """Compute one proposal of assignments, unless it is done or being done."""
    proposal.run(proposal_id)
