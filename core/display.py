"""Words and figures as people read them: moments, time left, sizes, points, checksums.

Pure text in the active language; the tags of `core.templatetags.components` put markup around it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils import dateformat, formats, timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext

Precision = Literal["seconds", "minutes", "short", "date", "day", "time"]
Number = Decimal | float | int

MISSING = "–"
NO_BREAK_SPACE = "\u00a0"
_THOUSAND = 1_000
_DAYS_WITHOUT_HOURS = 30


def to_zone(at: dt.datetime, zone: dt.tzinfo | str | None = None) -> dt.datetime:
    """Return the moment in the given zone, else in the active one. A naive moment is refused."""
    if timezone.is_naive(at):
        raise ValueError("A moment without a time zone cannot be shown.")
    wanted = ZoneInfo(zone) if isinstance(zone, str) else zone
    return at.astimezone(wanted or timezone.get_current_timezone())


def _offset(at: dt.datetime) -> str:
    minutes = int((at.utcoffset() or dt.timedelta()).total_seconds() // 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def zone_short(at: dt.datetime) -> str:
    """Return the zone's abbreviation in the active language (CET, MEZ), else the offset."""
    name = at.tzname() or ""
    known = {
        "CET": pgettext("time zone", "CET"),
        "CEST": pgettext("time zone", "CEST"),
        "UTC": "UTC",
    }
    if name in known:
        return known[name]
    return name if name.isalpha() else _offset(at)


def zone_words(at: dt.datetime) -> str:
    """Return abbreviation and offset: CET (UTC+1)."""
    short, offset = zone_short(at), _offset(at)
    return short if short == offset else f"{short} ({offset})"


def _date_text(local: dt.datetime, *, weekday: bool) -> str:
    # Written with Django's letters for dates, so that a translation can reorder them.
    long_format = pgettext("date format with weekday", "D, j M Y")
    short_format = pgettext("date format", "j M Y")
    return dateformat.format(local, long_format if weekday else short_format)


def _time_text(local: dt.datetime, *, seconds: bool) -> str:
    time = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return pgettext("time of day", "%(time)s") % {"time": time}


def moment_words(
    at: dt.datetime,
    precision: Precision = "seconds",
    zone: dt.tzinfo | str | None = None,
) -> str:
    """Write a moment: with seconds and zone, with minutes and zone, short without zone, or the day.

    The zone is always named where the moment decides something; `short` is for lists. `date` is the
    day with its weekday, `day` without; `time` is the time of day alone, for steps of minutes.
    """
    local = to_zone(at, zone)
    if precision == "time":
        return _time_text(local, seconds=True)
    if precision == "day":
        return _date_text(local, weekday=False)
    if precision == "date":
        return _date_text(local, weekday=True)
    if precision == "short":
        return f"{_date_text(local, weekday=False)}, {_time_text(local, seconds=False)}"
    time = _time_text(local, seconds=precision == "seconds")
    return f"{_date_text(local, weekday=True)}, {time} {zone_short(local)}"


def iso_utc(at: dt.datetime) -> str:
    """Return the moment for machines, in UTC with seconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def _hours(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}


def _minutes(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def duration_words(duration: dt.timedelta) -> str:
    """Write elapsed time with its two largest units, rounded down: 2 days, 4 hours."""
    total_minutes = max(int(duration.total_seconds() // 60), 0)
    days, rest = divmod(total_minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        parts = [_days(days), _hours(hours) if hours and days < _DAYS_WITHOUT_HOURS else ""]
    elif hours:
        parts = [_hours(hours), _minutes(minutes) if minutes else ""]
    elif minutes:
        parts = [_minutes(minutes)]
    else:
        return gettext("less than a minute")
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Everything a page says about one deadline (J-50)."""

    at: str
    now: str
    moment: str
    zone: str
    left: str
    is_over: bool

    def __str__(self) -> str:
        """Return one line for mails and attributes."""
        return f"{self.moment} {self.zone}"


