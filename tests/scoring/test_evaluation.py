"""The life of an evaluation, in real processes: success, faults of files, and faults of ours."""

from __future__ import annotations

import datetime as dt
import json
import time
from functools import partial
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from core import clock, storage
from core.exceptions import IllegalTransition
from core.models import AuditEvent, OutboxMessage
from scoring import isolation
from scoring.actions import benchmark as benchmark_actions
from scoring.actions import evaluation as actions
from scoring.models import Evaluation, LeaderboardSnapshot, MetricScore
from scoring.queries import evaluation as queries
from scoring.states import EvaluationState as S
from scoring.states import Split
from submissions.models import Submission, SubmissionFile
from submissions.signals import submission_handed_in
from submissions.states import FileKind
from tests import factories
from tests.factories import (
    benchmark_settings,
    break_audit,
    evaluated,
    handed_in_predictions,
    measured_challenge,
    predictions,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return measured_challenge()


@pytest.fixture
def entry(challenge):
    return factories.EntryFactory(challenge=challenge)


@pytest.fixture
def submission(entry):
    return handed_in_predictions(entry, *predictions(wrong=3))


def states_of(evaluation):
    events = AuditEvent.objects.filter(
        target_type="scoring.evaluation", target_key=str(evaluation.pk)
    ).order_by("sequence")
    return [event.action.partition(".")[2] for event in events]


def let_lease_end(evaluation):
    Evaluation.objects.filter(pk=evaluation.pk).update(
        lease_until=clock.now() - dt.timedelta(seconds=1)
    )


def claimed(submission):
    """Make a run whose worker was killed while it computed."""
    evaluation = actions.enqueue(submission)
    actions._claim(evaluation.pk, worker="killed")
    let_lease_end(evaluation)
    evaluation.refresh_from_db()
    return evaluation


# ---- success -------------------------------------------------------------------------------------
def test_run_stores_values_of_both_parts(submission):
    evaluation = evaluated(submission)

    # Rows 1 to 3 are wrong, all of them public: 3 of 6 right there, 4 of 4 among the hidden ones.
    found = {
        (score.metric, score.split): (round(score.value, 4), score.rows)
        for score in evaluation.scores.all()
    }
    assert found[("accuracy", Split.PUBLIC)] == (0.5, 6)
    assert found[("accuracy", Split.PRIVATE)] == (1.0, 4)
    assert found.keys() == {(m, s) for m in ("accuracy", "f1_macro") for s in Split}
    assert (evaluation.state, evaluation.attempt) == (S.SUCCEEDED, 1)
    assert evaluation.lease_until is None
    assert states_of(evaluation) == ["created", "running", "succeeded"]


def test_run_costs_a_try_only_if_it_succeeds(submission):
    evaluated(submission)

    submission.refresh_from_db()
    assert submission.costs_a_try


def test_run_renews_the_provisional_board(challenge, submission):
    evaluated(submission)

    snapshot = LeaderboardSnapshot.objects.get(challenge=challenge)
    assert (snapshot.kind, snapshot.number, snapshot.is_public) == ("public", 1, True)
    assert [row.score for row in snapshot.rows.all()] == ["0.5000"]


def test_run_delivered_twice_computes_once(submission):
    evaluation = evaluated(submission)
    before = list(MetricScore.objects.values_list("pk", "value"))

    again = actions.run(evaluation.pk)

    assert again is None
    assert list(MetricScore.objects.values_list("pk", "value")) == before
    assert LeaderboardSnapshot.objects.count() == 1


def test_run_reports_how_the_file_was_read(entry):
    lines = [line.replace(",", ";") for line in predictions()]

    evaluation = evaluated(handed_in_predictions(entry, *lines))

    report = evaluation.report
    assert evaluation.state == S.SUCCEEDED
    assert report["summary"]["delimiter"] == ";"
    assert report["words"]["de"]["notes"] == ["Die Spalten sind durch Semikolons getrennt."]
    assert report["words"]["en"]["notes"] == ["Columns are separated by semicolons."]


# ---- the file's fault ----------------------------------------------------------------------------
def test_run_ends_in_failed_for_a_file_that_does_not_fit(entry):
    lines = predictions()
    lines[2] = "r02,numbat"

    evaluation = evaluated(handed_in_predictions(entry, *lines))

    evaluation.submission.refresh_from_db()
    assert evaluation.state == S.FAILED
    assert not evaluation.submission.costs_a_try
    assert not evaluation.scores.exists()
    (problem,) = evaluation.report["words"]["en"]["problems"]
    assert (problem["code"], problem["lines"], problem["value"]) == ("E10", [3], "numbat")


def test_run_that_failed_tells_the_team(entry):
    cem = factories.team_member(entry.team)

    evaluation = evaluated(handed_in_predictions(entry, "id,animal", "r01,quokka"))

    (mail,) = OutboxMessage.objects.filter(template="evaluation_failed")
    assert (mail.recipient, mail.topic) == (cem.email, "")
    assert evaluation.code in mail.body


def test_run_fails_alike_on_whichever_part_a_value_is_absurd():
    """Else a single huge prediction would tell whether its row is public (TH-30)."""
    challenge = factories.open_challenge(wants_concept=False, wants_predictions=True)
    rows = [f"r{at},{at},{'public' if at < 4 else 'private'}" for at in range(8)]
    benchmark_actions.save(
        challenge,
        by=factories.agency_staff(challenge.agency),
        data=benchmark_settings(target_kind="number", labels=(), metrics=("rmse",), target=0.0),
        truth_file=factories.csv_file("id,animal,part", *rows),
    )
    reports = []
    for huge in (0, 7):
        entry = factories.EntryFactory(challenge=challenge)
        lines = [f"r{at},{'1e200' if at == huge else at}" for at in range(8)]
        evaluation = evaluated(handed_in_predictions(entry, "id,animal", *lines))
        assert evaluation.state == S.FAILED
        reports.append(evaluation.report)

    assert reports[0] == reports[1]


# ---- our fault -----------------------------------------------------------------------------------
@pytest.fixture
def evaluating_with(monkeypatch):
    """Put another program in the place of the evaluator, in a real process; "" undoes it."""
    run = isolation.run

    def replace(name):
        other = partial(run, program=f"tests.scoring.{name}") if name else run
        monkeypatch.setattr(isolation, "run", other)

    return replace


def test_a_child_that_is_killed_is_repeated_and_costs_nothing(submission, evaluating_with):
    evaluation = actions.enqueue(submission)
    evaluating_with("victim")
    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.QUEUED, 1)
    assert evaluation.error.startswith("killed: SIGKILL")
    assert states_of(evaluation) == ["created", "running", "queued"]

    evaluating_with("")
    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.SUCCEEDED, 2)
    assert evaluation.error == ""
    assert evaluation.scores.filter(metric="accuracy").count() == 2


