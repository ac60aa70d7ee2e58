"""Alert routes: which hits go to which Slack channel and how, from `seeds/routes.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from monitor.alerts.fields import Fields
from monitor.errors import Misconfigured
from monitor.records import DigestSpan, QuietHours, Route, Severity, UpdatePolicy

Routes = tuple[Route, ...]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# A name as Slack writes it, or an id: C and G are channels, D is a conversation with one person.
CHANNEL = re.compile(r"#[^\s#@<>,.:&A-Z]{1,80}|[CGD][A-Z0-9]{6,20}")
LONGEST_WAIT = timedelta(minutes=5)
SHORTEST_WAIT = timedelta(minutes=2)
USUAL_WAIT = timedelta(minutes=2)  # of a route that says nothing: most copies of a report come by then
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = frozenset(
    "name channel topics min_score thresholds countries actors groups min_severity min_publishers "
    "group_wait updates quiet_hours hourly fallback escalate_to escalate_after digests stop".split()
)
_QUIET_KEYS = frozenset({"from", "to", "zone", "days"})


def load(
    seeds: Path,
    default_channel: str,
    hourly: int = 30,
    actors: Callable[[], Collection[str]] = tuple,
) -> Routes:
    """The routes of `seeds/routes.toml`, in the order of the file.

    Args:
        default_channel: the channel of the routes that name none.
        hourly: first messages an hour, where a route names no number.
        actors: gives the keys of all actors; asked only where a route names some. None: all are taken.

    Raises:
        Misconfigured: the file cannot be read or a route cannot be used; the message has file, line and cure.
    """
    path = seeds / "routes.toml"
    try:
        source = path.read_text(encoding="utf-8")
        table = tomllib.loads(source)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): restore the file") from error
    except ValueError as error:  # not UTF-8, or not TOML: the error names the line
        raise Misconfigured(f"{path} is not TOML: {error}") from error
    rows = table.pop("route", None)
    if table:
        raise Misconfigured(f"{path}: unknown key {min(table)!r}: routes are tables [[route]]")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Misconfigured(f"{path} has no route: write at least one table [[route]] with name and topics")
    topics = {card.stem for card in (seeds / "topics").glob("*.toml")}
    found: dict[str, Route] = {}
    for fields in _tables(path, source, rows):
        route = _route(fields, default_channel, hourly, topics, actors)
        if route.name in found:
            fields.wrong("name", "the name is used twice: rename one of the two")
        found[route.name] = route
    return tuple(found.values())


def _tables(path: Path, source: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Fields]:
    """Each route with its lines; those written inline have none of their own."""
    lines = source.splitlines()
    starts = [at for at, line in enumerate(lines) if line.replace(" ", "").startswith("[[route]]")]
    if len(starts) != len(rows):
        starts = []
    ends = [*starts[1:], len(lines)]
    for number, row in enumerate(rows):
        start, end = (starts[number], ends[number]) if starts else (0, 0)
        yield Fields(path, row, tuple(lines[start:end]), start + 1 if starts else 0)


def _route(
    fields: Fields, default_channel: str, hourly: int, topics: set[str], actors: Callable[[], Collection[str]]
) -> Route:
    name = fields.table.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        fields.wrong("name", "name must be a short word of small letters, digits, - and _")
    fields.only(_KEYS)
    wanted = fields.strings("topics", ("*",))
    if not wanted:
        fields.wrong("topics", 'topics must be a list of topic names, or ["*"] for all of them')
    _known(fields, "topics", set(wanted) - {"*"}, topics)
    thresholds = fields.shares("thresholds")
    _known(fields, "thresholds", set(thresholds), topics)
    after = fields.duration("escalate_after", timedelta(minutes=15))
    if after < timedelta(minutes=1):
        fields.wrong("escalate_after", 'escalate_after must be at least one minute, such as "15m"')
    return Route(
        name=name,
        channel=_channel(fields, "channel", default_channel),
        topics=wanted,
        min_score=fields.share("min_score", 0.0),
        thresholds=tuple(sorted(thresholds.items())),
        countries=_countries(fields),
        actors=_actors(fields, actors),
        groups=fields.strings("groups", ()),
        min_severity=fields.choice("min_severity", Severity, Severity.LOW),
        min_publishers=fields.whole("min_publishers", 1, least=1),
        group_wait=_wait(fields),
        updates=fields.choice("updates", UpdatePolicy, UpdatePolicy.BROADCAST_ON_ESCALATION),
        quiet=_quiet(fields),
        hourly=fields.whole("hourly", hourly, least=0),
        fallback=_channel(fields, "fallback", ""),
        escalate_to=_channel(fields, "escalate_to", ""),
        escalate_after=after,
        digests=_digests(fields),
        stop=fields.flag("stop"),
        line=fields.first_line,
    )


def _known(fields: Fields, key: str, named: set[str], topics: set[str]) -> None:
    """A topic without a card would never match: a slip of the pen that nobody would notice."""
    if topics and (unknown := sorted(named - topics)):
        cure = f"there is no card seeds/topics/{unknown[0]}.toml; there is {', '.join(sorted(topics))}"
        fields.wrong(key, f"topic {unknown[0]!r}: {cure}")


def _channel(fields: Fields, key: str, default: str) -> str:
    channel = fields.table.get(key, default)
    if channel == "" and key != "channel" and key not in fields.table:
        return ""
    if not isinstance(channel, str) or not CHANNEL.fullmatch(channel):
        source = key if key in fields.table else "MONITOR_SLACK_CHANNEL"
        fields.wrong(key, f'{source} is {channel!r}: write "#name" in small letters, or the id of a channel')
    return channel


def _actors(fields: Fields, known: Callable[[], Collection[str]]) -> tuple[str, ...]:
    named = fields.strings("actors", ())
    keys = {key.casefold() for key in known()} if named else set()
    for key in named:
        if keys and key.casefold() not in keys:
            fields.wrong("actors", f"actor {key!r} is nobody's key: `monitor actors list` has them")
    return named


def _countries(fields: Fields) -> tuple[str, ...]:
    codes = fields.strings("countries", ())
    for code in codes:
        import pycountry

        if code != "XKX" and pycountry.countries.get(alpha_3=code) is None:  # Kosovo has a code of use only
            cure = 'write the three letters of ISO 3166, such as "UKR"'
            fields.wrong("countries", f"country {code!r}: {cure}")
    return codes


def _wait(fields: Fields) -> timedelta:
    wait = fields.duration("group_wait", USUAL_WAIT)
    if wait and not SHORTEST_WAIT <= wait <= LONGEST_WAIT:
        fields.wrong("group_wait", 'group_wait must be from "2m" to "5m", or "0m" for none')
    return wait


def _digests(fields: Fields) -> tuple[DigestSpan, ...]:
    named = fields.strings("digests", tuple(DigestSpan))
    if unknown := sorted(set(named) - set(DigestSpan)):
        fields.wrong("digests", f'digest {unknown[0]!r}: write "daily", "weekly", both, or [] for none')
    return tuple(span for span in DigestSpan if span in named)


def _quiet(fields: Fields) -> QuietHours | None:
    table = fields.table.get("quiet_hours")
    if table is None:
        return None
    example = 'quiet_hours = { from = "22:00", to = "07:00", zone = "Europe/Berlin" }'
    if not isinstance(table, dict) or not {"from", "to", "zone"} <= table.keys() <= _QUIET_KEYS:
        fields.wrong("quiet_hours", f"write {example}, and days where they are not all days")
    start, end = (_clock(fields, table[key], example) for key in ("from", "to"))
    zone = table["zone"]
    if not isinstance(zone, str) or not _is_zone(zone):
        fields.wrong(
            "quiet_hours", f'zone {zone!r} is no time zone: write its IANA name, "Europe/Berlin" say'
        )
    days = table.get("days", list(DAYS))
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
        fields.wrong("quiet_hours", f"days must be some of {', '.join(DAYS)}")
    return QuietHours(start, end, zone, tuple(sorted({DAYS.index(day) for day in days})))


def _clock(fields: Fields, text: object, example: str) -> time:
    if not isinstance(text, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        fields.wrong("quiet_hours", f"{text!r} is no time of day: write {example}")
    return time.fromisoformat(text)


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the zone files
        return False
    return True
