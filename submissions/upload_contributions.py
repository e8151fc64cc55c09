"""What the competition office is told about the malware scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from competition.extensions import Contribution, Figure, Place, Slot, slots
from core import clock, scanner
from core.display import duration_words, number_words
from submissions.actions import scan

if TYPE_CHECKING:
    from django.http import HttpRequest

    from competition.models import Competition


def _office_health(request: HttpRequest, competition: Competition) -> Contribution:
    """Say that there is no scanner, or that files have been waiting for it too long."""
    if not scanner.is_on():
        figure = Figure(_("off"), _("Malware check"), _("Uploaded files are not scanned."))
        return Contribution("", {"items": [figure]})
    waiting = scan.waiting().filter(submission__entry__challenge__competition=competition)
    oldest = waiting.order_by("uploaded_at").first()
    note = ""
    if oldest is not None and (age := clock.now() - oldest.uploaded_at) > settings.SCAN_PATIENCE:
        note = _(
            "The oldest has waited for %(duration)s: these files cannot be handed in. Ask the"
            " operator to look at the scanner."
        ) % {"duration": duration_words(age)}
    figure = Figure(number_words(waiting.count()), _("Files that wait for the malware check"), note)
    return Contribution("", {"items": [figure]})


slots.register(Slot("scan_health", Place.OFFICE_HEALTH, _office_health, order=40))
