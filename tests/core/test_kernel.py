"""Small pieces of the kernel: codes, signing, CSV, Markdown, clock, settings."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.settings import environment
from core import clock, codes, signing, tables, text

ROOT = Path(__file__).resolve().parents[2]


def test_code_has_a_prefix_and_only_letters_that_read_well() -> None:
    prefix, _dash, rest = codes.new_code("S").partition("-")

    assert (prefix, len(rest), set(rest) <= set(codes.ALPHABET)) == ("S", 6, True)


def test_signature_fits_its_bytes_only() -> None:
    signature = signing.sign(b"receipt")

    assert [signing.is_valid(data, signature) for data in (b"receipt", b"receipT")] == [True, False]


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA"])
def test_broken_signature_is_invalid_not_an_error(signature: str) -> None:
    assert signing.is_valid(b"receipt", signature) is False


def test_private_key_is_readable_by_its_owner_only() -> None:
    signing.sign(b"x")

    path = settings.DATA_DIR / "keys" / "receipts.ed25519.pem"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formula_in_a_text_cell_is_disarmed(start: str) -> None:
    assert tables.safe_cell(f"{start}1+1") == f"'{start}1+1"


def test_negative_number_stays_a_number() -> None:
    assert tables.safe_csv(["a"], [[-1.5]]) == "a\r\n-1.5\r\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://tracker.example/p.png)",
        '<img src=x onerror="alert(1)">',
        '<a href="https://a.example" style="x" onclick="y">z</a>',
    ],
)
def test_markdown_can_do_nothing(hostile: str) -> None:
    html = text.render(hostile)

    assert (
        not any(
            word in html.lower().replace("&lt;", "")
            for word in ("<script", "<img", "onclick=", 'href="javascript')
        )
        or "&lt;" in html
    )


def test_markdown_heading_starts_at_level_three() -> None:
    assert text.render("# Title") == "<h3>Title</h3>\n"


@pytest.mark.django_db
def test_database_clock_agrees_with_the_servers_clock() -> None:
    assert abs(clock.of_database() - clock.now()) < dt.timedelta(seconds=5)


def test_unknown_variable_is_named() -> None:
    names = environment.unknown({"AUSLOBUNG_DATADIR": "x", "AUSLOBUNG_DEMO": "1", "PATH": "/"})

    assert names == ["AUSLOBUNG_DATADIR"]


def test_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")

    assert environment.read("AUSLOBUNG_SECRET_KEY", {"AUSLOBUNG_SECRET_KEY_FILE": str(file)}) == (
        "s3cret"
    )


@pytest.mark.parametrize(
    ("name", "value"), [("AUSLOBUNG_DEMO", "maybe"), ("AUSLOBUNG_WORKERS", "two")]
)
def test_value_of_the_wrong_type_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        environment.read(name, {name: value})


GOOD = {
    "AUSLOBUNG_SECRET_KEY": "kW7-9fQz2_Lm4Xr8" * 4,
    "AUSLOBUNG_BASE_URL": "https://auslobung.example",
    "AUSLOBUNG_DATABASE_URL": "postgresql://a:b@localhost:1/c",
    "AUSLOBUNG_EMAIL_URL": "smtp://localhost:25",
    "AUSLOBUNG_OPENING_KEY_DIR": "/nowhere/opening-keys",
}


def _check(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {
        **GOOD,
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "AUSLOBUNG_DATA_DIR": str(tmp_path),
        **changes,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_deployment_check_is_clean_with_production_settings(tmp_path: Path) -> None:
    result = _check(tmp_path)

    assert (result.returncode, "no issues" in result.stdout + result.stderr) == (0, True), (
        result.stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"AUSLOBUNG_DEMO": "1"}, "Demo mode"),
        ({"AUSLOBUNG_SECRET_KEY": "short"}, "AUSLOBUNG_SECRET_KEY"),
        ({"AUSLOBUNG_SECRET_KEY": "django-insecure-" + "x" * 60}, "AUSLOBUNG_SECRET_KEY"),
        ({"AUSLOBUNG_BASE_URL": "http://auslobung.example"}, "https"),
    ],
)
def test_unsafe_production_settings_are_refused(
    tmp_path: Path, changes: dict[str, str], word: str
) -> None:
    result = _check(tmp_path, **changes)

    assert (result.returncode != 0, word in result.stderr) == (True, True), result.stderr


@pytest.mark.slow
def test_deployment_check_names_everything_that_would_be_unsafe(tmp_path: Path) -> None:
    """One run for all, since it loads everything; each of them alone is enough to be refused."""
    unsafe = {"AUSLOBUNG_DATABASE_URL": "", "AUSLOBUNG_OPENING_KEY_DIR": ""}

    result = _check(tmp_path, **unsafe, AUSLOBUNG_DATADIR="x")

    assert result.returncode == 1
    assert "System check identified 3 issues" in result.stderr
    for words in ("SQLite", "AUSLOBUNG_DATADIR", "open sealed documents"):
        assert words in result.stderr
