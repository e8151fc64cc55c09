"""The page of an evaluation in its five states, the team's page, and the office's queue."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation

from core import clock, workers
from scoring.actions import evaluation as actions
from scoring.models import Evaluation
from scoring.queries import evaluation as queries
from scoring.states import EvaluationState as S
from tests import factories
from tests.factories import (
    evaluated,
    handed_in_predictions,
    measured_challenge,
    predictions,
    scored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    return measured_challenge()


@pytest.fixture
def entry(challenge):
    return factories.EntryFactory(challenge=challenge, team__name="Dachs")


@pytest.fixture
def cem(entry):
    return factories.team_member(entry.team)


@pytest.fixture
def submission(entry):
    return handed_in_predictions(entry, *predictions(wrong=3))


def page(client, evaluation):
    return client.get(reverse("scoring:evaluation-show", args=[evaluation.code]))


def english(client, evaluation):
    return client.get("/en" + reverse("scoring:evaluation-show", args=[evaluation.code]))


def fault(evaluation):
    actions._claim(evaluation.pk, worker="killed")
    Evaluation.objects.filter(pk=evaluation.pk).update(
        attempt=3, lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    actions.requeue_lost()


# ---- five states (S-40 to S-44) ------------------------------------------------------------------
def test_queued_says_the_place_and_about_how_long(challenge, submission, cem, sign_in):
    for _before in range(2):
        actions.enqueue(
            handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
        )
    evaluation = actions.enqueue(submission)

    answer = english(sign_in(cem), evaluation)

    assert answer.context["page"].headline == "Place 3 in the queue, about 15 s"
    assert 'hx-trigger="every 3s"' in answer.content.decode()


def test_queued_says_that_the_queue_stands_still(submission, cem, sign_in):
    workers.give_sign("a:1", processes=0)

    shown = english(sign_in(cem), actions.enqueue(submission)).context["page"]

    assert shown.headline == "Place 1 in the queue, which stands still at the moment"


def test_the_guess_counts_on_the_processes_that_live(challenge, submission, cem, sign_in):
    workers.give_sign("a:1", processes=3)
    for _before in range(2):
        actions.enqueue(
            handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
        )

    shown = english(sign_in(cem), actions.enqueue(submission)).context["page"]

    assert shown.headline == "Place 3 in the queue, about 5 s"


def test_running_says_the_step(submission, cem, sign_in):
    evaluation = actions.enqueue(submission)
    actions._claim(evaluation.pk, worker="w")

    shown = english(sign_in(cem), evaluation).context["page"]

    assert shown.headline == "Is being evaluated, step 2 of 3"
    assert [(step.state) for step in shown.steps] == ["past", "past", "current", "future"]


def test_succeeded_says_the_value_and_what_counts(submission, cem, sign_in):
    evaluation = evaluated(submission)

    answer = english(sign_in(cem), evaluation)

    shown = answer.context["page"]
    assert (shown.headline, shown.explanation) == ("Evaluated: 50.00%", "This version counts.")
    assert [(value.card.key, value.figure) for value in shown.values] == [
        ("accuracy", "50.00%"),
        ("f1_macro", "48.57%"),
    ]
    assert (shown.counting.rank, shown.counting.teams) == (1, 1)
    assert "hx-trigger" not in answer.content.decode()


def test_failed_shows_the_report_and_what_still_counts(entry, submission, cem, sign_in):
    evaluated(submission)
    lines = predictions()
    lines[2] = "r02,numbat"
    evaluation = evaluated(handed_in_predictions(entry, *lines))

    answer = english(sign_in(cem), evaluation)

    shown, text = answer.context["page"], answer.content.decode()
    assert shown.headline == "Prediction file could not be evaluated (does not count)"
    assert shown.explanation == "It costs no try. Version 1 still counts."
    assert "The label “numbat” is unknown." in text
    assert not shown.is_own_values


def test_a_fault_of_ours_says_that_it_does_not_count(submission, cem, sign_in):
    evaluation = actions.enqueue(submission)
    fault(evaluation)

    answer = english(sign_in(cem), evaluation)

    shown = answer.context["page"]
    assert shown.headline == "Fault on our side – does not count"
    assert "costs no try" in answer.content.decode()
    assert "lease ended" not in answer.content.decode()  # that is for operators


def test_a_repeated_run_says_so_while_it_waits(submission, cem, sign_in):
    evaluation = actions.enqueue(submission)
    actions._claim(evaluation.pk, worker="killed")
    Evaluation.objects.filter(pk=evaluation.pk).update(
        lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    actions.requeue_lost()

    answer = english(sign_in(cem), evaluation)

    shown = answer.context["page"]
    assert shown.was_repeated
    assert [(run.number, run.outcome) for run in shown.runs] == [(1, "queued")]
    assert "Fault on our side – does not count" in answer.content.decode()


def test_an_answer_to_htmx_is_the_panel_and_then_a_fresh_page(submission, cem, sign_in):
    evaluation = actions.enqueue(submission)
    client = sign_in(cem)
    url = reverse("scoring:evaluation-show", args=[evaluation.code])

    waiting = client.get(url, headers={"HX-Request": "true"})
    actions.run(evaluation.pk)
    done = client.get(url, headers={"HX-Request": "true"})

    assert waiting.content.decode().strip().startswith('<section class="panel')
    assert "HX-Refresh" not in waiting.headers
    assert done.headers["HX-Refresh"] == "true"


# ---- who -----------------------------------------------------------------------------------------
def test_evaluation_show_is_for_the_team_and_the_office(challenge, entry, submission, sign_in):
    evaluation = actions.enqueue(submission)
    seat = factories.JurySeatFactory(jury__challenge=challenge)
    allowed = [
        factories.team_member(entry.team, role="member"),
        factories.organiser(challenge.competition),
    ]
    denied = [
        factories.team_member(factories.EntryFactory(challenge=challenge).team),
        factories.agency_staff(challenge.agency),
        factories.organiser(factories.CompetitionFactory()),
        seat.user,
        factories.UserFactory(),
    ]

    assert [page(sign_in(person), evaluation).status_code for person in allowed] == [200, 200]
    assert [page(sign_in(person), evaluation).status_code for person in denied] == [404] * 5


def test_evaluation_show_asks_anonymous_people_to_sign_in(submission, client):
    answer = page(client, actions.enqueue(submission))

    assert answer.status_code == 302
    assert "/accounts/login/" in answer.url


def test_the_office_reads_nothing_that_leads_to_the_pseudonym(challenge, submission, sign_in):
    """Codes and titles of submissions stand beside the pseudonym on the jury's pages (R-20)."""
    evaluation = evaluated(submission)
    client = sign_in(factories.organiser(challenge.competition))
    queue = reverse("scoring:evaluation-list", args=[challenge.competition.slug, challenge.code])

    text = page(client, evaluation).content.decode() + client.get(queue).content.decode()

    for secret in (
        submission.code,
        submission.title,
        submission.entry.jury_pseudonym,
        submission.predictions.sha256[:8],
        submission.predictions.original_name,
    ):
        assert secret not in text


