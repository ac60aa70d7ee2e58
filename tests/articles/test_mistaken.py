"""What grouping and editors disagree about: joins are found, verdicts are read, one event is one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.measures import Item
from monitor.articles.mistaken import Two, Verdict, as_one, joins, read_verdicts
from monitor.errors import Misconfigured, Permanent
from monitor.records import StoryText

WHEN = datetime(2026, 5, 4, tzinfo=UTC)


def item(number: int, story: str) -> Item:
    return Item(StoryText(number, f"headline {number}", "", WHEN, "A"), story, dated=True)


def two(one: str, other: str) -> Two:
    return frozenset((one, other))


def test_joins_are_counted_by_pairs_of_articles() -> None:
    items = [item(1, "a"), item(2, "a"), item(3, "b"), item(4, "b"), item(5, "c"), item(6, "c")]
    found = joins(items, [1, 1, 1, 4, 4, 6], {two("a", "b"): Verdict.STEP})
    assert [(one.stories, one.pairs, one.verdict) for one in found] == [
        (two("a", "b"), 2, Verdict.STEP),
        (two("b", "c"), 1, Verdict.UNREAD),
    ]
    assert found[0].headlines == ("headline 1", "headline 3")


names = st.sampled_from("abcdefgh")
verdicts = st.dictionaries(
    st.tuples(names, names).filter(lambda two: two[0] != two[1]).map(frozenset), st.sampled_from(Verdict)
)


@given(st.lists(names), verdicts)
def test_one_name_for_what_is_one(stories: list[str], said: dict[Two, Verdict]) -> None:
    named = as_one(stories, said)
    assert as_one(named, said) == named
    of = dict(zip(stories, named, strict=True))
    for both, verdict in said.items():
        if verdict in {Verdict.SAME, Verdict.STEP} and both <= of.keys():
            one, other = both
            assert of[one] == of[other]
    if not {Verdict.SAME, Verdict.STEP} & set(said.values()):
        assert named == stories


def test_a_bad_verdict_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text('{"stories": ["a", "b"], "verdict": "same"}\n{"stories": ["a"], "verdict": "same"}\n')
    with pytest.raises(Permanent, match="line 2: write"):
        read_verdicts(path)
    path.write_text('{"stories": ["a", "b"], "verdict": "perhaps"}\n')
    with pytest.raises(Permanent, match="line 1: write"):
        read_verdicts(path)
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_verdicts(tmp_path / "none.jsonl")
