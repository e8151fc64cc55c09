"""The declaration of conflicts of interest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.conflict import Answer
from scoring.states import ConflictAnswer

if TYPE_CHECKING:
    from django.forms import BoundField

    from scoring.queries.conflict import Question, Questions


@dataclass(frozen=True, slots=True)
class QuestionFields:
    """One organisation on the page; a fixed answer is shown and not asked."""

    question: Question
    answer: BoundField | None
    note: BoundField | None
    fixed: str


class DeclarationForm(forms.Form):
    """One answer per organisation, an explanation where there is something to explain, the oath."""

    oath = forms.BooleanField(
        label=_(
            "I keep confidential what I learn as a juror, assess impartially, and report it at "
            "once if I recognise a team or see a conflict later."
        ),
        error_messages={
            "required": _("Please confirm that you keep confidential what you learn as a juror.")
        },
    )

    def __init__(
        self, *args: Any, questions: Questions, has_started: bool, has_sworn: bool, **kwargs: Any
    ) -> None:
        """Add one question per organisation that still has a choice."""
        super().__init__(*args, **kwargs)
        self.questions = questions
        self.has_started = has_started
        self.fields["oath"].initial = has_sworn
        for question in questions.organisations:
            if self._fixed(question):
                continue
            self.fields[f"answer_{question.key}"] = forms.ChoiceField(
                label=question.organisation,
                choices=ConflictAnswer.choices,
                widget=forms.RadioSelect,
                initial=question.answer,
                error_messages={
                    "required": _("Please answer for “%(organisation)s”.")
                    % {"organisation": question.organisation}
                },
            )
            self.fields[f"note_{question.key}"] = forms.CharField(
                label=_("Explanation"),
                max_length=500,
                required=False,
                initial=question.note,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        self.order_fields([*(name for name in self.fields if name != "oath"), "oath"])

    def _fixed(self, question: Question) -> str:
        """Return why nothing can be chosen: noticed by the platform, or declared and started."""
        if question.is_detected:
            return "detected"
        return "stands" if self.has_started and question.stands else ""

    @property
    def rows(self) -> list[QuestionFields]:
        """Return the organisations as the page shows them."""
        rows = []
        for question in self.questions.organisations:
            fixed = self._fixed(question)
            rows.append(
                QuestionFields(
                    question,
                    None if fixed else self[f"answer_{question.key}"],
                    None if fixed else self[f"note_{question.key}"],
                    fixed,
                )
            )
        return rows

    def answers(self) -> dict[int, Answer]:
        """Return the cleaned answers by entry, as the action takes them."""
        found = {}
        for question in self.questions.organisations:
            if self._fixed(question):
                stored = question.answer or ConflictAnswer.CONFLICT
                answer = Answer(stored, question.note)
            else:
                answer = Answer(
                    self.cleaned_data[f"answer_{question.key}"],
                    self.cleaned_data[f"note_{question.key}"],
                )
            found.update(dict.fromkeys(question.entries, answer))
        return found
