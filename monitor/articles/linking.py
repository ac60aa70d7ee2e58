"""Greedy clustering by mean likeness: the closest two first, stories that stand are never joined (pure).

Average linkage (Sokal and Michener, 1958), with two changes: the mean is over the `NEAREST` closest
pairs at most, since a long story's early reports say little of its newest; and known stories stay apart.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from monitor.articles.copies import SAME_TEXT

NEAREST = 12
Pair = tuple[int, int]


class Links:
    """Nodes (a story, or articles that form one) and the likenesses of the articles between them."""

    def __init__(self, sizes: Mapping[int, int], fixed: Sequence[int]) -> None:
        self.sizes = dict(sizes)
        self._fixed = set(fixed)
        self._between: dict[int, dict[int, list[float]]] = {node: {} for node in sizes}
        self.merged: dict[int, int] = {}

    def add(self, one: int, other: int, likeness: float) -> None:
        """Say how alike an article of `one` and an article of `other` are."""
        self._between[one].setdefault(other, []).append(likeness)
        self._between[other].setdefault(one, []).append(likeness)

    def link(self, one: int, other: int) -> float:
        """The mean likeness of two nodes; a copy goes where its original is."""
        known = self._between[one].get(other)
        if not known or {one, other} <= self._fixed:
            return 0.0
        size = self.sizes[one] * self.sizes[other]
        if max(known) >= SAME_TEXT and 1 in {self.sizes[one], self.sizes[other]}:
            return 1.0
        return sum(heapq.nlargest(NEAREST, known)) / min(size, NEAREST)

    def join(self, least: float) -> None:
        """Join the closest two nodes until none are as close as `least`; `merged` tells into which."""
        heap = [
            (-value, one, other, self.sizes[one] + self.sizes[other])
            for one, others in self._between.items()
            for other in others
            if one < other and (value := self.link(one, other)) >= least
        ]
        heapq.heapify(heap)
        while heap:
            value, one, other, size = heapq.heappop(heap)
            if one in self.merged or other in self.merged or size != self.sizes[one] + self.sizes[other]:
                continue
            if -value >= least:
                into, gone = (other, one) if other in self._fixed else (one, other)
                self._absorb(into, gone)
                for near in self._between[into]:
                    if (value := self.link(into, near)) >= least:
                        pair = (into, near) if into < near else (near, into)
                        heapq.heappush(heap, (-value, *pair, self.sizes[into] + self.sizes[near]))

    def _absorb(self, into: int, gone: int) -> None:
        self.merged[gone] = into
        self.sizes[into] += self.sizes.pop(gone)
        moved = self._between.pop(gone)
        moved.pop(into, None)
        self._between[into].pop(gone, None)
        for near, known in moved.items():
            both = self._between[into].get(near, []) + known
            self._between[near].pop(gone, None)
            self._between[into][near] = self._between[near][into] = heapq.nlargest(NEAREST, both)

    def home(self, node: int) -> int:
        """The node that `node` became part of."""
        while node in self.merged:
            node = self.merged[node]
        return node
