"""What `seeds/actors.toml` may hold, and what it says of a line that it may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from monitor.articles.roster import FILE, Roster, Term, load
from monitor.errors import Misconfigured
from monitor.records import Actor, ActorKind
from monitor.settings import PROJECT

GOOD = """[context]
given_names = "Ann, Bob"

[states.FRA]
demonyms = ["French"]

[alliances.EU]
names = ["European Union", "EU"]

[bodies.EC]
country = "EU"
names = ["European Commission"]

[people.EU]
"Ann Voss" = { terms = ["president 2012-02 to 2016", "envoy 2019-03-01"] }

[publishers]
"news.example" = "FRA"
"""


def read(folder: Path, text: str) -> Roster:
    (folder / FILE).write_text(text)
    return load(folder)


def test_what_is_listed_is_read(tmp_path: Path) -> None:
    roster = read(tmp_path, GOOD)
    by_key = {one.actor.key: one for one in roster.listed}
    assert by_key["EC"].actor == Actor("EC", ActorKind.BODY, "European Commission", "EU")
    ann = by_key["EU-ann-voss"]
    assert (ann.names, ann.maybe) == (("Ann Voss",), ("Voss",))
    assert ann.terms == (
        Term("president", date(2012, 2, 1), date(2016, 12, 31)),
        Term("envoy", date(2019, 3, 1), None),
    )
    assert ann.actor.party == by_key["EC"].actor.party == "EU"
    assert roster.context.given_names == {"Ann", "Bob"}
    assert roster.publishers == {"news.example": "FRA"}


@pytest.mark.parametrize(
    ("old", "new", "line", "cure"),
    [
        ("[states.FRA]", "[states.France]", 4, "alpha-3"),
        ('demonyms = ["French"]', 'demonyms = "French"', 4, "must be a list of texts"),
        ('demonyms = ["French"]', 'demonym = ["French"]', 5, "demonym is not known here"),
        ('names = ["European Commission"]', "", 10, "EC has no name"),
        ('country = "EU"', 'country = "Europe"', 10, "alpha-3"),
        ("president 2012-02 to 2016", "president 2012-02 until 2016", 15, "is no term"),
        ("president 2012-02 to 2016", "president 2012-13 to 2016", 15, "is no term"),
        ("president 2012-02 to 2016", "president 2016 to 2012", 15, "ends before it starts"),
        ("{ terms", "[ terms", 15, "not valid TOML"),
        ('"news.example" = "FRA"', '"news.example" = "France"', 18, "alpha-3"),
        ("[publishers]", "[publisher]", 17, "there is no section [publisher]"),
        ("given_names", "first_names", 2, "[context] holds"),
        ("[publishers]", '[groups.FRA]\nnames = ["Frankers"]\n[publishers]', 18, "listed twice"),
    ],
)
def test_an_error_names_file_line_and_cure(tmp_path: Path, old: str, new: str, line: int, cure: str) -> None:
    assert old in GOOD
    with pytest.raises(Misconfigured) as error:
        read(tmp_path, GOOD.replace(old, new))
    assert f"{FILE}, line {line}:" in str(error.value)
    assert cure in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"actors\.toml: cannot be read"):
        load(tmp_path)


def test_the_seeds_are_broad() -> None:
    roster = load(PROJECT / "seeds")
    kinds = [one.actor.kind for one in roster.listed]
    assert kinds.count(ActorKind.PERSON) >= 500
    assert kinds.count(ActorKind.STATE) >= 200
    assert min(kinds.count(kind) for kind in (ActorKind.BODY, ActorKind.GROUP, ActorKind.ALLIANCE)) >= 30
    in_2026 = [one for one in roster.listed if any(term.covers(date(2026, 3, 1)) for term in one.terms)]
    assert len({one.actor.country for one in in_2026}) >= 100
