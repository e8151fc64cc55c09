"""Forms of the agency beside the sections of the statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competition import precheck, timeline
from competition.actions.statement import MESSAGE_LIMIT, REASONING_LIMIT
from competition.models import Agency, Competition
from competition.statement.choices import Licence
from competition.states import Audience, PhaseKind
from competition.timeline import LIMITS, PERSON_LIMITS, TEAM_LIMITS, Window
from competition.validators import SUFFIXES
from core.widgets import DateTimeInput

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import QueryDict

    from accounts.models import User

FINISHED = (
    ("yes", gettext_lazy("Yes, it is finished")),
    ("later", gettext_lazy("No, I will continue later")),
)


class StatementForm(forms.Form):
    """What a new problem statement needs: for whom, in which competition, under which title."""

    title_de = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=90,
        help_text=gettext_lazy(
            "Name the work, not the technology. You can change the title until you hand in."
        ),
        widget=forms.TextInput(attrs={"lang": "de"}),
        error_messages={"required": gettext_lazy("Give the statement a title.")},
    )
    competition = forms.ModelChoiceField(
        label=gettext_lazy("Competition"),
        queryset=Competition.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose a competition.")},
    )
    agency = forms.ModelChoiceField(
        label=gettext_lazy("For which agency?"),
        queryset=Agency.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose an agency.")},
    )

    def __init__(self, user: User | AnonymousUser, data: QueryDict | None = None) -> None:
        """Offer published competitions and one's own agencies; a single one is chosen already."""
        super().__init__(data)
        for name, rows in (
            ("competition", Competition.objects.published()),
            ("agency", Agency.objects.of_staff(user)),
        ):
            field = self.fields[name]
            field.queryset = rows  # type: ignore[attr-defined]
            first_two = list(rows[:2])
            if len(first_two) == 1:
                field.initial = first_two[0].pk


class PreCheckQuestions(forms.Form):
    """The questions of the AI Act pre-check; teams answer them for their solution too."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        legal: precheck.LegalDates,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a field for each question."""
        super().__init__(data, initial=dict(initial or {}))
        for question in precheck.QUESTIONS:
            self.fields[question.key] = _precheck_field(question, legal)

    def clean(self) -> dict[str, Any]:
        """Refuse "none of these" beside a box."""
        super().clean()
        try:
            precheck.clean_answers(self.cleaned_data)
        except precheck.Contradiction as error:
            for key in error.questions:
                self.add_error(key, _("Choose either “none of these” or what applies."))
        return self.cleaned_data

    @property
    def answers(self) -> dict[str, Any]:
        """Return what was answered, acceptable or not yet."""
        source = self.cleaned_data if hasattr(self, "cleaned_data") else self.initial
        return {key: source.get(key) for key in precheck.BY_KEY}

    @property
    def questions(self) -> Iterator[tuple[forms.BoundField, precheck.Question]]:
        """Iterate over the questions with their inputs."""
        for question in precheck.QUESTIONS:
            yield self[question.key], question


