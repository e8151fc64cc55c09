"""Markdown of people."""

from __future__ import annotations

import pytest

from core import text


@pytest.mark.parametrize(
    ("source", "top", "tags"),
    [
        ("# A\n\n## B", 3, ["h3", "h4"]),
        ("## A\n\n### B\n\n#### C\n\n##### D", 2, ["h2", "h3", "h4", "h4"]),
        ("### A\n\n# B", 3, ["h4", "h3"]),
    ],
)
def test_headings_begin_at_the_level_of_the_page(source: str, top: int, tags: list[str]) -> None:
    html = text.render(source, top)

    assert [line[1:3] for line in html.splitlines()] == tags


def test_addresses_of_machines_and_scripts_do_not_become_links() -> None:
    html = text.render("[a](javascript:alert(1)) <b onclick=x>b</b> ![c](https://c.example/c.png)")

    assert html == ("<p>[a](javascript:alert(1)) &lt;b onclick=x&gt;b&lt;/b&gt; </p>\n")
