from __future__ import annotations

import datetime as dt

from competition.models import Phase
from submissions.actions import submission as actions
from submissions.models import Entry, Submission
from submissions.version_maintenance import foreign_choices, late_versions

TICK = dt.timedelta(microseconds=1)


def test_late_version_is_found_to_the_tick(world):
    ends_at = Phase.objects.get().ends_at.replace(second=0, microsecond=0)
    Phase.objects.update(ends_at=ends_at)
    actions.hand_in(world.draft(), by=world.cem, key="k", declared=True, now=ends_at - TICK)
    assert list(late_versions()) == []

    Submission.objects.update(handed_in_at=ends_at)
    (line,) = late_versions()
    assert Submission.objects.get().reference in line

    Submission.objects.update(upload_begun_at=ends_at - TICK)
    assert list(late_versions()) == []


def test_foreign_choice_and_draft_are_found(world):
    draft = world.draft()
    for entry, found in ((world.entry, 1), (world.other_entry, 2)):
        Entry.objects.update(chosen=None)
        Entry.objects.filter(pk=entry.pk).update(chosen=draft)

        assert len(list(foreign_choices())) == found
