"""The language of cards: what a phrase finds, and what it must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.topics.phrases import STOP, BadPhrase, Phrasebook, compile_phrase, tokens

LISTS = {"weapon": ("missile*", "f-16*", "artillery shells"), "state": ("north korea*", "usa", "iran*")}


def found(phrase: str, text: str) -> list[tuple[int, int]]:
    book = Phrasebook([compile_phrase(phrase, LISTS)], LISTS)
    words = tokens(text)
    places = book.find(words, book.spans(words))
    return [(place.start, max(end for _, end in place.spans)) for place in places]


@pytest.mark.parametrize(
    ("phrase", "text", "places"),
    [
        ("sanctions", "New sanctions hit", [(1, 2)]),
        ("sanctions", "It was sanctioned", []),
        ("sanction*", "It was sanctioned", [(2, 3)]),
        ("(impose*|lift) curbs", "They imposed curbs", [(1, 3)]),
        ("(impose*|lift) curbs", "They lifted curbs", []),
        ("mutual defence", "a mutual-defence pact", [(1, 3)]),
        ("@weapon", "forty F-16s arrive", [(1, 3)]),
        ("@state ... @weapon", "North Korea has shipped artillery shells", [(0, 6)]),
        ("@weapon ... @state", "North Korea has shipped artillery shells", []),
        ("@weapon & @state", "North Korea has shipped artillery shells", [(0, 6)]),
        ("@weapon & @state", "North Korea is cold. Missiles are not.", []),
        ("@state ... @weapon", "Iran, one two three four five six seven eight missiles", [(0, 10)]),
        ("@state ... @weapon", "Iran, one two three four five six seven eight nine missiles", []),
        ("(@state|kyiv) weapons", "Kyiv weapons", [(0, 2)]),
        ("@state", "The U.S. agreed", [(1, 2)]),
        ("@state", "give us time", []),
    ],
)
def test_phrase_finds_what_it_spells(phrase: str, text: str, places: list[tuple[int, int]]) -> None:
    assert found(phrase, text) == places


@pytest.mark.parametrize("phrase", ["", "a &", "& a", "... a", "a ...", "@nothing", "(a|)", "(a", "***"])
def test_malformed_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(BadPhrase):
        compile_phrase(phrase, LISTS)


@pytest.mark.parametrize(
    "spelled", ["the U.S. said", "the US said", "the U. S. said", "the USA said", "the u.s. said"]
)
def test_spellings_of_america_are_one_word(spelled: str) -> None:
    assert tokens(spelled) == ["the", "usa", "said"]


def test_sentence_ends_are_kept_and_possessives_dropped() -> None:
    assert tokens("Iran's deal. It ends!") == ["iran", "deal", STOP, "it", "ends", STOP]


@given(st.lists(st.sampled_from("iran missile shells artillery north korea and usa .".split()), max_size=25))
def test_a_gap_phrase_agrees_with_a_plain_search(words: list[str]) -> None:
    places = [
        (a, b)
        for a, first in enumerate(words)
        for b in range(a + 1, min(a + 10, len(words)))
        if first == "iran" and words[b] == "usa" and STOP not in words[a:b]
    ]
    book = Phrasebook([compile_phrase("iran ... usa", {})], {})
    assert bool(book.find(words, book.spans(words))) == bool(places)


@given(st.text(max_size=200))
def test_any_text_can_be_cut(text: str) -> None:
    assert all(token == token.lower() and token.strip() for token in tokens(text))
