from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from monitor.articles.actors import find, summarise
from monitor.articles.gazetteer import Gazetteer, of
from monitor.records import main_parties

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    return of(SEEDS)


def test_mentions_have_offsets_in_title_and_text(known: Gazetteer) -> None:
    title, text = "Putin visits North Korea", "The Kremlin said NATO's warning would not matter."
    found = find(known, title, text, day=date(2024, 6, 19))
    whole = f"{title}\n{text}"
    assert [(m.actor.key, whole[m.start : m.end], m.in_title, m.in_lead) for m in found] == [
        ("RUS-vladimir-putin", "Putin", True, False),
        ("PRK", "North Korea", True, False),
        ("RUS", "Kremlin", False, True),
        ("NATO", "NATO", False, True),
    ]
    assert found[0].in_office is True


def test_a_leader_is_named_out_of_office_too(known: Gazetteer) -> None:
    title = "Putin speaks to students in St Petersburg"
    for day, in_office in ((date(2010, 5, 1), True), (date(1998, 5, 1), False)):
        found = [m for m in find(known, title, "", day=day) if m.actor.key == "RUS-vladimir-putin"]
        assert [m.in_office for m in found] == [in_office]


def test_a_name_within_a_word_is_none(known: Gazetteer) -> None:
    assert find(known, "Romania's Omani guest saw Indianapolis", "")[0].actor.key == "ROU"
    assert not find(known, "Usain and the NATOnaut of Malice", "")


def test_states_are_named_in_the_language_of_the_article(known: Gazetteer) -> None:
    for language, title, keys in (
        ("ru", "Россия и Украина", ["RUS", "UKR"]),
        ("de", "Österreich liefert an Südkorea", ["AUT", "KOR"]),
        ("zh", "日本与德国签署协议", ["JPN", "DEU"]),
        ("ar", "فرنسا واليابان", ["FRA"]),
    ):
        found = [m.actor.key for m in find(known, title, "", language=language)]
        assert found[: len(keys)] == keys, language


def test_main_parties_fold_persons_into_their_state(known: Gazetteer) -> None:
    text = "Russia said so. " * 3 + "Far below, long after the lead. " * 20 + "Peru was named once."
    assert main_parties(summarise(find(known, "Putin in Pyongyang: a pact with North Korea", text))) == (
        "RUS",
        "PRK",
    )
