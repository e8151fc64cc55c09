"""The page of all components, in debug mode only; its data is made up and stored nowhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from core import clock
from core.widgets import DateInput, DateTimeInput


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of any list on the page."""

    label: object
    url: str = ""
    note: object = ""
    value: object = ""
    detail: object = ""
    state: str = ""
    status: object = ""
    tone: str = ""
    current: bool = False
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Tiers:
    """A task with what is needed early and late."""

    label: object
    submit_done: int
    submit_total: int
    publish_done: int
    publish_total: int
    status: object
    tone: str = ""
    url: str = "#tiers"
    note: object = ""
    changed: object = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its table."""

    takeaway: object
    wide: SafeString
    narrow: SafeString
    columns: tuple[Item, ...]
    rows: tuple[tuple[str, ...], ...]
    csv_url: str = ""
    note: object = ""


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file."""

    name: str
    size: int
    sha256: str
    uploaded_at: dt.datetime
    kind: object


class ExampleForm(forms.Form):
    """One field of every kind."""

    title = forms.CharField(label=_("Title"), max_length=90, help_text=_("At most 90 characters."))
    summary = forms.CharField(
        label=_("Summary"),
        max_length=1_200,
        help_text=_("For people who have two minutes."),
        widget=forms.Textarea,
    )
    amount = forms.DecimalField(label=_("Prize money"), max_value=Decimal(100_000))
    kind = forms.ChoiceField(
        label=_("Kind of data"),
        choices=[("", _("Please choose")), ("image", _("Images")), ("text", _("Texts"))],
    )
    personal = forms.ChoiceField(
        label=_("Does the data contain personal data?"),
        choices=[("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known yet"))],
        widget=forms.RadioSelect,
    )
    groups = forms.MultipleChoiceField(
        label=_("Who benefits?"),
        required=False,
        choices=[("staff", _("Staff")), ("citizens", _("Citizens")), ("firms", _("Companies"))],
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.DateField(label=_("Start of the pilot"), required=False, widget=DateInput)
    ends_at = forms.DateTimeField(
        label=_("Hand in by"), help_text=_("Time in Berlin."), widget=DateTimeInput
    )
    document = forms.FileField(
        label=_("Concept"), required=False, help_text=_("PDF, 8 pages, up to 20 MB.")
    )
    accepted = forms.BooleanField(label=_("I have read the terms of participation."))


_BARS = (("Team Fuchs", 98.6), ("Team Dachs", 98.1), ("Team Luchs", 96.2))


def _drawing(width: int, name: str) -> SafeString:
    bars = "".join(
        f'<text class="ink name" x="0" y="{24 + 36 * row}">{team}</text>'
        f'<rect class="mark" x="110" y="{10 + 36 * row}" rx="2" height="20" '
        f'width="{(width - 180) * (value - 90) / 10:.0f}"/>'
        f'<text class="ink value" x="{118 + (width - 180) * (value - 90) / 10:.0f}" '
        f'y="{25 + 36 * row}">{value}</text>'
        for row, (team, value) in enumerate(_BARS)
    )
    return mark_safe(  # noqa: S308  (made of the constants above)
        f'<svg viewBox="0 0 {width} 116" role="img" aria-labelledby="{name}">'
        f'<title id="{name}">Accuracy of three teams</title>{bars}</svg>'
    )


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component in real use."""
    now = clock.now()
    return render(
        request,
        "styleguide.html",
        {
            "now": now,
            "ends_at": now + dt.timedelta(days=11, hours=21),
            "ends_soon": now + dt.timedelta(minutes=8, seconds=30),
            "ended_at": now - dt.timedelta(hours=3),
            "example": ExampleForm(),
            "wrong": ExampleForm(
                {"wrong-title": "", "wrong-amount": "many", "wrong-personal": "maybe"},
                prefix="wrong",
            ),
            "phases": (
                Item(_("Questions"), state="past", detail="12.02.2027"),
                Item(_("Submission"), state="current", detail="15.03.2027, 12:00"),
                Item(_("Assessment"), state="future", detail="22.03. – 09.04."),
                Item(_("Decision"), state="future", detail="20.04.2027"),
            ),
            "tabs": (
                Item(_("Task"), url="#tabs", current=True),
                Item(_("Data"), url="#tabs"),
                Item(_("Questions and answers (14)"), url="#tabs"),
                Item(_("Leaderboard"), url="#tabs"),
            ),
            "tasks": (
                Item(_("Summary"), url="#tasks", note="948 / 1 200", status=_("Completed")),
                Item(
                    _("Concept (PDF)"),
                    url="#tasks",
                    note="konzept.pdf · 2,4 MB",
                    status=_("2 hints to read"),
                    tone="warn",
                ),
                Item(_("Declarations"), url="#tasks", status=_("Not started"), tone="neutral"),
            ),
            "tiers": (
                Tiers(_("Describe the problem"), 5, 5, 1, 2, _("Ready to hand in")),
                Tiers(_("Who is affected"), 3, 3, 0, 0, _("Completed")),
                Tiers(_("Law and responsibility"), 6, 8, 0, 0, _("1 question for you"), "warn"),
            ),
            "facts": (
                Item(_("You hand in"), value=_("Concept and prediction file"), note="CSV, 10 MB"),
                Item(_("What counts"), value=_("Your last valid version")),
            ),
            "figure": Figure(
                takeaway=_("Team Fuchs and Team Dachs are close: 0.5 points lie between them."),
                wide=_drawing(810, "wide-title"),
                narrow=_drawing(330, "narrow-title"),
                columns=(Item(_("Team")), Item(_("Accuracy"), numeric=True)),
                rows=tuple((team, str(value)) for team, value in _BARS),
                csv_url="#figure",
            ),
            "file": File(
                "vorhersage.csv",
                38_604,
                "eaa5d534041ff3f7c1139454f061452ca4a6501cfdffb4480bbbf84b2644186f",
                now - dt.timedelta(minutes=12),
                _("Prediction file"),
            ),
            "page": Paginator(range(400), 20).get_page(request.GET.get("page", "7")),
        },
    )
