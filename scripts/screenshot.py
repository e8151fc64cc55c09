"""Take the README's picture: make a fresh demo, serve it, and photograph a page of it.

    scripts/screenshot.py [--page REGEX] [--output FILE] [--width 1280] [--height 900] [--dark]

The page is the first one, found by following links from the home page, whose address matches.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"))
QUIET = ("--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
MOST_PAGES = 60


def main(argv: list[str] | None = None) -> int:
    """Write the picture; 1 with a sentence if the page was not found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--page", default=r"/challenges/[^/]+/results/$", help="what its address matches"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images" / "results.png")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args(argv)

    with tempfile.TemporaryDirectory(prefix="auslobung-screenshot-") as folder:
        port = free_port()
        environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("AUSLOBUNG_")
            },
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "AUSLOBUNG_DATA_DIR": folder,
            "AUSLOBUNG_DEMO": "1",
            "AUSLOBUNG_BASE_URL": f"http://localhost:{port}",
        }
        demo = [sys.executable, "manage.py", "demo"]
        subprocess.run(demo, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
        web = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen([*web, "--log-level", "warning"], cwd=ROOT, env=environ)
        try:
            wait_for(port, server)
            found = photograph(f"http://localhost:{port}", options)
        finally:
            server.terminate()
            server.wait()
    if found is None:
        print(f"No page of the demo has an address that matches {options.page}", file=sys.stderr)
        return 1
    print(f"{options.output.resolve()} shows {found}")
    return 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers.

    Raises:
        RuntimeError: it ended instead.

    """
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    message = "The server ended before it answered."
    raise RuntimeError(message)


def photograph(home: str, options: argparse.Namespace) -> str | None:
    """Write the picture and return the path of its page; None if there is no such page."""
    executable = next((path for path in BROWSERS if path.exists()), None)
    sandbox = ("--no-sandbox",) if os.getuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *sandbox])
        page = browser.new_page(
            viewport={"width": options.width, "height": options.height},
            color_scheme="dark" if options.dark else "light",
            reduced_motion="reduce",
            locale="de-DE",
        )
        found = find(page, home, re.compile(options.page))
        if found is not None:
            options.output.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=options.output)
        browser.close()
    return found


def find(page: Page, home: str, wanted: re.Pattern[str]) -> str | None:
    """Follow links from the home page, nearest first, and stay on the first page that is wanted."""
    waiting = ["/"]
    seen = set(waiting)
    while waiting and len(seen) - len(waiting) < MOST_PAGES:
        path = waiting.pop(0)
        answer = page.goto(home + path, wait_until="load")
        if answer is None or not answer.ok:
            continue
        if wanted.search(path):
            return path
        links: list[str] = page.eval_on_selector_all(
            "main a[href^='/'], nav a[href^='/']", "links => links.map(link => link.pathname)"
        )
        fresh = [link for link in dict.fromkeys(links) if link not in seen]
        # Downloads and the other language lead nowhere new.
        fresh = [link for link in fresh if link.endswith("/") and not link.startswith("/en/")]
        seen.update(fresh)
        # A link that matches is tried before the others.
        waiting = [link for link in fresh if wanted.search(link)] + waiting
        waiting += [link for link in fresh if not wanted.search(link)]
    return None


if __name__ == "__main__":
    sys.exit(main())
