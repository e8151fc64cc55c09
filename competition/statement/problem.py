"""Section B of the problem statement: the problem (PS-11 to PS-19)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Affected
from competition.statement.conditions import COST_PUBLIC, VULNERABLE
from competition.statement.fields import Field, Kind, Need, Section

PROBLEM = Section(
    key="problem",
    letter="B",
    label=_("The problem"),
    note=_("What is wrong today, who is affected, how much work it is"),
    lead=_(
        "The most important page. Somebody who has never been in your office must understand what "
        "happens there and why that is not good enough."
    ),
    fields=(
        Field(
            number="PS-11",
            key="problem",
            label=_("What is the problem?"),
            kind=Kind.RICH,
            max_length=4_000,
            is_translatable=True,
            why=_(
                "The task must be described fully and clearly; its core may not change after "
                "publication. Say what is wrong, for whom, how often, and what it costs them."
            ),
            example=_(
                "Every day about 180 letters reach our district office. After scanning they lie in "
                "one common inbox. Two colleagues open each file, read it and forward it to one of "
                "14 teams. On Mondays this takes until noon of the next day. Deadlines in the "
                "letters keep running meanwhile; last year 23 objections were answered late for "
                "this reason alone."
            ),
        ),
        Field(
            number="PS-12",
            key="as_is",
            label=_("Current process"),
            kind=Kind.RICH,
            max_length=4_000,
            is_translatable=True,
            why=_(
                "Teams compare their solution with today. List the steps, who does them, and with "
                "which system."
            ),
            example=_(
                "1. Post room scans the letters (08:00 to 10:00).\n"
                "2. A colleague opens each file in the document management system.\n"
                "3. She chooses one of 14 teams and one of 60 subjects from lists.\n"
                "4. Unclear letters go to the team lead; that is about one in ten."
            ),
        ),
        Field(
            number="PS-13",
            key="affected_groups",
            label=_("Affected people and users"),
            kind=Kind.MULTI,
            choices=Affected,
            why=_("Everyone who works with the solution or feels its effects."),
        ),
        Field(
            number="PS-13",
            key="affected",
            label=_("How are they affected?"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            why=_(
                "Who gains, who has to change habits, who could suffer if the system is wrong? "
                "This also prepares a fundamental rights impact assessment."
            ),
            example=_(
                "Two colleagues in the post room, 90 caseworkers in 14 teams. Citizens notice it "
                "by the time they wait for an answer. A letter sorted wrongly may cost somebody a "
                "deadline."
            ),
        ),
        Field(
            number="PS-14",
            key="vulnerable",
            label=_("Vulnerable groups affected?"),
            kind=Kind.YES_NO,
            why=_(
                "Children, people in need of care, people seeking asylum, people with "
                "disabilities: for them an error weighs more."
            ),
        ),
        Field(
            number="PS-14",
            key="vulnerable_groups",
            label=_("Which vulnerable groups, and what could happen to them?"),
            kind=Kind.RICH,
            max_length=2_000,
            when=VULNERABLE,
            is_translatable=True,
            why=_("Teams must show that their solution is not worse for these people."),
            example=_(
                "Letters in plain or handwritten form come more often from older people and from "
                "people with disabilities. If the system reads them worse, they wait longer than "
                "others."
            ),
        ),
        Field(
            number="PS-15",
            key="volume",
            label=_("Cases per year"),
            kind=Kind.NUMBER,
            maximum=1_000_000_000,
            why=_("An estimate is enough. It shows whether a solution pays off."),
            example=_("45,000 letters"),
        ),
        Field(
            number="PS-16",
            key="effort_minutes",
            label=_("Handling time per case"),
            kind=Kind.NUMBER,
            decimals=1,
            maximum=100_000,
            unit=_("minutes"),
            why=_("Measure ten cases with a watch: that is better than any estimate."),
            example=_("3.5 minutes"),
        ),
        Field(
            number="PS-16",
            key="effort_fte",
            label=_("Staff effort"),
            kind=Kind.NUMBER,
            decimals=2,
            maximum=100_000,
            unit=_("full-time equivalents"),
            why=_("How many full-time positions do this work today, all in all."),
            example="1.6",
        ),
        Field(
            number="PS-17",
            key="cost",
            label=_("Current annual cost"),
            kind=Kind.NUMBER,
            need=Need.OPTIONAL,
            unit="EUR",
            published_when=COST_PUBLIC,
            why=_("Staff, licences, postage. Only if you know it."),
        ),
        Field(
            number="PS-17",
            key="cost_public",
            label=_("May the cost be published?"),
            kind=Kind.YES_NO,
            need=Need.OPTIONAL,
            is_published=False,
        ),
        Field(
            number="PS-18",
            key="error_today",
            label=_("Current error / query rate"),
            kind=Kind.NUMBER,
            need=Need.OPTIONAL,
            decimals=1,
            maximum=100,
            unit="%",
            why=_("What people get wrong today is what a machine has to beat."),
            example=_("4.2 % of the letters are forwarded a second time."),
        ),
        Field(
            number="PS-19",
            key="non_ai",
            label=_("Why AI? Which non-AI alternatives were considered?"),
            kind=Kind.RICH,
            max_length=3_000,
            is_translatable=True,
            why=_(
                "AI is justified where simpler means do not suffice. Forms, clear rules or more "
                "staff may be better; say why they are not."
            ),
            example=_(
                "A barcode works for the 30 % of letters that are our own forms; it exists "
                "already. Keyword rules were tried in 2024: they sorted only half of the rest "
                "correctly, because people describe the same concern in very different words."
            ),
        ),
    ),
)
