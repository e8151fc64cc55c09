"""Large files straight from the browser to an S3 store, over a bad line, and back."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.display import grouped_hash
from tests.e2e.installation import Installation, copy_of, manage, serve
from tests.e2e.line import ALLOW_60_MB, OFFLINE, SIZE, TEAM, Line, saved
from tests.e2e.test_team import draft_of
from tests.e2e.walk import walk
from tests.stores import BadLine, bad_line, documented_cors, rclone

pytestmark = pytest.mark.e2e

BUCKET, TRUTH = "auslobung", "auslobung-truth"
PART = 5 * 1024 * 1024
REFUSED_BY_STORE = re.compile(r"the server responded with a status of 500")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BadLine]:
    """A store with signatures, and in front of it the line on which browsers reach it."""
    (tmp_path / "s3").mkdir()
    with rclone(tmp_path / "s3", BUCKET, TRUTH) as endpoint, bad_line(endpoint) as front:
        yield front


@pytest.fixture
def on_store(demo_data: Path, tmp_path: Path, store: BadLine) -> Iterator[Installation]:
    """The demo with its files in the store, and with problem statements that allow 60 MB."""
    settings = {
        "AUSLOBUNG_STORAGE": "s3",
        "AUSLOBUNG_S3_ENDPOINT": store.endpoint,
        "AUSLOBUNG_S3_BUCKET": BUCKET,
        "AUSLOBUNG_S3_TRUTH_BUCKET": TRUTH,
        **{
            f"AUSLOBUNG_S3_{role}{part}_KEY": f"web{'key' if part == 'ACCESS' else 'secret'}"
            for role in ("", "TRUTH_")
            for part in ("ACCESS", "SECRET")
        },
    }
    with copy_of(demo_data, tmp_path) as data:
        for folder in (data / "files").iterdir():
            bucket = TRUTH if folder.name == "ground_truth" else BUCKET
            target = tmp_path / "s3" / bucket / folder.name.replace("_", "-")
            shutil.move(folder, target)
        changed = manage(data, "shell", "-c", ALLOW_60_MB, more=settings)
        assert changed.returncode == 0, changed.stderr
        with serve(data, more=settings) as installation:
            store.cors = documented_cors(installation.url)
            yield installation
        proofs = manage(data, "check_invariants", more=settings)
        assert proofs.returncode == 0, proofs.stdout + proofs.stderr


def test_interrupted_upload_of_60_mb_goes_on_and_comes_back(
    browser, on_store, store, large_pdf, tmp_path
):
    digest = hashlib.sha256(large_pdf.read_bytes()).hexdigest()
    address = f"{draft_of(on_store, TEAM)}files/concept/"
    with walk(browser, on_store) as emil:
        page, t = emil.page, emil.t
        emil.sign_in("emil")
        emil.visit(address)
        line = Line(emil)
        line.set(megabytes_per_second=12)

        # The store refuses a part once, then the line is cut in the middle of another one.
        store.faults = [("PUT", "500")]
        page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.named("button", t("Upload")).click()
        line.wait_for(25)
        line.set()
        page.locator("#uploads", has_text="Verbindung unterbrochen – ").wait_for()
        assert store.faults == []
        interrupted_at = saved(page)

        # The page is loaded anew: what the store has is shown, and only the rest is sent.
        line.set(megabytes_per_second=60)
        emil.complaints[:] = [
            text
            for text in emil.complaints
            if not (OFFLINE.search(text) or REFUSED_BY_STORE.search(text))
        ]
        emil.visit(address)
        assert saved(page) == interrupted_at > 0
        line.puts.clear()
        page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.press(t("Upload"))

        emil.says(
            t(
                "“%(name)s” is stored. It belongs to your draft, which is not handed in.",
                name=large_pdf.name,
            ),
            grouped_hash(digest),
        )
        parts = -(-SIZE // PART)
        assert len(line.puts) == parts - round(parts * interrupted_at / 100)
        assert {url.split("/auslobung/")[0] for url in line.puts} == {store.endpoint}

        # And back, from the store as well.
        with page.expect_download() as download:
            page.get_by_role("link", name=large_pdf.name).click()
        assert hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest() == digest
    staging = tmp_path / "s3" / BUCKET / "submissions" / "staging"
    assert [path for path in staging.rglob("*") if path.is_file()] == []


def test_store_without_our_rule_gets_nothing_and_the_page_goes_on_trying(
    browser, on_store, store, large_pdf
):
    store.cors = documented_cors("https://elsewhere.example")
    with walk(browser, on_store) as emil:
        emil.sign_in("emil")
        emil.visit(f"{draft_of(on_store, TEAM)}files/concept/")
        # First it does not answer us, either: the page repeats what we say about it.
        store.faults = [("POST", "500")] * 8
        emil.page.locator("main input[type=file]").set_input_files(large_pdf)
        emil.named("button", emil.t("Upload")).click()
        emil.page.locator(
            "#uploads", has_text="Der Dateispeicher antwortet im Moment nicht"
        ).wait_for()
        emil.page.locator("#uploads", has_text="Der Server ist nicht erreichbar").wait_for()

        assert [method for method, _path in store.passed if method == "PUT"] == []
        assert emil.complaints
        emil.complaints.clear()
