"""The query language: what somebody types, and what it means."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.questions import Question, Term, fts5, marks, plain, read, tsquery


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("sanctions tanker", [["sanctions"], ["tanker"]], []),
        ('"mutual defence" pact', [["mutual defence"], ["pact"]], []),
        ('-cricket -"test match" sanctions', [["sanctions"]], ["cricket", "test match"]),
        ("Moscow OR Kremlin gas", [["Moscow", "Kremlin"], ["gas"]], []),
        ("a OR b OR c", [["a", "b", "c"]], []),
        ('sanction* "arms deal"*', [["sanction*"], ["arms deal*"]], []),
        ("U.S. export-control", [["U S"], ["export control"]], []),
        ('an "open end', [["an"], ["open end"]], []),
        ("OR gas", [["OR"], ["gas"]], []),
        ("gas OR", [["gas"], ["OR"]], []),
        ("gas OR -oil", [["gas"], ["OR"]], ["oil"]),
        ('* - "" !? ""*', [], []),
        ("oil*gas", [["oil gas"]], []),
    ],
)
def test_what_is_typed(typed: str, wanted: list[list[str]], unwanted: list[str]) -> None:
    question = read(typed)
    assert [[str(term) for term in group] for group in question.wanted] == wanted
    assert [str(term) for term in question.unwanted] == unwanted


@given(st.text())
def test_everything_typed_means_something_to_sqlite(typed: str) -> None:
    question = read(typed)
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE archive USING fts5(title)")
    if expression := fts5(question):
        db.execute("SELECT * FROM archive WHERE archive MATCH ?", (expression,))
    said, values = tsquery(question)
    assert all(f":{name})" in said for name in values)
    assert bool(said) == bool(question)


@given(st.text(), st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=3))
def test_marks_are_in_order_and_apart(text: str, words: list[str]) -> None:
    found = marks(text, [Term((word,)) for word in words])
    ends = [0, *(end for _, end in found)]
    assert all(last <= start < end <= len(text) for last, (start, end) in zip(ends, found, strict=False))


@given(st.text())
def test_plain_text_keeps_its_length(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_marks_know_accents_and_ends_of_words() -> None:
    def marked(text: str, typed: str) -> list[str]:
        return [text[start:end] for start, end in marks(text, read(typed).terms)]

    assert marked("Zürich sanctions; unsanctioned.", "zurich sanction") == ["Zürich"]
    assert marked("Sanctions, SANCTIONED", "sanction*") == ["Sanctions", "SANCTIONED"]
    assert marked("the U.S. arms-deals", '"us" OR "u.s." "arms deal"*') == ["U.S", "arms-deals"]
    assert marked("nothing", "") == []


def test_an_empty_question_is_false() -> None:
    assert not Question()
    assert read("-oil")
