"""Pages kept for visitors: the same for all, and never what belongs to one person."""

from __future__ import annotations

import itertools

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from core.kept_pages import kept_for_visitors

ASK = RequestFactory()
PATH = "/board/"


@pytest.fixture(autouse=True)
def _kept(settings):
    settings.PAGE_KEPT_SECONDS = 30
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def view():
    numbers = itertools.count(1)

    @kept_for_visitors("page")
    def numbered(request: HttpRequest) -> HttpResponse:
        response = HttpResponse(f"{next(numbers)} {translation.get_language()}")
        if "set" in request.GET:
            response.set_cookie("messages", "1")
        if "status" in request.headers:
            response.status_code = int(request.headers["status"])
        return response

    return numbered


def test_the_second_visitor_gets_what_the_first_one_got(view):
    first, second = view(ASK.get(PATH)), view(ASK.get(PATH))

    assert first.content == second.content
    assert first["ETag"] == second["ETag"]
    assert second["Content-Type"] == "text/html; charset=utf-8"
    assert second["Cache-Control"] == "public, max-age=30"


def test_a_browser_that_has_it_is_told_so(view):
    tag = view(ASK.get(PATH))["ETag"]

    response = view(ASK.get(PATH, headers={"if-none-match": tag}))

    assert (response.status_code, response.content) == (304, b"")
    assert view(ASK.get(PATH, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize("cookie", [settings.SESSION_COOKIE_NAME, "messages"])
def test_whoever_is_somebody_gets_a_page_of_their_own(view, cookie):
    kept = view(ASK.get(PATH)).content
    request = ASK.get(PATH)
    request.COOKIES[cookie] = "x"

    response = view(request)

    assert response.content != kept
    assert "ETag" not in response
    assert view(ASK.get(PATH)).content == kept


@pytest.mark.parametrize(
    "request_",
    [
        ASK.get(PATH, {"page": "2"}),
        ASK.get("/other/"),
        ASK.get(PATH, headers={"host": "localhost"}),
        ASK.get(PATH, {"made": "up"}),
        ASK.get(PATH, headers={"hx-request": "true"}),
        ASK.post(PATH),
    ],
)
def test_another_address_host_or_kind_is_another_page(view, request_):
    assert view(request_).content != view(ASK.get(PATH)).content


def test_a_made_up_parameter_is_never_kept(view):
    asked = {"page": "1", "made": "up"}

    assert view(ASK.get(PATH, asked)).content != view(ASK.get(PATH, asked)).content


def test_each_language_is_a_page(view):
    with translation.override("de"):
        german = view(ASK.get(PATH)).content
    with translation.override("en"):
        assert view(ASK.get(PATH)).content not in {german, b""}


@pytest.mark.parametrize("status", [302, 404, 503])
def test_only_pages_that_were_found_are_kept(view, status):
    asked = {"path": PATH, "headers": {"status": str(status)}}

    assert view(ASK.get(**asked)).status_code == status
    assert view(ASK.get(PATH)).status_code == 200


def test_a_page_that_sets_a_cookie_is_not_kept():
    numbers = itertools.count()

    @kept_for_visitors()
    def view(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse(str(next(numbers)))
        response.set_cookie("messages", "1")
        return response

    assert view(ASK.get(PATH)).content != view(ASK.get(PATH)).content


def test_nothing_is_kept_where_the_setting_says_so(view, settings):
    settings.PAGE_KEPT_SECONDS = 0

    first, second = view(ASK.get(PATH)), view(ASK.get(PATH))

    assert first.content != second.content
    assert "ETag" not in first
