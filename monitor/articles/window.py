"""The rolling window: the articles that new ones are compared with, and an index to find the alike.

Rows grow in flat arrays, so that a million articles fit in well under a gigabyte. The index holds the
terms that tell most of each article; of a term that is everywhere only the newest articles count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.articles.copies import OPENING, PERMUTATIONS, Prints, prints
from monitor.articles.likeness import Rarities, Reals, Terms, weights
from monitor.articles.terms import TITLE, Ids, Reading
from monitor.articles.vetoes import Parties, parties
from monitor.records import StoryText

INDEXED = 20  # terms of an article by which it is found
POSTINGS = 256  # newest articles of a term that are looked at
CANDIDATES = 24  # articles that one article is compared with in full
HOUR = 3600.0
OPEN = 72 * HOUR  # a story takes articles so long after its newest
LIFE = 14 * 24 * HOUR  # and so long after its first
Rows = NDArray[np.integer[Any]]


class Column:
    """A numpy array that grows at its end; `width` values a row on average are made room for."""

    def __init__(self, kind: Any) -> None:
        self._held = np.zeros(1024, kind)
        self.size = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        size = self.size + len(values)
        if size > len(self._held):
            room = max(size, len(self._held) + max(len(self._held) // 8, 1024))
            try:
                self._held.resize(room)  # in place, where nobody looks at it: half the memory at its peak
            except ValueError:
                self._held = np.concatenate([self._held, np.zeros(room - len(self._held), self._held.dtype)])
        self._held[self.size : size] = values
        self.size = size

    @property
    def values(self) -> NDArray[Any]:
        return self._held[: self.size]


class Window:
    """The rows, each with its story; `texts` keep no more than what comparing needs."""

    def __init__(self) -> None:
        self._articles = Column(np.int64)
        self.parties: list[Parties] = []  # equal ones are one object: a million articles name few actors
        self._parties: dict[Parties, Parties] = {}
        self.times, self.story_of = Column(np.float64), Column(np.int32)
        self._signs = Column(np.uint8)  # weekdays, one bit each
        self._flags = Column(np.uint8)  # 1 looks back, 2 has a lead
        self._terms, self._codes, self._term_ends = Column(np.int32), Column(np.uint8), Column(np.int64)
        self._term_ends.extend(np.zeros(1, np.int64))
        self._sketches, self._openings = Column(np.uint8), Column(np.uint32)
        self._run_counts = Column(np.int32)
        self._place = Column(np.int32)  # scratch: a place for each row
        self._rarities = Rarities()
        self._index: dict[int, array[int]] = {}
        self.first, self.last = Column(np.float64), Column(np.float64)  # of each story
        self._clock = Column(np.int32)  # the story by whose times a story is open: that which it is part of
        self.sizes: list[int] = []

    def add(self, texts: Sequence[StoryText], readings: Sequence[Reading]) -> range:
        """Add articles; they can be compared at once, and found when they are indexed.

        Returns:
            their rows.
        """
        start = self._articles.size
        self._articles.extend(np.array([text.article_id for text in texts], np.int64))
        for text in texts:
            mine = parties(text.parties, text.named)
            self.parties.append(self._parties.setdefault(mine, mine))
        self.times.extend(np.array([text.effective_at.timestamp() for text in texts]))
        self.story_of.extend(np.full(len(texts), -1, np.int32))
        self._place.extend(np.zeros(len(texts), np.int32))
        self._signs.extend(np.array([reading.days for reading in readings], np.uint8))
        led = zip(texts, readings, strict=True)
        self._flags.extend(np.array([r.looks_back + 2 * bool(t.lead.strip()) for t, r in led], np.uint8))
        sizes = np.array([len(reading.terms) for reading in readings], np.int64)
        self._term_ends.extend(self._terms.size + np.cumsum(sizes))
        if len(texts):
            terms = np.concatenate([reading.terms for reading in readings])
            self._rarities.count(terms, len(texts))
            self._terms.extend(terms)
            self._codes.extend(np.concatenate([reading.codes for reading in readings]))
        found = prints([(reading.runs, reading.opening) for reading in readings])
        self._sketches.extend(found.sketch.ravel())
        self._openings.extend(found.opening.ravel())
        self._run_counts.extend(found.size)
        return range(start, start + len(texts))

    def __len__(self) -> int:
        return self._articles.size

    def article(self, row: int) -> int:
        """The id of the article of a row."""
        return int(self._articles.values[row])

    def open_story(self, part_of: int = -1) -> int:
        """A story without articles; a part of another is open as long as the whole."""
        self.first.extend(np.array([np.inf]))
        self.last.extend(np.array([-np.inf]))
        new = len(self.sizes)
        self._clock.extend(np.array([part_of if part_of >= 0 else new], np.int32))
        self.sizes.append(0)
        return new

    def join(self, row: int, story: int) -> None:
        """Put an article into a story."""
        when = self.times.values[row]
        clock = self._clock.values[story]
        self.story_of.values[row] = story
        self.first.values[clock] = min(self.first.values[clock], when)
        self.last.values[clock] = max(self.last.values[clock], when)
        self.sizes[story] += 1

    def terms(self, row: int) -> Ids:
        """Terms of an article, ascending."""
        start, end = self._term_ends.values[row : row + 2]
        found: Ids = self._terms.values[start:end]
        return found

    def rarity(self, terms: Ids) -> Reals:
        """How rare these terms are, in the window and the background together."""
        return self._rarities.of(terms)

    def gather(self, rows: Rows) -> Terms:
        """The terms of many articles one after the other."""
        ends = self._term_ends.values
        low, sizes = ends[rows], ends[rows + 1] - ends[rows]
        starts = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(low - starts, sizes)
        terms = self._terms.values[at]
        return Terms(terms, self._codes.values[at], self.rarity(terms), starts)

    def prints(self, rows: Rows) -> Prints:
        """The fingerprints of articles."""
        sketches = self._sketches.values.reshape(-1, PERMUTATIONS)[rows]
        openings = self._openings.values.reshape(-1, OPENING)[rows]
        return Prints(sketches, self._run_counts.values[rows], openings)

    def days(self, rows: Any) -> Any:
        """The weekdays that articles name, a bit each."""
        return self._signs.values[rows]

    def flags(self, rows: Any) -> Any:
        """1 where an article looks back, 2 where it has a lead, 3 for both."""
        return self._flags.values[rows]

    def telling(self, rows: Rows) -> Iterator[tuple[Ids, Reals]]:
        """For each row the terms that tell most of it and their rarity; those of its headline come first."""
        held = self.gather(rows)
        weight = weights(held.codes, held.rare) + 4 * (held.codes >= TITLE)
        for start, size in zip(held.starts.tolist(), held.sizes.tolist(), strict=True):
            most = slice(start, start + size)
            terms, rare = held.terms[most], held.rare[most]
            if size > INDEXED:
                chosen = np.argpartition(weight[most], -INDEXED)[-INDEXED:]
                terms, rare = terms[chosen], rare[chosen]
            yield terms, rare

    def index(self, row: int, telling: Ids) -> None:
        """Let an article be found by its telling terms."""
        for term in telling.tolist():
            held = self._index.get(term)
            if held is None:
                held = self._index[term] = array("i")
            held.append(row)
            if len(held) > 4 * POSTINGS:
                del held[: 2 * POSTINGS]

    def candidates(self, row: int, telling: Ids, rare: Reals) -> Ids:
        """Indexed articles of open stories that share the most telling terms with this one.

        Args:
            telling: terms, with their rarities in `rare`.
        """
        found = [
            (np.frombuffer(held, np.int32)[-POSTINGS:], place)
            for place, term in enumerate(telling.tolist())
            if (held := self._index.get(term)) is not None
        ]
        if not found:
            return np.zeros(0, np.int64)
        rows = np.concatenate([held for held, _ in found])
        weight = np.repeat(rare[[place for _, place in found]], [len(held) for held, _ in found])
        # Where each row stands last in the list: what comes twice is summed without sorting.
        places = np.arange(len(rows))
        self._place.values[rows] = places
        place = self._place.values[rows]
        last = np.flatnonzero(place == places)
        near, total = rows[last], np.bincount(place, weights=weight)[last]
        keep = self._is_open(near, float(self.times.values[row]))
        near, total = near[keep], total[keep]
        if len(near) > CANDIDATES:
            near = near[np.argpartition(total, -CANDIDATES)[-CANDIDATES:]]
        return np.sort(near)

    def _is_open(self, rows: Rows, when: float) -> NDArray[np.bool_]:
        story = self.story_of.values[rows]
        waiting = story < 0  # of the same batch
        if waiting.all():
            return waiting
        clock = self._clock.values[story]
        first, last = self.first.values[clock], self.last.values[clock]
        alive = (last >= when - OPEN) & (first >= when - LIFE) & (first <= when + OPEN)
        found: NDArray[np.bool_] = waiting | alive  # the look-up for a waiting one counts from the end
        return found
