"""Tags and filters that pages are built from; docs/components.md lists them with the includes.

A tag exists where an include cannot do it: where there is markup inside, or a list of any length.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import Model
from django.forms import BaseForm, BaseFormSet, BoundField, widgets
from django.http import QueryDict
from django.middleware.csrf import get_token
from django.template import Context
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import clock, display, text

register = template.Library()

TONES = frozenset({"good", "warn", "bad", "plain", "neutral"})
TIERS = frozenset({"submit", "publish", "none"})

# -- figures and moments --------------------------------------------------------------------------


@register.filter
def filesize(size: int | None) -> str:
    """Write a number of bytes: 38,6 kB."""
    return display.size_words(size)


@register.filter
def integer(value: Decimal | float | str | None) -> str:
    """Write a whole number, grouped by thousands."""
    return display.number_words(value)


@register.filter
def points(value: Decimal | float | str | None, digits: int = 2) -> str:
    """Write points with fixed digits; missing is a dash, never zero."""
    return display.number_words(value, int(digits))


@register.filter
def percent(share: Decimal | float | None, digits: int = 1) -> str:
    """Write a share of one as per cent."""
    return display.share_words(share, int(digits))


@register.filter
def with_percent(value: Decimal | float | None) -> str:
    """Write a number that counts in hundredths already, such as a weight."""
    return display.percent_words(value)


@register.filter
def money(amount: Decimal | float | str | None) -> str:
    """Write an amount in euros without cents."""
    return display.money_words(amount)


@register.filter
def short_hash(digest: str) -> str:
    """Write the first eight digits of a checksum: 7f3a·c21e."""
    return display.short_hash(digest)


@register.filter
def grouped_hash(digest: str) -> str:
    """Write a whole checksum in groups of eight."""
    return display.grouped_hash(digest)


@register.filter
def device(user_agent: str) -> str:
    """Name browser and system of a user agent."""
    return display.device_words(user_agent)


@register.filter
def datetime_words(at: dt.datetime | None, precision: display.Precision = "seconds") -> str:
    """Write a moment as plain text."""
    return display.MISSING if at is None else display.moment_words(at, precision)


@register.filter
def duration_words(duration: dt.timedelta) -> str:
    """Write elapsed time as plain text: 1 hour, 12 minutes."""
    return display.duration_words(duration)


@register.simple_tag
def localdatetime(
    at: dt.datetime | None,
    precision: display.Precision = "seconds",
    zone: dt.tzinfo | str | None = None,
) -> str:
    """Write a moment as a `time` element in the zone of the reader's page."""
    if at is None:
        return display.MISSING
    return format_html(
        '<time datetime="{}">{}</time>',
        display.iso_utc(at),
        display.moment_words(at, precision, zone),
    )


@register.simple_tag
def deadline_parts(
    at: dt.datetime, now: dt.datetime | str | None = None, zone: dt.tzinfo | str | None = None
) -> display.Deadline:
    """Return all that is said about a deadline, for the components that show one."""
    moment = now if isinstance(now, dt.datetime) else clock.now()
    return display.deadline_words(at, moment, zone or None)


@register.inclusion_tag("components/deadline_inline.html")
def deadline(
    at: dt.datetime,
    now: dt.datetime | str | None = None,
    zone: dt.tzinfo | str | None = None,
    *,
    left: bool = True,
) -> dict[str, Any]:
    """Write a deadline in running text, with zone and time left."""
    return {"deadline": deadline_parts(at, now, zone), "show_left": left}


# -- navigation -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way to this page."""

    label: str
    url: str


