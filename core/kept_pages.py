"""Pages that are the same for every visitor, kept for some seconds.

A page of a hundred rows is nearly all template. Whoever is not signed in and brings no message
along gets what the visitor before got, from one query; a browser that has it already gets 304.
Language and page number are in the address, and pages without scripts of their own need no nonce,
so that nothing else makes two visitors' pages differ.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.http import HttpRequest

    type View = Callable[..., HttpResponse]

QUICKLY: Final = 1  # level of compression: the page is read often, and written once


def kept_for_visitors(*parameters: str) -> Callable[[View], View]:
    """Keep the view's pages for visitors `settings.PAGE_KEPT_SECONDS` long; 0 keeps none.

    `parameters` are those of the query that the view reads: an address with any other is answered
    anew each time, so that nobody can fill the cache with made-up ones. What a page shows may be
    so old; what must change at once does not belong on it.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            seconds = settings.PAGE_KEPT_SECONDS
            if not seconds or not _is_same_for_all(request, parameters):
                return view(request, *args, **kwargs)
            key = _key(request)
            kept = cache.get(key)
            if kept is None:
                response = view(request, *args, **kwargs)
                if response.status_code != 200 or response.cookies:
                    return response
                kept = _pack(response)
                cache.set(key, kept, seconds)
            return _unpack(request, kept, seconds)

        return answer

    return decorate


def _is_same_for_all(request: HttpRequest, parameters: Collection[str]) -> bool:
    """Say whether nothing in a request belongs to one person."""
    personal = {settings.SESSION_COOKIE_NAME, "messages"}
    return (
        request.method in {"GET", "HEAD"}
        and personal.isdisjoint(request.COOKIES)
        and "HX-Request" not in request.headers
        and set(request.GET) <= set(parameters)
    )


def _key(request: HttpRequest) -> str:
    """Name a page by everything that it depends on: host, address with its query, language."""
    address = f"{get_language()} {request.scheme}://{request.get_host()}{request.get_full_path()}"
    return f"page:{hashlib.sha256(address.encode()).hexdigest()}"


def _pack(response: HttpResponse) -> tuple[str, str, bytes]:
    """Return tag, kind and compressed content of a page."""
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return tag, response.headers["Content-Type"], zlib.compress(response.content, QUICKLY)


def _unpack(request: HttpRequest, kept: tuple[str, str, bytes], seconds: int) -> HttpResponse:
    """Return a kept page, or that the browser has it already."""
    tag, content_type, content = kept
    response = get_conditional_response(request, etag=tag)
    if response is None:
        response = HttpResponse(zlib.decompress(content), content_type=content_type)
    response["ETag"] = tag
    patch_cache_control(response, public=True, max_age=seconds)
    return response
