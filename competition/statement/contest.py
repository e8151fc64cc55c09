"""Section G of the problem statement: rules of the competition (PS-49 to PS-57).

The rubric (PS-53), the automatic metric (PS-54) and the timeline (PS-58, PS-59) are tasks of their
own.
"""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Deliverable, Eligible, Extra, PrizeKind, Territory
from competition.statement.fields import Column, Field, Kind, Need, Section

EXCLUSIONS_PRESET = _(
    "People who prepare or run the competition, members of the jury, and relatives of these people "
    "may not take part. The same holds for organisations that employ a member of the jury, unless "
    "the member is replaced."
)

CONTEST = Section(
    key="competition",
    letter="G",
    label=_("Competition"),
    note=_("Who may take part, what is handed in, jury, prizes"),
    lead=_(
        "The rules for your problem statement. Criteria with weights, the automatic metric and the "
        "timeline have tasks of their own."
    ),
    fields=(
        Field(
            number="PS-49",
            key="eligibility",
            label=_("Eligibility"),
            kind=Kind.MULTI,
            choices=Eligible,
            why=_(
                "A design competition may not be restricted to natural persons or to legal persons "
                "only (§ 71(2) VgV)."
            ),
        ),
        Field(
            number="PS-49",
            key="territory",
            label=_("From where may teams come?"),
            kind=Kind.CHOICE,
            choices=Territory,
            why=_("A design competition may not be restricted to one country of the EU."),
        ),
        Field(
            number="PS-49",
            key="eligibility_details",
            label=_("Further conditions of participation"),
            kind=Kind.RICH,
            need=Need.OPTIONAL,
            max_length=2_000,
            is_translatable=True,
            example=_(
                "Teams have at most six members. Members under 18 need their parents' consent."
            ),
        ),
        Field(
            number="PS-50",
            key="exclusions",
            label=_("Excluded persons (organiser, jury, relatives)"),
            kind=Kind.RICH,
            max_length=2_000,
            is_translatable=True,
            preset=EXCLUSIONS_PRESET,
            why=_("Our proposal covers the law. Change it only if your case asks for more."),
        ),
        Field(
            number="PS-51",
            key="wants",
            label=_("What do teams hand in here?"),
            kind=Kind.MULTI,
            choices=Deliverable,
            is_column=True,
            why=_(
                "At least one of the two. A prediction file needs reference data, which only the "
                "platform sees."
            ),
        ),
        Field(
            number="PS-51",
            key="deliverables",
            label=_("Deliverables with format, page limit, size"),
            kind=Kind.TABLE,
            max_rows=10,
            row_name=_("Deliverable"),
            columns=(
                Column(key="name", label=_("Document"), max_length=120),
                Column(key="format", label=_("Format"), max_length=80),
                Column(key="pages", label=_("Page limit"), kind=Kind.NUMBER, is_required=False),
                Column(
                    key="megabytes",
                    label=_("Size limit"),
                    kind=Kind.NUMBER,
                    is_required=False,
                    unit="MB",
                ),
            ),
            why=_(
                "Short limits are kind to teams and jury: eight pages are read, thirty are not. "
                "The platform refuses larger PDF and CSV files; it does not count pages."
            ),
            example=_("Document: concept. Format: PDF. Page limit: 8. Size limit: 10 MB."),
        ),
        Field(
            number="PS-51",
            key="model_card",
            label=_("Data and model card of the solution"),
            kind=Kind.CHOICE,
            choices=Extra,
            need=Need.OPTIONAL,
            why=_(
                "Seven short questions on purpose, model, data, quality, limits and oversight. "
                "The jury reads the answers beside the concept."
            ),
        ),
        Field(
            number="PS-51",
            key="footprint",
            label=_("Footprint of the solution"),
            kind=Kind.CHOICE,
            choices=Extra,
            need=Need.OPTIONAL,
            why=_(
                "Energy or hours of training, energy or cost of 1,000 cases, size of the model, "
                "licence, services of third parties. The jury compares them in columns, and a "
                "criterion may rest on one of them."
            ),
        ),
        Field(
            number="PS-51",
            key="self_check",
            label=_("Self-check for responsible AI"),
            kind=Kind.CHOICE,
            choices=Extra,
            need=Need.OPTIONAL,
            why=_("The questions of your AI Act pre-check, answered by teams for their solution."),
        ),
        Field(
            number="PS-52",
            key="anonymity",
            label=_("Anonymous procedure (code instead of name)"),
            kind=Kind.YES_NO,
            preset=True,
            why=_(
                "The jury learns names only after its decision. Prescribed for design competitions "
                "(§ 72(2) VgV), and fairer in any case."
            ),
        ),
        Field(
            number="PS-55",
            key="min_requirements",
            label=_("Knock-out criteria"),
            kind=Kind.LIST,
            max_length=300,
            max_rows=12,
            row_name=_("Knock-out criterion"),
            why=_(
                "Whoever misses one is out, so each must be answerable with yes or no and needed "
                "indeed."
            ),
            example=_("The solution runs without a connection to the internet."),
        ),
        Field(
            number="PS-56",
            key="jury_size",
            label=_("Jury: number of members"),
            kind=Kind.NUMBER,
            minimum=3,
            maximum=25,
            why=_("An odd number helps to decide. Five is a good size."),
        ),
        Field(
            number="PS-56",
            key="jury_fields",
            label=_("Jury: fields of expertise"),
            kind=Kind.LIST,
            max_length=160,
            max_rows=15,
            row_name=_("Field of expertise"),
            why=_(
                "If you demand a professional qualification of teams, a third of the jury must "
                "hold it too (§ 72(1) VgV)."
            ),
            example=_(
                "Administrative work in a district office; machine learning; data protection"
            ),
        ),
        Field(
            number="PS-56",
            key="jury_substitutes",
            label=_("Jury: substitutes"),
            kind=Kind.NUMBER,
            maximum=25,
            why=_("They step in when a member is ill or has a conflict of interest."),
        ),
        Field(
            number="PS-57",
            key="prizes",
            label=_("Prizes / recognitions"),
            kind=Kind.TABLE,
            max_rows=12,
            row_name=_("Prize"),
            columns=(
                Column(key="place", label=_("Place"), max_length=60),
                Column(
                    key="amount",
                    label=_("Amount"),
                    kind=Kind.NUMBER,
                    is_required=False,
                    unit="EUR",
                ),
                Column(key="kind", label=_("Kind"), kind=Kind.CHOICE, choices=PrizeKind),
            ),
            why=_("Published before the start and then fixed. Prizes need a budget that exists."),
            example=_("Place: 1st prize. Amount: 15,000. Kind: money."),
        ),
    ),
)
