"""Moving the dates of a feed document so that old news looks new (pure).

The rewriting is done on the raw text: a date keeps its form (RFC 822, ISO 8601 or asctime, its zone,
its padding, its fraction of a second) and every byte outside the dates stays as it is.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # older dates are faults of a feed and are left alone

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_ZONE = r"(?P<zone>(?:GMT|UTC)?[+-]\d\d:?\d\d|[+-]\d\d|[A-Za-z]{1,5})"
_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[Tt ]\s*{_CLOCK}\s*{_ZONE}?)?"),
    re.compile(
        r"(?:(?P<weekday>[A-Za-z]{3,9})\.?,?\s+)?(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3,9})\.?,?[\s-]+"
        rf"(?P<year>\d{{4}}|\d\d)(?:,?\s+{_CLOCK}\s*{_ZONE}?)?(?:\s*\([^)]*\))?"
    ),
    re.compile(
        r"(?P<weekday>[A-Za-z]{3,9})\s+(?P<month>[A-Za-z]{3,9})\s+(?P<day>\d{1,2})\s+"
        rf"{_CLOCK}(?:\s+{_ZONE})?\s+(?P<year>\d{{4}})"
    ),
)
_MONTHS = "January February March April May June July August September October November December".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_HOURS = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8}

_NAMES = "pubdate|published|issued|created|date|updated|modified|lastbuilddate"
_ELEMENT = re.compile(
    rf"<(?:[\w.-]+:)?(?P<name>{_NAMES})\b[^<>]*>\s*(?:<!\[CDATA\[\s*)?(?P<date>[^<>\]]{{6,60}}?)\s*(?:\]\]>\s*)?</",
    re.IGNORECASE,
)
_MEMBER = re.compile(r'"(?P<name>date_published|date_modified)"\s*:\s*"(?P<date>[^"\\]{6,60})"')
_ITEM = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_MARKS = "\ufeff\xef\xbb\xbf \t\r\n"  # a byte order mark, also that of UTF-8 read as Latin-1
_REVISIONS = frozenset({"updated", "modified", "lastbuilddate", "date_modified"})


def read(text: str) -> datetime | None:
    """The time that a date of a feed names, in UTC; None where it has no known form."""
    match = _matched(text)
    return _time(match) if match else None


def moved(text: str, shift: timedelta) -> str:
    """`text` in the same form, `shift` later; unchanged where it cannot be read."""
    match = _matched(text)
    local = _local(match) if match else None
    if match is None or local is None:
        return text
    try:
        later = local + shift
    except OverflowError:
        return text
    for name in sorted(
        (name for name, old in match.groupdict().items() if old), key=match.start, reverse=True
    ):
        if name != "zone":
            text = text[: match.start(name)] + _part(name, match[name], later) + text[match.end(name) :]
    return text


def newest(document: bytes, latest: datetime) -> datetime | None:
    """The time of the newest item of a feed, those after `latest` left out as faults.

    An item counts as what a parser takes it for: its publication, or its revision where it has none.
    """
    times = (time for _, time in items(document))
    return max((time for time in times if time and EARLIEST <= time <= latest), default=None)


def items(document: bytes) -> Iterator[tuple[str, datetime | None]]:
    """Each item of a feed: its raw text (in JSON without a set order of members) and its time."""
    text = _decoded(document)[0]
    if _is_json(text):
        try:
            found = json.loads(text.lstrip(_MARKS)).get("items", [])
        except ValueError:
            return
        for item in found if isinstance(found, list) else ():
            if not isinstance(item, dict):
                continue
            stamps = [
                (name, str(item[name])) for name in ("date_published", "date_modified") if item.get(name)
            ]
            yield json.dumps(item), _item_time(stamps)
        return
    starts = [match.start() for match in _ITEM.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=False):
        stamps = [(m["name"].lower(), m["date"]) for m in _ELEMENT.finditer(text, start, end)]
        yield text[start:end], _item_time(stamps)


def shifted(document: bytes, shift: timedelta, latest: datetime) -> bytes:
    """`document` with each date between 1990 and `latest` moved by `shift` (whole seconds)."""

    def move(match: re.Match[str]) -> str:
        old = match["date"]
        time = read(old)
        if time is None or not EARLIEST <= time <= latest:
            return match[0]
        start, end = match.start("date") - match.start(), match.end("date") - match.start()
        return match[0][:start] + moved(old, shift) + match[0][end:]

    text, encoding = _decoded(document)
    pattern = _MEMBER if _is_json(text) else _ELEMENT
    return pattern.sub(move, text).encode(encoding, "surrogatepass")


def _decoded(document: bytes) -> tuple[str, str]:
    """A text for matching that encodes back to the very same bytes, and its encoding.

    Latin-1 stands for every encoding that keeps ASCII as it is: each byte is one character.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if document.startswith(mark) and len(document) % 2 == 0:
            return document.decode(encoding, "surrogatepass"), encoding
    return document.decode("latin-1"), "latin-1"


def _is_json(text: str) -> bool:
    return text.lstrip(_MARKS).startswith("{")


def _item_time(dates: list[tuple[str, str]]) -> datetime | None:
    ranked = sorted(dates, key=lambda named: named[0] in _REVISIONS)
    return next((time for _, text in ranked if (time := read(text))), None)


def _matched(text: str) -> re.Match[str] | None:
    return next((match for form in _FORMS if (match := form.fullmatch(text))), None)


def _local(match: re.Match[str]) -> datetime | None:
    """The clock time as written, without its zone."""
    parts = match.groupdict()
    month = parts["month"] if parts["month"].isdigit() else _index(_MONTHS, parts["month"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year > 68 else 2000  # the turn of POSIX and of RFC 2822 readers
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    try:
        return datetime(year, int(month or 0), int(parts["day"]), hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None


def _time(match: re.Match[str]) -> datetime | None:
    local = _local(match)
    if local is None:
        return None
    try:
        return (local - _offset(match["zone"] or "")).replace(tzinfo=UTC)
    except OverflowError:
        return None


def _offset(zone: str) -> timedelta:
    """East of Greenwich; names that RFC 822 does not list count as Greenwich, as parsers take them."""
    digits = re.search(r"([+-])(\d\d):?(\d\d)?", zone)
    if digits is None:
        return timedelta(hours=_HOURS.get(zone.upper(), 0))
    size = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
    return -size if digits[1] == "-" else size


def _index(names: list[str], word: str) -> int | None:
    """The place of an English name or of its first letters, from 1."""
    starts = [place for place, name in enumerate(names, 1) if name.lower().startswith(word.lower())]
    return starts[0] if starts else 9 if word.lower() == "sept" else None


def _part(name: str, old: str, later: datetime) -> str:
    """One part of a date, as wide and as cased as it was."""
    if name == "weekday":
        return _cased(old, _WEEKDAYS[later.weekday()])
    if name == "month" and not old.isdigit():
        return _cased(old, _MONTHS[later.month - 1])
    number = later.year % 100 if name == "year" and len(old) == 2 else getattr(later, name)
    return f"{number:0{len(old)}d}" if len(old) > 1 else str(number)


def _cased(old: str, name: str) -> str:
    short = len(old) < 4 or old.lower() == "sept"
    word = name[:3] if short else name
    return word.upper() if old.isupper() else word.lower() if old.islower() else word
