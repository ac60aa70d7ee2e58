"""Copies among pairs that we wrote and derived, and laws of the fingerprints."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.copies import PERMUTATIONS, Prints, contained, prints, shares
from monitor.articles.terms import read

sys.path.insert(0, str(Path(__file__).parent))

from derived_pairs import Text, articles, pairs


def of(*texts: Text) -> Prints:
    readings = [read(title, lead) for title, lead in texts]
    return prints([(reading.runs, reading.opening) for reading in readings])


def test_pairs_are_told_apart() -> None:
    known = pairs()
    kinds = Counter(kind for _, (kind, _, _) in known)
    assert len(known) >= 300
    assert len(kinds) == 11
    ones, others = of(*(one for _, (_, one, _) in known)), of(*(other for _, (_, _, other) in known))
    told = (shares(ones, others) > 0).tolist()
    right = sum(copy and said for (copy, _), said in zip(known, told, strict=True))
    f1 = 2 * right / (sum(copy for copy, _ in known) + sum(told))
    wrong = Counter(kind for (copy, (kind, _, _)), said in zip(known, told, strict=True) if copy != said)
    assert f1 >= 0.97, wrong


@pytest.mark.parametrize("kind", sorted({kind for copy, (kind, _, _) in pairs() if not copy}))
def test_no_near_miss_is_a_copy(kind: str) -> None:
    for copy, (how, one, other) in pairs():
        if how == kind and not copy:
            assert shares(of(one), of(other))[0] == 0, (one, other)


TEXTS = [text for reports in articles().values() for text in reports]


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS))
def test_a_text_is_its_own_copy_and_order_changes_nothing(one: Text, other: Text) -> None:
    assert shares(of(one), of(one))[0] == 1
    assert contained(of(one), of(other))[0] == contained(of(other), of(one))[0]


words = st.lists(st.integers(0, 400), min_size=30, max_size=200).map(lambda n: [f"w{one}" for one in n])


@given(words, words)
def test_the_share_is_near_the_true_one(one: list[str], other: list[str]) -> None:
    other = one[: len(one) // 2] + other
    mine, theirs = read("", " ".join(one)).runs, read("", " ".join(other)).runs
    true = len(np.intersect1d(mine, theirs)) / min(len(mine), len(theirs))
    found = contained(of(("", " ".join(one))), of(("", " ".join(other))))[0]
    assert abs(found - true) < 5 * 2 / np.sqrt(PERMUTATIONS)


def test_texts_without_words_are_copies_of_nothing() -> None:
    nothing = ("", "")
    assert shares(of(nothing, nothing), of(nothing, ("Norland signs", ""))).tolist() == [0, 0]
    assert len(of().size) == 0
