"""When likeness does not count: the main actors differ ("A strikes B" is not "C strikes D") (pure)."""

from __future__ import annotations

Parties = tuple[tuple[str, ...], frozenset[str]]
"""Keys of the parties that an article is about, and of all that it names."""


def against(one: Parties, other: Parties) -> bool:
    """Whether two articles are about different states.

    Each is about states, and either they have none in common, or each is about one that the other does
    not even name ("A strikes B" and "A strikes C").
    """
    mine, theirs = _states(one[0]), _states(other[0])
    if not mine or not theirs:
        return False
    if not mine & theirs:
        return not (mine & other[1] or theirs & one[1])
    return bool(mine - theirs - other[1]) and bool(theirs - mine - one[1])


def _states(parties: tuple[str, ...]) -> set[str]:
    return {key for key in parties if len(key) == 3 and key.isalpha() and key.isupper()}
