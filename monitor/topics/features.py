"""From a text to numbers: one sparse row for each unit, made of blocks of columns (pure)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitor.topics.blocks import Block, GramBlock, ListBlock, SumBlock, TermBlock
from monitor.topics.cards import CardTerm
from monitor.topics.grams import Array, Reading
from monitor.topics.phrases import Phrasebook, Place, compile_phrase
from monitor.topics.relations import HOME, RelationBlock
from monitor.topics.units import Unit

KEPT = 4_096  # rows that are kept, at most 10 MB


@dataclass(frozen=True)
class Grams:
    """The grams of one kind that count, with their inverse frequencies, and the length of their part."""

    kind: str
    vocabulary: Sequence[str]
    idf: Array
    scale: float


@dataclass(frozen=True)
class Plan:
    """What a row is made of, in the order of its columns: grams, phrases, sums of cards, lists, relations.

    A `value` or `scale` of 0 leaves the block out.
    """

    grams: tuple[Grams, ...] = ()
    term_value: float = 0.0
    sums: tuple[str, ...] = ()
    sum_scale: float = 1.0
    list_value: float = 0.0
    relation_value: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """Column `column` of a row with its value, and the words of the text that it stands for."""

    column: int
    value: float
    words: tuple[tuple[str, float], ...]  # each with its part of the value; the parts add up to 1


class Encoder:
    """Turns units into rows by a plan; holds the compiled cards and word lists."""

    def __init__(
        self,
        plan: Plan,
        cards: Mapping[str, Sequence[CardTerm]],
        lists: Mapping[str, Sequence[str]],
    ) -> None:
        self.plan = plan
        self.cards = {name: tuple(terms) for name, terms in cards.items()}
        self.lists = {name: tuple(members) for name, members in lists.items()}
        terms = [term for card in self.cards.values() for term in card]
        self._book = Phrasebook([compile_phrase(term.text, self.lists) for term in terms], self.lists)
        self._blocks = self._planned(len(terms))
        self._starts = [0, *itertools.accumulate(block.width for block in self._blocks)]
        self.width = self._starts[-1]
        # A copy is scored like its original, and a hit is explained: what has just been read is kept.
        self._kept = lru_cache(maxsize=KEPT)(self._row)

    def _planned(self, terms: int) -> list[Block]:
        plan = self.plan
        blocks: list[Block] = [GramBlock(g.kind, g.vocabulary, g.idf, g.scale) for g in plan.grams]
        if plan.term_value:
            blocks.append(TermBlock(terms, plan.term_value))
        if plan.sums:
            blocks.append(SumBlock(self.cards, plan.sums, plan.sum_scale))
        if plan.list_value:
            names = tuple(name for name in self.lists if not name.startswith(HOME))
            blocks.append(ListBlock(names, plan.list_value))
        if plan.relation_value:
            blocks.append(RelationBlock(plan.relation_value))
        return blocks

    def read(self, unit: Unit) -> Reading:
        """The unit with the phrases of the cards and the members of the lists that it holds."""
        spans = self._book.spans(unit.words)
        lists: dict[str, list[Place]] = {}
        homes: dict[str, list[Place]] = {}
        for name, symbol in self._book.list_symbols.items():
            if symbol in spans:
                (homes if name.startswith(HOME) else lists)[name] = spans[symbol]
        return Reading(unit, self._book.find(unit.words, spans), lists, homes)

    def rows(self, units: Sequence[Unit]) -> csr_matrix:
        """One sparse row of `width` columns for each unit; a row depends on its unit alone."""
        parts = [self._kept(unit) for unit in units]
        ends = np.cumsum([0, *(len(columns) for columns, _ in parts)])
        columns = np.concatenate([np.zeros(0, np.int32), *(columns for columns, _ in parts)])
        values = np.concatenate([np.zeros(0), *(values for _, values in parts)])
        return csr_matrix((values, columns, ends), shape=(len(units), self.width))

    def _row(self, unit: Unit) -> tuple[NDArray[np.int32], Array]:
        """Columns and values of one unit."""
        reading = self.read(unit)
        columns: list[int] = []
        values: list[float] = []
        for start, block in zip(self._starts, self._blocks, strict=False):
            found = list(block.values(reading))
            columns += [start + column for column, _ in found]
            values += [value for _, value in found]
        return np.asarray(columns, np.int32), np.asarray(values, float)

    def shares(self, unit: Unit) -> list[Share]:
        """The row of a unit again, each value with the words of the text that it comes from."""
        reading = self.read(unit)
        shares = []
        for start, block in zip(self._starts, self._blocks, strict=False):
            said = block.said(reading)
            for column, value in block.values(reading):
                whole = sum(said[column].values())
                parts = tuple((words, part / whole) for words, part in said[column].items())
                shares.append(Share(start + column, value, parts))
        return shares
