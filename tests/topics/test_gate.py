"""What the gate lets through, and what it says of what it does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.topics import gate
from monitor.topics.evaluate import Evaluation, LabelledItem, TopicFigures
from monitor.topics.gate import LEAST_ITEMS, MAX_LOSS, Trial


def figures(f1: float, n: int = 50) -> Evaluation:
    return Evaluation({"sanctions": TopicFigures(f1, f1, f1, f1, 0.5, n)}, 100)


@pytest.mark.parametrize(
    ("after", "before", "floor", "items", "reason"),
    [
        (0.90, 0.905, None, 50, None),
        (0.90, 0.915, None, 50, "F1 falls from 0.915 to 0.900"),
        (0.90, 0.915, None, LEAST_ITEMS - 1, None),
        (0.79, None, 0.8, 50, "F1 0.790 is below its floor 0.800"),
        (0.79, 0.5, 0.8, 50, "F1 0.790 is below its floor 0.800"),
        (0.79, None, None, 50, None),
    ],
)
def test_floors_and_losses(
    after: float, before: float | None, floor: float | None, items: int, reason: str | None
) -> None:
    trial = Trial("desk.jsonl", figures(after, items), None if before is None else figures(before, items))
    found = gate.reasons(gate.compare([trial], {} if floor is None else {"sanctions": floor}))
    assert found == (() if reason is None else (f"sanctions on desk.jsonl: {reason}",))


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_loss_is_told_exactly_when_it_is_too_large(before: float, after: float) -> None:
    compared = gate.compare([Trial("set", figures(after), figures(before))], {})
    assert bool(gate.reasons(compared)) == (before - after > MAX_LOSS + 1e-9)


def test_a_topic_that_is_gone_is_a_reason() -> None:
    assert gate.lost_topics(("a", "b"), ("b", "c")) == ("a is gone: its card was removed",)


def test_a_set_says_nothing_of_topics_it_has_no_items_of() -> None:
    one, none = figures(0.8).topics["sanctions"], figures(0.0, 0).topics["sanctions"]
    assert gate.macro_f1(Evaluation({"a": one, "b": none}, 9)) == pytest.approx(0.8)


def test_floors_are_read_and_checked(tmp_path: Path) -> None:
    assert gate.floors(tmp_path) == {}
    (tmp_path / "floors.toml").write_text("# least F1\nsanctions = 0.8\n")
    assert gate.floors(tmp_path) == {"sanctions": 0.8}
    (tmp_path / "floors.toml").write_text('sanctions = 0.8\narms_transfers = "high"\n')
    with pytest.raises(Misconfigured, match=r"floors.toml, line 2: arms_transfers must be a number"):
        gate.floors(tmp_path)


def test_the_digest_follows_texts_and_topics() -> None:
    item = LabelledItem(TopicText("a"), frozenset({"x"}))
    assert gate.digest([item]) == gate.digest([LabelledItem(TopicText("a"), frozenset({"x"}))])
    assert gate.digest([item]) != gate.digest([LabelledItem(TopicText("a"), frozenset())])
