"""robots.txt: may we fetch this page? (RFC 9309; pure)

The standard library's reader takes the first rule that fits and knows no wildcards, so that it forbids
pages which their publishers allow and the reverse; RFC 9309 wants the longest rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

LIMIT = 512_000  # bytes of a larger file that are read; RFC 9309 2.5 asks for at least 500 KiB
LONGEST_DELAY = 60.0  # seconds; sites that ask for more mean to be left alone, and say so by a rule
_RULES = 5_000  # of one file; more is a mistake or a trap


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: str
    allow: bool


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site that are meant for us."""

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0  # seconds between two requests that the site asks for; 0 if it does not

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched: the longest rule that fits decides, and allow wins a tie."""
        parts = urlsplit(url)
        path = _plain((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        fitting = [rule for rule in self.rules if _fits(rule.pattern, path)]
        best = max(fitting, key=lambda rule: (len(rule.pattern), rule.allow), default=None)
        return best is None or best.allow


ALL = Robots()
NONE = Robots((Rule("/", allow=False),))


def parse_robots(text: str, agent: str) -> Robots:
    """The rules in `text` for the product token `agent`, or else those for everyone.

    Crawl-delay is no part of RFC 9309, but sites write it and mean it.
    """
    ours: list[Rule] = []
    everyone: list[Rule] = []
    delays: dict[str, float] = {}
    named = False
    agents: list[str] = []
    in_rules = True
    for key, value in _lines(text):
        if key == "user-agent":
            agents = [] if in_rules else agents
            in_rules = False
            agents.append(value.split("/")[0].strip().lower())
            named = named or agents[-1] == agent.lower()
        elif key in {"allow", "disallow"}:
            in_rules = True
            if not value:
                continue  # an empty rule fits nothing
            rule = Rule(_plain(value), key == "allow")
            if agent.lower() in agents and len(ours) < _RULES:
                ours.append(rule)
            if "*" in agents and len(everyone) < _RULES:
                everyone.append(rule)
        elif key == "crawl-delay" and (seconds := _seconds(value)):
            in_rules = True
            delays |= dict.fromkeys(agents, seconds)
    return Robots(tuple(ours if named else everyone), delays.get(agent.lower() if named else "*", 0.0))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(seconds, LONGEST_DELAY) if seconds > 0 else 0.0


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.split("#", 1)[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _plain(path: str) -> str:
    """`path` in one spelling: what is percent-encoded without need is not, and the reverse."""
    return quote(unquote(path, errors="surrogateescape"), safe="/*$?=&;:@!'(),+~%", errors="surrogateescape")


def _fits(pattern: str, path: str) -> bool:
    """Whether `pattern` fits the beginning of `path`: * is anything, a $ at the end is the end.

    Piece by piece from the left, so linear: a regular expression would take exponential time on
    patterns made for that.
    """
    to_end = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if to_end and pieces:
        last = pieces.pop()
        if len(path) - len(last) < at or not path.endswith(last):
            return False
        path = path[: len(path) - len(last)]
    elif to_end:
        return at == len(path)
    for piece in pieces:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True