@register.inclusion_tag("components/crumbs.html")
def crumbs(*labels_and_urls: Any) -> dict[str, Any]:
    """Show the way to this page from label, address, label, address … and this page's label."""
    if len(labels_and_urls) % 2 == 0:
        raise template.TemplateSyntaxError(
            "crumbs takes pairs of label and address and ends with the label of this page."
        )
    *pairs, here = labels_and_urls
    steps = [
        Crumb(str(label), str(url)) for label, url in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return {"items": [*steps, Crumb(str(here), "")]}


@register.simple_tag(takes_context=True)
def page_query(context: Context, number: int, param: str | None = None) -> str:
    """Return the query string of another page of a list; every other parameter stays."""
    request = getattr(context, "request", None)
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    query[param or "page"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def page_numbers(page: Page[Any]) -> list[int | None]:
    """List first, neighbouring and last page; None stands where numbers are left out."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in numbers]


# -- regions with markup inside -------------------------------------------------------------------


@register.simple_block_tag
def scroll(content: str, label: str, describedby: str = "") -> str:
    """Put a wide table or code into a box that scrolls and takes the keyboard focus (V-7).

    A group, no region: the section around it is a landmark already, often of the same name.
    """
    described = format_html(' aria-describedby="{}"', describedby) if describedby else ""
    return format_html(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"{}>{}</div>',
        label,
        described,
        content,
    )


@register.simple_block_tag
def fact(content: str, label: str, note: str = "") -> str:
    """Write one entry of a description list of facts."""
    small = format_html("<small>{}</small>", note) if note else ""
    return format_html("<div><dt>{}</dt><dd>{}{}</dd></div>", label, content, small)


@register.simple_block_tag(takes_context=True)
def alert(
    context: Context, content: str, title: str, kind: str = "info", level: int = 2, role: str = ""
) -> SafeString:
    """Show a message with markup inside; the include of the same name takes one sentence."""
    html: SafeString = context.template.engine.get_template("components/alert.html").render(  # type: ignore[union-attr]
        context.new({"title": title, "kind": kind, "level": level, "role": role, "body": content})
    )
    return html


# -- texts of people ------------------------------------------------------------------------------


@register.filter
def markdown(source: Any, top: int = 3) -> SafeString:
    """Render the Markdown of people; its outermost headings stand at level `top`."""
    return text.render(str(source), int(top))


@register.simple_tag
def lang_attr(source: Any) -> str:
    """Mark a text that is not in the language of the page (R-53); `source` carries its `lang`."""
    lang = getattr(source, "lang", "")
    if not lang or (translation.get_language() or "").startswith(lang):
        return ""
    return format_html(' lang="{}"', lang)


# -- parts of other apps --------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def contributed(context: Context, part: Any) -> str:
    """Show what another app contributes to a page: its template with nothing but its context.

    The context is there by its names, and as a whole under `part`.
    """
    found = context.template.engine.get_template(part.template)  # type: ignore[union-attr]
    return found.render(context.new({**part.context, "part": part.context}))


# -- states ---------------------------------------------------------------------------------------


@register.inclusion_tag("components/tag.html")
def state_tag(thing: Any, field: str = "state") -> dict[str, str]:
    """Show a state as a tag: of a model instance, or a member of an enumeration.

    The words come from the choices. The tone comes from `<field>_tone` of the instance or `tone`
    of the member; without one the tag stays neutral.
    """
    if isinstance(thing, Model):
        words = getattr(thing, f"get_{field}_display")()
        tone = getattr(thing, f"{field}_tone", "neutral")
    else:
        words = getattr(thing, "label", thing)
        tone = getattr(thing, "tone", "neutral")
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"{tone!r} is no tone; known are {sorted(TONES)}.")
    return {"label": str(words), "tone": tone}


# -- forms ----------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def csrf_field(context: Context) -> str:
    """Write the hidden token, also inside components that are included with `only`."""
    request = getattr(context, "request", None)
    if request is None:
        return ""
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button or check box of a group."""

    id: str
    label: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class FieldParts:
    """A bound field, taken apart for components/field.html."""

    kind: str  # hidden, text, file, select, check or group
    id: str
    label: str
    hint: str
    hint_id: str
    error_id: str
    count_id: str
    max_length: int | None
    errors: list[str]
    tier: str
    is_optional: bool
    described_by: str
    html: SafeString
    choices: tuple[Choice, ...] = ()


def _kind(widget: widgets.Widget) -> str:
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, widgets.RadioSelect):  # check boxes are a kind of it in Django
        return "group"
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, widgets.Select):
        return "select"
    if isinstance(widget, widgets.FileInput):
        return "file"
    return "text"


_CLASSES = {
    "text": "kern-form-input__input",
    "file": "kern-form-input__input",
    "select": "kern-form-input__select",
    "check": "kern-form-check__checkbox",
}


_DJANGO_ROWS = "10"


def _classes(kind: str, own: str, width: str, *, failed: bool) -> str:
    base = _CLASSES[kind]
    names = [base, own, f"{base}--{width}" if width and kind == "text" else ""]
    if failed:
        names.append(f"{base}--error")
    return " ".join(name for name in names if name)


def _choices(field: BoundField, *, failed: bool) -> Iterator[Choice]:
    many = isinstance(field.field.widget, widgets.CheckboxSelectMultiple)
    base = "kern-form-check__checkbox" if many else "kern-form-check__radio"
    name = f"{base} {base}--error" if failed else base
    for option in field.subwidgets:
        # The fieldset carries the description, once for all.
        data: Mapping[str, Any] = option.data
        data["attrs"]["class"] = name
        data["attrs"].pop("aria-describedby", None)
        yield Choice(
            id=option.id_for_label,
            label=str(option.choice_label),
            html=option.tag(),
        )


