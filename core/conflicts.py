"""Forms that two people saved at once: both answers on the page, and one of them taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from core.differences import versus
from core.display import moment_words

if TYPE_CHECKING:
    from django.http import QueryDict

_TAKE = "take-"


def show_both(form: forms.BaseForm, stored: Mapping[str, Any]) -> None:
    """Let every field whose answer differs from the stored one show both (`versus.html`)."""
    for name, value in stored.items():
        field = form.fields[name]
        theirs, own = _words(field, value), _words(field, form[name].value())
        if theirs != own:
            label = str(form[name].label)
            field.versus = versus(name, label, theirs, own)  # type: ignore[attr-defined]


def taken_as_stored(data: QueryDict) -> set[str]:
    """Return the fields for which somebody chose the stored answer and not the own one."""
    return {
        name.removeprefix(_TAKE)
        for name, value in data.items()
        if name.startswith(_TAKE) and value == "stored"
    }


def with_stored(data: QueryDict, stored: Mapping[str, Any]) -> QueryDict:
    """Return what was posted, with the stored answers where they were chosen."""
    found = data.copy()
    for name in taken_as_stored(data) & stored.keys():
        value = stored[name]
        found.setlist(name, value if isinstance(value, list) else [value or ""])
    return found


def _words(field: forms.Field, value: Any) -> str:
    """Write an answer as people read it."""
    if isinstance(field, forms.DateTimeField):
        with suppress(ValidationError):
            moment = field.to_python(value)
            return moment_words(moment, "minutes") if moment else ""
    values = value if isinstance(value, list | tuple) else [value]
    labels = dict(_flat(getattr(field, "choices", ())))
    words = [str(labels.get(str(one), one)) for one in values if one not in {None, ""}]
    return ", ".join(words).replace("\r\n", "\n").strip()


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(key), label