def test_a_run_that_takes_too_long_is_ended(submission, settings, evaluating_with):
    settings.EVALUATION_TIMEOUT = 0.2
    evaluating_with("sleeper")
    evaluation = actions.enqueue(submission)
    started = time.monotonic()

    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert time.monotonic() - started < 30
    assert (evaluation.state, evaluation.error) == (S.QUEUED, "timeout: 0.2 s")


def test_a_run_that_takes_too_much_memory_is_ended(submission, evaluating_with):
    evaluating_with("glutton")
    evaluation = actions.enqueue(submission)

    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.error) == (S.QUEUED, "crashed: MemoryError")


def test_faults_end_after_three_attempts_and_give_the_try_back(challenge, entry, evaluating_with):
    cem = factories.team_member(entry.team)
    ada = factories.organiser(challenge.competition)
    evaluation = actions.enqueue(handed_in_predictions(entry, *predictions()))
    evaluating_with("victim")

    for _attempt in range(5):
        actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    evaluation.submission.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.INTERNAL_ERROR, 3)
    assert not evaluation.submission.costs_a_try
    assert states_of(evaluation) == ["created", *["running", "queued"] * 2, "running",
                                     "internal_error"]  # fmt: skip
    mails = OutboxMessage.objects.order_by("template").values_list("template", "recipient", "topic")
    assert list(mails) == [
        ("evaluation_fault_office", ada.email, challenge.competition.slug),
        ("evaluation_fault_team", cem.email, ""),
    ]


