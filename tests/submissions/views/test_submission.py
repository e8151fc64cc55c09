from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competition.models import Phase
from core import clock
from core.display import iso_utc
from core.models import AuditEvent
from submissions import receipts
from submissions.actions import submission as actions
from submissions.actions import upload
from submissions.extensions import submission_slots
from submissions.models import Entry, LateAttempt, Receipt, Submission, SubmissionFile, Team
from submissions.states import FileKind, SubmissionState
from tests.factories import (
    DAY,
    EntryFactory,
    JurySeatFactory,
    SubmissionFactory,
    TermsFactory,
    open_challenge,
    past_phase,
)
from tests.submissions.conftest import PDF

STRANGERS = ["emil", "ada", "bea", "frida", "gus"]


def url(name: str, version: Submission, *args: str) -> str:
    return reverse(f"submissions:{name}", args=[version.code, *args])


def enter_url(challenge) -> str:
    return reverse("submissions:entry-create", args=[challenge.competition.slug, challenge.code])


def stranger(world, name: str):
    if name == "frida":
        return JurySeatFactory(jury__challenge=world.challenge).user
    return getattr(world, name)


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    return Submission.objects.get(pk=world.draft().pk)


@pytest.fixture
def ready(world) -> Submission:
    """A draft that lacks nothing: this statement wants texts only."""
    return world.draft()


@pytest.fixture
def received(world) -> Submission:
    """A version that is in, with its receipt."""
    version = world.draft()
    actions.hand_in(version, by=world.cem, key="before", declared=True)
    return Submission.objects.get(pk=version.pk)


PAGES_OF_A_DRAFT = [
    ("submission-show", ()),
    ("submission-edit", ()),
    ("file-upload", ("concept",)),
    ("file-upload", ("predictions",)),
    ("submission-check", ()),
]
PAGES_OF_A_VERSION = [
    ("submission-show", ()),
    ("submission-withdraw", ()),
    ("receipt-show", ()),
    ("receipt-json", ()),
]
HAND_IN = {"key": "click", "is_declared": "on"}


# -- who sees the pages ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "args"), PAGES_OF_A_DRAFT)
def test_pages_of_a_draft_open_for_the_team(world, draft, sign_in, name, args):
    for member in (world.cem, world.dora):
        assert sign_in(member).get(url(name, draft, *args)).status_code == 200


@pytest.mark.parametrize(("name", "args"), PAGES_OF_A_DRAFT)
@pytest.mark.parametrize("who", STRANGERS)
def test_pages_of_a_draft_do_not_exist_for_others(world, draft, sign_in, name, args, who):
    response = sign_in(stranger(world, who)).get(url(name, draft, *args))

    assert response.status_code == 404
    assert draft.title not in response.text


@pytest.mark.parametrize(("name", "args"), PAGES_OF_A_VERSION)
@pytest.mark.parametrize("who", STRANGERS)
def test_pages_of_a_version_do_not_exist_for_others(world, received, sign_in, name, args, who):
    response = sign_in(stranger(world, who)).get(url(name, received, *args))

    assert response.status_code == 404


@pytest.mark.parametrize(("name", "args"), [*PAGES_OF_A_DRAFT, *PAGES_OF_A_VERSION])
def test_visitors_are_led_to_the_sign_in(draft, client, name, args):
    response = client.get(url(name, draft, *args))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "args"),
    [("submission-edit", ()), ("file-upload", ("concept",)), ("submission-check", ())],
)
def test_pages_of_a_draft_lead_on_once_it_is_handed_in(world, received, sign_in, name, args):
    type(world.challenge).objects.update(wants_concept=True)

    response = sign_in(world.cem).get(url(name, received, *args))

    assert response.url == received.get_absolute_url()


@pytest.mark.parametrize("name", ["submission-show", "receipt-show", "submission-check"])
def test_no_page_of_the_team_shows_the_pseudonym(world, received, sign_in, name):
    response = sign_in(world.cem).get(url(name, received), follow=True)

    assert world.entry.jury_pseudonym not in response.text


# -- the six tests of every POST ------------------------------------------------------------------

POSTS = ["submission-edit", "file-upload", "submission-hand-in", "submission-renew"]


def post_data(name: str) -> dict[str, object]:
    return {
        "submission-edit": {"version": 0, "title": "Neu", "summary": "Text", "link": ""},
        "file-upload": {"file": SimpleUploadedFile("konzept.pdf", PDF)},
        "submission-hand-in": HAND_IN,
    }.get(name, {})


def post_url(name: str, version: Submission) -> str:
    return url(name, version, *(["concept"] if name == "file-upload" else []))


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("who", STRANGERS)
def test_post_of_a_stranger_is_not_found(world, draft, sign_in, name, who):
    before = list(Submission.objects.values())

    response = sign_in(stranger(world, who)).post(post_url(name, draft), post_data(name))

    assert response.status_code == 404
    assert list(Submission.objects.values()) == before


