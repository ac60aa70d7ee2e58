from datetime import UTC, datetime

import pytest

from monitor.articles.developments import carried, noticed
from monitor.records import DevelopmentKind, StoryText

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


def values(title: str, lead: str = "") -> set[tuple[str, str]]:
    found = noticed(StoryText(7, title, lead, NOW, "A"), None, 3, NOW)
    assert {(one.story_id, one.article_id) for one in found} <= {(3, 7)}
    return {(str(one.kind), one.value) for one in found}


def test_numbers_steps_and_places() -> None:
    assert values("Ostmark approves sale", "48 self-propelled howitzers cost $1.2 bn.") == {
        ("status", "approved"),
        ("number", "48 howitzers"),
        ("number", "$1.2 billion"),
    }
    assert ("number", "4 dead") in values("Talks fail", "Shelling killed four near Quint.")
    assert ("place", "Quint") in values("Talks fail", "Shelling killed four near Quint.")
    assert ("status", "signed") in values("Ministers sign pact")


def test_what_has_not_happened_is_no_step() -> None:
    assert values("Parliament may not have ratified it") == set()
    assert values("Union refuses to propose it; nothing else is said") == set()


def test_milestones_of_publishers() -> None:
    assert [one.value for one in carried(1, 2, 12, NOW)] == ["3", "10"]
    assert carried(1, 2, 2, NOW) == []
    assert carried(1, 2, 30, NOW)[-1].kind is DevelopmentKind.PUBLISHERS


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Three people were hurt.", "3 people"),
        ("Twenty-three people were hurt.", "23 people"),
        ("Rebels killed forty-one near Quint.", "41 dead"),
        ("Seventeen soldiers went missing.", "17 soldiers"),
        ("They found 1,700 rifles that officials called new.", "1700 rifles"),
        ("Two hundred shells fell.", "200 shells"),
        ("Sixty thousand people fled.", "60000 people"),
        ("A crowd of 1,200 people met.", "1200 people"),
        ("A one-person company.", None),
    ],
)
def test_numbers_in_words_are_those_in_digits(said: str, value: str | None) -> None:
    numbers = {found for kind, found in values("Talks fail", said) if kind == "number"}
    assert numbers == ({value} if value else set())
