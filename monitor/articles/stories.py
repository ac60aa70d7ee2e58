"""Which articles are the same news: copies of one text, and independent reports of one event (pure).

Articles come in batches; each is compared with the articles of open stories that share its most telling
terms, and with its batch. Within a batch the closest are joined first, whatever the order in which they
came; a story that stands is only ever added to. An open story takes articles for 72 hours after its
newest one, and for 14 days at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

import numpy as np

from monitor.articles import likeness as like
from monitor.articles import window
from monitor.articles.copies import SAME_TEXT, shares
from monitor.articles.linking import Links
from monitor.articles.terms import Reading, read
from monitor.articles.vetoes import against as vetoed
from monitor.articles.window import HOUR, Window
from monitor.records import Placement, PlacementKind, StoryText

OPEN, LIFE = timedelta(seconds=window.OPEN), timedelta(seconds=window.LIFE)
JOIN = 0.25  # mean likeness from which articles are one story
BATCH = 1_000  # articles joined at once
KNOWN = 2_000  # and read at once when a window is loaded
SPAN = 3 * HOUR  # and the time that they may be apart
_NOISE = 0.03  # likenesses below this are not kept
_ALIKE = 0.45  # root of the cosine from which fingerprints are compared
_AT_ONCE = 200  # articles whose pairs are weighed in one go: 10,000 pairs in 30 MB
_NAMED = 6  # shared terms that are kept as the reason


def place(known: Sequence[StoryText], fresh: Sequence[StoryText]) -> list[Placement]:
    """Place each fresh article; `Grouping` does it batch after batch."""
    return Grouping(known).place(fresh)


class Grouping:
    """The window in memory, kept from batch to batch."""

    def __init__(self, known: Iterable[StoryText] = ()) -> None:
        """Read the articles placed before (`story_id` set), oldest first."""
        self._window = Window()
        stories: dict[int | None, int] = {}
        parts: dict[tuple[int | None, int], int] = {}
        left = iter(known)
        while texts := list(islice(left, KNOWN)):
            rows = self._window.add(texts, [read(text.title, text.lead) for text in texts])
            for row, text in zip(rows, texts, strict=True):
                part = (text.story_id, text.part)
                if part not in parts:
                    parts[part] = self._window.open_story(stories.get(text.story_id, -1))
                    stories.setdefault(text.story_id, parts[part])
                self._window.join(row, parts[part])
        for start in range(0, len(self._window), KNOWN):
            some = np.arange(start, min(start + KNOWN, len(self._window)))
            for row, (terms, _) in zip(some.tolist(), self._window.telling(some), strict=True):
                self._window.index(row, terms)

    def place(self, fresh: Sequence[StoryText]) -> list[Placement]:
        """Place each fresh article; they may join each other's stories.

        Returns:
            one placement for each, in the order in which they must be stored: `against` names an
            article of the window or one placed earlier in the list.
        """
        found: list[Placement] = []
        for batch in _batches(sorted(fresh, key=_when)):
            readings = [read(text.title, text.lead) for text in batch]
            found.extend(_Batch(self._window, batch, readings).placements())
        return found


def _when(text: StoryText) -> tuple[float, int]:
    return (text.effective_at.timestamp(), text.article_id)


def _batches(texts: Sequence[StoryText]) -> Iterator[Sequence[StoryText]]:
    start = 0
    for end in range(1, len(texts) + 1):
        last = end == len(texts)
        full = end - start >= BATCH
        if last or full or _when(texts[end])[0] - _when(texts[start])[0] > SPAN:
            yield texts[start:end]
            start = end


class _Batch:
    """One batch on its way into the window."""

    def __init__(
        self,
        held: Window,
        texts: Sequence[StoryText],
        readings: Sequence[Reading],
    ) -> None:
        self._window = held
        self._readings = dict(zip(held.add(texts, readings), readings, strict=True))
        # For each article of the batch: likeness of the articles that it was compared with, and copies.
        self._near: dict[int, dict[int, float]] = {row: {} for row in self._readings}
        self._copies: dict[int, dict[int, float]] = {row: {} for row in self._readings}
        others: dict[int, np.ndarray] = {}
        rows = np.fromiter(self._readings, np.int64, len(self._readings))
        for row, (terms, rare) in zip(rows.tolist(), held.telling(rows), strict=True):
            others[row] = held.candidates(row, terms, rare)  # those of the batch that are older
            held.index(row, terms)
        self._compare({row: rows for row, rows in others.items() if len(rows)})

    def placements(self) -> list[Placement]:
        """Join what is close, then say where each article goes."""
        held = self._window
        nodes = self._nodes()
        known = {node for node in nodes.values() if node >= 0}
        sizes = {story: held.sizes[story] for story in known} | {-1 - row: 1 for row in self._readings}
        links = Links(sizes, sorted(known))
        for row, near in self._near.items():
            for other, value in near.items():
                if other < row:
                    links.add(-1 - row, nodes[other], value)
        links.join(JOIN)
        homes = {row: links.home(-1 - row) for row in self._readings}
        return self._settle(homes)

    def _nodes(self) -> dict[int, int]:
        """The node of each article that one of the batch is near to.

        A story is the node of its number; an article of the batch is a negative node.
        """
        rows = np.fromiter({other for near in self._near.values() for other in near}, np.int64)
        stories = self._window.story_of.values[rows]
        return dict(zip(rows.tolist(), np.where(stories >= 0, stories, -1 - rows).tolist(), strict=True))

    def _compare(self, others: Mapping[int, np.ndarray]) -> None:
        """Keep how alike each article and its candidates are. `others`: rows by row, none empty."""
        rows = list(others)
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            chosen = {row: others[row] for row in part}
            odds, roots = self._odds(chosen)
            ends = np.cumsum([len(near) for near in chosen.values()])[:-1]
            likenesses = np.split(like.likeness(odds), ends)
            copies = np.split(self._copied(chosen, roots), ends)
            for row, values, same in zip(part, likenesses, copies, strict=True):
                self._choose(row, chosen[row], values, same)

    def _copied(self, others: Mapping[int, np.ndarray], roots: like.Reals) -> like.Reals:
        """How much of a copy each pair is, row after row: only of texts that are alike it is looked at."""
        held = self._window
        alike = np.flatnonzero(roots >= _ALIKE)
        mine = np.repeat(np.fromiter(others, np.int64, len(others)), [len(near) for near in others.values()])
        same = np.zeros(len(roots), np.float32)
        pairs = mine[alike], np.concatenate([*others.values()])[alike]
        same[alike] = shares(held.prints(pairs[0]), held.prints(pairs[1]))
        return same

    def _choose(self, row: int, others: np.ndarray, values: like.Reals, same: like.Reals) -> None:
        mine, parties = self._window.parties[row], self._window.parties
        kept = np.flatnonzero((values >= _NOISE) | (same > 0))
        kept = kept[np.argsort(-values[kept], kind="stable")]
        told = zip(others[kept].tolist(), values[kept].tolist(), same[kept].tolist(), strict=True)
        for other, value, copied in told:
            if copied:
                self._keep(self._copies, row, other, copied)
                self._keep(self._near, row, other, SAME_TEXT)
            elif not vetoed(mine, parties[other]):
                self._keep(self._near, row, other, value)

    def _keep(self, into: dict[int, dict[int, float]], row: int, other: int, value: float) -> None:
        into[row][other] = value
        if other in into:
            into[other][row] = value

    def _odds(self, others: Mapping[int, np.ndarray]) -> tuple[like.Reals, like.Reals]:
        """Log-odds and the root of the cosine of each pair, row after row."""
        pair_of = np.repeat(np.arange(len(others)), [len(rows) for rows in others.values()])
        rows = np.fromiter(others, np.int64, len(others))
        signs, gaps, looks_back = pair_signs(self._window, rows, np.concatenate([*others.values()]), pair_of)
        odds = like.log_odds(signs)
        odds -= like.PER_DAY * np.minimum(gaps, window.OPEN) / (24 * HOUR)
        odds -= like.LOOKS_BACK * looks_back
        return odds.astype(np.float32), signs[:, 0]

    def _settle(self, homes: dict[int, int]) -> list[Placement]:
        held = self._window
        stories: dict[int, int] = {}
        found = []
        for row, home in homes.items():  # in order of time: a founder is the oldest of its story
            founds = home < 0 and home not in stories
            if founds:
                stories[home] = held.open_story()
            story = stories[home] if home < 0 else home
            found.append(self._placement(row, story, founds=founds))
            held.join(row, story)
        return found

    def _placement(self, row: int, story: int, *, founds: bool) -> Placement:
        article = self._window.article(row)
        if founds:
            return Placement(article, PlacementKind.NEW_STORY)
        members = self._window.story_of.values
        for values, kind in (
            (self._copies[row], PlacementKind.COPY),
            (self._near[row], PlacementKind.SAME_STORY),
        ):
            mates = [(value, -other) for other, value in values.items() if members[other] == story]
            if mates:
                value, other = max(mates)
                against = self._window.article(-other)
                return Placement(article, kind, against, round(value, 4), self._shared(row, -other))
        # Alike to articles of its batch that come later: the founder stands for them.
        founder = int(np.flatnonzero(members == story)[0])
        return Placement(article, PlacementKind.SAME_STORY, self._window.article(founder), JOIN)

    def _shared(self, row: int, other: int) -> tuple[str, ...]:
        """The words that both articles have, rarest first."""
        words = self._readings[row].words
        shared = [term for term in self._window.terms(other).tolist() if term in words]
        order = np.argsort(-self._window.rarity(np.array(shared, np.int32)), kind="stable")[:_NAMED]
        return tuple(words[shared[place]] for place in order.tolist())


def pair_signs(
    held: Window, rows: np.ndarray, others: np.ndarray, pair_of: np.ndarray
) -> tuple[like.Reals, like.Reals, like.Reals]:
    """The signs of each pair of articles, the seconds between them, and which looks back alone.

    Args:
        rows: the articles that are compared.
        others: the other article of each pair.
        pair_of: for each pair, the place in `rows` of the one.
    """
    found = like.signs(held.gather(rows), held.gather(others), pair_of)
    mine = rows[pair_of]
    days, their_days = held.days(mine), held.days(others)
    other_days = (days > 0) & (their_days > 0) & ((their_days & days) == 0)
    flags, their_flags = held.flags(mine), held.flags(others)
    leads = (flags & their_flags & 2) > 0
    signs = np.column_stack([found[:, :4], other_days, found[:, 4], leads]).astype(np.float32)
    times = held.times.values
    return signs, np.abs(times[others] - times[mine]), ((flags ^ their_flags) & 1).astype(np.float32)
