"""The words of events of all topic cards, read once for each state of the seeds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from monitor.topics import cards
from monitor.topics.events.lexicon import Lexicon, compile_lexicon


def lexicons(seeds: Path) -> Mapping[str, Lexicon]:
    """The words of each topic whose card has a ladder and instruments.

    Raises:
        Misconfigured: a card cannot be used; the message has file, line and cure.
    """
    paths = sorted((seeds / "topics").glob("*.toml"))
    return _read(seeds, tuple((path.name, path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=4)
def _read(seeds: Path, _: tuple[tuple[str, int], ...]) -> Mapping[str, Lexicon]:
    found = {card.name: compile_lexicon(card.ladder, card.instruments) for card in cards.load(seeds)}
    return {topic: lexicon for topic, lexicon in found.items() if lexicon}
