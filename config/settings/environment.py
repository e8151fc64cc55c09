"""Every environment variable of the product, typed, in one table.

`config.settings.base` is the only module that reads values; the table in docs/operations.md is
compared with VARIABLES by a test, and names that start with AUSLOBUNG_ but are unknown here give a
warning at start (config.checks).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PREFIX = "AUSLOBUNG_"

# Read by other programs of the product, not by the server.
FOREIGN = frozenset(
    {
        "AUSLOBUNG_TOKEN",
        "AUSLOBUNG_HOST",
        "AUSLOBUNG_REQUIRE_BROWSER",
        "AUSLOBUNG_REQUIRE_CLAMD",
    }
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its name, type, default as text, and what it does."""

    name: str
    kind: type
    default: str
    meaning: str
    secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("AUSLOBUNG_DATA_DIR", Path, "var", "Folder of all state: database, uploads, keys"),
    Variable(
        "AUSLOBUNG_SECRET_KEY", str, "", "Signing key of sessions; made on first start", secret=True
    ),
    Variable("AUSLOBUNG_BASE_URL", str, "http://localhost:8000", "Public address of the product"),
    Variable(
        "AUSLOBUNG_DATABASE_URL", str, "", "postgresql://user:password@host:port/name", secret=True
    ),
    Variable("AUSLOBUNG_DEMO", bool, "0", "Demo mode: one-click sign-in; never in production"),
    Variable("AUSLOBUNG_INSTANCE_NAME", str, "Auslobung", "Name of this installation"),
    Variable(
        "AUSLOBUNG_NOTICE",
        str,
        "Demo – kein amtliches Angebot",
        "Line above every page; may be empty",
    ),
    Variable("AUSLOBUNG_TIME_ZONE", str, "Europe/Berlin", "Zone in which times are shown"),
    Variable("AUSLOBUNG_TRUSTED_PROXIES", int, "0", "Number of reverse proxies in front"),
    Variable("AUSLOBUNG_STORAGE", str, "local", "Where files lie: local or s3"),
    Variable("AUSLOBUNG_S3_ENDPOINT", str, "", "Address of the S3-compatible store"),
    Variable(
        "AUSLOBUNG_S3_PUBLIC_ENDPOINT",
        str,
        "",
        "Address under which browsers reach the store; empty: the same",
    ),
    Variable("AUSLOBUNG_S3_REGION", str, "eu-central-1", "Region of the store"),
    Variable("AUSLOBUNG_S3_BUCKET", str, "auslobung", "Bucket of all files but ground truth"),
    Variable("AUSLOBUNG_S3_ACCESS_KEY", str, "", "Key of the web role", secret=True),
    Variable("AUSLOBUNG_S3_SECRET_KEY", str, "", "Secret of the web role", secret=True),
    Variable("AUSLOBUNG_S3_TRUTH_BUCKET", str, "auslobung-truth", "Bucket of the ground truth"),
    Variable("AUSLOBUNG_S3_TRUTH_ACCESS_KEY", str, "", "Key of the evaluation role", secret=True),
    Variable(
        "AUSLOBUNG_S3_TRUTH_SECRET_KEY", str, "", "Secret of the evaluation role", secret=True
    ),
    Variable(
        "AUSLOBUNG_OPENING_KEY_DIR",
        Path,
        "",
        "Folder of the private keys that open sealed documents; empty: in the data folder",
    ),
    Variable("AUSLOBUNG_UPLOAD_MAX_MB", int, "100", "Largest uploaded file, in megabytes"),
    Variable(
        "AUSLOBUNG_CLAMD_ADDRESS",
        str,
        "",
        "Malware scanner: tcp://host:3310 or unix:///run/clamav/clamd.ctl; empty: none",
    ),
    Variable(
        "AUSLOBUNG_SCAN_PATIENCE_MINUTES",
        int,
        "10",
        "How long a file may wait for the scanner before the office is told",
    ),
    Variable(
        "AUSLOBUNG_UPLOAD_GRACE_SECONDS",
        int,
        "120",
        "How long after a deadline an upload begun before it may still arrive; 0: not at all",
    ),
    Variable("AUSLOBUNG_TSA_URL", str, "", "Time-stamping authority (RFC 3161); empty: none"),
    Variable("AUSLOBUNG_TSA_CERTIFICATES", str, "", "PEM file: its root and further certificates"),
    Variable(
        "AUSLOBUNG_EMAIL_URL",
        str,
        "",
        "smtp://user:password@host:port?tls=1; empty: files",
        secret=True,
    ),
    Variable(
        "AUSLOBUNG_MAIL_FROM", str, "Auslobung <auslobung@localhost>", "Sender of all messages"
    ),
    Variable("AUSLOBUNG_MAIL_REPLY_TO", str, "", "Address that answers go to"),
    Variable("AUSLOBUNG_SIGNUP", str, "open", "Who may create an account: open or closed"),
    Variable("AUSLOBUNG_LOG_LEVEL", str, "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Variable("AUSLOBUNG_WORKERS", int, "1", "Evaluation processes started by `manage.py worker`"),
    Variable("AUSLOBUNG_EVALUATION_TIMEOUT", int, "120", "Seconds one evaluation may take"),
    Variable("AUSLOBUNG_EVALUATION_MEMORY_MB", int, "1500", "Memory one evaluation may take"),
)

