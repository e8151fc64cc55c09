"""The technical administration for operators: every change leaves an audit event.

Only what the product itself offers no page for is registered: agencies, competitions, their office,
terms, legal values, people. Submissions, assessments and results have no admin on purpose (TH-25).
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from core import audit


class AuditedAdmin(admin.ModelAdmin[Any]):
    """Record creations and changes by the names of their fields, never by personal content."""

    def save_model(
        self,
        request: HttpRequest,
        obj: models.Model,
        form: ModelForm[Any],
        change: bool,  # noqa: FBT001  (Django calls it so)
    ) -> None:
        """Save and record in the transaction that the admin has opened."""
        super().save_model(request, obj, form, change)
        audit.record(
            f"{obj._meta.model_name}.{'changed' if change else 'created'}",
            target=obj,
            by=request.user,  # type: ignore[arg-type]  # only operators get here
            data={"fields": sorted(form.changed_data)},
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001  (Django calls it so)
        """Record added, changed and removed lines of inline tables (memberships)."""
        super().save_related(request, form, formsets, change)
        for formset in formsets:
            for row in [*formset.new_objects, *(row for row, _fields in formset.changed_objects)]:
                self._record_line(request, row, "set")
            for row in formset.deleted_objects:
                self._record_line(request, row, "removed")

    def _record_line(self, request: HttpRequest, row: models.Model, what: str) -> None:
        audit.record(
            f"{row._meta.model_name}.{what}",
            target=row,
            by=request.user,  # type: ignore[arg-type]  # only operators get here
            data={
                field.attname: getattr(row, field.attname)
                for field in row._meta.concrete_fields
                if field.is_relation
            },
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here: rows are named by other rows and by the audit log."""
        return False
