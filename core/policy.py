"""Exceptions to the content security policy of the settings, page by page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate

from django.conf import settings
from django.views.decorators.csp import csp_override

from core import storage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def reaches[Request: HttpRequest, **Rest](
    alias: str,
) -> Callable[
    [Callable[Concatenate[Request, Rest], HttpResponse]],
    Callable[Concatenate[Request, Rest], HttpResponse],
]:
    """Let the page of a view send files straight to the store of an alias, if there is one."""

    def decorate(
        view: Callable[Concatenate[Request, Rest], HttpResponse],
    ) -> Callable[Concatenate[Request, Rest], HttpResponse]:
        @functools.wraps(view)
        def reaching(request: Request, /, *args: Any, **kwargs: Any) -> HttpResponse:
            origin = storage.public_origin(alias)
            if not origin:
                return view(request, *args, **kwargs)
            usual: dict[str, Any] = settings.SECURE_CSP
            allowed = {**usual, "connect-src": [*usual["connect-src"], origin]}
            answer: HttpResponse = csp_override(allowed)(view)(request, *args, **kwargs)
            return answer

        return reaching

    return decorate
