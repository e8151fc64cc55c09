"""What people decide about machine runs: a team ends its own, the office ends and repeats them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core import clock
from core.exceptions import DomainError, IllegalTransition, PhaseClosed
from core.models import AuditEvent, OutboxMessage
from scoring.actions import evaluation as actions
from scoring.actions import evaluation_control as control
from scoring.actions import leaderboard
from scoring.maintenance import charged_faults
from scoring.models import Evaluation, MetricScore
from scoring.queries import evaluation as queries
from scoring.states import BoardKind, Split
from scoring.states import EvaluationState as S
from submissions.actions import submission as submission_actions
from tests import factories
from tests.factories import (
    break_audit,
    handed_in_predictions,
    measured_challenge,
    predictions,
    scored,
)

pytestmark = pytest.mark.django_db
REASON = "Die Referenzdaten waren vertauscht."


@pytest.fixture
def challenge():
    return measured_challenge()


@pytest.fixture
def ada(challenge):
    return factories.organiser(challenge.competition)


@pytest.fixture
def entry(challenge):
    return factories.EntryFactory(challenge=challenge, team__name="Dachs")


@pytest.fixture
def cem(entry):
    return factories.team_member(entry.team)


@pytest.fixture
def submission(entry):
    return handed_in_predictions(entry, *predictions())


@pytest.fixture
def waiting(submission):
    return actions.enqueue(submission)


def office(name, evaluation, *parts):
    challenge = evaluation.submission.entry.challenge
    return reverse(f"scoring:{name}", args=[challenge.competition.slug, challenge.code, *parts])


def shown(challenge):
    snapshot = leaderboard.refresh(challenge, BoardKind.PUBLIC)
    return [(row.name, row.score, row.note) for row in snapshot.rows.all()]


def finished(evaluation, value):
    """Let a run end with a value, as a worker does."""
    actions._take(evaluation.pk, worker="w")
    Evaluation.objects.filter(pk=evaluation.pk).update(
        state=S.SUCCEEDED, finished_at=clock.now(), lease_until=None
    )
    evaluation.refresh_from_db()
    MetricScore.objects.bulk_create(
        MetricScore(evaluation=evaluation, metric=metric, split=split, value=value, rows=5)
        for split in Split
        for metric in evaluation.benchmark.metrics
    )


# ---- a team ends its own -------------------------------------------------------------------------
def test_a_cancelled_run_costs_no_try_and_never_starts(waiting, submission, cem):
    control.cancel_own(waiting, by=cem)

    submission.refresh_from_db()
    assert (waiting.state, submission.costs_a_try) == (S.CANCELLED, False)
    assert (actions.run(waiting.pk), actions.run_next()) == (None, None)
    assert (actions.enqueue_missing(), list(charged_faults())) == (0, [])
    event = AuditEvent.objects.get(action="evaluation.cancelled")
    assert (event.actor, event.target_key) == (cem.pk, str(waiting.pk))
    assert not OutboxMessage.objects.exists()


def test_a_run_that_has_begun_is_no_longer_the_teams_to_end(waiting, cem):
    actions._take(waiting.pk, worker="w")

    with pytest.raises(IllegalTransition):
        control.cancel_own(waiting, by=cem)


def test_after_the_deadline_a_team_ends_nothing(waiting, challenge, cem):
    later = max(phase.ends_at for phase in challenge.phases.all())

    with pytest.raises(PhaseClosed):
        control.cancel_own(waiting, by=cem, now=later)


def test_cancelling_leaves_nothing_if_the_event_cannot_be_written(waiting, submission, cem):
    break_audit()

    with pytest.raises(IntegrityError):
        control.cancel_own(waiting, by=cem)

    waiting.refresh_from_db()
    submission.refresh_from_db()
    assert (waiting.state, submission.costs_a_try) == (S.QUEUED, True)


def test_captain_cancels_on_the_page_and_reads_that_it_costs_nothing(waiting, cem, sign_in):
    client = sign_in(cem)
    page = reverse("scoring:evaluation-show", args=[waiting.code])
    button = reverse("scoring:evaluation-cancel-own", args=[waiting.code])
    assert button in client.get(page).content.decode()

    answer = client.post(button)

    assert (answer.status_code, answer["Location"]) == (302, page)
    shown_page = client.get("/en" + page)
    assert shown_page.context["page"].headline == "Evaluation cancelled (does not count)"
    assert button not in shown_page.content.decode()


def test_a_withdrawn_version_is_not_evaluated_any_more(waiting, submission, cem):
    submission_actions.withdraw(submission, by=cem)

    assert actions.run_next() is None

    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt) == (S.CANCELLED, 0)
    assert list(charged_faults()) == []


# ---- the office ends one -------------------------------------------------------------------------
def test_the_office_ends_a_run_that_goes_on_and_its_result_is_dropped(waiting, ada, cem):
    claim = actions._claim(waiting.pk, worker="w")

    control.cancel(waiting, by=ada, reason=REASON)

    with pytest.raises(actions._LeaseLost):
        actions._heartbeat(claim)()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cancel_reason, waiting.lease_until) == (
        S.CANCELLED,
        REASON,
        None,
    )
    assert actions.requeue_lost(clock.now() + dt.timedelta(hours=1)) == 0
    (mail,) = OutboxMessage.objects.filter(recipient=cem.email)
    assert REASON in mail.body


def test_the_office_cancels_with_a_reason_and_starts_again(waiting, ada, cem, sign_in):
    client = sign_in(ada)
    page = office("evaluation-cancel", waiting, waiting.code)

    codes = [client.get(page).status_code, client.post(page, {"reason": " "}).status_code]
    codes.append(client.post(page, {"reason": REASON}).status_code)

    assert codes == [200, 422, 302]
    listed = client.get(office("evaluation-list", waiting)).content.decode()
    assert REASON in listed
    client.post(office("evaluation-rerun", waiting, waiting.code))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt, waiting.cancel_reason) == (S.QUEUED, 0, "")


def test_what_a_newer_benchmark_has_evaluated_is_not_started_again(waiting, ada, sign_in):
    control.cancel(waiting, by=ada, reason=REASON)
    Evaluation.objects.create(
        submission=waiting.submission,
        benchmark=waiting.benchmark,
        benchmark_version=2,
        queued_at=clock.now(),
    )

    answer = sign_in(ada).post(office("evaluation-rerun", waiting, waiting.code))

    waiting.refresh_from_db()
    assert (answer.status_code, waiting.state) == (409, S.CANCELLED)


# ---- evaluated anew ------------------------------------------------------------------------------
def test_everything_is_evaluated_anew_while_the_old_board_stays(challenge, ada, sign_in):
    runs = [
        scored(factories.SubmissionFactory(entry=entry, handed_in=True), public=value)
        for entry, value in (
            (factories.EntryFactory(challenge=challenge, team__name="Dachs"), 0.5),
            (factories.EntryFactory(challenge=challenge, team__name="Luchs"), 0.25),
        )
    ]
    before = shown(challenge)
    page = office("evaluation-repeat-all", runs[0])

    answer = sign_in(ada).post(page, {"reason": REASON})

    assert answer.status_code == 302
    anew = list(Evaluation.objects.filter(repeat=1).order_by("pk"))
    assert [(run.submission_id, run.state) for run in anew] == [
        (run.submission_id, S.QUEUED) for run in runs
    ]
    finished(anew[0], 0.75)
    assert shown(challenge) == before == [("Dachs", "0.5000", ""), ("Luchs", "0.2500", "")]
    finished(anew[1], 1.0)
    assert shown(challenge) == [("Luchs", "1.0000", ""), ("Dachs", "0.7500", "")]
    assert [run.scores.exists() for run in runs] == [True, True]
    event = AuditEvent.objects.get(action="benchmark.evaluated_anew")
    assert (event.actor, event.reason) == (ada.pk, REASON)
    assert event.data["evaluations"] == [run.code for run in anew]


def test_asking_twice_evaluates_once(challenge, ada, submission):
    scored(submission, public=0.5)

    counts = [control.repeat_all(challenge, by=ada, reason=REASON) for _time in range(2)]

    assert counts == [1, 0]


def test_a_fault_of_ours_takes_no_value_away(challenge, ada, submission):
    old = scored(submission, public=0.5)
    new = control.repeat(old, by=ada, reason=REASON)
    before = shown(challenge)

    for attempt in (1, 2, 3):
        actions._take(new.pk, worker="w")
        actions._fault(new.pk, attempt=attempt, detail="killed")

    new.refresh_from_db()
    submission.refresh_from_db()
    assert new.state == S.INTERNAL_ERROR
    assert shown(challenge) == before
    assert queries.latest_of(submission) == old


def test_a_team_does_not_end_what_the_office_has_asked_for(ada, cem, submission):
    new = control.repeat(scored(submission, public=0.5), by=ada, reason=REASON)

    assert not cem.has_perm("scoring.cancel_own_evaluation", new)
    with pytest.raises(IllegalTransition):
        control.cancel_own(new, by=cem)


def test_a_cancelled_repetition_gives_no_try_back_and_tells_nobody(ada, cem, submission):
    new = control.repeat(scored(submission, public=0.5), by=ada, reason=REASON)

    control.cancel(new, by=ada, reason=REASON)

    submission.refresh_from_db()
    assert (new.state, submission.costs_a_try) == (S.CANCELLED, True)
    assert not OutboxMessage.objects.exists()


def test_one_version_is_repeated_with_a_reason_and_not_while_it_runs(ada, submission, sign_in):
    old = scored(submission, public=0.5)
    page = office("evaluation-repeat", old, old.code)
    client = sign_in(ada)

    codes = [client.post(page).status_code, client.post(page, {"reason": REASON}).status_code]

    assert codes == [422, 302]
    assert client.post(page, {"reason": REASON}).status_code == 409
    assert submission.evaluations.filter(repeat=1).count() == 1


def test_nothing_is_repeated_after_the_decision(challenge, ada, submission):
    old = scored(submission, public=0.5)
    type(challenge).objects.filter(pk=challenge.pk).update(state="decided")
    old.refresh_from_db()

    with pytest.raises(DomainError):
        control.repeat(old, by=ada, reason=REASON)
