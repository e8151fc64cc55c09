"""Section E of the problem statement: law (PS-35 to PS-42; PS-43 is a task of its own)."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Procedure, Rights
from competition.statement.conditions import ABOVE_THRESHOLD, FOLLOW_UP
from competition.statement.fields import Column, Field, Kind, Need, Section

LAW = Section(
    key="law",
    letter="E",
    label=_("Law"),
    note=_("Procedure type, value, follow-on contract, rights"),
    lead=_("Fill this in together with your procurement office. The AI Act has a task of its own."),
    fields=(
        Field(
            number="PS-35",
            key="legal_basis_task",
            label=_("Legal basis of the task"),
            kind=Kind.TEXT,
            max_length=400,
            why=_("Which law gives your agency the task that the solution is to help with?"),
            example=_("§ 1 of the state district code, rules for written communication"),
        ),
        Field(
            number="PS-36",
            key="procedure",
            label=_("Procedure type"),
            kind=Kind.CHOICE,
            choices=Procedure,
            why=_(
                "It decides about anonymity, notices and contracts. A design competition binds "
                "most strictly; if in doubt, ask the procurement office."
            ),
        ),
        Field(
            number="PS-37",
            key="est_value",
            label=_("Estimated value incl. prizes and follow-on contract (net)"),
            kind=Kind.NUMBER,
            unit="EUR",
            is_published=False,
            why=_(
                "Everything that a team may receive in the end. From the EU threshold on, a notice "
                "in the whole EU is needed (not published)."
            ),
            example=_("EUR 30,000 of prizes and EUR 120,000 for a follow-on contract: 150,000"),
        ),
        Field(
            number="PS-38",
            key="ted_number",
            label=_("EU notice (TED) number"),
            kind=Kind.TEXT,
            max_length=40,
            need=Need.PUBLISH,
            when=ABOVE_THRESHOLD,
            why=_("You get it from the EU Publications Office after the notice was sent."),
            example="512345-2026",
        ),
        Field(
            number="PS-39",
            key="follow_up",
            label=_("Follow-on contract to winners intended?"),
            kind=Kind.YES_NO,
            why=_(
                "It must be announced beforehand, or it cannot be given without a new procedure."
            ),
        ),
        Field(
            number="PS-39",
            key="follow_up_plan",
            label=_("Which follow-on contract?"),
            kind=Kind.RICH,
            max_length=2_000,
            when=FOLLOW_UP,
            is_translatable=True,
            why=_("Subject, rough volume, duration, and how many winners may get it."),
            example=_(
                "The first prize winner develops the prototype into a service for one district, "
                "within six months and up to EUR 120,000 net."
            ),
        ),
        Field(
            number="PS-40",
            key="suitability_proofs",
            label=_("Suitability criteria and proofs for the follow-on contract"),
            kind=Kind.TABLE,
            when=FOLLOW_UP,
            max_rows=12,
            row_name=_("Suitability criterion"),
            columns=(
                Column(key="criterion", label=_("Criterion"), max_length=300, is_long=True),
                Column(key="proof", label=_("Proof"), max_length=300, is_long=True),
            ),
            why=_(
                "They must stand in the notice already (§ 70(2) VgV). Ask only for what the "
                "contract really needs: high hurdles keep good teams away."
            ),
            example=_("Criterion: liability insurance over EUR 1 million. Proof: confirmation."),
        ),
        Field(
            number="PS-41",
            key="ip",
            label=_("IP and licence"),
            kind=Kind.CHOICE,
            choices=Rights,
            why=_(
                "What the agency may do with the submissions. The less you ask for, the more come."
            ),
        ),
        Field(
            number="PS-42",
            key="third_party",
            label=_("Rules on third-party AI services and data transfer"),
            kind=Kind.RICH,
            max_length=3_000,
            is_translatable=True,
            why=_(
                "May teams send your data to cloud services? To which countries? Which models may "
                "they use? Silence here leads to questions later."
            ),
            example=_(
                "The training data are synthetic and may be processed anywhere. In operation no "
                "text may leave the data centre; models must run there."
            ),
        ),
    ),
)
