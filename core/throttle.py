"""How often somebody may try something, counted in the cache that all processes share."""

from __future__ import annotations

import datetime as dt

from django.core.cache import cache

from core import clock


def allow(key: str, *, limit: int, period: dt.timedelta) -> bool:
    """Count one try and say whether it is within the limit of the running period.

    The key names the thing and the person, such as `join:17`. Requests at the very same moment may
    be counted as one: good enough against guessing, never for a limit that must hold exactly.
    """
    window = int(clock.now().timestamp() // period.total_seconds())
    name = f"throttle:{key}:{window}"
    used = int(cache.get(name, 0)) + 1
    cache.set(name, used, timeout=int(period.total_seconds()))
    return used <= limit
