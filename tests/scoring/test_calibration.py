"""Calibration: the same samples for all, own levels first, no names, and nothing ever counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError
from django.urls import reverse

from core.exceptions import Incomplete, PermissionRefused
from scoring.actions import calibration as actions
from scoring.models import CalibrationSample, CalibrationSheet, Jury
from scoring.queries import calibration as queries
from scoring.states import JuryState, SeatRole
from tests.factories import break_audit

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from tests.scoring.jury_room import Room

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def add(room: Room, title: str = "Erfundene Einreichung") -> CalibrationSample:
    return actions.add_sample(room.jury, by=room.ada, title=title, text="Ein **Konzept**.")


def marks_of(room: Room, *levels: int) -> dict[str, int | None]:
    return {criterion.key: level for criterion, level in zip(room.criteria, levels, strict=True)}


def give(room: Room, sample: CalibrationSample, who: str, *levels: int) -> CalibrationSheet:
    return actions.give_levels(sample, by=room.people[who], marks=marks_of(room, *levels))


def page_of(room: Room) -> str:
    return reverse("scoring:calibration-show", args=[room.challenge.code])


# -- samples ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["bea", "cem", "frida", "hanna", "gus"])
def test_samples_are_the_office_s(room: Room, who: str) -> None:
    with pytest.raises(PermissionRefused):
        actions.add_sample(room.jury, by=room.people[who], title="T", text="T")


@pytest.mark.parametrize("state", [JuryState.CLOSED, JuryState.DELIBERATING, JuryState.DECIDED])
def test_samples_come_before_the_end_of_the_assessments(room: Room, state: str) -> None:
    sample = add(room)
    Jury.objects.filter(pk=room.jury.pk).update(state=state)

    with pytest.raises(PermissionRefused):
        add(room)
    with pytest.raises(PermissionRefused):
        give(room, sample, "frida", 3, 3, 5)


def test_sample_needs_words_and_there_are_few(room: Room) -> None:
    with pytest.raises(Incomplete):
        actions.add_sample(room.jury, by=room.ada, title="T", text=" ")
    for number in range(actions.MAX_SAMPLES):
        add(room, f"Beispiel {number}")
    with pytest.raises(actions.CalibrationRefused):
        add(room)


def test_sample_stays_once_somebody_has_scored_it(room: Room) -> None:
    first, second = add(room), add(room, "Zweite")
    give(room, first, "frida", 3, 3, 5)

    with pytest.raises(actions.CalibrationRefused):
        actions.remove_sample(first, by=room.ada)
    actions.remove_sample(second, by=room.ada)

    assert list(CalibrationSample.objects.all()) == [first]


# -- levels ----------------------------------------------------------------------------------------


def test_levels_are_given_once_and_by_who_assesses(room: Room) -> None:
    sample = add(room)
    give(room, sample, "frida", 3, 3, 5)
    advisory = room.seats["iris"]
    advisory.role = SeatRole.ADVISORY
    advisory.save()

    with pytest.raises(actions.CalibrationRefused):
        give(room, sample, "frida", 4, 4, 4)
    for who in ("iris", "ada", "cem"):
        with pytest.raises(PermissionRefused):
            give(room, sample, who, 3, 3, 5)
    assert CalibrationSheet.objects.get().marks == marks_of(room, 3, 3, 5)


def test_every_criterion_needs_a_level_of_its_scale(room: Room) -> None:
    sample = add(room)
    whole = marks_of(room, 3, 3, 5)
    key = room.criteria[0].key
    without = {name: level for name, level in whole.items() if name != key}

    for wrong in ({**whole, key: 9}, {**whole, key: None}, without):
        with pytest.raises(Incomplete):
            actions.give_levels(sample, by=room.frida, marks=wrong)


def test_levels_are_undone_without_their_event(room: Room) -> None:
    sample = add(room)
    break_audit()

    with pytest.raises(IntegrityError):
        give(room, sample, "frida", 3, 3, 5)

    assert not CalibrationSheet.objects.exists()


def test_others_levels_wait_for_the_own_ones_and_have_no_names(room: Room) -> None:
    sample = add(room)
    give(room, sample, "hanna", 2, 3, 5)
    give(room, sample, "iris", 5, 3, 4)

    (before,) = queries.samples(room.jury, room.seats["frida"])
    give(room, sample, "frida", 3, 3, 5)
    (after,) = queries.samples(room.jury, room.seats["frida"])

    assert (before.spreads, before.count) == ((), 2)
    assert [(row.own, row.counts) for row in after.spreads] == [
        (3, ((2, 1), (3, 1), (5, 1))),
        (3, ((3, 3),)),
        (5, ((4, 1), (5, 2))),
    ]
    assert str(room.criteria[0]) in after.takeaway
    (office,) = queries.samples(room.jury)
    assert [row.own for row in office.spreads] == [None, None, None]


# -- pages -----------------------------------------------------------------------------------------


def test_juror_scores_and_then_reads_all(room: Room, sign_in: SignIn) -> None:
    sample = add(room)
    give(room, sample, "hanna", 2, 3, 5)
    client, keys = sign_in(room.frida), [criterion.key for criterion in room.criteria]

    empty = client.get(page_of(room))
    gap = client.post(page_of(room), {"sample": sample.code, keys[0]: "4"})
    client.post(page_of(room), {"sample": sample.code, **dict(zip(keys, "435", strict=True))})
    done = client.get(page_of(room))

    (row, form) = empty.context["rows"][0]
    assert (row.spreads, form is not None) == ((), True)
    assert (gap.status_code, list(gap.context["failed"].errors)) == (422, keys[1:])
    assert gap.context["failed"][keys[0]].value() == "4"
    (row, form) = done.context["rows"][0]
    assert ([spread.own for spread in row.spreads], form) == ([4, 3, 5], None)
    assert "Hanna" not in done.text
    assert client.post(page_of(room), {"sample": "K-XXXXXX"}).status_code == 404


def test_office_adds_and_removes_on_its_page(room: Room, sign_in: SignIn) -> None:
    client = sign_in(room.ada)
    url = reverse("scoring:calibration-edit", args=[room.competition.slug, room.challenge.code])

    gap = client.post(url, {"title": "Nur ein Titel"})
    client.post(url, {"title": "Beispiel", "text": "Ein Konzept."})
    (sample,) = CalibrationSample.objects.all()
    shown = client.get(url)
    client.post(url, {"remove": sample.code})

    assert (gap.status_code, gap.context["form"]["title"].value()) == (422, "Nur ein Titel")
    assert "Beispiel" in shown.text
    assert not CalibrationSample.objects.exists()


def test_room_leads_to_samples_until_they_are_scored(assessing: Room, sign_in: SignIn) -> None:
    sample = add(assessing)
    client = sign_in(assessing.frida)
    url = reverse("scoring:jury-show", args=[assessing.challenge.code])

    before = client.get(url).context["samples"]
    give(assessing, sample, "frida", 3, 3, 5)

    assert (before, client.get(url).context["samples"]) == (1, 0)
