"""Mails in both languages: subject, the one link, nothing that must not leave."""

from __future__ import annotations

import pytest

from core.models import OutboxMessage
from submissions.actions import submission as submission_actions
from submissions.actions import team as team_actions
from submissions.models import Submission
from tests.factories import UserFactory

SUBJECTS = {
    "team_invitation": (
        "Einladung in das Team „Team Dachs“",
        "Invitation to join team “Team Dachs”",
    ),
    "team_joined": ("Änderung in Ihrem Team", "Change in your team"),
    "team_left": ("Änderung in Ihrem Team", "Change in your team"),
    "team_removed": ("Änderung in Ihrem Team", "Change in your team"),
    "team_captain": ("Sie haben jetzt die Teamleitung", "You are now the captain"),
    "receipt": ("Eingangsbestätigung {reference}", "Receipt {reference}"),
    "submission_withdrawn": ("Fassung 1 zurückgezogen", "Version 1 withdrawn"),
}


@pytest.fixture(params=["de", "en"])
def language(request, world) -> str:
    type(world.cem).objects.update(language=request.param)
    for person in (world.cem, world.dora, world.gus):
        person.refresh_from_db()
    return request.param


def send(world, template: str) -> OutboxMessage:
    """Do what sends the mail, and return the first one."""
    if template in {"receipt", "submission_withdrawn"}:
        version = world.draft()
        submission_actions.hand_in(version, by=world.cem, key="k", declared=True)
        if template == "submission_withdrawn":
            submission_actions.withdraw(Submission.objects.get(), by=world.cem)
    elif template in {"team_invitation", "team_joined"}:
        invitation = team_actions.invite(world.team, by=world.cem, email=world.gus.email)
        if template == "team_joined":
            team_actions.accept_invitation(invitation, by=world.gus)
    elif template == "team_captain":
        team_actions.hand_over(world.team.memberships.get(user=world.dora), by=world.cem)
    else:
        team_actions.remove_member(world.team.memberships.get(user=world.dora), by=world.cem)
    return OutboxMessage.objects.filter(template=template).order_by("pk")[0]


@pytest.mark.parametrize("template", SUBJECTS)
def test_mail_is_in_the_language_of_its_reader(world, language, template):
    message = send(world, template)

    reference = Submission.objects.first().reference if template == "receipt" else ""
    words = SUBJECTS[template][0 if language == "de" else 1].format(reference=reference)
    competition = world.challenge.competition
    name = competition.name_de if language == "de" else competition.name_en
    assert message.subject == f"[{name}] {words}"
    assert message.body.startswith("Guten Tag," if language == "de" else "Hello,")


@pytest.mark.parametrize("template", SUBJECTS)
def test_mail_has_one_link_on_the_configured_address(world, language, template):
    message = send(world, template)

    prefix = "http://localhost:8000/" + ("en/" if language == "en" else "")
    assert message.body.count("http") == 1
    assert prefix in message.body


def test_mail_is_plain_text_without_escapes(world):
    type(world.team).objects.filter(pk=world.team.pk).update(name="Klug & Söhne <3")
    world.team.refresh_from_db()

    message = send(world, "team_invitation")

    assert "„Klug & Söhne <3“" in message.subject
    assert "„Klug & Söhne <3“" in message.body


def test_name_with_a_line_break_cannot_add_a_header(world):
    type(world.cem).objects.filter(pk=world.cem.pk).update(name="Cem\nBcc: all@example.org")
    type(world.team).objects.filter(pk=world.team.pk).update(name="T\r\nBcc: all@example.org")
    world.cem.refresh_from_db()
    world.team.refresh_from_db()

    message = send(world, "team_invitation")

    assert "\n" not in message.subject
    assert "\r" not in message.subject


def test_receipt_mail_repeats_times_and_checksums(world):
    message = send(world, "receipt")

    receipt = Submission.objects.get().receipt
    for words in (
        receipt.payload["received_at_utc"],
        receipt.payload["deadline_utc"],
        "MEZ" if "+01:00" in receipt.payload["received_at_local"] else "MESZ",
        "vor dem Ende der Frist",
    ):
        assert words in message.body
    assert world.entry.jury_pseudonym not in message.body


def test_captains_are_told_and_members_are_not(world):
    team_actions.remove_member(world.team.memberships.get(user=world.dora), by=world.dora)

    assert [m.recipient for m in OutboxMessage.objects.all()] == [world.cem.email]


def test_invitation_of_a_deleted_inviter_can_still_be_sent_again(world):
    stranger = UserFactory()
    invitation = team_actions.invite(world.team, by=stranger, email="x@example.org")
    stranger.delete()
    invitation.refresh_from_db()

    again = team_actions.invite(world.team, by=world.cem, email="x@example.org")

    assert invitation.invited_by is None
    assert again.invited_by == world.cem
