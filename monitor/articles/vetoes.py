"""When likeness does not count: the main actors differ ("A strikes B" is not "C strikes D") (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Parties(NamedTuple):
    """Whom an article is about and whom it names, as keys of actors."""

    states: frozenset[str]
    named: frozenset[str]


def parties(about: Iterable[str], named: frozenset[str]) -> Parties:
    """What a veto looks at: of the parties that an article is about, the states."""
    return Parties(
        frozenset(key for key in about if len(key) == 3 and key.isalpha() and key.isupper()), named
    )


def against(one: Parties, other: Parties) -> bool:
    """Whether two articles are about different states.

    Each is about states, and either they have none in common, or each is about one that the other does
    not even name ("A strikes B" and "A strikes C").
    """
    mine, theirs = one.states, other.states
    if not mine or not theirs or mine == theirs:
        return False
    if mine.isdisjoint(theirs):
        return mine.isdisjoint(other.named) and theirs.isdisjoint(one.named)
    return bool(mine - theirs - other.named) and bool(theirs - mine - one.named)
