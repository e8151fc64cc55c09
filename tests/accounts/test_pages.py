"""Pages of accounts: start by role, profile, second factor, demo sign-in, audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts.queries import DEMO_DOMAIN
from core import audit
from core.models import AuditEvent
from tests.factories import (
    AgencyFactory,
    CompetitionFactory,
    UserFactory,
    agency_staff,
    organiser,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

    SignIn = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def test_start_leads_a_person_with_one_role_to_their_desk(sign_in: SignIn) -> None:
    bea = agency_staff(AgencyFactory())

    response = sign_in(bea).get(reverse("accounts:start"))

    assert response["Location"] == reverse("competition:statement-list")


def test_start_offers_the_choice_to_a_person_with_two_roles(sign_in: SignIn) -> None:
    agency = AgencyFactory()
    bea = agency_staff(agency)
    bea.is_auditor = True
    bea.save()

    response = sign_in(bea).get(reverse("accounts:start"))

    assert [(desk.role.key, desk.acts_for) for desk in response.context["desks"]] == [
        ("agency", agency.name),
        ("auditor", ""),
    ]


def test_start_tells_a_person_without_a_role_what_to_do(sign_in: SignIn) -> None:
    response = sign_in(UserFactory()).get("/en/me/")

    assert "Show competitions" in response.content.decode()


def test_profile_is_saved_and_recorded_without_its_contents(sign_in: SignIn) -> None:
    gus = UserFactory(name="Gus", language="de")

    response = sign_in(gus).post(
        reverse("accounts:profile-edit"), {"name": "Gustav Geheim", "language": "en"}
    )

    gus.refresh_from_db()
    event = AuditEvent.objects.get(action="user.profile_changed")
    assert (response.status_code, gus.name, gus.language) == (302, "Gustav Geheim", "en")
    assert event.data == {"fields": ["name", "language"]}


def test_profile_without_a_name_keeps_what_was_typed(sign_in: SignIn) -> None:
    response = sign_in(UserFactory()).post(
        reverse("accounts:profile-edit"), {"name": "", "language": "en"}
    )

    assert (response.status_code, response.context["form"]["language"].value()) == (422, "en")


@pytest.mark.parametrize("url", ["accounts:start", "accounts:profile-edit", "accounts:audit-list"])
def test_anonymous_person_is_led_to_the_sign_in(client: Client, url: str) -> None:
    response = client.get(reverse(url))

    assert response["Location"].startswith(reverse("account_login"))


def test_organiser_without_a_second_factor_is_led_to_its_set_up(client: Client) -> None:
    client.force_login(organiser(CompetitionFactory()))

    response = client.get(reverse("competition:office-list"))

    assert response["Location"] == reverse("accounts:second-factor-required")


def test_page_about_the_second_factor_opens_without_one(client: Client) -> None:
    client.force_login(organiser(CompetitionFactory()))

    response = client.get(reverse("accounts:second-factor-required"))

    assert (response.status_code, len(response.context["needing"])) == (200, 1)


def test_agency_staff_need_no_second_factor(client: Client) -> None:
    client.force_login(agency_staff(AgencyFactory()))

    assert client.get(reverse("competition:statement-list")).status_code == 200


def test_demo_sign_in_does_not_exist_outside_demo_mode(client: Client) -> None:
    UserFactory(email=f"ada@buero.{DEMO_DOMAIN}")

    response = client.post(reverse("accounts:demo-sign-in"), {"email": f"ada@buero.{DEMO_DOMAIN}"})

    assert (response.status_code, "_auth_user_id" in client.session) == (404, False)


def test_demo_sign_in_signs_in_people_of_the_demo_only(client: Client, settings: Any) -> None:
    settings.DEMO = True
    UserFactory(email=f"ada@buero.{DEMO_DOMAIN}")
    UserFactory(email="real@example.org")
    url = reverse("accounts:demo-sign-in")

    refused = client.post(url, {"email": "real@example.org"})
    accepted = client.post(url, {"email": f"ada@buero.{DEMO_DOMAIN}"})

    assert (refused.status_code, accepted["Location"]) == (404, reverse("accounts:start"))


def test_audit_log_is_404_for_everybody_but_auditors_and_operators(sign_in: SignIn) -> None:
    people = {
        "nobody": UserFactory(),
        "organiser": organiser(CompetitionFactory()),
        "agency": agency_staff(AgencyFactory()),
        "auditor": UserFactory(is_auditor=True),
        "operator": UserFactory(is_superuser=True, is_staff=True),
    }

    answers = {
        name: sign_in(person).get(reverse("accounts:audit-list")).status_code
        for name, person in people.items()
    }

    assert answers == {
        "nobody": 404,
        "organiser": 404,
        "agency": 404,
        "auditor": 200,
        "operator": 200,
    }


def test_audit_log_is_filtered_by_beginnings(sign_in: SignIn) -> None:
    auditor = UserFactory(is_auditor=True)
    audit.record("challenge.published", target=auditor, by=auditor)
    audit.record("submission.handed_in", target=auditor, by=auditor)

    response = sign_in(auditor).get(reverse("accounts:audit-list"), {"action": "challenge."})

    assert [line.event.action for line in response.context["lines"]] == ["challenge.published"]


def test_verification_tells_the_result_and_leaves_an_event(sign_in: SignIn) -> None:
    auditor = UserFactory(is_auditor=True)
    audit.record("challenge.published", target=auditor, by=auditor)

    response = sign_in(auditor).post(reverse("accounts:audit-verify"))

    event = AuditEvent.objects.get(action="audit.verified")
    assert (response.context["report"].is_intact, event.data["intact"]) == (True, True)


def test_verification_names_the_broken_entry(sign_in: SignIn) -> None:
    auditor = UserFactory(is_auditor=True)
    event = audit.record("challenge.published", target=auditor, by=auditor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER ALL")
        else:
            cursor.execute("DROP TRIGGER audit_event_no_update")
        cursor.execute("UPDATE core_auditevent SET action = 'x' WHERE sequence = %s", [event.pk])

    response = sign_in(auditor).post(reverse("accounts:audit-verify"))

    assert response.context["report"].first_broken == event.sequence


@pytest.mark.parametrize("rows", [1, 3])
def test_audit_log_costs_the_same_queries_for_any_number_of_rows(
    sign_in: SignIn, rows: int, django_assert_num_queries: Any
) -> None:
    auditor = UserFactory(is_auditor=True)
    for _row in range(rows):
        audit.record("x.y", target=auditor, by=UserFactory())
    client = sign_in(auditor)

    with django_assert_num_queries(6):
        client.get(reverse("accounts:audit-list"))
