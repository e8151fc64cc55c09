"""Native inputs for days and moments; typing and picking both work in them."""

from __future__ import annotations

from django import forms


class DateInput(forms.DateInput):
    """A day. Browsers send and expect ISO 8601, whatever the language shows."""

    input_type = "date"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs={"class": "kern-form-input__input--short", **(attrs or {})})
        self.format = "%Y-%m-%d"


class DateTimeInput(forms.DateTimeInput):
    """A moment with minutes in the active time zone; the field's hint names the zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__(attrs={"class": "kern-form-input__input--short", **(attrs or {})})
        self.format = "%Y-%m-%dT%H:%M"
