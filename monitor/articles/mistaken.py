"""What grouping and editors' stories disagree about, and what people who read it said (pure).

Editors make a story of each round-up, so an affair that runs for a week is several of theirs. Two of their
stories that we joined count as a mistake in every figure; whether they are one is for a reader to say.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from pathlib import Path

from monitor.articles.measures import Item
from monitor.errors import Misconfigured, Permanent


class Verdict(StrEnum):
    """What a reader says of two stories of the editors that were joined."""

    SAME = "same"  # reports of one event: the editors made two of it
    STEP = "step"  # the next step of one affair within days, which is a development of the same story
    APART = "apart"  # different events: our mistake
    UNREAD = "unread"


Two = frozenset[str]


@dataclass(frozen=True, slots=True)
class Join:
    """Two stories of the editors of which we joined `pairs` of articles; a headline of each side."""

    stories: Two
    pairs: int
    headlines: tuple[str, str]
    verdict: Verdict


def joins(items: Sequence[Item], found: Sequence[int], said: Mapping[Two, Verdict]) -> list[Join]:
    """Which stories of the editors were joined, those of most pairs first.

    Args:
        items: with the story that editors gave each.
        found: the story that we gave each.
        said: what readers say of two stories.
    """
    held: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item, story in zip(items, found, strict=True):
        held[story][item.story].append(item.text.title)
    pairs: Counter[Two] = Counter()
    headlines: dict[Two, tuple[str, str]] = {}
    for stories in held.values():
        for one, other in combinations(sorted(stories), 2):
            both = frozenset((one, other))
            pairs[both] += len(stories[one]) * len(stories[other])
            headlines.setdefault(both, (stories[one][0], stories[other][0]))
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], sorted(pair[0])))
    return [Join(two, n, headlines[two], said.get(two, Verdict.UNREAD)) for two, n in ranked]


def as_one(stories: Iterable[str], said: Mapping[Two, Verdict]) -> list[str]:
    """The stories of the editors, those that readers call one under one name."""
    leads: dict[str, str] = {}

    def first(name: str) -> str:
        while name in leads:
            name = leads[name]
        return name

    for two, verdict in said.items():
        one, other = sorted(map(first, sorted(two)))
        if verdict in {Verdict.SAME, Verdict.STEP} and one != other:
            leads[other] = one
    return [first(name) for name in stories]


def read_verdicts(path: Path) -> dict[Two, Verdict]:
    """Verdicts of a file of JSON lines: `stories` (two names) and `verdict` (same, step or apart).

    Raises:
        Misconfigured: the file cannot be read.
        Permanent: a line is no verdict; the message has its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: name a file of JSON lines in UTF-8 ({error})") from error
    return dict(_verdict(f"{path}, line {n}", line) for n, line in enumerate(lines, 1) if line.strip())


def _verdict(where: str, line: str) -> tuple[Two, Verdict]:
    try:
        row = json.loads(line)
        one, other = row["stories"]
        return frozenset((str(one), str(other))), Verdict(row["verdict"])
    except (ValueError, KeyError, TypeError) as error:
        raise Permanent(
            f'{where}: write {{"stories": ["ONE", "OTHER"], "verdict": "same"}}, or step, or apart ({error})'
        ) from error
