"""What the competition office sees of teams and what they handed in: no contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from competition.models import Challenge
from core import clock
from core.access import get_permitted
from submissions import deadlines, queries

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest


def find_statement(request: UserRequest, slug: str, code: str) -> Challenge:
    """Return a problem statement of a competition that the person organises."""
    return get_permitted(
        Challenge.objects.select_related("competition", "agency")
        .prefetch_related("phases")
        .organised_by(request.user),
        "competition.organise",
        request.user,
        competition__slug=slug,
        code=code,
    )


@require_safe
@login_required
def entry_list(request: UserRequest, slug: str, code: str) -> HttpResponse:
    """Show which teams take part, when versions arrived, and late attempts."""
    challenge = find_statement(request, slug, code)
    lines = queries.entry_lines(challenge)
    context = {
        "challenge": challenge,
        "competition": challenge.competition,
        "brand_note": challenge.competition.name,
        "lines": lines,
        "phase": deadlines.window(challenge),
        "handed_in": sum(line.handed_in > 0 for line in lines),
        "versions": sum(len(line.received) for line in lines),
        "late": [(line.team_name, attempt) for line in lines for attempt in line.late],
        "late_uploads": [
            (line.team_name, upload) for line in lines for upload in line.late_uploads
        ],
        "grace": deadlines.grace(),
        "now": clock.now(),
    }
    return render(request, "submissions/office/entry_list.html", context)