@pytest.mark.parametrize("name", ["submission-hand-in", "submission-renew"])
def test_get_of_a_post_is_refused(world, draft, sign_in, name):
    assert sign_in(world.cem).get(post_url(name, draft)).status_code == 405


@pytest.mark.parametrize("name", ["submission-hand-in", "submission-withdraw"])
def test_member_may_not_do_what_the_captain_does(world, sign_in, name):
    version = world.draft(handed_in=name == "submission-withdraw")

    response = sign_in(world.dora).post(url(name, version), HAND_IN)

    assert response.status_code == 404


# -- enter ----------------------------------------------------------------------------------------


@pytest.fixture
def other(world):
    return open_challenge(competition=world.challenge.competition, agency=world.challenge.agency)


ENTER = {"terms_version": 1, "accepts_terms": "on"}


def test_enter_with_the_own_team_begins_a_draft(world, other, sign_in):
    response = sign_in(world.cem).post(enter_url(other), ENTER)

    entry = Entry.objects.get(challenge=other)
    assert (entry.team, entry.accepted_by, entry.terms) == (world.team, world.cem, world.terms)
    assert response.url == entry.submissions.get().get_absolute_url()
    assert [event.action for event in AuditEvent.objects.all()] == [
        "entry.created",
        "submission.started",
    ]


def test_enter_founds_a_team_for_somebody_without_one(world, other, sign_in):
    data = {**ENTER, "team-name": "Neu", "team-organisation": "Verein"}

    response = sign_in(world.gus).post(enter_url(other), data)

    team = Team.objects.get(name="Neu")
    assert response.url == team.entries.get().submissions.get().get_absolute_url()


def test_enter_page_shows_the_terms(world, other, sign_in):
    response = sign_in(world.gus).get(enter_url(other))

    assert response.status_code == 200
    assert "Bedingungen." in response.text
    assert not Entry.objects.filter(challenge=other).exists()


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"terms_version": 1, "team-name": "Neu"}, "accepts_terms"),
        ({**ENTER, "team-name": ""}, "name"),
        ({**ENTER, "team-name": "team dachs"}, "name"),
    ],
)
def test_enter_answers_an_incomplete_form_with_it(world, other, sign_in, data, wrong):
    response = sign_in(world.gus).post(enter_url(other), data)

    assert response.status_code in {409, 422}
    errors = {name for form in response.context["forms"] for name in form.errors}
    assert errors == {wrong}
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_with_replaced_terms_shows_the_new_ones(world, other, sign_in):
    TermsFactory(competition=other.competition, version=2, text_de="Neue Regeln.")

    response = sign_in(world.cem).post(enter_url(other), ENTER)

    assert response.status_code == 409
    assert response.context["form"]["terms_version"].value() == 2
    assert "Neue Regeln." in response.text
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_with_terms_that_never_were_shows_those_in_force(world, other, sign_in):
    response = sign_in(world.cem).post(enter_url(other), {**ENTER, "terms_version": 7})

    assert response.status_code == 409
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_waits_for_published_terms(world, other, sign_in):
    type(world.terms).objects.update(published_at=None)

    page = sign_in(world.cem).get(enter_url(other))
    response = sign_in(world.cem).post(enter_url(other), ENTER)

    assert "noch nicht veröffentlicht" in page.text
    assert response.status_code == 409


def test_enter_after_the_deadline_is_refused_with_the_reason(world, other, sign_in):
    with past_phase(other):
        page = sign_in(world.cem).get(enter_url(other))
        response = sign_in(world.cem).post(enter_url(other), ENTER)

    assert (page.status_code, page.context["closed"].code) == (200, "deadline_passed")
    assert response.status_code == 403
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_is_up_to_the_captain(world, other, sign_in):
    page = sign_in(world.dora).get(enter_url(other))
    response = sign_in(world.dora).post(enter_url(other), ENTER)

    assert "Cem Captain" in page.text
    assert response.status_code == 404
    assert not Entry.objects.filter(challenge=other).exists()


def test_enter_tells_the_office_why_not(world, other, sign_in):
    page = sign_in(world.ada).get(enter_url(other))
    response = sign_in(world.ada).post(enter_url(other), {**ENTER, "team-name": "Insider"})

    assert page.context["bar"]
    assert response.status_code == 409
    assert not Team.objects.filter(name="Insider").exists()


def test_enter_leads_a_team_that_takes_part_to_its_version(world, ready, sign_in):
    response = sign_in(world.dora).get(enter_url(world.challenge))

    assert response.url == ready.get_absolute_url()


