"""The technical administration: for operators, audited, without results and without deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.urls import reverse

from competition.models import Agency
from core.models import AuditEvent
from tests.factories import (
    AgencyFactory,
    CompetitionFactory,
    TermsFactory,
    UserFactory,
    organiser,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

    SignIn = Callable[[User], Client]

pytestmark = pytest.mark.django_db
ROWS = {
    "memberships-TOTAL_FORMS": "1",
    "memberships-INITIAL_FORMS": "0",
    "memberships-MIN_NUM_FORMS": "0",
    "memberships-MAX_NUM_FORMS": "1000",
}


def _operator() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def test_only_what_has_no_page_of_its_own_is_registered() -> None:
    ours = {"accounts", "competition", "submissions", "scoring", "core"}
    names = {model._meta.label for model in admin.site._registry if model._meta.app_label in ours}

    assert names == {
        "accounts.User",
        "competition.Agency",
        "competition.Competition",
        "competition.LegalValue",
        "competition.Terms",
    }


def test_administration_uses_the_products_own_sign_in(client: Client) -> None:
    response = client.get(reverse("admin:login"))

    assert response["Location"].startswith(reverse("account_login"))


def test_organiser_does_not_get_in(sign_in: SignIn) -> None:
    response = sign_in(organiser(CompetitionFactory())).get(reverse("admin:index"))

    assert (response.status_code, b"Django" in response.content) != (200, True)


def test_new_agency_and_its_staff_are_recorded(sign_in: SignIn) -> None:
    operator, bea = _operator(), UserFactory()
    data = {
        "name": "Amt",
        "slug": "amt",
        **ROWS,
        "memberships-0-user": bea.pk,
        "memberships-0-role": "owner",
    }

    sign_in(operator).post(reverse("admin:competition_agency_add"), data)

    agency = Agency.objects.get(slug="amt")
    events = AuditEvent.objects.filter(actor=operator.pk).order_by("sequence")
    assert [(event.action, event.data) for event in events] == [
        ("agency.created", {"fields": ["name", "slug"]}),
        ("agencymembership.set", {"agency_id": agency.pk, "user_id": bea.pk}),
    ]


def test_nothing_is_deleted(sign_in: SignIn) -> None:
    agency = AgencyFactory()
    url = reverse("admin:competition_agency_delete", args=[agency.pk])

    response = sign_in(_operator()).post(url, {"post": "yes"})

    assert (response.status_code, Agency.objects.filter(pk=agency.pk).exists()) == (403, True)


def test_published_terms_cannot_be_changed(sign_in: SignIn) -> None:
    terms = TermsFactory()
    url = reverse("admin:competition_terms_change", args=[terms.pk])

    response = sign_in(_operator()).post(url, {"text_de": "anders"})

    terms.refresh_from_db()
    assert (response.status_code, terms.text_de) == (403, "Bedingungen.")
