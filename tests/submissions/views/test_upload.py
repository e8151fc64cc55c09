from __future__ import annotations

import datetime as dt
import re
import shutil

import pytest
from django.contrib.messages import get_messages
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import clock, staging, storage
from submissions.actions import submission as submission_actions
from submissions.actions import upload as actions
from submissions.models import Submission, SubmissionFile, Upload
from submissions.states import FileKind, UploadState
from tests.factories import past_phase
from tests.stores import s3_storage
from tests.submissions.conftest import CSV, PDF

LARGE = PDF + bytes(2_500_000)  # two parts


@pytest.fixture
def draft(world) -> Submission:
    type(world.challenge).objects.update(wants_concept=True, wants_predictions=True)
    return Submission.objects.get(pk=world.draft().pk)


@pytest.fixture(autouse=True)
def _empty_staging():
    yield
    shutil.rmtree(storages[storage.SUBMISSIONS].path(staging.FOLDER), ignore_errors=True)


def address(draft, *parts) -> str:
    return "/".join(["/en/submissions", draft.code, "uploads", *map(str, parts), ""])


def create(client, draft, content=LARGE, **changes):
    data = {"name": "konzept.pdf", "size": len(content), "modified": 7, "kind": "concept"}
    return client.post(address(draft), data | changes)


def put(client, draft, upload, number, content=LARGE, **extra):
    size = upload["part_size"]
    part = content[(number - 1) * size : number * size]
    return client.generic("PUT", address(draft, upload["id"], "parts", number), part, **extra)


def test_contract_from_the_first_byte_to_the_file(world, draft, sign_in):
    client = sign_in(world.dora)

    upload = create(client, draft).json()
    where = client.post(address(draft, upload["id"], "parts", 1)).json()
    answers = [put(client, draft, upload, number) for number in (1, 2)]
    listed = client.get(address(draft, upload["id"])).json()
    done = client.post(address(draft, upload["id"], "complete"))

    assert (upload["parts"], upload["direct"]) == ([], False)
    assert where == {"url": address(draft, upload["id"], "parts", 1)}
    assert [answer.json() for answer in answers] == [{"part": 1}, {"part": 2}]
    assert (listed["parts"], listed["state"]) == ([1, 2], "open")
    assert (done.status_code, done.json()["state"]) == (200, "attached")
    assert draft.files.get().size == len(LARGE)
    assert [str(message) for message in get_messages(done.wsgi_request)] == [
        "“konzept.pdf” is stored. It belongs to your draft, which is not handed in."
    ]


def test_several_files_find_their_kind_by_their_suffix(world, draft, sign_in):
    client = sign_in(world.cem)

    kinds = [
        create(client, draft, name=name, size=len(CSV)).json()["kind"]
        for name in ("a.pdf", "b.CSV")
    ]

    assert kinds == ["Concept", "Prediction file"]


@pytest.mark.parametrize("person", ["emil", "gus", "ada"])
def test_contract_is_for_members_only(world, draft, sign_in, person):
    upload = create(sign_in(world.dora), draft).json()
    client = sign_in(getattr(world, person))

    answers = [
        create(client, draft),
        client.get(address(draft, upload["id"])),
        client.post(address(draft, upload["id"], "parts", 1)),
        put(client, draft, upload, 1),
        client.post(address(draft, upload["id"], "complete")),
        client.post(address(draft, upload["id"], "abort")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert Upload.objects.get().state == UploadState.OPEN


def test_upload_is_found_below_its_own_version_only(world, draft, sign_in):
    upload = create(sign_in(world.dora), draft).json()
    other = Submission(code="S-OTHER2")

    assert sign_in(world.dora).get(address(other, upload["id"])).status_code == 404


def test_contract_needs_the_token(world, draft, sign_in):
    client = sign_in(world.dora)
    upload = create(client, draft).json()
    client.handler.enforce_csrf_checks = True

    assert create(client, draft).status_code == 403
    assert put(client, draft, upload, 1).status_code == 403
    assert client.post(address(draft, upload["id"], "complete")).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "konzept.exe"}, 422, "wrong_suffix"),
        ({"size": 0}, 422, "empty"),
        ({"size": 10**9}, 422, "too_large"),
        ({"size": "much"}, 422, "announcement"),
        ({"kind": "secret"}, 422, "announcement"),
    ],
)
def test_refusal_says_why_when_and_under_which_number(
    world, draft, sign_in, caplog, change, status, code
):
    answer = create(sign_in(world.dora), draft, **change)

    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["title"]
    assert problem["at"].endswith("+00:00")
    assert problem["instance"].startswith("F-")
    assert problem["instance"] in caplog.text