def test_evaluation_show_needs_as_many_queries_for_four_versions_as_for_two(
    entry, cem, sign_in, django_assert_max_num_queries
):
    client = sign_in(cem)
    counts = []
    for number in range(1, 5):
        version = factories.SubmissionFactory(entry=entry, number=number, handed_in=True)
        last = scored(version, public=0.5)
        page(client, last)
        with django_assert_max_num_queries(33) as queries_of_page:
            page(client, last)
        counts.append(len(queries_of_page))

    assert counts[1] == counts[3]


# ---- the team's page -----------------------------------------------------------------------------
def test_the_page_of_a_submission_shows_its_evaluation(submission, cem, sign_in):
    evaluation = evaluated(submission)

    text = sign_in(cem).get(submission.get_absolute_url()).content.decode()

    assert reverse("scoring:evaluation-show", args=[evaluation.code]) in text


# ---- the office ----------------------------------------------------------------------------------
def queue_url(challenge):
    return reverse("scoring:evaluation-list", args=[challenge.competition.slug, challenge.code])


def test_evaluation_list_shows_states_the_oldest_and_where_it_failed(
    challenge, entry, submission, sign_in
):
    waiting = actions.enqueue(submission)
    broken = actions.enqueue(handed_in_predictions(entry, *predictions()))
    fault(broken)

    answer = sign_in(factories.organiser(challenge.competition)).get(queue_url(challenge))

    queue = answer.context["queue"]
    assert (queue.waiting, queue.oldest) == (1, waiting.queued_at)
    assert queue.counts[S.INTERNAL_ERROR] == 1
    text = answer.content.decode()
    assert "lease ended" in text
    assert (
        reverse(
            "scoring:evaluation-rerun",
            args=[challenge.competition.slug, challenge.code, broken.code],
        )
        in text
    )