def test_enter_begins_the_first_draft_of_an_entry_without_one(world, sign_in):
    client = sign_in(world.dora)
    page = client.get(enter_url(world.challenge))

    response = client.post(enter_url(world.challenge))

    assert page.url == reverse("submissions:submission-list")
    assert response.url == Submission.objects.get().get_absolute_url()


def test_enter_without_an_account_leads_to_the_sign_in(world, client):
    response = client.get(enter_url(world.challenge))

    assert response.url.startswith("/accounts/login/?next=/competitions/")


def test_enter_a_statement_that_is_not_public_is_not_found(world, sign_in):
    type(world.challenge).objects.update(state="draft", published_at=None)

    assert sign_in(world.gus).get(enter_url(world.challenge)).status_code == 404


# -- list -----------------------------------------------------------------------------------------


def test_list_shows_own_submissions_only(world, ready, sign_in):
    SubmissionFactory(entry=world.other_entry, handed_in=True)

    response = sign_in(world.cem).get(reverse("submissions:submission-list"))

    assert [row.entry for row in response.context["standings"]] == [world.entry]
    assert "Team Luchs" not in response.text


def test_list_of_nobody_says_what_to_do(world, sign_in):
    response = sign_in(world.gus).get(reverse("submissions:submission-list"))

    assert response.context["standings"] == []
    assert reverse("competition:competition-list") in response.text


@pytest.mark.parametrize("rows", [1, 3])
def test_list_count_of_queries(world, sign_in, own_queries, rows):
    SubmissionFactory(entry=world.entry, handed_in=True)
    for _ in range(rows - 1):
        challenge = open_challenge(competition=world.challenge.competition)
        entry = EntryFactory(challenge=challenge, team=world.team)
        SubmissionFactory(entry=entry, handed_in=True)

    assert own_queries(sign_in(world.cem), reverse("submissions:submission-list")) == 4


# -- page of a version ----------------------------------------------------------------------------


def test_draft_page_lists_the_tasks_the_statement_asks_for(world, draft, sign_in):
    response = sign_in(world.cem).get(draft.get_absolute_url())

    assert [(task.key, task.is_done) for task in response.context["tasks"]] == [
        ("text", True),
        ("concept", False),
        ("predictions", False),
    ]
    assert url("submission-check", draft) in response.text


def test_draft_page_after_the_deadline_says_that_it_does_not_count(world, draft, sign_in):
    with past_phase(world.challenge):
        response = sign_in(world.cem).get(draft.get_absolute_url())

    assert response.context["standing"].is_over
    assert "Entwurf – wurde nicht eingereicht" in response.text


def test_page_of_a_version_offers_the_next_one(world, received, sign_in):
    response = sign_in(world.cem).get(received.get_absolute_url())

    assert url("submission-renew", received) in response.text
    assert url("submission-withdraw", received) in response.text


def test_page_of_a_version_offers_nothing_after_the_deadline(world, received, sign_in):
    with past_phase(world.challenge):
        response = sign_in(world.cem).get(received.get_absolute_url())

    assert url("submission-renew", received) not in response.text
    assert url("submission-withdraw", received) not in response.text


@pytest.mark.parametrize("rows", [1, 3])
def test_page_of_a_version_count_of_queries(world, sign_in, own_queries, monkeypatch, rows):
    monkeypatch.setattr(submission_slots, "_items", [])  # what higher apps read is theirs to count
    for number in range(1, rows + 1):
        version = SubmissionFactory(entry=world.entry, number=number, handed_in=True)

    assert own_queries(sign_in(world.cem), version.get_absolute_url()) == 9


# -- texts ----------------------------------------------------------------------------------------


def test_edit_page_carries_the_version_that_saving_asks_for(world, ready, sign_in):
    page = sign_in(world.dora).get(url("submission-edit", ready)).content.decode()

    assert f'<input type="hidden" name="version" value="{ready.version}"' in page


def test_edit_saves(world, ready, sign_in):
    data = {"version": 0, "title": "Neu", "summary": "Text", "link": "https://example.org/x"}

    response = sign_in(world.dora).post(url("submission-edit", ready), data)

    ready.refresh_from_db()
    assert response.url == ready.get_absolute_url()
    assert (ready.title, ready.link, ready.version) == ("Neu", "https://example.org/x", 1)
    assert AuditEvent.objects.get().action == "submission.saved"