def test_version_that_is_handed_in_takes_nothing(world, sign_in):
    version = Submission.objects.get(
        pk=world.draft(state="handed_in", handed_in_at="2026-01-01T00:00Z").pk
    )
    type(world.challenge).objects.update(wants_concept=True)

    assert create(sign_in(world.dora), version).json()["code"] == "handed_in"


def test_part_of_another_length_is_refused(world, draft, sign_in):
    client = sign_in(world.dora)
    upload = create(client, draft).json()

    answer = put(client, draft, upload, 1, content=b"%PDF")

    assert (answer.status_code, answer.json()["code"]) == (422, "part_size")
    assert client.get(address(draft, upload["id"])).json()["parts"] == []


def test_page_shows_what_was_interrupted_and_discards_it(world, draft, sign_in):
    client = sign_in(world.dora)
    upload = create(client, draft).json()
    put(client, draft, upload, 1)
    page = client.get(f"/en/submissions/{draft.code}/files/concept/")

    answer = client.post(address(draft, upload["id"], "abort"))

    assert "83 % are saved" in page.content.decode()
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/en/submissions/{draft.code}/files/concept/",
    )
    assert Upload.objects.get().state == UploadState.ABORTED


def test_refused_form_has_a_number_too(world, draft, sign_in, caplog):
    answer = sign_in(world.dora).post(
        f"/en/submissions/{draft.code}/files/concept/",
        {"file": SimpleUploadedFile("konzept.pdf", b"<html>")},
    )

    number = answer.context["failure"].number
    assert answer.status_code == 422
    assert f"Number {number}" in answer.content.decode()
    assert number in caplog.text


@pytest.mark.parametrize("name", ["upload-create", "upload-complete", "upload-abort"])
def test_contract_changes_nothing_on_get(world, draft, sign_in, name):
    client = sign_in(world.dora)
    upload = create(client, draft).json()["id"]
    arguments = [draft.code] if name == "upload-create" else [draft.code, upload]

    assert client.get(reverse(f"submissions:{name}", args=arguments)).status_code == 405


# -- files of earlier versions --------------------------------------------------------------------


@pytest.fixture
def versions(world, draft, csv) -> list[Submission]:
    """Two versions that are in, with a concept each, and a draft."""
    actions.attach_file(draft, by=world.cem, kind=FileKind.PREDICTIONS, file=csv)
    version = draft
    for number in (1, 2):
        file = SimpleUploadedFile(f"konzept-{number}.pdf", PDF * number)
        actions.attach_file(version, by=world.cem, kind=FileKind.CONCEPT, file=file)
        submission_actions.hand_in(version, by=world.cem, key=str(number), declared=True)
        version = submission_actions.start_draft(draft.entry, by=world.cem)
    return list(Submission.objects.order_by("number"))


def take_over_address(version) -> str:
    return f"/en/submissions/{version.code}/files/concept/take-over/"


def upload_address(version) -> str:
    return f"/en/submissions/{version.code}/files/concept/"


def test_file_of_an_earlier_version_is_taken_over(world, versions, sign_in):
    client = sign_in(world.dora)
    before = client.get(upload_address(versions[2])).content.decode()

    answer = client.post(take_over_address(versions[2]), {"version": versions[0].code})

    after = client.get(upload_address(versions[2])).content.decode()
    assert (answer.status_code, answer["Location"]) == (302, upload_address(versions[2]))
    assert versions[2].files.get(kind=FileKind.CONCEPT).key == versions[0].concept.key
    assert "unchanged from version 2" in before
    assert "unchanged from version 1" in after
    assert "“konzept-1.pdf” is stored." in after


@pytest.mark.parametrize("person", ["emil", "gus", "ada"])
def test_strangers_take_nothing_over(world, versions, sign_in, person):
    client = sign_in(getattr(world, person))

    answer = client.post(take_over_address(versions[2]), {"version": versions[0].code})

    assert answer.status_code == 404
    assert versions[2].concept.key == versions[1].concept.key