def test_mail_to_the_office_does_not_name_the_submission(challenge, entry):
    """Its code stands beside the pseudonym on the jury's pages (R-20)."""
    factories.organiser(challenge.competition)
    submission = handed_in_predictions(entry, *predictions())
    evaluation = claimed(submission)
    Evaluation.objects.filter(pk=evaluation.pk).update(attempt=3)

    actions.requeue_lost()

    mail = OutboxMessage.objects.get(template="evaluation_fault_office")
    for secret in (submission.code, entry.jury_pseudonym, submission.title):
        assert secret not in mail.subject + mail.body


def test_a_poison_file_does_not_hold_up_the_others(challenge, entry, settings):
    poison = actions.enqueue(handed_in_predictions(entry, *predictions()))
    other = actions.enqueue(
        handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    )
    damaged(poison.submission)

    for run in (poison, other, poison, poison):
        actions.run(run.pk)

    poison.refresh_from_db()
    other.refresh_from_db()
    assert (poison.state, other.state) == (S.INTERNAL_ERROR, S.SUCCEEDED)


def test_a_run_that_cannot_be_begun_is_a_fault_and_the_next_one_goes_on(challenge, entry):
    nameless = actions.enqueue(handed_in_predictions(entry, *predictions()))
    other = actions.enqueue(
        handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    )
    # Made after the run, so that nothing of it can be read when its turn comes.
    SubmissionFile.objects.filter(submission=nameless.submission).update(kind=FileKind.CONCEPT)

    found = actions.run_next()

    nameless.refresh_from_db()
    assert (found, found.state) == (other, S.SUCCEEDED)
    assert (nameless.state, nameless.attempt) == (S.QUEUED, 1)
    assert nameless.error == "not begun: AssertionError"


def damaged(submission):
    """Change a stored file behind the back of its row."""
    file = submission.file(FileKind.PREDICTIONS)
    path = Path(storages[storage.SUBMISSIONS].path(file.key))
    path.chmod(0o600)
    path.write_text("id,animal\nr01,quokka\n")


def test_what_is_kept_about_a_fault_holds_no_content(entry):
    submission = handed_in_predictions(entry, *predictions())
    damaged(submission)
    evaluation = actions.enqueue(submission)

    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert "DamagedFile" in evaluation.error
    assert "quokka" not in evaluation.error


def test_labels_that_were_changed_are_noticed(challenge, submission):
    path = Path(storages[storage.GROUND_TRUTH].path(challenge.benchmark.truth.key))
    path.chmod(0o600)
    path.write_text(path.read_text().replace("quokka,public", "axolotl,public"))
    evaluation = actions.enqueue(submission)

    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.scores.count()) == (S.QUEUED, 0)
    assert "DamagedFile" in evaluation.error


# ---- leases --------------------------------------------------------------------------------------
def test_a_lost_run_is_given_to_another_worker(submission):
    evaluation = claimed(submission)

    assert actions.requeue_lost() == 1

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.QUEUED, 1)
    assert evaluation.lease_until is None


def test_sweeping_twice_changes_nothing_more(submission):
    evaluation = claimed(submission)

    assert (actions.requeue_lost(), actions.requeue_lost()) == (1, 0)

    assert states_of(evaluation) == ["created", "running", "queued"]


def test_a_run_that_is_lost_three_times_ends_in_a_fault(submission):
    evaluation = actions.enqueue(submission)
    for _attempt in range(3):
        actions._claim(evaluation.pk, worker="killed")
        let_lease_end(evaluation)
        actions.requeue_lost()

    evaluation.refresh_from_db()
    submission.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.INTERNAL_ERROR, 3)
    assert not submission.costs_a_try
    assert actions.requeue_lost() == 0


def test_a_run_with_a_lease_is_left_alone(submission):
    evaluation = actions.enqueue(submission)
    actions._claim(evaluation.pk, worker="alive")

    assert actions.requeue_lost() == 0

    evaluation.refresh_from_db()
    assert evaluation.state == S.RUNNING


def test_a_heartbeat_renews_the_lease(submission):
    evaluation = actions.enqueue(submission)
    claim = actions._claim(evaluation.pk, worker="alive")
    let_lease_end(evaluation)

    actions._heartbeat(claim)()

    evaluation.refresh_from_db()
    assert evaluation.lease_until > clock.now() + dt.timedelta(seconds=50)


