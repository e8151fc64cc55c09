"""Start-up checks with stable ids; each hint names the page that helps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004

from config.settings.environment import unknown

HINT = "See docs/operations.md, section Settings."


@register()
def unknown_variables(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn about variables that look like ours but are not known (typing errors)."""
    return [
        Warning(f"The environment variable {name} is unknown.", hint=HINT, id="auslobung.W001")
        for name in unknown()
    ]


@register(Tags.security, deploy=True)
def production_database(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask for PostgreSQL where several processes write."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return [
            Warning("SQLite is for demo and development.", hint=HINT, id="auslobung.W002"),
        ]
    return []


@register(Tags.security, deploy=True)
def separate_opening_keys(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask for keys of sealed documents that are not copied together with the documents."""
    if settings.OPENING_KEY_DIR.resolve().is_relative_to(settings.DATA_DIR.resolve()):
        return [
            Warning(
                "The keys that open sealed documents lie in the data folder.",
                hint=HINT,
                id="auslobung.W004",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def separate_ground_truth(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse ground truth that lies where the web role can read it."""
    if settings.STORAGE_KIND != "s3":
        return []
    stores: Any = settings.STORAGES
    web, truth = stores["submissions"]["OPTIONS"], stores["ground_truth"]["OPTIONS"]
    if web["bucket_name"] == truth["bucket_name"] or web["access_key"] == truth["access_key"]:
        return [
            Error(
                "Ground truth shares its bucket or its key with other files.",
                hint=HINT,
                id="auslobung.E001",
            )
        ]
    return []


@register()
def known_storage(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a storage that does not exist: it would quietly be a folder."""
    if settings.STORAGE_KIND in {"local", "s3"}:
        return []
    message = f"AUSLOBUNG_STORAGE must be local or s3, not {settings.STORAGE_KIND!r}."
    return [Error(message, hint=HINT, id="auslobung.E002")]


@register()
def known_addresses(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse addresses of services that no part of the product could use."""
    wanted = {
        "AUSLOBUNG_CLAMD_ADDRESS": (settings.CLAMD_ADDRESS, ("tcp", "unix")),
        "AUSLOBUNG_TSA_URL": (settings.TSA_URL, ("https", "http")),
    }
    return [
        Error(
            f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.",
            hint=HINT,
            id="auslobung.E003",
        )
        for name, (address, schemes) in wanted.items()
        if address and urlsplit(address).scheme not in schemes
    ]


@register()
def readable_certificates(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse an authority whose answers nobody could verify."""
    if not settings.TSA_URL or Path(settings.TSA_CERTIFICATES or "/").is_file():
        return []
    message = "AUSLOBUNG_TSA_CERTIFICATES must name a file, or no time stamp can be verified."
    return [Error(message, hint=HINT, id="auslobung.E004")]


@register(Tags.security, deploy=True)
def store_for_browsers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Ask for TLS between browsers and store, without which they send nothing."""
    if settings.STORAGE_KIND != "s3":
        return []
    options: Any = settings.STORAGES["submissions"]["OPTIONS"]
    address = options["public_endpoint_url"] or options["endpoint_url"]
    if not address or urlsplit(address).scheme == "https":
        return []
    return [
        Warning(
            "Browsers send files to the store only if its address begins with https.",
            hint="Set AUSLOBUNG_S3_PUBLIC_ENDPOINT. See docs/object-store.md.",
            id="auslobung.W003",
        )
    ]
