"""When a question of the problem statement applies."""

from django.utils.translation import gettext_lazy as _

from competition.statement.choices import Dpia, Personal, Procedure
from competition.statement.fields import FRIA_REQUIRED, Condition, Facts


def _reaches_threshold(facts: Facts) -> bool:
    value = facts.answers.get("est_value")
    return isinstance(value, int) and facts.eu_threshold is not None and value >= facts.eu_threshold


def is_personal(facts: Facts) -> bool:
    """Say whether the data are, or were once, about people (R-31): anything but a plain no."""
    return facts.one_of("personal", Personal.ANONYMISED, Personal.PSEUDONYMISED, Personal.YES)


def needs_release(facts: Facts) -> bool:
    """Say whether the data protection officer has to release the statement (GT-1)."""
    return is_personal(facts) or facts.is_yes("special_cat") or facts.one_of("dpia", Dpia.NEEDED)


DATA_GIVEN = Condition(_("if you give data to the teams"), lambda facts: facts.is_yes("data_given"))
VULNERABLE = Condition(
    _("if vulnerable groups are affected"), lambda facts: facts.is_yes("vulnerable")
)
PERSONAL = Condition(_("if the data are or were personal"), is_personal)
RELEASE = Condition(
    _("if the data are or were personal, or an impact assessment is needed"), needs_release
)
ANONYMISED = Condition(
    _("if the data were anonymised"), lambda facts: facts.one_of("personal", Personal.ANONYMISED)
)
FOLLOW_UP = Condition(
    _("if you intend a follow-on contract"), lambda facts: facts.is_yes("follow_up")
)
ABOVE_THRESHOLD = Condition(
    _("if the estimated value reaches the EU threshold"), _reaches_threshold
)
FRIA = Condition(
    _("if the pre-check demands a fundamental rights impact assessment"),
    lambda facts: FRIA_REQUIRED in facts.flags,
)
COST_PUBLIC = Condition(
    _("if you agree to its publication"), lambda facts: facts.is_yes("cost_public")
)


def is_design_competition(facts: Facts) -> bool:
    """Say whether the strict rules for design competitions hold (§§ 69 ff. VgV)."""
    return facts.one_of("procedure", Procedure.PLANNING)
