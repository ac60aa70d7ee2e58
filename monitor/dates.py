"""Dates as feeds and pages write them, to times (pure).

RFC 822 and ISO 8601 are what the formats ask for; what feeds write besides is read where it can mean
one time only. feedparser's own reading is not used: it takes 2020/1/10 for 1 November, passes over
"PM", and knows months in English alone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from monitor.records import DateStatus

AHEAD = timedelta(minutes=10)  # clocks differ; what is further ahead is a fault of the feed
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_FARTHEST = timedelta(hours=15)  # from UTC; more is a slip
LONGEST = 100  # characters of a date; what is longer is none

_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?=\D|\Z)|(\d{4})(\d\d)(\d\d)(?=[T ]|\Z)|(\d{4})\Z"
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|\.|º)?[\s-]*(?:de |of )?"
    r"([^\W\d_]{3,12})\.?,?[\s-]*(?:de )?(\d{4}|\d\d)(?!\d)"
)
_MONTH_DAY = re.compile(
    r"([^\W\d_]{3,12})\.?[\s-]*(\d{1,2})(?:st|nd|rd|th)?,?\s+(?:(\S*\d:\d\S*)\s+(?:\S{3,4}\s+)?)?(\d{4})(?!\d)"
)
_TIME = re.compile(
    r"(?<!\d)(\d{1,2})[:.h](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d+)?)?\s*([ap]\.?m\b\.?)?", re.IGNORECASE
)
# RFC 822 and ISO 8601 to the letter, as nearly all feeds write them.
_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) "
    r"(?:([+-])(\d\d)(\d\d)|GMT|UTC|Z)\Z"
)
_ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:([+-])(\d\d):?(\d\d)|Z)\Z"
)
_OFFSET = re.compile(r"\s*(?:GMT|UTC|UT)?\s*([+-])(\d{1,2})(?::?(\d\d))?(?!\d)")
_ZONE = re.compile(r"\s*\(?([A-Za-z]{1,5})\b")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
# Hours east of UTC. RFC 822 knows the American ones; of those that mean several, the one news writes.
_ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9,
    "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3, "bst": 1,
    "wet": 0, "west": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "sast": 2,
    "eat": 3, "wat": 1, "cat": 2, "pkt": 5, "ist": 5.5, "npt": 5.75, "ict": 7, "wib": 7, "sgt": 8, "myt": 8,
    "hkt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "acst": 9.5, "acdt": 10.5,
    "nzst": 12, "nzdt": 13,
}  # fmt: skip
# The languages whose month names are looked up where English ones do not fit.
_LANGUAGES = (
    "de fr es pt it nl sv da nb fi pl cs sk sl hr sr bg ru uk tr el hu ro et lv lt id ms vi ca eu gl ar he fa"
).split()


def judge(text: str, now: datetime) -> tuple[datetime | None, DateStatus]:
    """The time that `text` names, in UTC, and what is to be thought of it at `now`.

    Returns:
        a time only with OK: news is not from the future, and not from before there were feeds.
    """
    if not text.strip():
        return None, DateStatus.MISSING
    time = read(text)
    if time is None or time < EARLIEST:
        return None, DateStatus.IMPOSSIBLE
    if time > now + AHEAD:
        return None, DateStatus.FUTURE
    return time, DateStatus.OK


def read(text: str) -> datetime | None:
    """The time that `text` names, in UTC; None where it names none, or may mean several.

    A date without a time is its first moment, a time without a zone is UTC.
    """
    return _by_the_book(text) or _as_it_can_be(text)


def _by_the_book(text: str) -> datetime | None:
    """A date that keeps to its standard; None for all others, and for those that are odd in some part."""
    if found := _RFC_822.match(text):
        day, name, year, hour, minute, second, sign, east, past = found.groups()
        month = _MONTHS.get(name.lower(), 0)
    elif found := _ISO_8601.match(text):
        year, number, day, hour, minute, second, sign, east, past = found.groups()
        month = int(number)
    else:
        return None
    try:
        time = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        if not sign:
            return time
        offset = timedelta(hours=int(east), minutes=int(past))
        if offset >= _FARTHEST:
            return None
        return time - offset if sign == "+" else time + offset
    except (ValueError, OverflowError):
        return None


def _as_it_can_be(text: str) -> datetime | None:
    text = " ".join(text[: LONGEST + 1].split())
    if not 4 <= len(text) <= LONGEST:
        return None
    try:
        if found := _YEAR_FIRST.match(text):
            numbers = [int(part) for part in found.groups() if part]
            day = date(*[*numbers, 1, 1][:3])
            return _at(day, text[found.end() :])
        found_day, rest = _day(text)
        return _at(found_day, rest) if found_day else None
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> tuple[date | None, str]:
    """The day, and the text without it."""
    if found := _DAY_MONTH.search(text):
        number, name, year = found.groups()
        month = _month(name)
        if month:
            return date(_year(year), month, int(number)), text[found.end() :]
    if found := _MONTH_DAY.search(text):
        name, number, clock, year = found.groups()
        month = _month(name)
        if month:
            return date(int(year), month, int(number)), f"{clock or ''} {text[found.end() :]}"
    if found := _NUMBERS.search(text):
        a, mark, b, year = found.groups()
        return _of_numbers(int(a), int(b), _year(year), mark, text[: found.start()]), text[found.end() :]
    return None, ""


def _of_numbers(a: int, b: int, year: int, mark: str, before: str) -> date | None:
    """05/03/2019: where both orders are possible, the day of the week before it decides."""
    orders = [(b, a)] if mark == "." else [(b, a), (a, b)]
    days = {date(year, month, day) for month, day in orders if 1 <= month <= 12 and 1 <= day <= 31}
    if len(days) > 1 and (weekday := before.strip(" ,.").lower()[:3]) in _WEEKDAYS:
        days = {day for day in days if _WEEKDAYS[day.weekday()] == weekday}
    return days.pop() if len(days) == 1 else None


def _year(text: str) -> int:
    """RFC 2822, section 4.3: of two digits, up to 49 is this century."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)


def _month(name: str) -> int | None:
    name = name.lower()
    found = _MONTHS.get(name[:3]) if name.isascii() and len(name) <= 9 else None
    if found and (len(name) == 3 or _full_names().get(name, found) == found):
        return found
    return _full_names().get(name)


@lru_cache(maxsize=1)
def _full_names() -> dict[str, int]:
    """Months of many languages, without those names that mean two of them."""
    from babel import Locale

    found: dict[str, int] = {}
    twice: set[str] = set()
    for language in ("en", *_LANGUAGES):
        months = Locale.parse(language).months
        for width in ("wide", "abbreviated"):
            for shape in ("format", "stand-alone"):
                for number, name in months[shape][width].items():
                    key = name.lower().rstrip(".")
                    if found.setdefault(key, number) != number:
                        twice.add(key)
    return {name: number for name, number in found.items() if name not in twice}


def _at(day: date, rest: str) -> datetime:
    found = _TIME.search(rest)
    if not found:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    half = (found[4] or "").lower()[:1]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    start = datetime(day.year, day.month, day.day, tzinfo=timezone(_offset(rest[found.end() :])))
    if hour > 24 or minute > 59:
        raise ValueError(f"no time of day: {found.group()}")
    time = start + timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    return time.astimezone(UTC)


def _offset(text: str) -> timedelta:
    if found := _OFFSET.match(text):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return (-offset if sign == "-" else offset) if offset < _FARTHEST else timedelta(0)
    found = _ZONE.match(text)
    return timedelta(hours=_ZONES.get(found[1].lower(), 0)) if found else timedelta(0)
