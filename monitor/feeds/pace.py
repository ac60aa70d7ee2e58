"""How often a feed says it wants to be read: `ttl`, `sy:updatePeriod`, `skipHours`, `skipDays` (pure).

RSS 2.0 (rssboard.org/rss-specification) and the syndication module of RSS 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from monitor.records import Pace

_PERIODS = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# feedparser keeps the last of several <hour>, so the lists are read here.
_HOURS_LIST = re.compile(rb"<skipHours\b[^>]*>(.{0,2000}?)</skipHours\s*>", re.DOTALL)
_DAYS_LIST = re.compile(rb"<skipDays\b[^>]*>(.{0,2000}?)</skipDays\s*>", re.DOTALL)
_HOUR = re.compile(rb"<hour\b[^>]*>\s*(\d{1,2})\s*</", re.IGNORECASE)
_DAY = re.compile(rb"<day\b[^>]*>\s*([a-z]+)\s*</", re.IGNORECASE)


def pace_of(channel: Mapping[str, Any], body: bytes) -> Pace:
    """The wishes of a document.

    Args:
        channel: the feed's own fields as feedparser names them.
        body: the document, in an encoding that writes ASCII as ASCII.
    """
    asked = [wait for wait in (_ttl(channel), _period(channel)) if wait is not None]
    return Pace(max(asked, default=None), *_skipped(body))


def _ttl(channel: Mapping[str, Any]) -> timedelta | None:
    minutes = str(channel.get("ttl", "")).strip()
    whole = minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:7]) < 10**6
    return timedelta(minutes=int(minutes[:7])) if whole else None


def _period(channel: Mapping[str, Any]) -> timedelta | None:
    hours = _PERIODS.get(str(channel.get("sy_updateperiod", "")).strip().lower())
    if hours is None:
        return None
    times = str(channel.get("sy_updatefrequency", "1")).strip()
    whole = times.isascii() and times.isdigit() and 0 < int(times[:5]) < 10**4
    return timedelta(hours=hours) / (int(times[:5]) if whole else 1)


def _skipped(body: bytes) -> tuple[frozenset[int], frozenset[int]]:
    if b"<skip" not in body:
        return frozenset(), frozenset()
    hours, days = _HOURS_LIST.search(body), _DAYS_LIST.search(body)
    listed = {int(found) for found in _HOUR.findall(hours[1])} if hours else set()
    named = {found.decode().lower() for found in _DAY.findall(days[1])} if days else set()
    # RSS 0.91 counts the hours from 1 to 24, where 24 is midnight.
    skip_hours = frozenset(hour % 24 for hour in listed if hour <= 24)
    skip_days = frozenset(place for place, name in enumerate(_DAYS) if name in named)
    # A feed that skips everything asks for nothing that could be obeyed.
    return (
        skip_hours if len(skip_hours) < 24 else frozenset(),
        skip_days if len(skip_days) < 7 else frozenset(),
    )
