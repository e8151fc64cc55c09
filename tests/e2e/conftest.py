"""A browser and a demo for the walks.

The browser is Debian's Chromium, else the one Playwright installed. The demo is made once for all
test processes; a walk that changes something gets a copy and a server of its own, so that no walk
meets the traces of another, whatever their order.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e.installation import Installation, copy_of, make_demo, manage, serve
from tests.e2e.line import SIZE

SYSTEM_BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"))
# A walk takes longer than a test; the first one waits for the demo, on a busy machine for long.
TIMEOUT = 600
# No look-ups, no updates, no sync: the browser talks to the test server only.
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.timeout(TIMEOUT))


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


@pytest.fixture(scope="session")
def demo_data(browser: Browser, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The data folder of the demo, as `make demo` leaves it; nobody writes into it."""
    folder = tmp_path_factory.getbasetemp()
    return make_demo(folder if worker_id == "master" else folder.parent)


@pytest.fixture(scope="module")
def demo(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo, served for those who only read."""
    folder = tmp_path_factory.mktemp("reading")
    with copy_of(demo_data, folder) as data, serve(data) as installation:
        yield installation


@pytest.fixture
def large_pdf(tmp_path: Path) -> Path:
    """A PDF of 60 MB that no two parts of are alike."""
    path = tmp_path / "konzept-mit-bildern.pdf"
    path.write_bytes(b"%PDF-1.7\n" + hashlib.shake_256(b"60 MB").digest(SIZE - 9))
    return path


@pytest.fixture
def own_demo(demo_data: Path, tmp_path: Path) -> Iterator[Installation]:
    """A demo for one walk; when the walk is over, everything that the product promises holds."""
    with copy_of(demo_data, tmp_path) as data:
        with serve(data) as installation:
            yield installation
        proofs = manage(data, "check_invariants")
        assert proofs.returncode == 0, proofs.stdout + proofs.stderr
