"""Signs of life of the background processes: written by each supervisor, read by pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from core import clock
from core.models import Worker

# Between two signs, and without a sign how long until somebody counts as gone.
EVERY: Final = dt.timedelta(seconds=10)
SILENCE: Final = dt.timedelta(seconds=45)
KEPT: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the processes for evaluations, of all supervisors together."""

    processes: int
    # When the last one gave a sign; None if none ever has.
    seen_at: dt.datetime | None

    @property
    def is_still(self) -> bool:
        """Say whether nothing is being evaluated, as far as anybody knows."""
        return self.seen_at is not None and not self.processes


def give_sign(name: str, *, processes: int, now: dt.datetime | None = None) -> None:
    """Write down that a supervisor lives, with so many processes for evaluations.

    A supervisor that ends says 0. What has been silent for a week is forgotten.
    """
    moment = now or clock.now()
    Worker.objects.update_or_create(
        name=name[:80], defaults={"processes": processes, "seen_at": moment}
    )
    Worker.objects.filter(seen_at__lt=moment - KEPT).delete()


def standing(now: dt.datetime | None = None) -> Standing:
    """Return how many processes for evaluations live, and when the last sign came."""
    moment = now or clock.now()
    rows = list(Worker.objects.values_list("processes", "seen_at"))
    return Standing(
        processes=sum(count for count, seen_at in rows if seen_at > moment - SILENCE),
        seen_at=max((seen_at for _count, seen_at in rows), default=None),
    )
