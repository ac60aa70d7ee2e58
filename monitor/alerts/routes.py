"""Alert routes: which topics go to which Slack channel, from `seeds/routes.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from monitor.errors import Misconfigured
from monitor.records import Route

Routes = tuple[Route, ...]

_KEYS = frozenset({"name", "channel", "topics", "min_score"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
# A name as Slack writes it, or an id: C and G are channels, D is a conversation with one person.
_CHANNEL = re.compile(r"#[^\s#@<>,.:&A-Z]{1,80}|[CGD][A-Z0-9]{6,20}")


def load(seeds: Path, default_channel: str) -> Routes:
    """The routes of `seeds/routes.toml`, in the order of the file.

    Args:
        default_channel: the channel of the routes that name none.

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
    lines = [number for number, line in enumerate(source.splitlines(), 1) if _opens(line)]
    lines += [0] * (len(rows) - len(lines))  # routes written inline have no line of their own
    found: dict[str, Route] = {}
    for row, line in zip(rows, lines, strict=False):
        where = f"{path}, line {line}" if line else str(path)
        route = _route(row, default_channel, where)
        if route.name in found:
            _wrong(where, route.name, "the name is used twice: rename one of the two")
        found[route.name] = route
    return tuple(found.values())


def _opens(line: str) -> bool:
    return line.replace(" ", "").startswith("[[route]]")


def _route(row: dict[str, Any], default_channel: str, where: str) -> Route:
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        _wrong(where, str(name), "name must be a short word of small letters, digits, - and _")
    if unknown := sorted(row.keys() - _KEYS):
        _wrong(where, name, f"unknown key {unknown[0]!r}: use {', '.join(sorted(_KEYS))}")
    topics = row.get("topics")
    if not isinstance(topics, list) or not topics or not all(isinstance(t, str) and t for t in topics):
        _wrong(where, name, 'topics must be a list of topic names, or ["*"] for all of them')
    score = row.get("min_score", 0.0)
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        _wrong(where, name, "min_score must be a number from 0 to 1")
    channel = row.get("channel", default_channel)
    if not isinstance(channel, str) or not _CHANNEL.fullmatch(channel):
        source = "channel" if "channel" in row else "MONITOR_SLACK_CHANNEL"
        _wrong(
            where, name, f'{source} is {channel!r}: write "#name" in small letters, or the id of a channel'
        )
    return Route(name, channel, tuple(topics), float(score))


def _wrong(where: str, name: str, cure: str) -> NoReturn:
    raise Misconfigured(f"{where}, route {name!r}: {cure}")
