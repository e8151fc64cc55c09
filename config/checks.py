"""Start-up checks with stable ids; each hint names the page that helps."""

from collections.abc import Sequence
from typing import Any

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