class PreCheckForm(PreCheckQuestions):
    """The questions of the AI Act pre-check on one page; open ones may stay open."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    reasoning = forms.CharField(
        label=gettext_lazy("Why is this classification right?"),
        required=False,
        max_length=REASONING_LIMIT,
        help_text=gettext_lazy(
            "At least 50 characters, unless the outcome is minimal risk. Published with the "
            "outcome."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "lang": "de"}),
    )
    finished = forms.ChoiceField(
        label=gettext_lazy("Is this task finished?"),
        choices=FINISHED,
        initial="later",
        widget=forms.RadioSelect,
        required=False,
    )

    @property
    def is_finished(self) -> bool:
        """Say whether the author calls the task finished."""
        return bool(self.cleaned_data["finished"] == "yes")


def _precheck_field(question: precheck.Question, legal: precheck.LegalDates) -> forms.Field:
    words = f"{question.number}. {question.text}"
    if not question.boxes:
        return forms.ChoiceField(
            label=words,
            help_text=question.hint,
            choices=precheck.SINGLE_ANSWERS,
            widget=forms.RadioSelect,
            required=False,
        )
    boxes = [(box.code, _box_label(box, legal)) for box in question.boxes]
    return forms.MultipleChoiceField(
        label=words,
        help_text=question.hint,
        choices=[
            *boxes,
            (precheck.NONE, gettext_lazy("None of these")),
            (precheck.UNCLEAR, gettext_lazy("Unclear, please check")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def _box_label(box: precheck.Box, legal: precheck.LegalDates) -> str:
    date = legal.get(box.legal_key)
    if date is None:
        return str(box.label)
    return _("%(label)s (prohibited from %(date)s)") % {
        "label": box.label,
        "date": formats.date_format(date, "SHORT_DATE_FORMAT"),
    }


class MomentField(forms.DateTimeField):
    """A moment with minutes in the time zone of the installation."""

    widget = DateTimeInput

    def to_python(self, value: Any) -> dt.datetime | None:
        """Read the input; explain the two nights in which clocks change."""
        try:
            moment: dt.datetime | None = super().to_python(value)
        except ValidationError as error:
            if error.code == "ambiguous_timezone":
                raise ValidationError(
                    _(
                        "In this night the clocks change, and the time does not exist or exists "
                        "twice. Choose another one."
                    ),
                    code="ambiguous_timezone",
                ) from error
            raise
        return moment


@dataclass(frozen=True, slots=True)
class PhaseInputs:
    """One phase on the page."""

    kind: PhaseKind
    meaning: Any
    starts_at: forms.BoundField
    ends_at: forms.BoundField
    limits: tuple[forms.BoundField, ...]
    person_limits: tuple[forms.BoundField, ...]

    @property
    def has_person_limits(self) -> bool:
        """Say whether there is a limit for one person, or something to correct."""
        return any(field.value() or field.errors for field in self.person_limits)


MEANINGS = {
    PhaseKind.QUESTIONS: gettext_lazy(
        "Teams ask; answers go to everyone at the same moment. Let it end at least two weeks "
        "before the deadline, so that answers can be used."
    ),
    PhaseKind.SUBMISSION: gettext_lazy(
        "Teams enter and hand in. The end is the deadline: a click at that very minute is too late."
    ),
    PhaseKind.ASSESSMENT: gettext_lazy(
        "The jury reads and assesses. The formal check comes before: leave a week for it."
    ),
    PhaseKind.DELIBERATION: gettext_lazy("The jury meets and decides."),
}


LIMIT_LABELS = {
    "limit_per_day": gettext_lazy("Scored versions per day"),
    "limit_total": gettext_lazy("Scored versions in total"),
    "limit_at_once": gettext_lazy("Versions in evaluation at once"),
    "person_limit_per_day": gettext_lazy("One person: scored versions per day"),
    "person_limit_total": gettext_lazy("One person: scored versions in total"),
    "person_limit_at_once": gettext_lazy("One person: versions in evaluation at once"),
}


class PhasesForm(forms.Form):
    """All windows of a statement at once; a phase may be left open for now."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    finished = forms.ChoiceField(
        label=gettext_lazy("Is this task finished?"),
        choices=FINISHED,
        initial="later",
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        windows: Sequence[Window] = (),
        with_limits: bool,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """Make two moments for each phase, and limits where predictions are scored."""
        super().__init__(data, initial=dict(initial or {}))
        self.with_limits = with_limits
        stored = {window.kind: window for window in windows}
        for kind in PhaseKind:
            window = stored.get(kind)
            for name, label in (
                ("starts_at", gettext_lazy("Opens")),
                ("ends_at", gettext_lazy("Closes")),
            ):
                self.fields[f"{kind.value}-{name}"] = MomentField(
                    label=label,
                    required=False,
                    initial=getattr(window, name) if window else None,
                    error_messages={
                        "invalid": gettext_lazy("Give day and time, for example 15.03.2027 12:00.")
                    },
                )
        if with_limits:
            window = stored.get(PhaseKind.SUBMISSION)
            for name, label in LIMIT_LABELS.items():
                self.fields[f"{PhaseKind.SUBMISSION.value}-{name}"] = forms.IntegerField(
                    label=label,
                    required=False,
                    min_value=1,
                    max_value=1_000,
                    initial=getattr(window, name) if window else None,
                    widget=forms.NumberInput(attrs={"class": "kern-form-input__input--short"}),
                )

    def clean(self) -> dict[str, Any]:
        """Refuse a phase of which only one end is known."""
        super().clean()
        for kind in PhaseKind:
            names = [f"{kind.value}-starts_at", f"{kind.value}-ends_at"]
            if any(name in self.errors for name in names):
                continue
            empty = [name for name in names if not self.cleaned_data.get(name)]
            if len(empty) == 1:
                self.add_error(empty[0], _("Give both ends of the phase, or none."))
        return self.cleaned_data

    @property
    def windows(self) -> list[Window]:
        """Return the windows of a valid form; of others those that can be read."""
        found = []
        for kind in PhaseKind:
            starts_at = self.cleaned_data.get(f"{kind.value}-starts_at")
            ends_at = self.cleaned_data.get(f"{kind.value}-ends_at")
            if starts_at and ends_at:
                found.append(
                    Window(
                        kind,
                        starts_at,
                        ends_at,
                        **{name: self.cleaned_data.get(f"{kind.value}-{name}") for name in LIMITS},
                    )
                )
        return found

    def acceptable_windows(self, stored: Sequence[Window]) -> list[Window]:
        """Return a plan that can be saved: what is typed, and what is stored where that is wrong.

        What is wrong stands in `errors` afterwards.
        """
        kept = {window.kind: window for window in stored}
        typed = {window.kind: window for window in self.windows}
        bad = {kind for kind in PhaseKind if any(f"{kind.value}-" in name for name in self.errors)}
        while True:
            plan = [
                window
                for kind in PhaseKind
                if (window := (kept if kind in bad else typed).get(kind)) is not None
            ]
            remarks = timeline.problems(plan)
            if not remarks:
                return plan
            for remark in remarks:
                name = f"{remark.kind.value}-{remark.field}"
                self.add_error(name if name in self.fields else None, remark.sentence)
            found = {remark.kind for remark in remarks}
            if found <= bad:
                # What is typed in another phase does not go with what is stored here.
                return list(stored)
            bad |= found

    def stored_answers(self, stored: Sequence[Window]) -> dict[str, str]:
        """Return what is stored for every input, in the words of the input."""
        kept = {window.kind.value: window for window in stored}
        found = {}
        for name, field in self.fields.items():
            kind, dash, column = name.partition("-")
            if dash:
                value = field.prepare_value(getattr(kept.get(kind), column, None))
                found[name] = str(field.widget.format_value(value) or "")
        return found

    @property
    def phases(self) -> Iterator[PhaseInputs]:
        """Iterate over the phases with their inputs."""
        for kind in PhaseKind:
            has_limits = self.with_limits and kind == PhaseKind.SUBMISSION
            team, person = (TEAM_LIMITS, PERSON_LIMITS) if has_limits else ((), ())
            yield PhaseInputs(
                kind=kind,
                meaning=MEANINGS[kind],
                starts_at=self[f"{kind.value}-starts_at"],
                ends_at=self[f"{kind.value}-ends_at"],
                limits=tuple(self[f"{kind.value}-{name}"] for name in team),
                person_limits=tuple(self[f"{kind.value}-{name}"] for name in person),
            )

    @property
    def is_finished(self) -> bool:
        """Say whether the author calls the task finished."""
        return bool(self.cleaned_data["finished"] == "yes")


class ResourceForm(forms.Form):
    """A file for the teams with what they must know about it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ",".join(sorted(SUFFIXES))}),
    )
    title_de = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=120,
        help_text=gettext_lazy("What is in it, for example “Training data with labels”."),
        widget=forms.TextInput(attrs={"lang": "de"}),
        error_messages={"required": gettext_lazy("Give the file a title.")},
    )
    title_en = forms.CharField(
        label=gettext_lazy("Title (English)"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "en"}),
    )
    licence = forms.ChoiceField(
        label=gettext_lazy("Licence / terms of use"),
        choices=[("", gettext_lazy("Please choose")), *Licence.choices],
        error_messages={
            "required": gettext_lazy("Choose a licence: without one nobody may use it.")
        },
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Who may download it?"),
        choices=Audience.choices,
        initial=Audience.PUBLIC,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who may download it.")},
    )


class AnswerForm(forms.Form):
    """The agency's answer to a question of the office."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=MESSAGE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write an answer.")},
    )