def test_edit_saves_an_incomplete_draft(world, ready, sign_in):
    sign_in(world.dora).post(url("submission-edit", ready), {"version": 0})

    ready.refresh_from_db()
    assert (ready.title, ready.summary) == ("", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 91),
        ("title", "zwei\nZeilen"),
        ("summary", "x" * 3_001),
        ("link", "javascript:alert(1)"),
        ("link", "kein Link"),
    ],
)
def test_edit_answers_a_bad_text_with_the_form(world, ready, sign_in, field, value):
    data = {"version": 0, "title": "Neu", "summary": "Mein langer Text", "link": "", field: value}

    response = sign_in(world.cem).post(url("submission-edit", ready), data)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert "Neu" in response.text or field == "title"
    assert Submission.objects.get().title == ready.title


def test_edit_shows_both_texts_if_somebody_was_faster(world, ready, sign_in):
    actions.save_text(ready, by=world.dora, version=0, title="Von Dora", summary="Doras Text")
    data = {"version": 0, "title": "Von Cem", "summary": "Cems Text", "link": ""}
    client = sign_in(world.cem)

    response = client.post(url("submission-edit", ready), data)

    assert response.status_code == 409
    for words in ("Von <mark>Dora</mark>", "<mark>Doras</mark> Text", "Von <mark>Cem</mark>"):
        assert words in response.text
    assert "data-autosave" not in response.text
    assert Submission.objects.get().title == "Von Dora"
    again = {**data, "version": response.context["form"]["version"].value()}
    assert client.post(url("submission-edit", ready), again).status_code == 302
    assert Submission.objects.get().title == "Von Cem"


def test_saved_text_is_taken_field_by_field(world, ready, sign_in):
    actions.save_text(ready, by=world.dora, version=0, title="Von Dora", summary="Doras Text")
    data = {"version": 1, "title": "Von Cem", "summary": "Cems Text", "link": ""}
    choice = {"take-title": "stored", "take-summary": "own"}

    sign_in(world.cem).post(url("submission-edit", ready), data | choice)

    ready.refresh_from_db()
    assert (ready.title, ready.summary, ready.version) == ("Von Dora", "Cems Text", 2)


def test_saved_text_that_changed_once_more_is_not_taken_unseen(world, ready, sign_in):
    actions.save_text(ready, by=world.dora, version=0, title="Von Dora", summary="Doras Text")
    data = {"version": 0, "title": "Von Cem", "summary": "Cems Text", "link": ""}

    response = sign_in(world.cem).post(
        url("submission-edit", ready), data | {"take-title": "stored"}
    )

    ready.refresh_from_db()
    assert (response.status_code, ready.summary) == (409, "Doras Text")


def test_edit_of_a_handed_in_version_keeps_both(world, received, sign_in):
    data = {"version": 0, "title": "Zu spät", "summary": "Mein Text", "link": ""}

    response = sign_in(world.cem).post(url("submission-edit", received), data)

    assert response.status_code == 409
    assert "Mein Text" in response.text
    assert Submission.objects.get().title == received.title


def test_edit_changes_no_other_field(world, ready, sign_in):
    # TH-39: every field of the model is sent; only the three of the form may change.
    data = {field.attname: "1" for field in Submission._meta.concrete_fields}
    data |= {"state": "handed_in", "number": "9", "version": "0", "link": ""}
    before = Submission.objects.values().get()

    sign_in(world.cem).post(url("submission-edit", ready), data)

    after = Submission.objects.values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"title", "summary", "version", "updated_at", "text_saved_at"}


# -- files ----------------------------------------------------------------------------------------


def test_upload_page_says_the_limits_of_the_statement(world, sign_in):
    draft = world.draft()
    rows = [{"name": "Konzept", "format": "PDF", "pages": 8, "megabytes": 1}]
    type(world.challenge).objects.update(wants_concept=True, answers={"deliverables": rows})
    client = sign_in(world.dora)
    address = "/en" + url("file-upload", draft, "concept")
    large = SimpleUploadedFile("konzept.pdf", PDF + b"x" * 1_000_000)

    page = client.get(address)
    refused = client.post(address, {"file": large})

    text = page.content.decode().replace("\xa0", " ")
    assert "PDF, up to 1.0 MB" in text
    assert "At most 8 pages, as the problem statement says" in text
    assert refused.status_code == 422
    assert refused.context["form"].errors["file"] == [
        "“konzept.pdf” is larger than 1 MB. Choose a smaller file."
    ]


def test_upload_stores_the_file(world, draft, sign_in, pdf):
    response = sign_in(world.dora).post(url("file-upload", draft, "concept"), {"file": pdf})

    assert response.url == url("file-upload", draft, "concept")
    assert draft.files.get().original_name == "konzept.pdf"


def test_upload_page_shows_problems_with_lines(world, draft, sign_in, strict_check):
    wrong = SimpleUploadedFile("v.csv", b"id,label\nd-1,x\n")
    client = sign_in(world.cem)

    response = client.post(url("file-upload", draft, "predictions"), {"file": wrong}, follow=True)

    problem = response.context["report"].problems[0]
    assert (problem.where, problem.more) == ("2–4, 8", 5)
    for words in ("3–4, 8", "E10", "The label “x” is unknown.", "Labels are 0 to 9."):
        assert words in response.text


