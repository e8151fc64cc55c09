"""Markdown of people into HTML that can do nothing (security baseline B-13)."""

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# No img: a picture from elsewhere would tell its server who reads, and when.
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h3", "h4", "blockquote", "code", "pre"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "hr"}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=2_000)
def render(text: str) -> SafeString:
    """Return safe HTML; headings start at level 3 because pages own levels 1 and 2."""
    html = _markdown.render(text)
    for level in (6, 5, 4, 3, 2, 1):
        shifted = min(level + 2, 4)
        html = html.replace(f"<h{level}>", f"<h{shifted}>").replace(f"</h{level}>", f"</h{shifted}>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return mark_safe(clean)  # noqa: S308  (nh3 has just cleaned it)
