"""German dates with leading zeros, as in official letters."""

DATE_FORMAT = "d.m.Y"
DATETIME_FORMAT = "d.m.Y, H:i"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "d.m.Y"
THOUSAND_SEPARATOR = "\u202f"