def test_upload_page_shows_a_good_report(world, draft, sign_in, strict_check, csv):
    response = sign_in(world.cem).post(
        url("file-upload", draft, "predictions"), {"file": csv}, follow=True
    )

    assert response.context["lines"][0].report.ok
    assert "2 rows." in response.text


@pytest.mark.parametrize(
    ("name", "content"),
    [("konzept.pdf", b"<html>"), ("konzept.pdf", b""), ("konzept.exe", PDF)],
)
def test_upload_answers_a_bad_file_with_the_page(world, draft, sign_in, name, content):
    response = sign_in(world.cem).post(
        url("file-upload", draft, "concept"), {"file": SimpleUploadedFile(name, content)}
    )

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"file"}
    assert not draft.files.exists()


def test_upload_without_a_file_says_so(world, draft, sign_in):
    response = sign_in(world.cem).post(url("file-upload", draft, "concept"), {})

    assert response.status_code == 422


def test_upload_to_a_handed_in_version_is_refused(world, received, sign_in, pdf):
    type(world.challenge).objects.update(wants_concept=True)

    response = sign_in(world.cem).post(url("file-upload", received, "concept"), {"file": pdf})

    assert response.status_code == 409
    assert not received.files.exists()


@pytest.mark.parametrize("kind", ["concept", "predictions", "secrets", "..."])
def test_kinds_that_are_not_wanted_do_not_exist(world, ready, sign_in, kind):
    client = sign_in(world.cem)

    assert client.get(url("file-upload", ready, kind)).status_code == 404


def test_download_gives_the_file_to_the_team_only(world, draft, sign_in, pdf):
    upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=pdf)
    address = url("file-download", draft, "concept")

    response = sign_in(world.dora).get(address)
    content = b"".join(response.streaming_content)
    codes = {who: sign_in(stranger(world, who)).get(address).status_code for who in STRANGERS}

    assert content == PDF
    assert response["Content-Disposition"] == 'attachment; filename="konzept.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert set(codes.values()) == {404}


def test_download_name_cannot_inject_a_header(world, draft, sign_in):
    evil = SimpleUploadedFile("x.pdf", PDF)
    evil._name = 'a"\r\nSet-Cookie: evil=1;.pdf'  # past the cleaning that Django does itself
    upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=evil)

    response = sign_in(world.cem).get(url("file-download", draft, "concept"))
    b"".join(response)  # read to its end a file is closed

    assert "Set-Cookie" not in response
    assert "\n" not in response["Content-Disposition"]


def test_html_named_as_predictions_is_never_shown(world, draft, sign_in):
    page = SimpleUploadedFile("v.csv", b"<script>alert(1)</script>\n")
    upload.attach_file(draft, by=world.cem, kind=FileKind.PREDICTIONS, file=page)

    response = sign_in(world.cem).get(url("file-download", draft, "predictions"))
    b"".join(response)  # read to its end a file is closed

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_download_of_a_file_that_is_not_there_is_not_found(world, draft, sign_in):
    assert sign_in(world.cem).get(url("file-download", draft, "concept")).status_code == 404


# -- check, hand in -------------------------------------------------------------------------------


def test_check_page_says_what_is_missing(world, draft, sign_in):
    response = sign_in(world.cem).get(url("submission-check", draft))

    assert [item.url for item in response.context["missing"]] == [
        url("file-upload", draft, "concept"),
        url("file-upload", draft, "predictions"),
    ]
    assert url("submission-hand-in", draft) not in response.text


def test_check_page_of_a_complete_draft_has_the_button(world, ready, sign_in):
    response = sign_in(world.cem).get(url("submission-check", ready))

    assert url("submission-hand-in", ready) in response.text
    assert "Fassung 1 einreichen" in response.text
    key = response.context["form"]["key"].value()
    assert len(key) >= 32
    assert f'value="{key}"' in response.text


def test_check_page_draws_a_new_key_each_time(world, ready, sign_in):
    client = sign_in(world.cem)
    pages = [client.get(url("submission-check", ready)) for _ in range(2)]

    assert len({page.context["form"]["key"].value() for page in pages}) == 2


def test_check_page_of_a_member_names_the_captain(world, ready, sign_in):
    response = sign_in(world.dora).get(url("submission-check", ready))

    assert "Cem Captain" in response.text
    assert url("submission-hand-in", ready) not in response.text


def test_check_page_after_the_deadline_has_no_button(world, ready, sign_in):
    with past_phase(world.challenge):
        response = sign_in(world.cem).get(url("submission-check", ready))

    assert url("submission-hand-in", ready) not in response.text


