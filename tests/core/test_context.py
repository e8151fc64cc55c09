"""The link to the other language, on pages that answer a form."""

from __future__ import annotations

import pytest

from core.context import instance


@pytest.mark.parametrize(
    ("referer", "url"),
    [
        ("http://testserver/competitions/?page=2", "/en/competitions/?page=2"),
        ("http://elsewhere.example/competitions/", "/en/accounts/login/"),
        ("http://testserver//elsewhere.example/", "/en/accounts/login/"),
        ("", "/en/accounts/login/"),
    ],
)
def test_answer_to_a_form_links_to_the_page_of_the_form(rf, referer, url):
    request = rf.post("/accounts/login/", headers={"referer": referer})

    assert instance(request)["other_language"].url == url


def test_page_links_to_itself_wherever_one_came_from(rf):
    request = rf.get("/agencies/", headers={"referer": "http://testserver/competitions/"})

    assert instance(request)["other_language"].url == "/en/agencies/"
