"""People in the technical administration."""

from typing import ClassVar

from django.contrib import admin

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