_BY_NAME = {variable.name: variable for variable in VARIABLES}


def read(name: str, environ: Mapping[str, str] | None = None) -> Any:
    """Return the typed value of a declared variable.

    Secrets may also come from a file named by NAME_FILE. Any: the type is the one declared.

    Raises:
        ImproperlyConfigured: the value cannot be read as its type.

    """
    environ = os.environ if environ is None else environ
    variable = _BY_NAME[name]
    text = environ.get(name)
    if text is None and variable.secret and (file := environ.get(f"{name}_FILE")):
        text = Path(file).read_text(encoding="utf-8").strip()
    if text is None:
        text = variable.default
    return _convert(variable, text)


def _convert(variable: Variable, text: str) -> Any:
    if variable.kind is bool:
        lowered = text.strip().lower()
        if lowered in {"1", "true", "yes", "on"}:
            return True
        if lowered in {"", "0", "false", "no", "off"}:
            return False
        message = f"{variable.name} must be 0 or 1, not {text!r}."
        raise ImproperlyConfigured(message)
    if variable.kind is int:
        try:
            return int(text)
        except ValueError as error:
            message = f"{variable.name} must be a whole number, not {text!r}."
            raise ImproperlyConfigured(message) from error
    return variable.kind(text)


# Neither the database nor the keys of sessions and receipts: an evaluation needs files only.
_EVALUATOR = (
    "AUSLOBUNG_STORAGE",
    "AUSLOBUNG_S3_ENDPOINT",
    "AUSLOBUNG_S3_REGION",
    "AUSLOBUNG_S3_BUCKET",
    "AUSLOBUNG_S3_ACCESS_KEY",
    "AUSLOBUNG_S3_SECRET_KEY",
    "AUSLOBUNG_S3_TRUTH_BUCKET",
    "AUSLOBUNG_S3_TRUTH_ACCESS_KEY",
    "AUSLOBUNG_S3_TRUTH_SECRET_KEY",
    "AUSLOBUNG_UPLOAD_MAX_MB",
)
_SYSTEM = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")


def evaluator(data_dir: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the process that evaluates one prediction file."""
    environ = os.environ if environ is None else environ
    wanted = [*_SYSTEM, *_EVALUATOR, *(f"{name}_FILE" for name in _EVALUATOR)]
    return {
        **{name: environ[name] for name in wanted if name in environ},
        "AUSLOBUNG_DATA_DIR": str(data_dir),
        # Read by nobody; a given key keeps the settings from opening the real one.
        "AUSLOBUNG_SECRET_KEY": "unused",
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        # One thread: the process has one core's worth of time, and threads reserve memory.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def unknown(environ: Mapping[str, str] | None = None) -> list[str]:
    """List names that look like ours but are not declared: probably typing errors."""
    environ = os.environ if environ is None else environ
    known = set(_BY_NAME) | {f"{v.name}_FILE" for v in VARIABLES if v.secret} | FOREIGN
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's DATABASES entry for an address; empty means SQLite in the data folder."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_dir / "auslobung.sqlite3",
            # IMMEDIATE: a transaction that will write waits at its start instead of failing in its
            # middle. FULL: a receipt binds someone, so the commit reaches the disk.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        message = "AUSLOBUNG_DATABASE_URL must start with postgresql://."
        raise ImproperlyConfigured(message)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
    }


def mailer(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's MAILERS entry for an address; empty means files in the data folder."""
    if not url:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": data_dir / "mails"},
        }
    parts = urlsplit(url)
    if parts.scheme != "smtp":
        message = "AUSLOBUNG_EMAIL_URL must start with smtp://."
        raise ImproperlyConfigured(message)
    options = dict(parse_qsl(parts.query))
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname or "localhost",
            "port": parts.port or 25,
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": options.get("tls") == "1",
            "timeout": 20,
        },
    }
