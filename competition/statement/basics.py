"""Section A of the problem statement: basics (PS-1 to PS-10)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import AdminLevel, SubmissionLanguage, Topic
from competition.statement.fields import Field, Kind, Need, Section

BASICS = Section(
    key="basics",
    letter="A",
    label=_("Basics"),
    note=_("Title, summary, contact, topic"),
    lead=_("What your problem is called, and whom teams can ask."),
    fields=(
        Field(
            number="PS-1",
            key="title",
            label=_("Title"),
            kind=Kind.TEXT,
            max_length=90,
            is_column=True,
            is_translatable=True,
            why=_(
                "The title stands in every list and every mail. Name the work, not the technology."
            ),
            example=_("Incoming mail: classify scanned letters"),
        ),
        Field(
            number="PS-2",
            key="tagline",
            label=_("One-sentence summary"),
            kind=Kind.TEXT,
            max_length=200,
            is_column=True,
            is_translatable=True,
            why=_("People decide by this sentence whether they read on. Do without abbreviations."),
            example=_(
                "Scanned letters should reach the right team on the same day, instead of waiting "
                "two days to be sorted by hand."
            ),
        ),
        Field(
            number="PS-3",
            key="easy_summary",
            label=_("Easy-to-read summary"),
            kind=Kind.RICH,
            need=Need.OPTIONAL,
            max_length=2_000,
            is_translatable=True,
            why=_(
                "For people who read with difficulty: short sentences, one thought each, no "
                "foreign words."
            ),
            example=_(
                "Many people write letters to our office. The letters are scanned. People then "
                "sort the letters. That takes a long time. A computer should help with sorting."
            ),
        ),
        Field(
            number="PS-5",
            key="admin_level",
            label=_("Level of government"),
            kind=Kind.CHOICE,
            choices=AdminLevel,
            why=_("Visitors filter problem statements by it."),
        ),
        Field(
            number="PS-6",
            key="partners",
            label=_("Partner bodies"),
            kind=Kind.LIST,
            need=Need.OPTIONAL,
            max_length=160,
            max_rows=15,
            row_name=_("Partner body"),
            why=_("Other bodies that take part: an IT service provider, a second district."),
            example=_("Kommunale IT Musterland (operates the document management system)"),
        ),
        Field(
            number="PS-7",
            key="contact",
            label=_("Subject contact (role mailbox)"),
            kind=Kind.EMAIL,
            max_length=254,
            why=_(
                "A mailbox of the unit, not of a person: it is published, and somebody must read "
                "it during holidays too."
            ),
            example="ki-wettbewerb@musterkreis.example",
        ),
        Field(
            number="PS-8",
            key="procurement_contact",
            label=_("Procurement / legal contact"),
            kind=Kind.TEXT,
            max_length=160,
            is_published=False,
            why=_("Whom the competition office may ask about law and contracts. Not published."),
            example=_("Central procurement office, extension 210"),
        ),
        Field(
            number="PS-9",
            key="topic",
            label=_("Topic"),
            kind=Kind.CHOICE,
            choices=Topic,
            why=_("The same list as in open-data portals, so that your statement is found there."),
        ),
        Field(
            number="PS-10",
            key="languages",
            label=_("Languages accepted"),
            kind=Kind.MULTI,
            choices=SubmissionLanguage,
            why=_(
                "In which languages teams may write. Each further language needs a jury that reads "
                "it."
            ),
        ),
    ),
)
