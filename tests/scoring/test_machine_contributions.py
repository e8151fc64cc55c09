"""What the machine shows on pages of lower apps: tasks, tabs, the cockpit."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import RequestFactory
from django.urls import reverse

from competition.extensions import Place, contributed_items, contributions
from core import clock, workers
from scoring.actions import evaluation as actions
from scoring.models import Evaluation
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions

pytestmark = pytest.mark.django_db


def request_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


def contexts(place, subject, user=None):
    request = request_of(user or factories.UserFactory())
    return [part.context for part in contributions(place, request, subject)]


def fault(submission):
    evaluation = actions.enqueue(submission)
    actions._claim(evaluation.pk, worker="killed")
    Evaluation.objects.filter(pk=evaluation.pk).update(
        attempt=3, lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    actions.requeue_lost()
    return evaluation


def benchmark_tasks(challenge):
    url = reverse("scoring:benchmark-edit", args=[challenge.code])
    return [task for task in contexts(Place.AGENCY_TASKS, challenge) if task["url"] == url]


def test_the_agency_has_a_task_only_where_predictions_are_wanted():
    without = factories.ChallengeFactory()
    wanted = factories.ChallengeFactory(wants_predictions=True)
    done = measured_challenge()

    assert benchmark_tasks(without) == []
    assert [task["is_done"] for task in benchmark_tasks(wanted)] == [False]
    assert [task["is_done"] for task in benchmark_tasks(done)] == [True]


def test_the_tab_is_there_once_something_is_measured():
    challenge = measured_challenge()
    url = reverse("scoring:leaderboard-show", args=[challenge.competition.slug, challenge.code])

    tabs = [tab for tab in contexts(Place.CHALLENGE_TABS, challenge) if tab["url"] == url]
    other = contexts(Place.CHALLENGE_TABS, factories.open_challenge())

    assert len(tabs) == 1
    assert [tab for tab in other if "leaderboard" in tab["url"]] == []


def test_the_cockpit_tells_what_waits_and_what_failed():
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    elsewhere = measured_challenge()
    fault(handed_in_predictions(entry, *predictions()))
    actions.enqueue(handed_in_predictions(entry, *predictions()))
    fault(handed_in_predictions(factories.EntryFactory(challenge=elsewhere), *predictions()))
    ada = factories.organiser(challenge.competition)
    request = request_of(ada)

    needs = contributed_items(Place.OFFICE_NEEDS, request, challenge.competition)
    health = contributed_items(Place.OFFICE_HEALTH, request, challenge.competition)

    url = reverse("scoring:evaluation-list", args=[challenge.competition.slug, challenge.code])
    assert [need.is_urgent for need in needs if need.url == url] == [True]
    assert [str(figure.value) for figure in health if "Auswertungen" in str(figure.label)] == ["1"]


def test_the_cockpit_is_told_urgently_that_nobody_evaluates():
    challenge = measured_challenge()
    actions.enqueue(
        handed_in_predictions(factories.EntryFactory(challenge=challenge), *predictions())
    )
    request = request_of(factories.organiser(challenge.competition))
    found = []
    for processes in (1, 0):
        workers.give_sign("a:1", processes=processes)
        needs = contributed_items(Place.OFFICE_NEEDS, request, challenge.competition)
        found.append([need.is_urgent for need in needs if "Auswertung" in str(need.label)])

    assert found == [[], [True]]


def test_the_office_page_of_a_statement_shows_the_queue(sign_in):
    challenge = measured_challenge()
    entry = factories.EntryFactory(challenge=challenge)
    actions.enqueue(handed_in_predictions(entry, *predictions()))
    ada = factories.organiser(challenge.competition)

    answer = sign_in(ada).get(
        reverse("competition:office-challenge", args=[challenge.competition.slug, challenge.code])
    )

    url = reverse("scoring:evaluation-list", args=[challenge.competition.slug, challenge.code])
    assert url in answer.content.decode()
