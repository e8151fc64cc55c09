"""A large file, and the line of the browser that sends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from tests.e2e.walk import Walk

SIZE = 60_000_000
TEAM = "Gute Nachbarn"
ALLOW_60_MB = f"""
from competition.models import Challenge
for challenge in Challenge.objects.all():
    challenge.answers["deliverables"] = [{{"name": "Konzept", "format": "PDF", "megabytes": 60}}]
    challenge.save(update_fields=["answers"])
Challenge.objects.filter(entries__team__name="{TEAM}").update(wants_concept=True)
"""
# The browser itself says that it is offline.
OFFLINE = re.compile("net::ERR_INTERNET_DISCONNECTED|net::ERR_ABORTED")


class Line:
    """The line of a browser: as fast as it is said to be, or cut."""

    def __init__(self, person: Walk) -> None:
        self.page = person.page
        self.person = person
        self.session = person.page.context.new_cdp_session(person.page)
        self.session.send("Network.enable")
        self.puts: list[str] = []
        person.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "PUT":
            self.puts.append(request.url)

    def set(self, *, megabytes_per_second: float = 0) -> None:
        conditions: dict[str, Any] = {
            "offline": not megabytes_per_second,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": megabytes_per_second * 1_000_000 or -1,
        }
        self.session.send("Network.emulateNetworkConditions", conditions)

    def wait_for(self, percent: int) -> None:
        self.page.wait_for_function(
            "least => document.querySelector('#uploads progress')?.value >= least", arg=percent
        )

    def forgive(self) -> None:
        """Take back complaints of the browser about the line that the test cut."""
        self.person.complaints[:] = [
            text for text in self.person.complaints if not OFFLINE.search(text)
        ]


def saved(page: Any) -> int:
    """Return how many percent the page says are saved."""
    text = page.locator("#uploads .file").first.inner_text()
    found = re.search(r"(\d+)\s%\s(?:sind gesichert|are saved)", text)
    assert found, text
    return int(found.group(1))
