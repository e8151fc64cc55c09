"""The closed lists of the problem statement; codes are stored, labels are shown."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AdminLevel(TextChoices):
    """Level of government (list a)."""

    LAND = "land", _("State")
    LANDKREIS = "landkreis", _("District")
    KREISFREIE_STADT = "kreisfreie_stadt", _("Independent city")
    GEMEINDE = "gemeinde", _("Municipality")
    OTHER = "other", _("Other body")


class HumanRole(TextChoices):
    """What is left to people (list b)."""

    PREPARATION = "preparation", _("The system prepares a decision that a person takes")
    SUPPORT = "support", _("The system supports the work, it decides nothing")
    AUTOMATIC = "automatic", _("The system decides fully automatically")


class DataAccess(TextChoices):
    """How teams get the data (list c)."""

    OPEN = "open", _("Open to everyone")
    REGISTERED = "registered", _("After registration")
    PROTECTED = "protected", _("Only in a protected environment")
    SYNTHETIC = "synthetic", _("Synthetic data in place of real data")


class Personal(TextChoices):
    """Whether the data are about people (list d)."""

    NO = "no", _("No")
    ANONYMISED = "anonymised", _("They were personal and are anonymised")
    PSEUDONYMISED = "pseudonymised", _("They are pseudonymised")
    YES = "yes", _("Yes")


class Release(TextChoices):
    """What the data protection officer says (PS-31)."""

    RELEASED = "released", _("Released")
    CONDITIONS = "conditions", _("Released under conditions")
    PENDING = "pending", _("Statement is still pending")
    REFUSED = "refused", _("Not released")


class Dpia(TextChoices):
    """Result of the threshold check (list e)."""

    NEEDED = "needed", _("A data protection impact assessment is needed")
    NOT_NEEDED = "not_needed", _("It is not needed")


class Procedure(TextChoices):
    """Procedure type (list f)."""

    IDEAS = "ideas", _("Ideas competition")
    PLANNING = "planning", _("Design competition (§§ 69 ff. VgV)")
    PRIZE_ONLY = "prize_only", _("Prize without procurement")
    INNOVATION_PARTNERSHIP = "innovation_partnership", _("Innovation partnership (§ 19 VgV)")


class Rights(TextChoices):
    """Who may use the result (list g)."""

    TEAM = "team", _("All rights stay with the team")
    SIMPLE = "simple", _("Non-exclusive use by the agency")
    OPEN = "open", _("Open licence (EUPL-1.2 or similar)")


class PrizeKind(TextChoices):
    """What is won (list h)."""

    MONEY = "money", _("Money")
    DEVELOPMENT_CONTRACT = "development_contract", _("Development contract")
    PILOT = "pilot", _("Pilot contract")
    RECOGNITION = "recognition", _("Recognition")


class Topic(TextChoices):
    """Themes of DCAT-AP, as open-data portals use them."""

    GOVE = "GOVE", _("Government and public sector")
    SOCI = "SOCI", _("Population and society")
    ECON = "ECON", _("Economy and finance")
    EDUC = "EDUC", _("Education, culture and sport")
    ENVI = "ENVI", _("Environment")
    TRAN = "TRAN", _("Transport")
    HEAL = "HEAL", _("Health")
    JUST = "JUST", _("Justice, legal system and public safety")
    REGI = "REGI", _("Regions and cities")
    TECH = "TECH", _("Science and technology")
    ENER = "ENER", _("Energy")
    AGRI = "AGRI", _("Agriculture, fisheries, forestry and food")
    INTR = "INTR", _("International issues")


class SubmissionLanguage(TextChoices):
    """Languages in which teams may write."""

    DE = "de", _("German")
    HSB = "hsb", _("Upper Sorbian")
    EN = "en", _("English")


class Affected(TextChoices):
    """Whom the solution touches."""

    STAFF = "staff", _("Staff of the administration")
    CITIZENS = "citizens", _("Citizens")
    BUSINESSES = "businesses", _("Businesses and associations")
    AGENCIES = "agencies", _("Other public bodies")


class Licence(TextChoices):
    """Licences for data, as DCAT-AP.de names them."""

    DL_BY = "dl-de/by-2-0", _("Data licence Germany – attribution 2.0")
    DL_ZERO = "dl-de/zero-2-0", _("Data licence Germany – zero 2.0")
    CC_BY = "CC-BY-4.0", _("Creative Commons attribution 4.0")
    CC_BY_SA = "CC-BY-SA-4.0", _("Creative Commons attribution, share alike 4.0")
    CC0 = "CC0-1.0", _("Creative Commons zero 1.0")
    COMPETITION = "competition-only", _("Only for this competition, to be deleted afterwards")


class ProtectionNeed(TextChoices):
    """Protection need after BSI IT-Grundschutz."""

    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    VERY_HIGH = "very_high", _("Very high")


class Accessibility(TextChoices):
    """What the solution must meet."""

    FULL = "full", _("EN 301 549 in full: people outside the administration use it")
    INTERNAL = "internal", _("EN 301 549 for staff: a working place with assistive technology")
    NO_INTERFACE = "no_interface", _("No user interface: it only runs inside another system")


class Eligible(TextChoices):
    """Who may take part."""

    NATURAL = "natural", _("Natural persons, also as a group")
    COMPANIES = "companies", _("Companies and self-employed people")
    UNIVERSITIES = "universities", _("Universities and research institutes")
    ASSOCIATIONS = "associations", _("Associations and foundations")
    PUBLIC = "public", _("Public bodies")


class Territory(TextChoices):
    """From where teams may come."""

    ANYWHERE = "anywhere", _("From anywhere")
    EEA = "eea", _("From the European Economic Area and Switzerland")
    GERMANY = "germany", _("Only from Germany")


class Deliverable(TextChoices):
    """What the platform itself receives from a team."""

    CONCEPT = "concept", _("A concept document (PDF), assessed by the jury")
    PREDICTIONS = "predictions", _("A prediction file (CSV), scored automatically")


class Extra(TextChoices):
    """Whether teams answer something beside their files; unanswered: they are not asked."""

    NEEDED = "needed", _("Needed to hand in")
    OPTIONAL = "optional", _("Asked for, voluntary")


class Reuse(TextChoices):
    """How others may use the result."""

    OPEN_SOURCE = "open_source", _("Published as open source on openCode")
    EFA = "efa", _("Offered to other administrations (one for all)")
    OWN = "own", _("Used in our own house only")