def test_a_worker_that_lost_its_lease_stores_nothing(submission):
    evaluation = actions.enqueue(submission)
    late = actions._claim(evaluation.pk, worker="slow")
    answer = actions.isolation.run(late.question, timeout=20)
    let_lease_end(evaluation)
    actions.requeue_lost()
    actions._claim(evaluation.pk, worker="fast")

    with pytest.raises(actions._LeaseLost):
        actions._heartbeat(late)()
    actions._store(late, answer)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt, evaluation.worker) == (S.RUNNING, 2, "fast")
    assert not evaluation.scores.exists()


# ---- whose turn it is ----------------------------------------------------------------------------
def test_a_team_with_many_files_does_not_starve_one_with_one(challenge, entry):
    many = [waiting(entry, number, minutes=9) for number in (1, 2, 3)]
    one = waiting(factories.EntryFactory(challenge=challenge), 1, minutes=1)

    begun = []
    while order := queries.in_order():
        begun.append(order)
        actions._take(order[0], worker="w")

    assert [order[0] for order in begun] == [many[0].pk, one.pk, many[1].pk, many[2].pk]
    # What pages said before was right.
    assert begun[0] == [many[0].pk, one.pk, many[1].pk, many[2].pk]


def waiting(entry, number, *, minutes):
    """Make a run that has waited for some minutes."""
    submission = factories.SubmissionFactory(entry=entry, number=number, handed_in=True)
    benchmark = entry.challenge.benchmark
    return Evaluation.objects.create(
        submission=submission,
        benchmark=benchmark,
        benchmark_version=benchmark.version,
        queued_at=clock.now() - dt.timedelta(minutes=minutes),
    )


def test_a_repeated_result_lets_first_ones_go_before_it(challenge, entry, submission):
    evaluated(submission)
    again = waiting(entry, 2, minutes=5)
    Evaluation.objects.filter(pk=again.pk).update(submission=submission, benchmark_version=2)
    first = waiting(factories.EntryFactory(challenge=challenge), 1, minutes=1)

    assert queries.in_order() == [first.pk, again.pk]


def test_runs_whose_turn_it_is_are_found_with_as_many_queries_for_three_as_for_one(
    entry, django_assert_num_queries
):
    for number in (1, 2, 3):
        waiting(entry, number, minutes=number)
        with django_assert_num_queries(2):
            queries.in_order()


# ---- what was lost -------------------------------------------------------------------------------
def test_hand_in_signal_creates_the_run(submission):
    submission_handed_in.send(Submission, submission_id=submission.pk)

    assert submission.evaluations.get().state == S.QUEUED


def test_enqueue_twice_is_one_run(submission):
    assert actions.enqueue(submission) == actions.enqueue(submission)
    assert Evaluation.objects.count() == 1


def test_a_lost_signal_is_made_up_for_once(submission):
    assert (actions.enqueue_missing(), actions.enqueue_missing()) == (1, 0)

    assert submission.evaluations.get().state == S.QUEUED


def test_nothing_is_created_where_nothing_can_be_measured(challenge, entry):
    draft = factories.SubmissionFactory(entry=entry, number=1)
    no_file = factories.SubmissionFactory(
        entry=factories.EntryFactory(challenge=challenge), handed_in=True
    )
    elsewhere = factories.SubmissionFactory(handed_in=True)

    created = [actions.enqueue(row) for row in (draft, no_file, elsewhere)]

    assert created == [None, None, None]
    assert actions.enqueue_missing() == 0


def test_a_new_version_of_the_benchmark_evaluates_everything_anew(challenge, submission):
    old = evaluated(submission)
    benchmark_actions.save(
        challenge,
        by=factories.organiser(challenge.competition),
        data=benchmark_settings(digits=3, split_column="", reason="Weniger Stellen."),
    )

    assert actions.enqueue_missing() == 1

    new = submission.evaluations.exclude(pk=old.pk).get()
    assert (old.benchmark_version, new.benchmark_version, new.state) == (1, 2, S.QUEUED)
    assert old.scores.exists()


