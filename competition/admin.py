"""Agencies, competitions, terms and legal values in the technical administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from competition.forms.duty import AgencyMembershipForm, OfficeMembershipForm
from competition.models import (
    Agency,
    AgencyMembership,
    Competition,
    LegalValue,
    OfficeMembership,
    Terms,
)
from core.audited_admin import AuditedAdmin


class AgencyMembershipInline(admin.TabularInline[AgencyMembership, Agency]):
    """The staff of an agency."""

    model = AgencyMembership
    form = AgencyMembershipForm
    autocomplete_fields = ("user",)
    extra = 1


class OfficeMembershipInline(admin.TabularInline[OfficeMembership, Competition]):
    """The office of a competition."""

    model = OfficeMembership
    form = OfficeMembershipForm
    autocomplete_fields = ("user",)
    extra = 1


@admin.register(Agency)
class AgencyAdmin(AuditedAdmin):
    """Agencies and their staff."""

    list_display = ("name", "slug", "email_domain")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (AgencyMembershipInline,)


@admin.register(Competition)
class CompetitionAdmin(AuditedAdmin):
    """Competitions and their office."""

    list_display = ("name_de", "slug", "host", "published_at")
    prepopulated_fields = {"slug": ("name_de",)}
    inlines = (OfficeMembershipInline,)


@admin.register(Terms)
class TermsAdmin(AuditedAdmin):
    """Terms of participation; a published version never changes."""

    list_display = ("competition", "version", "published_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let drafts be edited; what teams have accepted stays as it was."""
        return super().has_change_permission(request, obj) and (
            obj is None or obj.published_at is None
        )


@admin.register(LegalValue)
class LegalValueAdmin(AuditedAdmin):
    """Dates and thresholds of the law, with their source."""

    list_display = ("key", "value", "valid_from", "valid_until", "source")
    list_filter = ("key",)
