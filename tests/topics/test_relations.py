"""Own purchases and purchases across a border, told apart by whose maker and whose army is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics import cards
from monitor.topics.features import Encoder, Plan
from monitor.topics.relations import COLUMNS, RelationBlock
from monitor.topics.units import head

ENCODER = Encoder(Plan(relation_value=1.0), {}, cards.word_lists(PROJECT / "seeds"))
BLOCK = RelationBlock(1.0)


def told(title: str, summary: str = "") -> set[str]:
    reading = ENCODER.read(head(TopicText(title, summary)))
    return {COLUMNS[column] for column, _ in BLOCK.values(reading)}


@pytest.mark.parametrize(
    ("title", "there", "not_there"),
    [
        ("Elbit sells rockets to Greece", "maker abroad", "maker at home"),
        ("Elbit wins order of Israel's ministry for shells", "maker at home", "maker abroad"),
        ("Bundeswehr orders shells from Rheinmetall", "maker at home", "maker abroad"),
        ("Rheinmetall to build shells for Lithuania", "maker abroad", "maker at home"),
        ("Raytheon raises forecast on missiles", "maker alone", "maker abroad"),
        ("Peru and Peruvian army order tanks", "arms of one", "arms of two"),
        ("Peru orders tanks from Chile", "arms of two", "arms of one"),
        ("Leaders of seven discuss missiles", "arms of none", "arms of one"),
        ("Moscow sells jets to Delhi", "supply of two", "supply of one"),
        ("Bakery opens in Lima", "", "arms of one"),
    ],
)
def test_whose_arms(title: str, there: str, not_there: str) -> None:
    found = told(title)
    assert not there or there in found
    assert not_there not in found


def test_two_sentences_are_not_one_sale() -> None:
    assert "supply of two" not in told("Moscow sells jets", "Delhi has a new airport.")


@given(
    st.text("abn .@!", max_size=40) | st.sampled_from(["NATO stands by Poland", "Sanctions on Iran and Mali"])
)
def test_each_value_names_its_words(text: str) -> None:
    reading = ENCODER.read(head(TopicText(text)))
    values, said = dict(BLOCK.values(reading)), BLOCK.said(reading)
    assert values.keys() == said.keys()
    for words in said.values():
        assert sum(words.values()) == 1.0
    assert all(0 <= column < BLOCK.width for column in values)
