"""Tables of competition."""

from competition.models.agency import Agency, AgencyMembership, AgencyRole
from competition.models.challenge import (
    Challenge,
    ReviewMessage,
    StatementSection,
    StatementVersion,
)
from competition.models.competition import Competition, LegalValue, OfficeMembership, Page, Terms
from competition.models.phase import Phase, PhaseChange
from competition.models.precheck import PreCheck
from competition.models.resource import Resource

__all__ = [
    "Agency",
    "AgencyMembership",
    "AgencyRole",
    "Challenge",
    "Competition",
    "LegalValue",
    "OfficeMembership",
    "Page",
    "Phase",
    "PhaseChange",
    "PreCheck",
    "Resource",
    "ReviewMessage",
    "StatementSection",
    "StatementVersion",
    "Terms",
]