def test_hand_in_leads_to_the_receipt(world, ready, sign_in):
    response = sign_in(world.cem).post(url("submission-hand-in", ready), HAND_IN)

    assert response.url == url("receipt-show", ready)
    assert Submission.objects.get().state == SubmissionState.HANDED_IN
    assert AuditEvent.objects.get().action == "submission.handed_in"


def test_second_click_leads_to_the_same_receipt(world, ready, sign_in):
    client = sign_in(world.cem)

    answers = [client.post(url("submission-hand-in", ready), HAND_IN) for _ in range(2)]

    assert {answer.url for answer in answers} == {url("receipt-show", ready)}
    assert Receipt.objects.count() == 1


def test_second_tab_leads_to_the_receipt_with_a_note(world, ready, sign_in):
    client = sign_in(world.cem)
    client.post(url("submission-hand-in", ready), HAND_IN)

    response = client.post(
        url("submission-hand-in", ready), {**HAND_IN, "key": "other tab"}, follow=True
    )

    assert response.redirect_chain == [(url("receipt-show", ready), 302)]
    assert len(list(response.context["messages"])) == 1
    assert Receipt.objects.count() == 1


def test_bad_form_for_a_handed_in_version_leads_to_its_page(world, received, sign_in):
    response = sign_in(world.cem).post(url("submission-hand-in", received), {})

    assert response.url == received.get_absolute_url()


@pytest.mark.parametrize("data", [{"key": "k"}, {"is_declared": "on"}, {}])
def test_hand_in_without_declaration_or_key_answers_with_the_page(world, ready, sign_in, data):
    response = sign_in(world.cem).post(url("submission-hand-in", ready), data)

    assert response.status_code == 422
    assert Submission.objects.get().state == SubmissionState.DRAFT


def test_hand_in_of_an_incomplete_draft_lists_what_is_missing(world, draft, sign_in):
    response = sign_in(world.cem).post(url("submission-hand-in", draft), HAND_IN)

    assert response.status_code == 422
    assert len(response.context["problem"].data["missing"]) == 2


def test_hand_in_after_the_deadline_is_refused_and_recorded(world, ready, sign_in):
    with past_phase(world.challenge):
        response = sign_in(world.cem).post(url("submission-hand-in", ready), HAND_IN)

    assert response.status_code == 403
    assert response.context["problem"].code == "deadline_passed"
    assert LateAttempt.objects.get().user == world.cem
    assert Submission.objects.get().state == SubmissionState.DRAFT


def test_hand_in_over_the_limit_says_when_the_next_try_opens(world, ready, sign_in):
    Phase.objects.update(limit_per_day=1, ends_at=clock.now() + 5 * DAY)
    SubmissionFactory(entry=world.entry, number=9, handed_in=True)

    response = sign_in(world.cem).post(url("submission-hand-in", ready), HAND_IN)

    assert response.status_code == 429
    assert response.context["standing"].tries.next_opens_at is not None
    assert not Receipt.objects.exists()


# -- withdraw, renew ------------------------------------------------------------------------------


def test_withdraw_asks_first(world, received, sign_in):
    response = sign_in(world.cem).get(url("submission-withdraw", received))

    assert response.status_code == 200
    assert response.context["counts_now"]
    assert Submission.objects.get().state == SubmissionState.HANDED_IN


def test_withdraw_works(world, received, sign_in):
    response = sign_in(world.cem).post(url("submission-withdraw", received), {"reason": "Fehler"})

    assert response.url == received.get_absolute_url()
    assert Submission.objects.get().state == SubmissionState.WITHDRAWN
    assert AuditEvent.objects.last().reason == "Fehler"


def test_withdraw_answers_a_long_reason_with_the_form(world, received, sign_in):
    response = sign_in(world.cem).post(url("submission-withdraw", received), {"reason": "x" * 501})

    assert response.status_code == 422
    assert Submission.objects.get().state == SubmissionState.HANDED_IN


def test_withdraw_after_the_deadline_is_refused_with_the_reason(world, received, sign_in):
    with past_phase(world.challenge):
        page = sign_in(world.cem).get(url("submission-withdraw", received))
        response = sign_in(world.cem).post(url("submission-withdraw", received))

    assert page.context["closed"].code == "deadline_passed"
    assert response.status_code == 403
    assert Submission.objects.get().state == SubmissionState.HANDED_IN


def test_withdraw_a_draft_is_not_found(world, ready, sign_in):
    assert sign_in(world.cem).post(url("submission-withdraw", ready)).status_code == 404