def test_file_of_another_team_cannot_be_named(world, versions, sign_in):
    other = Submission.objects.create(
        entry=world.other_entry, number=1, created_at="2026-01-01T00:00Z", updated_at=clock.now()
    )
    SubmissionFile.objects.filter(submission=versions[1], kind="concept").update(submission=other)

    answers = [
        sign_in(person).post(take_over_address(versions[2]), {"version": code}).status_code
        for person, code in ((world.cem, other.code), (world.emil, versions[0].code))
    ]

    assert answers == [404, 404]


def test_taking_over_is_refused_after_the_deadline(world, versions, sign_in):
    client = sign_in(world.dora)

    with past_phase(world.challenge):
        answer = client.post(take_over_address(versions[2]), {"version": versions[0].code})

    assert answer.status_code == 403
    assert versions[2].files.get(kind=FileKind.CONCEPT).key == versions[1].concept.key


def test_refusal_of_a_file_is_said_on_the_page(world, versions, sign_in):
    type(world.challenge).objects.update(
        answers={"deliverables": [{"name": "Konzept", "format": "PDF", "megabytes": 1}]}
    )
    SubmissionFile.objects.filter(submission=versions[0]).update(size=1_000_001)

    answer = sign_in(world.dora).post(
        take_over_address(versions[2]), {"version": versions[0].code}, follow=True
    )

    assert "“konzept-1.pdf” is larger than 1 MB." in answer.content.decode()
    assert versions[2].files.get(kind=FileKind.CONCEPT).key == versions[1].concept.key


# Whether a document is sealed takes a query, if there is one.
@pytest.mark.parametrize(("earlier", "count"), [(1, 12), (2, 11)])
def test_upload_page_count_of_queries(world, versions, sign_in, own_queries, earlier, count):
    if earlier == 2:
        SubmissionFile.objects.filter(submission=versions[2], kind="concept").delete()

    assert own_queries(sign_in(world.cem), upload_address(versions[2])) == count


@pytest.mark.parametrize(
    ("endpoint", "public", "origin"),
    [
        ("https://store.example:9000/tenant/", None, "https://store.example:9000"),
        ("http://store:9000", "https://files.example", "https://files.example"),
        (None, None, "https://s3.eu-central-1.amazonaws.com"),
    ],
)
def test_page_that_uploads_may_reach_the_store_and_no_other_page(
    world, draft, sign_in, settings, endpoint, public, origin
):
    entry = s3_storage(endpoint, "files", public_endpoint_url=public)
    settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}
    client = sign_in(world.dora)

    policies = [
        client.get(page)["Content-Security-Policy"]
        for page in (f"{draft.get_absolute_url()}files/concept/", draft.get_absolute_url())
    ]

    sources = [re.search(r"connect-src ([^;]*)", policy)[1] for policy in policies]
    assert sources == [f"'self' {origin}", "'self'"]


def test_part_and_download_are_signed_for_the_name_that_browsers_use(settings):
    entry = s3_storage("http://store:9000", "files", public_endpoint_url="https://files.example/s3")
    settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}
    staged = staging.Staged(storage.SUBMISSIONS, "staging/x", "an upload")

    addresses = [
        staging.address_of_part(staged, 1, 10),
        storage.download(storage.SUBMISSIONS, "S-TEST/x.csv", name="x.csv")["Location"],
    ]

    assert [address.split("?")[0] for address in addresses] == [
        "https://files.example/s3/files/files/staging/x",
        "https://files.example/s3/files/files/S-TEST/x.csv",
    ]


# -- around the deadline --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begun_before", "over_for", "is_offered"), [(1, 10, True), (1, 121, False), (None, 10, False)]
)
def test_page_offers_uploads_after_the_deadline_only_to_what_was_begun_before(
    world, draft, sign_in, begun_before, over_for, is_offered
):
    client = sign_in(world.dora)
    ends_at = clock.now() - over_for * dt.timedelta(seconds=1)
    if begun_before is not None:
        create(client, draft)
        Upload.objects.update(opened_at=ends_at - begun_before * dt.timedelta(seconds=1))
    world.challenge.phases.update(ends_at=ends_at)

    page = client.get(upload_address(draft)).content.decode()

    assert ('class="dropzone"' in page, "Nothing can be handed in" in page) == (
        is_offered,
        not is_offered,
    )


def test_upload_page_says_what_is_in_time(world, draft, sign_in):
    for name in ("files/concept/", "check/"):
        page = sign_in(world.dora).get(f"/en/submissions/{draft.code}/{name}").content.decode()

        assert page.count("When is it in time?") == 1
        assert "may still arrive within 2 minutes after the deadline" in page
