"""Section D of the problem statement: data (PS-24 to PS-34; PS-33 is a task of its own)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import DataAccess, Dpia, Licence, Personal, Release
from competition.statement.conditions import ANONYMISED, DATA_GIVEN, PERSONAL, RELEASE
from competition.statement.fields import Column, Field, Kind, Need, Section

DATA = Section(
    key="data",
    letter="D",
    label=_("Data"),
    note=_("Datasheet, access, licence, personal data"),
    lead=_(
        "Which data teams may work with. Describe them here; the files themselves are uploaded in "
        "the task “Files for the teams”."
    ),
    fields=(
        Field(
            number="PS-24",
            key="data_given",
            label=_("Do you give data to the teams?"),
            kind=Kind.YES_NO,
            why=_("Data make solutions comparable. A competition for concepts works without them."),
        ),
        Field(
            number="PS-24",
            key="datasets",
            label=_("Datasheet"),
            kind=Kind.TABLE,
            when=DATA_GIVEN,
            max_rows=12,
            row_name=_("Dataset"),
            columns=(
                Column(key="name", label=_("Name"), max_length=120),
                Column(key="origin", label=_("Origin"), max_length=300, is_long=True),
                Column(key="period", label=_("Period"), max_length=120),
                Column(key="size", label=_("Size"), max_length=120),
                Column(key="format", label=_("Format"), max_length=120),
                Column(key="language", label=_("Language"), max_length=80, is_required=False),
                Column(
                    key="quality",
                    label=_("Quality"),
                    hint=_("Gaps, doubles, who labelled it and how"),
                    max_length=600,
                    is_long=True,
                ),
                Column(
                    key="biases",
                    label=_("Known biases"),
                    hint=_("Who or what is missing or appears too often"),
                    max_length=600,
                    is_long=True,
                ),
            ),
            why=_(
                "One entry per dataset. Teams need to know where data come from and where they are "
                "wrong; the AI Act asks the same (Art. 10)."
            ),
            example=_(
                "Name: letters 2025. Origin: incoming mail of the district office, rewritten with "
                "invented names. Period: January to June 2025. Size: 12,000 letters, 21 MB. "
                "Format: CSV with text and team. Quality: labelled by two people, 3 % "
                "disagreement, settled by the team lead. Known biases: hardly any letters in plain "
                "language."
            ),
        ),
        Field(
            number="PS-25",
            key="data_access",
            label=_("Access to the data"),
            kind=Kind.CHOICE,
            choices=DataAccess,
            when=DATA_GIVEN,
            why=_("The freer the access, the more teams take part."),
        ),
        Field(
            number="PS-26",
            key="data_licence",
            label=_("Licence / terms of use"),
            kind=Kind.CHOICE,
            choices=Licence,
            when=DATA_GIVEN,
            why=_(
                "Without a licence nobody may use the data. If in doubt: Data licence Germany – "
                "attribution 2.0."
            ),
        ),
        Field(
            number="PS-27",
            key="personal",
            label=_("Do the data contain personal data?"),
            kind=Kind.CHOICE,
            choices=Personal,
            why=_(
                "Names, file numbers, addresses, photos, but also rare combinations that lead to a "
                "person. If you give no data, answer no. With a yes, files cannot be offered to "
                "the public."
            ),
        ),
        Field(
            number="PS-28",
            key="special_cat",
            label=_("Special categories (Art. 9) or criminal data (Art. 10)?"),
            kind=Kind.YES_NO,
            why=_(
                "Health, origin, religion, trade union, sexual life, biometrics, convictions. "
                "Needs the release of the data protection officer."
            ),
        ),
        Field(
            number="PS-29",
            key="legal_basis_data",
            label=_("Legal basis for providing the data"),
            kind=Kind.TEXT,
            max_length=400,
            when=PERSONAL,
            why=_("Art. 6(1) GDPR with its letter, and the law of the state it rests on."),
            example=_("Art. 6(1)(e) GDPR with § 3 of the state data protection act"),
        ),
        Field(
            number="PS-30",
            key="anonymisation",
            label=_("Anonymisation method and check"),
            kind=Kind.RICH,
            max_length=3_000,
            when=ANONYMISED,
            is_translatable=True,
            why=_("How it was done, who checked that nobody can be recognised, and when."),
            example=_(
                "Names, addresses and file numbers were replaced by invented ones; dates were "
                "moved at random by up to 30 days. k-anonymity of 10 over place, subject and "
                "month. Checked by the data protection officer on 12 October 2026."
            ),
        ),
        Field(
            number="PS-31",
            key="dpo",
            label=_("Statement of the data protection officer"),
            kind=Kind.CHOICE,
            choices=Release,
            when=RELEASE,
            is_published=False,
            why=_(
                "Ask early. Without a release the competition office cannot accept the statement "
                "(not published)."
            ),
        ),
        Field(
            number="PS-31",
            key="dpo_statement",
            label=_("Date, reference and conditions of that statement"),
            kind=Kind.RICH,
            max_length=2_000,
            when=RELEASE,
            is_published=False,
            example=_(
                "Note of 12 October 2026, reference DSB-2026-118: released on condition that "
                "attachments are left out."
            ),
        ),
        Field(
            number="PS-32",
            key="dpia",
            label=_("DPIA threshold check: result"),
            kind=Kind.CHOICE,
            choices=Dpia,
            is_published=False,
            why=_(
                "Is a data protection impact assessment (Art. 35 GDPR) needed for the later "
                "operation? The data protection officer has a form for this (not published)."
            ),
        ),
        Field(
            number="PS-32",
            key="dpia_reason",
            label=_("Reasons for that result"),
            kind=Kind.RICH,
            max_length=2_000,
            is_published=False,
            example=_(
                "No systematic assessment of people, no special categories; the system only "
                "proposes a team. Threshold check of 9 October 2026."
            ),
        ),
        Field(
            number="PS-34",
            key="fairness_attrs",
            label=_("Group attributes for fairness"),
            kind=Kind.LIST,
            need=Need.OPTIONAL,
            max_length=120,
            max_rows=10,
            row_name=_("Attribute"),
            why=_(
                "Attributes by which results are compared, so that nobody is served worse. Only "
                "their names are published."
            ),
            example=_("Handwritten or typed; plain language or not; length of the letter"),
        ),
    ),
)
