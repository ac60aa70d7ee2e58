"""How well articles are grouped, against the stories that editors made of them (pure)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from monitor.errors import Misconfigured, Permanent
from monitor.records import Placement, StoryText

A_DAY = 40  # stories a day, in which items without a date are taken
_START = date(2020, 1, 1)  # their first day


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean, 0 where nothing is right."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def as_dict(self) -> dict[str, float]:
        """The three by name, rounded to four places."""
        named = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: round(value, 4) for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures over `n` items, of `stories` that editors made and `found` that we made."""

    bcubed: Figures
    pairs: Figures
    n: int
    stories: int
    found: int

    def as_dict(self) -> dict[str, Any]:
        """All by name."""
        return {
            "bcubed": self.bcubed.as_dict(),
            "pairs": self.pairs.as_dict(),
            "n": self.n,
            "stories": self.stories,
            "found": self.found,
        }


def measure(gold: Sequence[str], found: Sequence[str | int]) -> Measured:
    """BCubed (Bagga and Baldwin, 1998) and the figures of pairs; one label an item in each list."""
    by_gold, by_found = Counter(gold), Counter(found)
    both = Counter(zip(gold, found, strict=True))
    n = max(len(gold), 1)
    shared = [both[pair] for pair in zip(gold, found, strict=True)]
    precision = sum(count / by_found[label] for count, label in zip(shared, found, strict=True)) / n
    recall = sum(count / by_gold[label] for count, label in zip(shared, gold, strict=True)) / n
    right, ours, theirs = (_pairs(counts) for counts in (both, by_found, by_gold))
    pairs = Figures(right / ours if ours else 0.0, right / theirs if theirs else 0.0)
    return Measured(Figures(precision, recall), pairs, len(gold), len(by_gold), len(by_found))


def _pairs(counts: Counter[Any]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def story_labels(placements: Sequence[Placement]) -> dict[int, int]:
    """The founder of the story of each article."""
    found: dict[int, int] = {}
    for one in placements:
        found[one.article_id] = one.article_id if one.against is None else found[one.against]
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a file, with the story that editors gave it."""

    text: StoryText
    story: str
    dated: bool


def read_items(path: Path) -> list[Item]:
    """The items of a file of JSON lines: `id`, `date` or null, `title`, `summary`, `publisher`, `story`.

    Items without a date are taken in the order of the file as `A_DAY` stories a day. Items are numbered by
    a hash of their id: the order of a file may tell which belong together.

    Raises:
        Misconfigured: there is no such file.
        Permanent: a line is no such item; the message has its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: name a file of JSON lines in UTF-8 ({error})") from error
    rows = [(n, _row(path, n, line)) for n, line in enumerate(lines, 1) if line.strip()]
    order = sorted(range(len(rows)), key=lambda place: _scattered(str(rows[place][1].get("id", place))))
    number = {place: rank for rank, place in enumerate(order, 1)}
    days: dict[str, int] = {}
    return [_item(f"{path}, line {line}", number[place], row, days) for place, (line, row) in enumerate(rows)]


def _scattered(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise Permanent(f"{path}, line {number}: not JSON ({error}): write one object a line") from error
    if not isinstance(found, dict) or not found.get("story"):
        raise Permanent(f"{path}, line {number}: an item needs title and story between braces")
    return found


def _item(where: str, number: int, row: dict[str, Any], days: dict[str, int]) -> Item:
    title, summary = str(row.get("title") or ""), str(row.get("summary") or "")
    story, given = str(row["story"]), row.get("date")
    if not (title + summary).strip():
        raise Permanent(f"{where}: title or summary must be filled")
    if given:
        try:
            when = datetime.fromisoformat(str(given))
        except ValueError:
            raise Permanent(f"{where}: {given!r} is no date: write 2026-05-17, or null for none") from None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
    else:
        day = days.setdefault(story, len(days)) // A_DAY
        when = datetime.combine(_START + timedelta(days=day), time(), UTC)
    text = StoryText(number, title, summary, when, str(row.get("publisher") or ""))
    return Item(text, story, bool(given))
