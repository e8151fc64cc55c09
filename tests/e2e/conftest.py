"""A browser for the walks: Debian's Chromium, else the one Playwright installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

SYSTEM_BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"))
# No look-ups, no updates, no sync: the browser talks to the test server only.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser(playwright: Playwright) -> Path | None:
    candidates = (*SYSTEM_BROWSERS, Path(playwright.chromium.executable_path))
    return next((path for path in candidates if path.exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all walks of a process; skipped without one, unless it is required."""
    # Playwright's event loop makes Django believe that the tests run in an asynchronous context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        executable = find_browser(playwright)
        if executable is None:
            reason = "no Chromium found (Debian and Ubuntu: apt-get install chromium)"
            if os.environ.get("AUSLOBUNG_REQUIRE_BROWSER") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        sandbox = ("--no-sandbox",) if os.getuid() == 0 else ()
        opened = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *sandbox])
        yield opened
        opened.close()


@pytest.fixture(scope="session", autouse=True)
def _database_before_server(django_db_setup: None) -> None:
    """Make the test database first: the live server shares its connection only if it is in memory.

    Otherwise each request opens a connection of its own that nobody closes.
    """