def test_renew_begins_the_next_version(world, received, sign_in):
    response = sign_in(world.dora).post(url("submission-renew", received))

    draft = Submission.objects.get(number=2)
    assert response.url == draft.get_absolute_url()
    assert draft.title == received.title


def test_renew_twice_leads_to_one_draft(world, received, sign_in):
    client = sign_in(world.dora)

    answers = {client.post(url("submission-renew", received)).url for _ in range(2)}

    assert len(answers) == 1
    assert Submission.objects.count() == 2


def test_renew_after_the_deadline_is_refused(world, received, sign_in):
    with past_phase(world.challenge):
        response = sign_in(world.cem).post(url("submission-renew", received))

    assert response.status_code == 403
    assert Submission.objects.count() == 1


# -- receipts -------------------------------------------------------------------------------------


def test_receipt_page_says_everything(world, received, sign_in):
    response = sign_in(world.dora).get(url("receipt-show", received))

    receipt = received.receipt
    for words in (
        received.reference,
        world.cem.name,
        receipt.key_id,
        world.challenge.code,
        "Fristgerecht",
    ):
        assert words in response.text


def test_receipt_page_of_a_withdrawn_version_says_so(world, received, sign_in):
    actions.withdraw(received, by=world.cem)

    response = sign_in(world.cem).get(url("receipt-show", received))

    assert response.status_code == 200
    assert "zählt aber nicht" in response.text


def test_receipt_page_outlives_the_account_that_handed_in(world, received, sign_in):
    Submission.objects.update(handed_in_by=None)

    response = sign_in(world.cem).get(url("receipt-show", received))

    assert "gelöschte Person" in response.text


def test_draft_has_no_receipt(world, ready, sign_in):
    client = sign_in(world.cem)

    for name in ("receipt-show", "receipt-json"):
        assert client.get(url(name, ready)).status_code == 404


def test_receipt_file_verifies(world, received, sign_in):
    response = sign_in(world.cem).get(url("receipt-json", received))

    assert response["Content-Disposition"] == (f'attachment; filename="{received.reference}.json"')
    assert json.loads(response.text)["payload"]["submission"] == received.code
    assert receipts.verify(response.text).is_genuine


def test_english_pages_have_english_words(world, received, sign_in):
    response = sign_in(world.cem).get("/en" + url("receipt-show", received))

    assert "Your submission has arrived" in response.text


def test_get_never_writes(world, draft, received_elsewhere, sign_in):
    client = sign_in(world.cem)
    for name, args in PAGES_OF_A_DRAFT:
        client.get(url(name, draft, *args))  # fills caches of permissions and sessions

    with CaptureQueriesContext(connection) as captured:
        for name, args in PAGES_OF_A_DRAFT:
            client.get(url(name, draft, *args))
        client.get(reverse("submissions:submission-list"))
        client.get(enter_url(world.challenge))

    writing = [
        query["sql"]
        for query in captured.captured_queries
        if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}
    ]
    assert writing == []


@pytest.fixture
def received_elsewhere(world) -> Submission:
    return SubmissionFactory(entry=world.other_entry, handed_in=True)


def test_time_of_the_next_try_is_shown_everywhere(world, ready, sign_in):
    Phase.objects.update(limit_per_day=3, ends_at=clock.now() + dt.timedelta(days=9))
    SubmissionFactory(entry=world.entry, number=9, handed_in=True)
    client = sign_in(world.cem)

    for address in (
        ready.get_absolute_url(),
        url("submission-check", ready),
        reverse("submissions:submission-list"),
        world.challenge.get_absolute_url(),
    ):
        assert "noch 2 von 3" in client.get(address).text, address


def test_check_page_offers_the_grace_to_an_upload_that_was_begun_before(world, sign_in, english):
    type(world.challenge).objects.update(wants_concept=True)
    now = clock.now()
    draft = world.draft(created_at=now - DAY)
    SubmissionFile.objects.create(
        submission=draft,
        kind=FileKind.CONCEPT,
        original_name="konzept.pdf",
        key="S/konzept.pdf",
        size=1,
        sha256="ab" * 32,
        begun_at=now - dt.timedelta(minutes=10),
        uploaded_at=now,
    )
    with past_phase(world.challenge):
        client = sign_in(world.cem)
        page = client.get(url("submission-check", draft), headers={"Accept-Language": "en"})
        answer = client.post(url("submission-hand-in", draft), {"key": "k", "is_declared": "on"})

    assert page.context["grace_until"] is not None
    assert url("submission-hand-in", draft) in page.text
    assert answer.url == url("receipt-show", draft)


# -- saving while somebody writes (J-90) ----------------------------------------------------------


def autosave(client, draft: Submission, **fields: str):
    data = {"version": "0", "title": "Titel", "summary": "Text", "link": ""} | fields
    return client.post(url("submission-edit", draft), data, headers={"Accept": "application/json"})


