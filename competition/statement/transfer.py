"""Section H of the problem statement: transfer into practice (PS-60 to PS-63)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Reuse
from competition.statement.conditions import FRIA
from competition.statement.fields import Field, Kind, Need, Section

TRANSFER = Section(
    key="transfer",
    letter="H",
    label=_("Transfer"),
    note=_("Pilot, sponsor, reuse, measuring the effect"),
    lead=_("What happens after the prize. Teams read this page first: they want to be used."),
    fields=(
        Field(
            number="PS-60",
            key="pilot",
            label=_("Pilot plan: place, duration, persons in charge, stop criteria"),
            kind=Kind.RICH,
            max_length=3_000,
            is_translatable=True,
            why=_(
                "Where, for how long and with whom you try the winning solution, and when you stop."
            ),
            example=_(
                "Post room and two teams, three months from May 2027, led by the organisation "
                "unit. We stop if more than 5 % of the letters are sorted wrongly in two weeks "
                "running."
            ),
        ),
        Field(
            number="PS-60",
            key="pilot_budget",
            label=_("Budget of the pilot"),
            kind=Kind.NUMBER,
            unit="EUR",
            why=_(
                "Money that is really available, beside the prizes. Zero is an honest answer too."
            ),
        ),
        Field(
            number="PS-60",
            key="fria_plan",
            label=_("Plan for the fundamental rights impact assessment"),
            kind=Kind.RICH,
            max_length=4_000,
            need=Need.PUBLISH,
            when=FRIA,
            is_translatable=True,
            why=_(
                "Six parts (Art. 27(1) of the AI Act): process, period and frequency, people "
                "concerned, possible harm, human oversight, measures and complaints. Say who "
                "writes which part until when."
            ),
            example=_(
                "Written by the organisation unit with the data protection officer until 31 March "
                "2027. Oversight: two caseworkers check every proposal. Complaints: mailbox of the "
                "unit, answer within five working days."
            ),
        ),
        Field(
            number="PS-61",
            key="sponsor",
            label=_("Sponsor with a mandate to decide"),
            kind=Kind.TEXT,
            max_length=160,
            is_published=False,
            why=_(
                "Somebody high enough to say yes to the pilot. Name the function; it is not "
                "published."
            ),
            example=_("Head of department 1"),
        ),
        Field(
            number="PS-62",
            key="reuse",
            label=_("Reuse (one for all, publication on openCode)"),
            kind=Kind.CHOICE,
            choices=Reuse,
            why=_("Paid with public money, useful to many: open source is the rule of the state."),
        ),
        Field(
            number="PS-62",
            key="reuse_details",
            label=_("How can others use it?"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            example=_(
                "We publish the code on openCode under EUPL-1.2. Ten districts use the same "
                "document management system and could take it over."
            ),
        ),
        Field(
            number="PS-63",
            key="evaluation_after",
            label=_("Impact measurement after 6/12 months"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            why=_(
                "Who measures the success criteria again, when, and where is the result published?"
            ),
            example=_(
                "The organisation unit repeats the measurement in November 2027 and May 2028 and "
                "publishes a page with both values on this platform."
            ),
        ),
    ),
)
