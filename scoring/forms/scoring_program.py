"""The form that says who computes the values of a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring.actions.scoring_program import LARGEST

if TYPE_CHECKING:
    from django.core.files.base import File

PLATFORM = "platform"
PROGRAM = "program"


class ProgramForm(forms.Form):
    """Platform or program, the archive, and the public reason where it is needed."""

    computed_by = forms.ChoiceField(
        label=_("Who computes the values?"),
        choices=[
            (PLATFORM, _("the platform, by the published definitions of the metrics")),
            (PROGRAM, _("a program of ours, in a sandbox")),
        ],
        widget=forms.RadioSelect,
    )
    archive = forms.FileField(
        label=_("Scoring program (zip archive)"),
        required=False,
        max_length=255,
        help_text=_(
            "By the convention of Codabench: with a file “metadata” that names the command. Its "
            "scores.json has to name a value for each metric of the benchmark, by its key."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
    reason = forms.CharField(
        label=_("Public reason of the change"),
        max_length=500,
        error_messages={"required": _("Please give a reason; it is recorded.")},
    )

    def __init__(self, *args: Any, needs_reason: bool, has_program: bool, **kwargs: Any) -> None:
        """Ask for a reason only once the statement has left the agency's desk."""
        super().__init__(*args, **kwargs)
        self.has_program = has_program
        if not needs_reason:
            del self.fields["reason"]

    def clean_archive(self) -> File[bytes] | None:
        """Refuse what is larger than any program."""
        archive: File[bytes] | None = self.cleaned_data["archive"]
        if archive is not None and (archive.size or 0) > LARGEST:
            raise forms.ValidationError(_("The archive is larger than 20 MB."))
        return archive

    def clean(self) -> dict[str, Any]:
        """Ask for an archive where there is none yet."""
        data = super().clean() or {}
        has_any = self.has_program or data.get("archive") or "archive" in self.errors
        if data.get("computed_by") == PROGRAM and not has_any:
            self.add_error("archive", _("Choose the archive of the program."))
        return data
