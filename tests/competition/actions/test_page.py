"""Standing pages: a change is a new version with its first day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from competition.actions import page as actions
from competition.models import Page
from core import clock
from core.exceptions import PermissionRefused
from core.models import AuditEvent
from tests.factories import (
    DAY,
    AgencyFactory,
    CompetitionFactory,
    UserFactory,
    agency_staff,
    break_audit,
    organiser,
)

pytestmark = pytest.mark.django_db


def today() -> dt.date:
    return timezone.localdate(clock.now())


def save(by: User, slug: str = "imprint", **changes: Any) -> Page:
    fields = {
        "title_de": "Impressum",
        "title_en": "Imprint",
        "body_de": "Text",
        "body_en": "Text",
        "valid_from": today(),
        **changes,
    }
    return actions.save(slug, by=by, **fields)


def test_new_version_leaves_the_old_one() -> None:
    ada = organiser(CompetitionFactory())
    old = Page.objects.create(
        slug="imprint",
        title_de="Alt",
        title_en="Old",
        body_de="Alt",
        body_en="Old",
        valid_from=today() - 30 * DAY,
    )

    new = save(ada, valid_from=today() + 3 * DAY)

    assert set(Page.objects.all()) == {old, new}
    assert Page.objects.valid_on(today()).first() == old
    assert Page.objects.valid_on(today() + 3 * DAY).first() == new
    assert AuditEvent.objects.get().data == {
        "slug": "imprint",
        "valid_from": (today() + 3 * DAY).isoformat(),
        "is_new": True,
    }


def test_version_of_the_same_day_is_replaced() -> None:
    ada = organiser(CompetitionFactory())
    save(ada)

    save(ada, body_de="Neuer Text")

    assert Page.objects.get().body_de == "Neuer Text"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_en": " "}, "title_en"),
        ({"body_de": ""}, "body_de"),
        ({"title_de": "x" * 121}, "title_de"),
        ({"body_en": "x" * 60_001}, "body_en"),
        ({"valid_from": dt.date(2020, 1, 1)}, "valid_from"),
    ],
)
def test_page_needs_both_languages_and_a_day_to_come(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        save(organiser(CompetitionFactory()), **changes)

    assert list(caught.value.message_dict) == [field]
    assert not Page.objects.exists()


def test_pages_are_for_people_of_an_office() -> None:
    for stranger in (agency_staff(AgencyFactory()), UserFactory(), UserFactory(is_superuser=True)):
        with pytest.raises(PermissionRefused):
            save(stranger)


def test_page_that_no_template_links_is_refused() -> None:
    with pytest.raises(PermissionRefused):
        save(organiser(CompetitionFactory()), slug="secret")


def test_page_without_its_event_is_not_saved() -> None:
    ada = organiser(CompetitionFactory())
    break_audit()

    with pytest.raises(IntegrityError):
        save(ada)

    assert not Page.objects.exists()
