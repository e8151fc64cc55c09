"""What every template knows about this installation."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme


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
            url=translate_url(_address(request), code),
        ),
    }


def _address(request: HttpRequest) -> str:
    """Return where the page can be opened: an answer to a form leads to the page of the form."""
    if request.method == "POST":
        came_from = urlsplit(request.headers.get("Referer", ""))
        address = came_from._replace(scheme="", netloc="", fragment="").geturl()
        is_ours = came_from.netloc == request.get_host() and address.startswith("/")
        if is_ours and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
            return address
    return request.get_full_path()
