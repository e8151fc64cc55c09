"""What every template knows about this installation."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils import translation


@dataclass(frozen=True, slots=True)
class OtherLanguage:
    """The same page in the other language."""

    code: str
    label: str
    url: str


def instance(request: HttpRequest) -> dict[str, Any]:
    """Return name, notice, demo flag and the link to the other language."""
    code = "en" if translation.get_language() == "de" else "de"
    return {
        "instance_name": settings.INSTANCE_NAME,
        "instance_notice": settings.INSTANCE_NOTICE,
        "demo_mode": settings.DEMO,
        "other_language": OtherLanguage(
            code=code,
            label={"de": "Deutsch", "en": "English"}[code],
            url=translate_url(request.get_full_path(), code),
        ),
    }