def test_autosave_answers_with_version_and_time(world, draft, sign_in):
    answer = autosave(sign_in(world.dora), draft, summary="Halb fer")

    draft.refresh_from_db()
    assert (answer.status_code, answer.json()["version"], answer.json()["unsaved"]) == (200, 1, {})
    assert answer.json()["saved_at"] == iso_utc(draft.text_saved_at)
    assert draft.summary == "Halb fer"
    assert AuditEvent.objects.get().action == "submission.saved"


def test_autosave_saves_what_is_incomplete(world, draft, sign_in):
    assert autosave(sign_in(world.cem), draft, title="", summary="").status_code == 200

    draft.refresh_from_db()
    assert (draft.title, draft.summary, draft.version) == ("", "", 1)


def test_autosave_saves_the_rest_and_names_what_it_could_not(world, draft, sign_in):
    draft.link = "https://example.org/code"
    draft.save()

    answer = autosave(
        sign_in(world.cem), draft, title="x" * 91, summary="Neu", link="javascript:alert(1)"
    )

    draft.refresh_from_db()
    assert (answer.status_code, set(answer.json()["unsaved"])) == (200, {"title", "link"})
    assert (draft.summary, draft.link) == ("Neu", "https://example.org/code")


def test_autosave_of_the_same_text_changes_nothing(world, draft, sign_in):
    client = sign_in(world.cem)
    first = autosave(client, draft)

    again = autosave(client, draft, version="1")

    assert (again.json()["version"], again.json()["saved_at"]) == (1, first.json()["saved_at"])
    assert AuditEvent.objects.count() == 1


def test_spell_of_writing_leaves_one_event_for_each_person_and_part(world, draft, sign_in):
    start = clock.now()
    for minutes in (0, 1, 5, 9, 10, 12):
        draft.refresh_from_db()
        actions.save_text(
            draft,
            by=world.dora,
            version=draft.version,
            title="T",
            summary=f"Minute {minutes}",
            now=start + dt.timedelta(minutes=minutes),
        )
    actions.save_text(draft, by=world.cem, version=draft.version, title="T", summary="Cem")
    actions.save_card(draft, by=world.cem, version=0, answers={"purpose": "Zweck"})

    events = AuditEvent.objects.order_by("sequence").values_list("actor", "data")
    assert list(events) == [
        (world.dora.pk, {"part": "version"}),
        (world.dora.pk, {"part": "version"}),
        (world.cem.pk, {"part": "version"}),
        (world.cem.pk, {"part": "card_version"}),
    ]


def test_autosave_overwrites_nobody(world, draft, sign_in):
    autosave(sign_in(world.dora), draft, summary="Von Dora")

    answer = autosave(sign_in(world.cem), draft, summary="Von Cem")

    draft.refresh_from_db()
    assert (answer.status_code, draft.summary) == (409, "Von Dora")
    assert answer.json()["sentence"]


def test_conflict_page_shows_both_texts_and_a_choice(world, draft, sign_in):
    autosave(sign_in(world.dora), draft, summary="Von Dora")

    page = sign_in(world.cem).post(
        url("submission-edit", draft),
        {"version": "0", "title": "Titel", "summary": "Von Cem", "link": ""},
    )

    assert page.status_code == 409
    assert "Von <mark>Dora</mark>" in page.text
    assert "Von <mark>Cem</mark>" in page.text
    for side in ("stored", "own"):
        assert f'name="take-summary" value="{side}"' in page.text
    assert f'<a href="{url("submission-edit", draft)}">' in page.text


def test_autosave_of_a_version_that_was_handed_in_is_refused(world, received, sign_in):
    assert autosave(sign_in(world.cem), received).status_code == 409


def test_autosave_without_a_version_is_refused(world, draft, sign_in):
    assert autosave(sign_in(world.cem), draft, version="").status_code == 422


def test_autosave_of_a_visitor_leads_to_the_sign_in(draft, client):
    assert autosave(client, draft).status_code == 302


# -- tries that are used up -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"limit_per_day": 1}, "Your tries of today are used up. You can begin a new version from"),
        ({"limit_total": 1}, "Your tries are used up, so there is no new version to begin."),
        ({"limit_per_day": 2}, "Begin a new version"),
    ],
)
def test_new_version_is_offered_with_a_try_left_only(world, received, sign_in, limits, words):
    world.challenge.phases.update(ends_at=clock.now() + 5 * DAY, **limits)
    client = sign_in(world.cem)

    for path in (received.get_absolute_url(), reverse("submissions:submission-list")):
        page = client.get(f"/en{path}").text

        assert words in page
        assert ("/renew/" in page) == (words == "Begin a new version")
