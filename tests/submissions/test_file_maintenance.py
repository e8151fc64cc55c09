"""Files that a killed process left behind are swept; what a row names is never touched."""

from __future__ import annotations

import datetime as dt
import io
import os

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from core import clock, staging, storage
from submissions.actions import upload as upload_actions
from submissions.file_maintenance import KEPT, remove_unnamed, unnamed_files
from submissions.models import SubmissionFile
from submissions.states import FileKind
from tests.submissions.conftest import PDF

TICK = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def an_hour_later(db) -> None:
    cache.delete("submissions.unnamed_files")


def left_behind(stored_at: dt.datetime) -> str:
    """Store a file as a process does that is killed before its row is written."""
    stored = storage.store(storage.SUBMISSIONS, io.BytesIO(PDF), folder="S-TEST", suffix=".pdf")
    os.utime(storages[storage.SUBMISSIONS].path(stored.key), (stored_at.timestamp(),) * 2)
    return stored.key


def uploaded(world) -> str:
    world.challenge.wants_concept = True
    world.challenge.save()
    file = upload_actions.attach_file(
        world.draft(),
        by=world.cem,
        kind=FileKind.CONCEPT,
        file=ContentFile(PDF, name="konzept.pdf"),
    )
    os.utime(storages[storage.SUBMISSIONS].path(file.key), (0, 0))
    return file.key


def test_file_without_a_row_is_removed_after_a_day(world):
    now = clock.now()
    old, young = left_behind(now - KEPT - TICK), left_behind(now - KEPT + TICK)
    named = uploaded(world)

    assert remove_unnamed(now) >= 1

    kept = [storage.exists(storage.SUBMISSIONS, key) for key in (old, young, named)]
    assert kept == [False, True, True]
    assert SubmissionFile.objects.get().key == named


def test_parts_of_uploads_are_none_of_these_files(world):
    staged = staging.begin(storage.SUBMISSIONS, len(PDF))
    staging.write_part(staged, 1, io.BytesIO(PDF), len(PDF))

    assert not [
        key for key in unnamed_files(before=clock.now() + KEPT) if key.startswith(staging.FOLDER)
    ]


def test_store_is_read_once_an_hour(world):
    now = clock.now()
    remove_unnamed(now)
    key = left_behind(now - KEPT - TICK)

    assert remove_unnamed(now) == 0
    assert storage.exists(storage.SUBMISSIONS, key)
