"""Section F of the problem statement: constraints (PS-44 to PS-48)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Accessibility, ProtectionNeed
from competition.statement.fields import Field, Kind, Need, Section

CONSTRAINTS = Section(
    key="constraints",
    letter="F",
    label=_("Constraints"),
    note=_("Target environment, security, accessibility, explainability"),
    lead=_("Where the solution must work in the end, and what it must meet there."),
    fields=(
        Field(
            number="PS-44",
            key="target_env",
            label=_("Target environment (specialist system, interfaces, data centre, offline)"),
            kind=Kind.RICH,
            max_length=3_000,
            is_translatable=True,
            why=_("Your IT department can answer this in ten minutes. Name products and versions."),
            example=_(
                "Document management system with a REST interface (documentation on request). "
                "Servers in the state data centre, Linux, no graphics cards, no access to the "
                "internet."
            ),
        ),
        Field(
            number="PS-45",
            key="security",
            label=_("Protection need"),
            kind=Kind.CHOICE,
            choices=ProtectionNeed,
            why=_("From the protection needs analysis of the process (BSI IT-Grundschutz)."),
        ),
        Field(
            number="PS-46",
            key="a11y",
            label=_("Accessibility of the solution (EN 301 549)"),
            kind=Kind.CHOICE,
            choices=Accessibility,
            why=_("The law demands it for whatever the public or your staff use."),
        ),
        Field(
            number="PS-46",
            key="a11y_details",
            label=_("What matters to your users in particular?"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            example=_(
                "Two colleagues work with a screen reader. All functions must be reachable by "
                "keyboard; colours never carry a meaning alone."
            ),
        ),
        Field(
            number="PS-47",
            key="explainability",
            label=_("Explainability requirements"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            why=_(
                "What must people be able to see in order to check a result, to explain it to "
                "citizens, or to object?"
            ),
            example=_(
                "For each proposal: the words that led to it, and how sure the system is. "
                "Corrections are recorded with date and reason."
            ),
        ),
        Field(
            number="PS-48",
            key="resources",
            label=_("Compute / energy limits"),
            kind=Kind.RICH,
            need=Need.OPTIONAL,
            max_length=1_000,
            is_translatable=True,
            why=_("Small models save money and energy. A limit makes teams think about it."),
            example=_("At most 8 processor cores and 32 GB of memory; 500 letters in ten minutes."),
        ),
    ),
)
