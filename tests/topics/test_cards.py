"""Cards: what loads, and the line and cure of what does not."""

from pathlib import Path

import pytest

from monitor.errors import Misconfigured
from monitor.records import Severity
from monitor.settings import PROJECT
from monitor.topics import cards

CARD = """name = "floods"
title = "Floods"
definition = "Rivers over their banks."
severity = "low"

[[term]]
text = ["flood*", "@river & bank*"]
weight = 2

[[against]]
text = "flood of complaints"
weight = 1.5
"""


def seeds(folder: Path, card: str = CARD, lists: str = 'river = "danube, rhine"\n') -> Path:
    (folder / "topics").mkdir()
    (folder / "documents").mkdir()
    (folder / "topics" / "floods.toml").write_text(card)
    (folder / "lists.toml").write_text(lists)
    return folder


def test_card_is_read_whole(tmp_path: Path) -> None:
    (card,) = cards.load(seeds(tmp_path))
    assert (card.name, card.title, card.severity) == ("floods", "Floods", Severity.LOW)
    assert [(term.text, term.weight) for term in card.terms] == [
        ("flood*", 2.0),
        ("@river & bank*", 2.0),
        ("flood of complaints", -1.5),
    ]
    assert card.threshold is None


def test_content_hash_follows_the_content(tmp_path: Path) -> None:
    (first,) = cards.load(seeds(tmp_path))
    (tmp_path / "topics" / "floods.toml").write_text(CARD + "# a remark\n")
    (second,) = cards.load(tmp_path)
    assert first.content_hash != second.content_hash


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ('severity = "low"', 'severity = "huge"', 4, "low, medium, high"),
        ('severity = "low"', "severity = ", 4, "not valid TOML"),
        ('name = "floods"', 'name = "rain"', 1, "'floods'"),
        ('title = "Floods"', "title = 3", 2, 'write title = "..."'),
        ("weight = 2", "weight = -2", 8, "above 0"),
        ("@river", "@lake", 7, "lists.toml"),
        ('"flood of complaints"', '"flood &"', 11, "empty part"),
        ('severity = "low"', "threshold = 7", 4, "between 0 and 1"),
        ('severity = "low"', 'colour = "blue"', 4, "unknown key 'colour'"),
        ('severity = "low"', 'documents = ["none.md"]', 4, "none.md"),
    ],
)
def test_bad_card_is_refused_with_line_and_cure(
    tmp_path: Path, old: str, new: str, line: int, cure: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        cards.load(seeds(tmp_path, CARD.replace(old, new)))
    assert f"floods.toml, line {line}:" in str(caught.value)
    assert cure in str(caught.value)


def test_bad_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"lists.toml, line 1: river is empty"):
        cards.load(seeds(tmp_path, lists='river = " , "\n'))


def test_no_cards_is_misconfigured(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no topic card"):
        cards.load(tmp_path)


def test_passages_carry_the_topics_of_their_paragraph(tmp_path: Path) -> None:
    folder = seeds(tmp_path)
    text = '+++\ntitle = "x"\nparagraphs = [["floods"], []]\n+++\n\nThe Rhine\nrose.\n\nIt is long.\n'
    (folder / "documents" / "0001-x.md").write_text(text)
    found = cards.passages(folder, frozenset({"floods"}))
    assert [(p.text, p.topics) for p in found] == [("The Rhine rose.", ("floods",)), ("It is long.", ())]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("No head.\n", "start it with a head"),
        ("+++\nparagraphs = [[]]\n+++\n\nOne.\n\nTwo.\n", "each of its 2 paragraphs"),
        ('+++\nparagraphs = [["rain"]]\n+++\n\nOne.\n', "no card for the topic 'rain'"),
        ("+++\nparagraphs = [7]\n+++\n\nOne.\n", "list of topics"),
    ],
)
def test_bad_briefing_is_refused(tmp_path: Path, text: str, cure: str) -> None:
    folder = seeds(tmp_path)
    (folder / "documents" / "0001-x.md").write_text(text)
    with pytest.raises(Misconfigured, match=cure):
        cards.passages(folder, frozenset({"floods"}))


def test_shipped_cards_load() -> None:
    shipped = cards.load(PROJECT / "seeds")
    assert {"mutual_defense", "sanctions", "arms_transfers"} <= {card.name for card in shipped}
    assert len(cards.passages(PROJECT / "seeds", frozenset(card.name for card in shipped))) >= 20