def test_evaluation_list_says_who_works_and_when_nobody_does(challenge, sign_in):
    client = sign_in(factories.organiser(challenge.competition))
    url = "/en" + reverse(
        "scoring:evaluation-list", args=[challenge.competition.slug, challenge.code]
    )
    texts = []
    for processes in (2, 0):
        workers.give_sign("a:1", processes=processes)
        texts.append(client.get(url).content.decode())

    assert ["2 processes work" in text for text in texts] == [True, False]
    assert ["The evaluation stands still" in text for text in texts] == [False, True]


@pytest.mark.parametrize(
    ("processes", "minutes", "error"),
    [(1, 5, ""), (1, 11, "more than 600 s"), (0, 0, "start manage.py worker")],
)
def test_monitoring_is_told_whether_the_queue_moves(submission, capsys, processes, minutes, error):
    evaluation = actions.enqueue(submission)
    since = clock.now() - dt.timedelta(minutes=minutes)
    Evaluation.objects.filter(pk=evaluation.pk).update(queued_at=since)
    workers.give_sign("a:1", processes=processes)

    with pytest.raises(CommandError, match=error) if error else contextlib.nullcontext():
        call_command("evaluation_queue")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "waiting: 1"
    assert lines[2:5] == ["running: 0", "faults: 0", f"processes: {processes}"]


def test_evaluation_list_filters_by_state(challenge, entry, submission, sign_in):
    evaluated(submission)
    waiting = actions.enqueue(handed_in_predictions(entry, *predictions()))
    client = sign_in(factories.organiser(challenge.competition))

    answer = client.get(queue_url(challenge), {"state": "queued"})

    assert [run.code for run in answer.context["page"]] == [waiting.code]
    assert client.get(queue_url(challenge), {"state": "nonsense"}).status_code == 200


def test_evaluation_list_is_for_the_office_of_the_competition(challenge, entry, sign_in):
    people = [
        factories.team_member(entry.team),
        factories.agency_staff(challenge.agency),
        factories.organiser(factories.CompetitionFactory()),
        factories.UserFactory(),
    ]

    answers = [sign_in(person).get(queue_url(challenge)).status_code for person in people]

    assert answers == [404] * 4


def test_evaluation_list_needs_as_many_queries_for_three_rows_as_for_one(
    challenge, sign_in, django_assert_max_num_queries
):
    client = sign_in(factories.organiser(challenge.competition))
    counts = []
    for number in range(3):
        entry = factories.EntryFactory(challenge=challenge, team__name=f"Team {number}")
        scored(factories.SubmissionFactory(entry=entry, handed_in=True), public=0.5)
        client.get(queue_url(challenge))
        with django_assert_max_num_queries(13) as queries_of_page:
            client.get(queue_url(challenge))
        counts.append(len(queries_of_page))

    assert counts[0] == counts[2]


# ---- figures -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 5 s"), (6, "about 10 s"), (55, "about 55 s"), (61, "about 2 minutes")],
)
def test_a_guess_is_written_in_steps(seconds, words):
    with translation.override("en"):
        assert queries.about_words(dt.timedelta(seconds=seconds)) == words


def test_the_time_to_wait_follows_the_latest_runs(challenge, entry, submission, settings):
    settings.EVALUATION_WORKERS = 2
    done = scored(factories.SubmissionFactory(entry=entry, number=9, handed_in=True), public=0.5)
    Evaluation.objects.filter(pk=done.pk).update(
        started_at=clock.now() - dt.timedelta(seconds=20), finished_at=clock.now()
    )
    evaluation = actions.enqueue(submission)

    waiting = queries.time_to_wait(evaluation, 3)

    assert round(waiting.total_seconds()) == 40  # two rounds of two workers
