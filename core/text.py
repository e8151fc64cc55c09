"""Markdown of people into HTML that can do nothing (security baseline B-13)."""

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# No img: a picture from elsewhere would tell its server who reads, and when.
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "blockquote", "code", "pre"}
_TAGS |= {"h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "hr"}
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


@lru_cache(maxsize=2_000)
def render(text: str, top: int = 3) -> SafeString:
    """Return safe HTML whose outermost headings stand at level `top`, the deepest at level 4.

    Authors may begin with any level: pages own level 1, and most own level 2 too.
    """
    tokens = _markdown.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    outermost = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(top + int(token.tag[1]) - outermost, 4)}"
    clean = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow",
    )
    return mark_safe(clean)  # noqa: S308  (nh3 has just cleaned it)
