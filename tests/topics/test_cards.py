"""Cards: what loads, and the line and cure of what does not."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Misconfigured
from monitor.records import Flow, Severity, Status
from monitor.settings import PROJECT
from monitor.topics import card_file, cards
from monitor.topics.card import CardPassage, CardTerm, TopicCard, render

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


LADDER = """
[[status]]
name = "signed"
flow = "joint"
words = ["sign*"]
nouns = ["signature*"]

[[instrument]]
name = "treaty"
words = ["(flood|river) treat*"]
"""


def test_events_are_read_with_their_words(tmp_path: Path) -> None:
    (card,) = cards.load(seeds(tmp_path, CARD + LADDER))
    (rung,), (instrument,) = card.ladder, card.instruments
    assert (rung.status, rung.flow, rung.words, rung.nouns) == (
        Status.SIGNED,
        Flow.JOINT,
        ("sign*",),
        ("signature*",),
    )
    assert (instrument.name, instrument.words) == ("treaty", ("(flood|river) treat*",))


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ('name = "signed"', 'name = "sined"', 3, "did you mean 'signed'?"),
        ('flow = "joint"', 'flow = "joins"', 4, "did you mean 'joint'?"),
        ('words = ["sign*"]', "words = 3", 2, "words must be a list of phrases"),
        ('"sign*"', '"sign["', 5, "is no phrase"),
        ('"(flood|river) treat*"', '"(flood|river treat*"', 10, "is no phrase"),
        ('name = "treaty"', "name = 3", 8, 'needs name = "..."'),
        ("nouns =", "noun =", 6, "did you mean 'nouns'?"),
    ],
)
def test_bad_events_are_refused_with_line_and_cure(
    tmp_path: Path, old: str, new: str, line: int, cure: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        cards.load(seeds(tmp_path, CARD + LADDER.replace(old, new)))
    assert f"floods.toml, line {CARD.count(chr(10)) + line}:" in str(caught.value)
    assert cure in str(caught.value)


def test_words_of_events_leave_the_version_of_a_card(tmp_path: Path) -> None:
    (plain,) = cards.load(folder := seeds(tmp_path))
    (folder / "topics" / "floods.toml").write_text(CARD + LADDER)
    (told,) = cards.load(folder)
    assert told.ladder
    assert plain.content_hash == told.content_hash


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


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ("weight = 2", "wieght = 2", 8, "did you mean 'weight'"),
        ('severity = "low"', 'severty = "low"', 4, "did you mean 'severity'"),
        ('severity = "low"', 'actors = ["@lake"]', 4, "lists.toml"),
        ('severity = "low"', 'actors = "France"', 4, "list of texts"),
        ("[[against]]", '[[passage]]\ntext = "x"\n\n[[against]]', 10, 'needs document = "..."'),
        ("weight = 1.5", 'weight = 1.5\n\n[[against]]\ntext = "(a|"', 15, "cannot be read"),
        ("weight = 1.5", "weight = 11", 12, "up to 10"),
        (
            'definition = "Rivers over their banks."',
            'definition = "weight = 3"\nthreshold = "x"',
            4,
            "0 and 1",
        ),
    ],
)
def test_the_line_is_that_of_the_fault(tmp_path: Path, old: str, new: str, line: int, cure: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        cards.load(seeds(tmp_path, CARD.replace(old, new, 1)))
    assert f"floods.toml, line {line}:" in str(caught.value)
    assert cure in str(caught.value)


def test_a_card_that_is_no_text_names_its_line(tmp_path: Path) -> None:
    folder = seeds(tmp_path)
    (folder / "topics" / "floods.toml").write_bytes(CARD.encode() + b"# \xff\n")
    with pytest.raises(Misconfigured, match=r"floods.toml, line 13: not UTF-8"):
        cards.load(folder)


_LINES = st.text(min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
_WORDS = st.from_regex(r"[a-zà-ü]{2,8}( [a-zà-ü]{2,8}){0,2}\*?", fullmatch=True)
_WEIGHTS = st.floats(0.1, 10).map(lambda weight: round(weight, 2))
_TERMS = st.builds(CardTerm, _WORDS, _WEIGHTS)
_AGAINST = st.builds(lambda text, weight: CardTerm(text, -weight), _WORDS, _WEIGHTS)
_CARDS = st.builds(
    TopicCard,
    name=st.just("floods"),
    title=_LINES,
    definition=_LINES,
    inside=st.lists(_LINES, max_size=4).map(tuple),
    outside=st.lists(_LINES, max_size=4).map(tuple),
    severity=st.sampled_from(Severity),
    terms=st.tuples(st.lists(_TERMS, min_size=1, max_size=6), st.lists(_AGAINST, max_size=3)).map(
        lambda pair: (*pair[0], *pair[1])
    ),
    target_precision=st.floats(0.01, 0.99),
    prevalence=st.floats(0.01, 0.99),
    threshold=st.none() | st.floats(0.01, 0.99),
    actors=st.lists(_WORDS, max_size=3).map(tuple),
    examples=st.lists(_LINES, max_size=5).map(tuple),
    near_misses=st.lists(_LINES, max_size=5).map(tuple),
    passages=st.lists(st.builds(CardPassage, _LINES, st.just("") | _LINES, _LINES), max_size=3).map(tuple),
)


@given(_CARDS)
def test_cards_round_trip(card: TopicCard) -> None:
    path = Path("seeds/topics/floods.toml")
    text = render(card)
    back = card_file.read(path, (), Path("seeds/documents"), text)
    assert replace(back, content_hash="") == card
    assert render(back) == text


def test_the_shipped_cards_round_trip() -> None:
    lists = cards.word_lists(PROJECT / "seeds")
    for card in cards.load(PROJECT / "seeds"):
        path = PROJECT / "seeds" / "topics" / f"{card.name}.toml"
        back = card_file.read(path, lists, PROJECT / "seeds" / "documents", render(card))
        assert replace(back, content_hash=card.content_hash) == card
