"""What the gate lets through, and what it says of what it does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.topics import floors, gate
from monitor.topics.evaluate import Evaluation, LabelledItem, TopicFigures
from monitor.topics.floors import Floor
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
    found = gate.reasons(
        gate.compare([trial], {} if floor is None else {"desk.jsonl": Floor({"sanctions": floor})})
    )
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


def test_each_set_has_floors_of_its_own() -> None:
    floor = {"news.jsonl": Floor({"sanctions": 0.8})}
    trials = [Trial("desk.jsonl", figures(0.7)), Trial("news.jsonl", figures(0.7))]
    assert gate.reasons(gate.compare(trials, floor)) == (
        "sanctions on news.jsonl: F1 0.700 is below its floor 0.800",
    )


def test_floors_of_another_content_are_told() -> None:
    pinned = {"desk.jsonl": Floor({}, "a" * 64), "held-out seeds": Floor({})}
    same = [Trial("desk.jsonl", figures(0.9), sha256="a" * 64), Trial("held-out seeds", figures(0.9))]
    assert gate.strayed(same, pinned) == ()
    (told,) = gate.strayed([Trial("desk.jsonl", figures(0.9), sha256="b" * 64)], pinned)
    assert told.startswith("desk.jsonl is not the set that its floors were pinned on (sha256 bbbbbbbbbbbb")


def test_floors_are_read_and_checked(tmp_path: Path) -> None:
    assert floors.read(tmp_path) == {}
    path = tmp_path / "floors.toml"
    path.write_text(f'["desk.jsonl"]\nsha256 = "{"a" * 64}"\nsanctions = 0.8\n["held-out seeds"]\nx = 0.5\n')
    assert floors.read(tmp_path) == {
        "desk.jsonl": Floor({"sanctions": 0.8}, "a" * 64),
        "held-out seeds": Floor({"x": 0.5}),
    }
    for source, cure in (
        ("sanctions = 0.8\n", r"line 1: sanctions stands under no set"),
        ('["a"]\nsanctions = 0.8\narms_transfers = "high"\n', r"line 3: arms_transfers must be a number"),
        ('["a"]\nx = 0.1\n["b"]\nsha256 = "12"\n', r"line 4: sha256 must be the 64 hex digits"),
    ):
        path.write_text(source)
        with pytest.raises(Misconfigured, match=rf"floors.toml, {cure}"):
            floors.read(tmp_path)


def test_the_digest_follows_texts_and_topics() -> None:
    item = LabelledItem(TopicText("a"), frozenset({"x"}))
    assert gate.digest([item]) == gate.digest([LabelledItem(TopicText("a"), frozenset({"x"}))])
    assert gate.digest([item]) != gate.digest([LabelledItem(TopicText("a"), frozenset())])