def test_runs_that_the_queue_forgot_are_woken_once(
    settings, submission, django_capture_on_commit_callbacks
):
    settings.TASKS = {
        "default": {
            "BACKEND": "django_tasks_db.DatabaseBackend",
            "QUEUES": ["default", "evaluations"],
        }
    }
    with django_capture_on_commit_callbacks(execute=True):
        evaluation = actions.enqueue(submission)
    later = evaluation.queued_at + actions.PATIENCE
    assert actions.wake_waiting(later) == 0  # the queue knows it
    DBTaskResult.objects.all().delete()

    with django_capture_on_commit_callbacks(execute=True):
        first = actions.wake_waiting(later)
    second = actions.wake_waiting(later)

    assert (first, second) == (1, 0)
    assert DBTaskResult.objects.get().args_kwargs["kwargs"] == {"evaluation_id": evaluation.pk}


# ---- rerun ---------------------------------------------------------------------------------------
def fault(submission):
    evaluation = claimed(submission)
    Evaluation.objects.filter(pk=evaluation.pk).update(attempt=3)
    actions.requeue_lost()
    evaluation.refresh_from_db()
    assert evaluation.state == S.INTERNAL_ERROR
    return evaluation


def rerun_url(evaluation):
    challenge = evaluation.submission.entry.challenge
    return reverse(
        "scoring:evaluation-rerun",
        args=[challenge.competition.slug, challenge.code, evaluation.code],
    )


def test_rerun_starts_with_fresh_attempts_and_stays_free(challenge, submission):
    evaluation = fault(submission)

    actions.rerun(evaluation, by=factories.organiser(challenge.competition))
    assert (evaluation.state, evaluation.attempt) == (S.QUEUED, 0)
    actions.run(evaluation.pk)

    evaluation.refresh_from_db()
    submission.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.SUCCEEDED, 1)
    assert not submission.costs_a_try


def test_rerun_is_for_faults_only(challenge, submission):
    evaluation = evaluated(submission)

    with pytest.raises(IllegalTransition):
        actions.rerun(evaluation, by=factories.organiser(challenge.competition))


def test_rerun_leaves_nothing_if_the_event_cannot_be_written(challenge, submission):
    evaluation = fault(submission)
    ada = factories.organiser(challenge.competition)
    break_audit()

    with pytest.raises(IntegrityError):
        actions.rerun(evaluation, by=ada)

    evaluation.refresh_from_db()
    assert (evaluation.state, evaluation.attempt) == (S.INTERNAL_ERROR, 3)


def test_evaluation_rerun_works_for_the_office(challenge, submission, sign_in):
    evaluation = fault(submission)
    ada = factories.organiser(challenge.competition)

    answer = sign_in(ada).post(rerun_url(evaluation))

    evaluation.refresh_from_db()
    assert (answer.status_code, evaluation.state) == (302, S.QUEUED)
    event = AuditEvent.objects.get(action="evaluation.queued", actor=ada.pk)
    assert event.target_key == str(evaluation.pk)


def test_evaluation_rerun_is_closed_to_everybody_else(challenge, entry, submission, sign_in):
    evaluation = fault(submission)
    people = [
        factories.team_member(entry.team),
        factories.agency_staff(challenge.agency),
        factories.organiser(factories.CompetitionFactory()),
        factories.UserFactory(),
    ]

    answers = [sign_in(person).post(rerun_url(evaluation)).status_code for person in people]

    evaluation.refresh_from_db()
    assert (answers, evaluation.state) == ([404] * 4, S.INTERNAL_ERROR)


def test_evaluation_rerun_refuses_get_and_a_run_that_is_no_fault(challenge, submission, sign_in):
    ada = factories.organiser(challenge.competition)
    evaluation = evaluated(submission)
    client = sign_in(ada)

    assert client.get(rerun_url(evaluation)).status_code == 405
    assert client.post(rerun_url(evaluation)).status_code == 404


# ---- the audit -----------------------------------------------------------------------------------
def test_enqueue_leaves_nothing_if_the_event_cannot_be_written(submission):
    break_audit()

    with pytest.raises(IntegrityError):
        actions.enqueue(submission)

    assert not Evaluation.objects.exists()


def test_events_of_runs_hold_no_value_and_no_label(submission):
    evaluation = evaluated(submission)

    events = AuditEvent.objects.filter(
        target_type="scoring.evaluation", target_key=str(evaluation.pk)
    )
    data = json.dumps(list(events.values_list("data", flat=True)))
    assert "quokka" not in data
    assert "0.5" not in data