# How the versions of a text are named: title_de, body_en, anchor_en_3.
_LANGUAGE_OF_FIELD = re.compile(r"_(de|en)(_\d+)?$")


@register.simple_tag
def field_parts(
    field: BoundField,
    label: str | None = None,
    hint: str | None = None,
    tier: str | None = None,
    width: str | None = None,
    rows: int | str | None = None,
    *,
    counter: bool | str = False,
) -> FieldParts:
    """Take a bound field apart: kind, texts, ids and the widget with KERN's classes.

    Hint, counter and error are tied to the input by `aria-describedby`; a group ties them to its
    fieldset. `tier` may also stand on the form field as an attribute.
    """
    widget = field.field.widget
    kind = _kind(widget)
    tier = tier or getattr(field.field, "tier", "") or ""
    if tier and tier not in TIERS:
        raise template.TemplateSyntaxError(f"{tier!r} is no tier; known are {sorted(TIERS)}.")
    base_id = field.auto_id or field.html_name
    hint_text = str(hint or field.help_text or "")
    hint_text = hint_text if hint_text.strip() else ""  # " " leaves the form's own hint out
    max_length: int | None = getattr(field.field, "max_length", None) if counter else None
    described = [
        f"{base_id}_helptext" if hint_text else "",
        f"{base_id}_count" if max_length else "",
        f"{base_id}_error" if field.errors else "",
    ]
    described_by = " ".join(part for part in described if part)
    choices: tuple[Choice, ...] = ()
    html = SafeString("")
    if kind == "group":
        choices = tuple(_choices(field, failed=bool(field.errors)))
    elif kind == "hidden":
        html = field.as_widget()
    else:
        attrs: dict[str, Any] = {
            "class": _classes(
                kind, widget.attrs.get("class", ""), width or "", failed=bool(field.errors)
            ),
            # A placeholder vanishes while one types; the hint stays.
            "placeholder": False,
        }
        if described_by:
            attrs["aria-describedby"] = described_by
        # A screen reader speaks each version of a text in its language (WCAG 3.1.2).
        if version := _LANGUAGE_OF_FIELD.search(field.name):
            attrs["lang"] = version[1]
        if isinstance(widget, widgets.Textarea):
            own = widget.attrs.get("rows")
            attrs["rows"] = rows or (own if own != _DJANGO_ROWS else 5)
            attrs["cols"] = False
        html = field.as_widget(attrs=attrs)
    return FieldParts(
        kind=kind,
        id=field.id_for_label or base_id,
        label=str(label or field.label),
        hint=hint_text,
        hint_id=f"{base_id}_helptext",
        error_id=f"{base_id}_error",
        count_id=f"{base_id}_count",
        max_length=max_length,
        errors=[str(error) for error in field.errors],
        tier=tier,
        is_optional=not field.field.required and not tier,
        described_by=described_by,
        html=html,
        choices=choices,
    )


@dataclass(frozen=True, slots=True)
class ErrorLink:
    """One line of the error summary; without a target it concerns the whole form."""

    message: str
    target: str


def _first_input(field: BoundField) -> str:
    """Return the id that takes the focus: of a group its first button."""
    base_id = field.auto_id or ""
    if _kind(field.field.widget) == "group":
        return f"{base_id}_0"
    return field.id_for_label or base_id


def _named(label: str, message: str) -> str:
    """Put the field's name before a message that may be the same for many fields."""
    name = label.rstrip(".: ")
    return f"{name} {message}" if name.endswith("?") else f"{name}: {message}"


def _form_links(form: BaseForm) -> Iterator[ErrorLink]:
    for message in form.non_field_errors():
        yield ErrorLink(str(message), "")
    for field in form:
        for message in field.errors:
            if field.is_hidden:
                yield ErrorLink(str(message), "")
            else:
                yield ErrorLink(_named(str(field.label), str(message)), _first_input(field))


def _links(form: BaseForm | BaseFormSet[Any]) -> Iterator[ErrorLink]:
    if isinstance(form, BaseFormSet):
        for message in form.non_form_errors() if form.is_bound else ():
            yield ErrorLink(str(message), "")
        for member in form.forms:
            yield from _form_links(member)
    else:
        yield from _form_links(form)


@register.filter
def error_links(
    forms: BaseForm | BaseFormSet[Any] | Iterable[BaseForm | BaseFormSet[Any]] | None,
) -> list[ErrorLink]:
    """List the errors of a form, a formset or several of them, each with the field it is about."""
    if not forms:
        return []
    if isinstance(forms, BaseForm | BaseFormSet):
        return list(_links(forms))
    return [link for form in forms for link in _links(form)]
