"""People in the technical administration."""

from typing import Any, ClassVar

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.models import User
from core.audited_admin import AuditedAdmin


@admin.register(User)
class UserAdmin(AuditedAdmin):
    """Make auditors, switch accounts off; passwords and factors belong to their owners."""

    list_display = ("email", "name", "is_active", "is_auditor", "is_staff")
    list_filter = ("is_active", "is_auditor", "is_staff")
    search_fields = ("email", "name")
    fields = ("email", "name", "language", "is_active", "is_auditor", "is_staff", "is_superuser")
    readonly_fields: ClassVar[tuple[str, ...]] = ()

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: ModelForm[Any],
        change: bool,  # noqa: FBT001  (Django calls it so)
    ) -> None:
        """Save in the transaction of the admin; a new address replaces what allauth knows."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            User.objects.store_address(obj)
