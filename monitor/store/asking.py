"""What the fields of a search mean, as a form or an address has them (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from monitor.records import Search, SearchOrder

FIELDS = ("q", "topic", "since", "until", "publisher", "country", "actor", "language", "score", "order")
_SAID = {"q": "", "since": "from ", "until": "to ", "score": "score from "}


def meant(typed: Mapping[str, str]) -> tuple[Search, tuple[str, ...]]:
    """The search, and a line for each field that means nothing, which does not count then."""
    wrong: list[str] = []
    actors = tuple(typed.get("actor", "").split())
    found = Search(
        words=typed.get("q", ""),
        topic=typed.get("topic") or None,
        min_score=_number(typed.get("score", ""), wrong),
        since=_day(typed.get("since", ""), wrong),
        until=_day(typed.get("until", ""), wrong, end=True),
        publisher=typed.get("publisher") or None,
        country=typed.get("country") or None,
        actors=actors,
        language=typed.get("language") or None,
        order=SearchOrder(typed.get("order") or "date"),
    )
    return found, tuple(wrong)


def in_words(typed: Mapping[str, str]) -> str:
    """The search in one line: what was typed, then each field by its name."""
    parts = [
        f"{_SAID.get(name, f'{name} ')}{typed[name]}"
        for name in FIELDS
        if name != "order" and typed.get(name)
    ]
    return " · ".join(parts) or "every article"


def _number(typed: str, wrong: list[str]) -> float | None:
    try:
        found = float(typed) if typed else None
    except ValueError:
        found = math.nan
    if found is not None and not math.isfinite(found):
        wrong.append(f"{typed!r} is no score: write a number from 0 to 1")
        return None
    return found


def _day(typed: str, wrong: list[str], *, end: bool = False) -> datetime | None:
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        wrong.append(f"{typed!r} is no date: write it like 2026-05-17")
        return None
    return datetime.combine(day, time.max if end else time.min, UTC)
