"""Section C of the problem statement: the goal (PS-20 to PS-23)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import HumanRole
from competition.statement.fields import Column, Field, Kind, Need, Section

GOAL = Section(
    key="goal",
    letter="C",
    label=_("The goal"),
    note=_("Target state, measurable success, role of people"),
    lead=_("What should be different afterwards, and how everyone can see that it is."),
    fields=(
        Field(
            number="PS-20",
            key="goal",
            label=_("Target state"),
            kind=Kind.RICH,
            max_length=3_000,
            is_translatable=True,
            why=_(
                "Describe the day of a person who works with the solution. Leave open how it works "
                "inside: that is what the teams compete on."
            ),
            example=_(
                "By 10:30 every letter of the day lies in the inbox of the right team, with a "
                "proposal for the subject. Where the system is unsure it says so, and a colleague "
                "decides. She corrects with one click, and the correction is kept."
            ),
        ),
        Field(
            number="PS-21",
            key="success",
            label=_("Measurable success criteria"),
            kind=Kind.TABLE,
            max_rows=12,
            row_name=_("Success criterion"),
            columns=(
                Column(key="indicator", label=_("Indicator"), max_length=160, is_long=True),
                Column(key="start", label=_("Starting value"), max_length=120),
                Column(key="target", label=_("Target"), max_length=120),
                Column(key="method", label=_("How it is measured"), max_length=300, is_long=True),
            ),
            why=_(
                "Must be known beforehand, and is measured again after 6 and 12 months. Three good "
                "criteria are better than ten."
            ),
            example=_(
                "Indicator: letters in the right team by 10:30. Starting value: 41 %. Target: 90 "
                "%. How it is measured: time stamps of the document management system, four weeks "
                "before and after."
            ),
        ),
        Field(
            number="PS-22",
            key="non_goals",
            label=_("Out of scope"),
            kind=Kind.RICH,
            need=Need.OPTIONAL,
            max_length=2_000,
            is_translatable=True,
            why=_("What teams should not spend time on. This prevents disappointment."),
            example=_("Answering the letters. Reading old files from the archive."),
        ),
        Field(
            number="PS-23",
            key="human_role",
            label=_("Human role"),
            kind=Kind.CHOICE,
            choices=HumanRole,
            why=_(
                "Who decides in the end? Fully automatic decisions about people are allowed in few "
                "cases only (Art. 22 GDPR)."
            ),
        ),
    ),
)
