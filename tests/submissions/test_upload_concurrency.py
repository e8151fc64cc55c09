"""Uploads that are finished twice at once, or by a process that is killed; on PostgreSQL."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from core import clock, storage
from core.models import AuditEvent
from submissions import documents, file_maintenance, upload_maintenance
from submissions.actions import upload as actions
from submissions.models import Entry, Submission, SubmissionFile, Upload
from submissions.states import FileKind, UploadState
from tests.architecture.source import ROOT
from tests.stores import put, rclone, s3_storage
from tests.submissions.conftest import PDF
from tests.submissions.test_concurrency import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.s3, pytest.mark.django_db(transaction=True)]

LARGE = PDF + hashlib.shake_256(b"large").digest(5_500_000)
AT_ONCE = 6
PATIENCE = 60.0


@pytest.fixture
def world(fresh_world):
    return fresh_world


@pytest.fixture(params=["folder", "store"])
def place(request, settings, tmp_path) -> Iterator[dict[str, Any]]:
    """Where submissions lie, as an entry of the settings."""
    if request.param == "folder":
        entry: dict[str, Any] = {
            "BACKEND": "core.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files"), "base_url": None},
        }
        settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}
        yield entry
        return
    with rclone(tmp_path, "files") as endpoint:
        entry = s3_storage(endpoint, "files")
        settings.STORAGES = {**settings.STORAGES, storage.SUBMISSIONS: entry}
        yield entry


@pytest.fixture
def upload(place, world) -> Upload:
    """An upload of which everything has arrived."""
    type(world.challenge).objects.update(wants_concept=True)
    draft = Submission.objects.get(pk=world.draft().pk)
    begun = actions.open_upload(
        draft, by=world.dora, kind=FileKind.CONCEPT, name="konzept.pdf", size=len(LARGE)
    )
    for number in range(1, begun.part_count + 1):
        part = LARGE[(number - 1) * begun.part_size : number * begun.part_size]
        if begun.multipart_id:
            assert put(actions.address_of_part(begun, number=number), part) == 200
        else:
            actions.receive_part(begun, number=number, source=io.BytesIO(part), size=len(part))
    return begun


def stored() -> set[str]:
    keys = storage.written_before(storage.SUBMISSIONS, clock.now() + 2 * actions.KEPT)
    return {key for key in keys if not key.startswith("staging/")}


def assert_arrived(upload: Upload) -> None:
    """Prove that the file is there once and whole, and that nothing is left beside it."""
    file = SubmissionFile.objects.get()
    upload.refresh_from_db()
    assert (upload.state, upload.file) == (UploadState.ATTACHED, file)
    assert file.sha256 == hashlib.sha256(LARGE).hexdigest()
    with documents.open_file(file) as stream:
        assert stream.read() == LARGE
    assert stored() == {file.key}
    assert list(upload_maintenance.forgotten_parts()) == []
    assert list(upload_maintenance.wrong_uploads()) == []


def test_finishing_many_times_at_once_gives_everybody_the_same_file(upload, world):
    works: list[Any] = [
        partial(actions.complete_upload, Upload.objects.get(pk=upload.pk), by=by)
        for by in [world.dora, world.cem] * (AT_ONCE // 2)
    ]

    answers = at_once(works)

    assert answers == [SubmissionFile.objects.get()] * AT_ONCE
    assert_arrived(upload)
    assert AuditEvent.objects.filter(action="upload.checking").count() == 1
    assert AuditEvent.objects.filter(action="submission.file_attached").count() == 1


def test_process_killed_between_storing_and_the_row_costs_nothing(place, upload, world):
    """The row waits for a lock that we hold, so the file is there and the row is not."""
    told = {
        "database": connection.settings_dict["NAME"],
        "storage": place,
        "upload": upload.pk,
        "by": world.dora.pk,
    }
    with transaction.atomic():
        Entry.objects.select_for_update().get(pk=upload.submission.entry_id)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.submissions.finishing", json.dumps(told)], cwd=ROOT
        )
        deadline = time.monotonic() + PATIENCE
        while not is_waiting_for_a_lock():
            assert process.poll() is None, "the process has ended"
            assert time.monotonic() < deadline, "the process does not come so far"
            time.sleep(0.1)
        process.kill()
        process.wait()
    left = stored()

    upload.refresh_from_db()
    assert (upload.state, SubmissionFile.objects.count()) == (UploadState.CHECKING, 0)
    assert len(left) == 1
    actions.complete_upload(upload, by=world.dora)
    assert len(stored()) == 2
    # Young files stay: they may be about to get their row.
    assert file_maintenance.remove_unnamed(clock.now()) == 0
    cache.clear()  # the sweep looks once in an hour
    assert file_maintenance.remove_unnamed(clock.now() + 2 * actions.KEPT) == 1
    assert_arrived(upload)


def is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction the view would stay as it was first seen.
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
