"""The rolling window: the articles that new ones are compared with, and an index to find the alike.

Rows grow in flat arrays, so that a million articles fit in well under a gigabyte. The index holds the
terms that tell most of each article; of a term that is everywhere only the newest articles count.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.articles.likeness import Codes, Reals, Terms, background, rarity, weights
from monitor.articles.terms import SIZE, TITLE, Ids, Reading, Runs
from monitor.articles.vetoes import Parties, parties
from monitor.records import StoryText

INDEXED = 20  # terms of an article by which it is found
POSTINGS = 256  # newest articles of a term that are looked at
CANDIDATES = 40  # articles that one article is compared with in full
HOUR = 3600.0
OPEN = 72 * HOUR  # a story takes articles so long after its newest
LIFE = 14 * 24 * HOUR  # and so long after its first


class Column:
    """A numpy array that grows at its end; `width` values a row on average are made room for."""

    def __init__(self, kind: Any) -> None:
        self._held = np.zeros(1024, kind)
        self.size = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        size = self.size + len(values)
        if size > len(self._held):
            grown = np.zeros(max(size, len(self._held) * 3 // 2), self._held.dtype)
            grown[: self.size] = self._held[: self.size]
            self._held = grown
        self._held[self.size : size] = values
        self.size = size

    @property
    def values(self) -> NDArray[Any]:
        return self._held[: self.size]


class Window:
    """The rows, each with its story; `texts` keep no more than what comparing needs."""

    def __init__(self) -> None:
        self.articles: list[int] = []
        self.parties: list[Parties] = []
        self.times, self.story_of = Column(np.float64), Column(np.int32)
        self._signs = Column(np.uint8)  # weekdays, one bit each
        self._flags = Column(np.uint8)  # 1 looks back, 2 has a lead
        self._terms, self._codes, self._runs = Column(np.int32), Column(np.uint8), Column(np.uint32)
        self._term_ends, self._run_ends = Column(np.int64), Column(np.int64)
        for ends in (self._term_ends, self._run_ends):
            ends.extend(np.zeros(1, np.int64))
        self.counts = np.zeros(SIZE, np.float32)
        self._index: dict[int, array[int]] = {}
        self.first, self.last = Column(np.float64), Column(np.float64)  # of each story
        self.sizes: list[int] = []

    def add(self, text: StoryText, reading: Reading, story: int = -1) -> int:
        """Add an article; it can be compared at once, and found when it is indexed."""
        row = len(self.articles)
        self.articles.append(text.article_id)
        self.parties.append(parties(text.parties, text.named))
        self.times.extend(np.array([text.effective_at.timestamp()]))
        self.story_of.extend(np.array([-1], np.int32))
        self._signs.extend(np.array([reading.days], np.uint8))
        self._flags.extend(np.array([reading.looks_back + 2 * bool(text.lead.strip())], np.uint8))
        self._terms.extend(reading.terms)
        self._codes.extend(reading.codes)
        self._runs.extend(reading.runs)
        self._term_ends.extend(np.array([self._terms.size]))
        self._run_ends.extend(np.array([self._runs.size]))
        self.counts[reading.terms] += 1
        if story >= 0:
            self.join(row, story)
        return row

    def open_story(self) -> int:
        """A story without articles."""
        self.first.extend(np.array([np.inf]))
        self.last.extend(np.array([-np.inf]))
        self.sizes.append(0)
        return len(self.sizes) - 1

    def join(self, row: int, story: int) -> None:
        """Put an article into a story."""
        when = self.times.values[row]
        self.story_of.values[row] = story
        self.first.values[story] = min(self.first.values[story], when)
        self.last.values[story] = max(self.last.values[story], when)
        self.sizes[story] += 1

    def terms(self, row: int) -> tuple[Ids, Codes, Reals]:
        """Terms of an article, their codes and rarities."""
        start, end = self._term_ends.values[row : row + 2]
        terms = self._terms.values[start:end]
        return terms, self._codes.values[start:end], self.rarity(terms)

    def rarity(self, terms: Ids) -> Reals:
        """How rare these terms are, in the window and the background together."""
        counts, texts = background()
        return rarity(counts[terms] + self.counts[terms], texts + len(self.articles))

    def gather(self, rows: Ids) -> Terms:
        """The terms of many articles one after the other."""
        ends = self._term_ends.values
        low, sizes = ends[rows], ends[rows + 1] - ends[rows]
        starts = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(low - starts, sizes)
        terms = self._terms.values[at]
        return Terms(terms, self._codes.values[at], self.rarity(terms), starts)

    def runs(self, row: int) -> Runs:
        """The word runs of an article."""
        start, end = self._run_ends.values[row : row + 2]
        found: Runs = self._runs.values[start:end]
        return found

    def days(self, rows: Any) -> Any:
        """The weekdays that articles name, a bit each."""
        return self._signs.values[rows]

    def flags(self, rows: Any) -> Any:
        """1 where an article looks back, 2 where it has a lead, 3 for both."""
        return self._flags.values[rows]

    def telling(self, row: int) -> Ids:
        """The terms that tell most of an article, those of its headline first among equals."""
        terms, codes, rare = self.terms(row)
        if len(terms) > INDEXED:
            weight = weights(codes, rare) + 4 * (codes >= TITLE)
            terms = terms[np.argpartition(weight, -INDEXED)[-INDEXED:]]
        return terms

    def index(self, row: int, telling: Ids) -> None:
        """Let an article be found by its telling terms."""
        for term in telling.tolist():
            held = self._index.get(term)
            if held is None:
                held = self._index[term] = array("i")
            held.append(row)
            if len(held) > 4 * POSTINGS:
                del held[: 2 * POSTINGS]

    def candidates(self, row: int, telling: Ids) -> Ids:
        """Indexed articles of open stories that share the most telling terms with this one."""
        found = [
            (np.array(held[-POSTINGS:], np.int32), term)
            for term in telling.tolist()
            if (held := self._index.get(term)) is not None
        ]
        if not found:
            return np.zeros(0, np.int64)
        rare = self.rarity(np.array([term for _, term in found], np.int32))
        rows = np.concatenate([held for held, _ in found])
        weight = np.repeat(rare, [len(held) for held, _ in found])
        near, place = np.unique(rows, return_inverse=True)
        total = np.bincount(place, weights=weight)
        keep = self._is_open(near, float(self.times.values[row]))
        near, total = near[keep], total[keep]
        if len(near) > CANDIDATES:
            near = near[np.argpartition(total, -CANDIDATES)[-CANDIDATES:]]
        return np.sort(near)

    def _is_open(self, rows: Ids, when: float) -> NDArray[np.bool_]:
        story = self.story_of.values[rows]
        waiting = story < 0  # of the same batch
        if waiting.all():
            return waiting
        first, last = self.first.values[story], self.last.values[story]
        alive = (last >= when - OPEN) & (first >= when - LIFE) & (first <= when + OPEN)
        found: NDArray[np.bool_] = waiting | alive  # the look-up for a waiting one counts from the end
        return found