def deadline_words(
    at: dt.datetime, now: dt.datetime, zone: dt.tzinfo | str | None = None
) -> Deadline:
    """Describe a deadline; the window is half-open, so it is over at its own instant.

    The time left is elapsed time: on the day the clocks change it counts real hours.
    """
    local = to_zone(at, zone)
    # Two moments of one zone would be subtracted by the clock on the wall.
    left = at.astimezone(dt.UTC) - now.astimezone(dt.UTC)
    is_over = left <= dt.timedelta()
    moment = f"{_date_text(local, weekday=True)}, {_time_text(local, seconds=False)}"
    return Deadline(
        at=iso_utc(at),
        now=iso_utc(now),
        moment=moment,
        zone=zone_words(local),
        left=gettext("deadline has passed")
        if is_over
        else gettext("%(duration)s left") % {"duration": duration_words(left)},
        is_over=is_over,
    )


def _decimal(value: Number | str | None) -> Decimal | None:
    if value is None or value == "":
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _fixed(number: Decimal, digits: int) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return str(formats.number_format(rounded, decimal_pos=digits, force_grouping=True))


def number_words(value: Number | str | None, digits: int = 0) -> str:
    """Write a number with fixed digits, half up, grouped by thousands; missing is a dash."""
    number = _decimal(value)
    return MISSING if number is None else _fixed(number, digits)


def _with_unit(figure: str, unit: str) -> str:
    # English sets the percent sign close, German and DIN 5008 keep a space.
    close = unit == "%" and (get_language() or "").startswith("en")
    return f"{figure}{unit}" if close else f"{figure}{NO_BREAK_SPACE}{unit}"


def share_words(share: Number | None, digits: int = 1) -> str:
    """Write a share of one as per cent: 0.986 becomes 98.6%."""
    number = _decimal(share)
    return MISSING if number is None else _with_unit(_fixed(number * 100, digits), "%")


def percent_words(value: Number | None) -> str:
    """Write a number that counts in hundredths already, without idle zeros: 30.00 becomes 30%."""
    number = _decimal(value)
    if number is None:
        return MISSING
    exponent = number.normalize().as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return _with_unit(_fixed(number, digits), "%")


def money_words(amount: Number | str | None) -> str:
    """Write an amount in euros without cents: €20,000, in German 20 000 €."""
    number = _decimal(amount)
    if number is None:
        return MISSING
    return pgettext("amount in euros", "€%(amount)s") % {"amount": _fixed(number, 0)}


def size_words(size: int | None) -> str:
    """Write a number of bytes in decimal units, as file managers and contracts count."""
    if size is None:
        return MISSING
    if size < _THOUSAND:
        return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": size}
    value, units = Decimal(size) / _THOUSAND, ["kB", "MB", "GB", "TB"]
    # Rounding may reach the next unit: 999 950 bytes are 1.0 MB, not 1000 kB.
    while value.quantize(Decimal(1), rounding=ROUND_HALF_UP) >= _THOUSAND and len(units) > 1:
        value /= _THOUSAND
        units.pop(0)
    return _with_unit(_fixed(value, 0 if value >= 100 else 1), units[0])


def short_hash(digest: str) -> str:
    """Return the first eight digits as two groups, to be compared by eye: 7f3a·c21e."""
    return f"{digest[:4]}·{digest[4:8]}"


def grouped_hash(digest: str) -> str:
    """Return the whole checksum in groups of eight digits."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


# The first that matches counts: Edge and Chrome call themselves Safari, Chrome OS says X11.
_BROWSERS: tuple[tuple[str, str], ...] = (
    ("Firefox/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
)
_BROWSERS += (("CriOS/", "Chrome"), ("FxiOS/", "Firefox"), ("Safari/", "Safari"))
_SYSTEMS: tuple[tuple[str, str], ...] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
)
_SYSTEMS += (("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))


def device_words(user_agent: str) -> str:
    """Name browser and system of a user agent, so that people recognise their own device."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or gettext("unknown program")
