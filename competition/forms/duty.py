"""Lines of the technical administration that give somebody a duty."""

from __future__ import annotations

from typing import Any

from django import forms

from competition.actions import duty
from competition.extensions import Duty
from competition.models import AgencyMembership, Competition, OfficeMembership


class OfficeMembershipForm(forms.ModelForm[OfficeMembership]):
    """A person of the office, who is neither in a team nor in a jury of the competition."""

    class Meta:
        model = OfficeMembership
        fields = ("user",)

    def clean(self) -> dict[str, Any] | None:
        """Refuse whoever is on another side; the administration has opened a transaction."""
        cleaned = super().clean()
        if "user" in self.changed_data and self.instance.competition_id:
            person = self.cleaned_data.get("user")
            reason = person and duty.bar_of([person], [self.instance.competition], Duty.OFFICE)
            if reason:
                self.add_error("user", reason)
        return cleaned


class AgencyMembershipForm(forms.ModelForm[AgencyMembership]):
    """A person of an agency, who is in no team of a competition in which the agency posts."""

    class Meta:
        model = AgencyMembership
        fields = ("user", "role")

    def clean(self) -> dict[str, Any] | None:
        """Refuse whoever competes where the agency posts."""
        cleaned = super().clean()
        if "user" in self.changed_data and self.instance.agency_id:
            person = self.cleaned_data.get("user")
            posted = Competition.objects.filter(challenges__agency=self.instance.agency_id)
            reason = person and duty.bar_of([person], posted.distinct(), Duty.AGENCY)
            if reason:
                self.add_error("user", reason)
        return cleaned
