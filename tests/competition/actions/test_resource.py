"""Files for the teams: what is accepted, what the server counts, who may."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError

from competition.actions import resource as actions
from competition.models import Challenge, Resource
from competition.states import ChallengeState
from competition.validators import clean_name, suffix_of
from core import clock, storage
from core.exceptions import DomainError, PermissionRefused, UploadRefused
from core.models import AuditEvent
from tests.factories import (
    AgencyFactory,
    ChallengeFactory,
    ResourceFactory,
    agency_staff,
    break_audit,
    organiser,
)

pytestmark = pytest.mark.django_db

CSV = 'id;text\r\n1;"zwei\r\nZeilen"\r\n2;ä\r\n\r\n'.encode()


def add(challenge: Challenge, by: Any, content: bytes = CSV, **changes: Any) -> Resource:
    fields = {
        "source": ContentFile(content, name=changes.pop("name", "daten.csv")),
        "title_de": "Trainingsdaten",
        "licence": "dl-de/by-2-0",
        "audience": "public",
        **changes,
    }
    return actions.add(challenge, by=by, **fields)


def stored_files(challenge: Challenge) -> list[str]:
    try:
        return list(storages["resources"].listdir(challenge.code)[1])
    except FileNotFoundError:
        return []


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("a.txt", "Inhalt")
    return buffer.getvalue()


def test_server_counts_size_rows_and_checksum() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)

    row = add(challenge, bea, title_en="Training data")

    assert (row.size, row.rows, row.sha256) == (len(CSV), 2, hashlib.sha256(CSV).hexdigest())
    assert (row.file_name, row.title_en, row.uploaded_by) == ("daten.csv", "Training data", bea)
    with storage.open_file(storage.RESOURCES, row.key) as stream:
        assert stream.read() == CSV
    assert AuditEvent.objects.get().action == "resource.added"
    assert challenge.sections.get().key == "resources"


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("bericht.pdf", b"%PDF-1.7 ...", None),
        ("paket.zip", archive(), None),
        ("leer.csv", b"id,text\n", 0),
        ("bom.csv", b"\xef\xbb\xbfid\n1\n2\n3\n", 3),
        ("liste.json", b'{"a": 1}', None),
        ("bild.png", b"\x89PNG\r\n\x1a\n...", None),
        ("GROSS.CSV", b"id\n1\n", 1),
        ("lang.csv", b"id\n" + "ä".encode() * 40_000 + b"\n", 1),
    ],
)
def test_kinds_of_files_that_are_accepted(name: str, content: bytes, rows: int | None) -> None:
    challenge = ChallengeFactory()

    row = add(challenge, agency_staff(challenge.agency), content, name=name)

    assert (row.file_name, row.rows) == (name, rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("programm.exe", b"MZ"),
        ("seite.html", b"<script>"),
        ("ohne", b"x"),
        ("leer.csv", b""),
        ("falsch.pdf", b"GIF89a"),
        ("falsch.zip", b"PK\x03\x04 not a zip"),
        ("latin.csv", "id;ä\n".encode("latin-1")),
        ("null.txt", b"a\x00b"),
        ("quote.csv", b'id\n"' + b"x" * 200_000 + b'"\n'),
    ],
)
def test_kinds_of_files_that_are_refused(name: str, content: bytes) -> None:
    challenge = ChallengeFactory()

    with pytest.raises(UploadRefused):
        add(challenge, agency_staff(challenge.agency), content, name=name)

    assert (Resource.objects.count(), stored_files(challenge)) == (0, [])


def test_file_that_is_too_large_leaves_nothing_behind(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 20
    challenge = ChallengeFactory()

    with pytest.raises(UploadRefused):
        add(challenge, agency_staff(challenge.agency), b"id\n" + b"1\n" * 50)

    assert stored_files(challenge) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_de": " "}, "title_de"),
        ({"title_de": "x" * 121}, "title_de"),
        ({"title_en": "x" * 121}, "title_en"),
        ({"licence": "mine"}, "licence"),
        ({"licence": ""}, "licence"),
        ({"audience": "friends"}, "audience"),
    ],
)
def test_words_about_a_file_are_checked(changes: dict[str, Any], field: str) -> None:
    challenge = ChallengeFactory()

    with pytest.raises(ValidationError) as caught:
        add(challenge, agency_staff(challenge.agency), **changes)

    assert list(caught.value.message_dict) == [field]
    assert stored_files(challenge) == []


@pytest.mark.parametrize(
    ("personal", "audience", "is_possible"),
    [
        ("yes", "public", False),
        ("yes", "registered", True),
        ("yes", "participants", True),
        ("anonymised", "public", True),
        ("no", "public", True),
        (None, "public", True),
    ],
)
def test_personal_data_are_never_open_to_everyone(
    personal: str | None, audience: str, is_possible: bool
) -> None:
    challenge = ChallengeFactory(answers={"personal": personal})
    bea = agency_staff(challenge.agency)

    if is_possible:
        assert add(challenge, bea, audience=audience).audience == audience
    else:
        with pytest.raises(ValidationError):
            add(challenge, bea, audience=audience)


def test_number_of_files_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_FILES", 1)
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)
    add(challenge, bea)

    with pytest.raises(DomainError) as caught:
        add(challenge, bea)

    assert (caught.value.code, len(stored_files(challenge))) == ("too_many_files", 1)


def test_remove_deletes_row_and_bytes_after_the_commit(
    django_capture_on_commit_callbacks: Any,
) -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)
    row = add(challenge, bea)

    with django_capture_on_commit_callbacks(execute=True):
        actions.remove(row, by=bea)
        assert len(stored_files(challenge)) == 1

    assert (Resource.objects.count(), stored_files(challenge)) == (0, [])
    assert AuditEvent.objects.latest("sequence").action == "resource.removed"


@pytest.mark.parametrize("state", sorted(set(ChallengeState) - {"draft", "needs_changes"}))
def test_files_are_fixed_once_the_statement_left_the_desk(state: str) -> None:
    challenge = ChallengeFactory(state=state, published_at=clock.now(), frozen_hash="0" * 64)
    bea = agency_staff(challenge.agency)
    row = ResourceFactory(challenge=challenge)

    for act in (lambda: add(challenge, bea), lambda: actions.remove(row, by=bea)):
        with pytest.raises(DomainError) as caught:
            act()
        assert caught.value.code == "not_editable"

    assert stored_files(challenge) == []


def test_files_are_for_staff_of_the_agency() -> None:
    challenge = ChallengeFactory()
    row = ResourceFactory(challenge=challenge)

    for stranger in (organiser(challenge.competition), agency_staff(AgencyFactory())):
        for act in (
            lambda s=stranger: add(challenge, s),
            lambda s=stranger: actions.remove(row, by=s),
        ):
            with pytest.raises(PermissionRefused):
                act()

    assert stored_files(challenge) == []


def test_without_their_events_files_stay_as_they_were() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)
    row = ResourceFactory(challenge=challenge)
    break_audit()

    for act in (lambda: add(challenge, bea), lambda: actions.remove(row, by=bea)):
        with pytest.raises(IntegrityError):
            act()

    assert (list(Resource.objects.all()), stored_files(challenge)) == ([row], [])


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("daten.csv", "daten.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Daten\\liste.csv", "liste.csv"),
        ("böse\x00\n.csv", "böse.csv"),
        ("x" * 200 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_name_of_a_file_is_only_a_name(given: str, name: str) -> None:
    assert clean_name(given) == name


def test_refused_kind_is_told_with_the_possible_ones() -> None:
    with pytest.raises(UploadRefused) as caught:
        suffix_of("x.exe")

    assert "csv" in str(caught.value)
