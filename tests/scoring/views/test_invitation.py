"""The pages of an invited person, and what office and chair see of the answers."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.models import AuditEvent
from scoring.actions import invitation as actions
from scoring.models import Jury, JurySeat
from scoring.states import DeclineReason, InvitationState, JuryState

pytestmark = pytest.mark.django_db

STRANGERS = ("ada", "bea", "hanna", "frida", "cem", "gus")
PRIVATE = "Ich pflege gerade jemanden."


@pytest.fixture
def invited(room):
    return actions.invite(
        room.jury, by=room.ada, email="neu@jury.example", name="Nele Neu", expected=18
    )


def url(invitation, name="seat-answer"):
    return reverse(f"scoring:{name}", args=[invitation.code])


def office_url(room, name, *more):
    return reverse(f"scoring:{name}", args=[room.competition.slug, room.challenge.code, *more])


def test_page_says_what_is_expected(invited, sign_in):
    response = sign_in(invited.user).get("/en" + url(invited))

    page = response.content.decode()
    assert response.status_code == 200
    assert "6 hours" in page
    assert [phase.kind for phase in response.context["phases"]] == ["submission", "assessment"]


@pytest.mark.parametrize("who", STRANGERS)
def test_invitation_is_404_for_strangers(room, invited, sign_in, who):
    client = sign_in(room.people[who])

    answers = {
        client.get(url(invited)).status_code,
        client.post(url(invited, "seat-accept")).status_code,
        client.post(url(invited, "seat-decline"), {"reason": "conflict"}).status_code,
    }

    assert answers == {404}


def test_visitors_sign_in_first(invited, client):
    response = client.get(url(invited))

    assert response.status_code == 302
    assert "login" in response.headers["Location"]


def test_own_juries_list_what_waits_for_an_answer(invited, sign_in):
    response = sign_in(invited.user).get(reverse("scoring:jury-list"))

    assert [row.pk for row in response.context["invitations"]] == [invited.pk]
    assert response.context["desks"] == []


def test_acceptance_leads_to_the_declaration(room, invited, sign_in):
    response = sign_in(invited.user).post(
        url(invited, "seat-accept"), {"organisation": "Kreis Nord", "field": "Recht"}
    )

    seat = JurySeat.objects.get(user=invited.user)
    assert response.headers["Location"].endswith(f"/jury/{room.challenge.code}/declaration/")
    assert (seat.organisation, seat.field) == ("Kreis Nord", "Recht")
    assert AuditEvent.objects.filter(action="juryinvitation.accepted").count() == 5


def test_acceptance_that_is_refused_stands_on_the_page(room, invited, sign_in):
    room.competition.office.create(user=invited.user)

    response = sign_in(invited.user).post(url(invited, "seat-accept"))

    assert response.status_code == 422
    assert response.context["refusal"].code == "is_organiser"


def test_acceptance_needs_a_post(invited, sign_in):
    assert sign_in(invited.user).get(url(invited, "seat-accept")).status_code == 405


def test_acceptance_after_the_end_is_404(room, invited, sign_in):
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.CLOSED)
    client = sign_in(invited.user)

    page = client.get(url(invited))

    assert (page.status_code, page.context["can_answer"]) == (200, False)
    assert client.post(url(invited, "seat-accept")).status_code == 404


def test_decline_stores_the_reason(invited, sign_in):
    client = sign_in(invited.user)

    form = client.get(url(invited, "seat-decline"))
    response = client.post(url(invited, "seat-decline"), {"reason": "other", "text": PRIVATE})

    invited.refresh_from_db()
    assert form.status_code == 200
    assert response.headers["Location"] == url(invited)
    assert (invited.state, invited.text) == (InvitationState.DECLINED, PRIVATE)


@pytest.mark.parametrize(
    ("data", "field"), [({}, "reason"), ({"reason": "other"}, "text"), ({"reason": "x"}, "reason")]
)
def test_decline_without_a_reason_keeps_the_form(invited, sign_in, data, field):
    response = sign_in(invited.user).post(url(invited, "seat-decline"), data)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}


def test_office_and_chair_alone_read_why_somebody_declined(room, invited, sign_in):
    actions.decline(invited, by=invited.user, reason=DeclineReason.OTHER, text=PRIVATE)
    pages = [
        office_url(room, "jury-manage"),
        *(
            reverse(f"scoring:{name}", args=[room.challenge.code])
            for name in ("jury-progress", "jury-show", "jury-declare")
        ),
        reverse("scoring:jury-list"),
        reverse("competition:challenge-show", args=[room.competition.slug, room.challenge.code]),
    ]

    readers = {
        who
        for who in ("ada", "bea", "hanna", "frida", "cem", "gus")
        for page in pages
        if PRIVATE in sign_in(room.people[who]).get(page, follow=True).content.decode()
    }

    assert readers == {"ada", "hanna"}


def test_office_withdraws_after_asking(room, invited, sign_in):
    client = sign_in(room.ada)
    address = office_url(room, "seat-withdraw", invited.code)

    page = client.get(address)
    response = client.post(address)

    invited.refresh_from_db()
    assert page.status_code == 200
    assert response.headers["Location"] == office_url(room, "jury-manage") + "#seats"
    assert invited.state == InvitationState.WITHDRAWN
    assert client.post(address).status_code == 404


@pytest.mark.parametrize("who", ["bea", "hanna", "frida", "cem", "gus"])
def test_withdrawal_is_404_for_strangers(room, invited, sign_in, who):
    client = sign_in(room.people[who])

    assert client.post(office_url(room, "seat-withdraw", invited.code)).status_code == 404


def test_page_of_the_office_asks_the_same_queries_for_more_invitations(
    room, sign_in, django_assert_max_num_queries
):
    client = sign_in(room.ada)
    address = office_url(room, "jury-manage")
    counts = []
    for number in range(3):
        actions.invite(room.jury, by=room.ada, email=f"n{number}@jury.example")
        if number != 1:
            with django_assert_max_num_queries(200) as queries:
                client.get(address)
            counts.append(len(queries))

    assert counts[0] == counts[1]
