"""What must hold on each labelled set before a classifier is published: `seeds/floors.toml`.

["written.jsonl"]             a set by the name of its file, or one that has no file
sha256 = "9f2c..."            of the file: floors of another content say nothing
sanctions = 0.9               the least F1 of a topic on it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.topics.card_file import Place, parse, read_text

FILE = "floors.toml"
HASH = "sha256"


@dataclass(frozen=True, slots=True)
class Floor:
    """What is pinned of one set: the least F1 of topics, and the hash of its file, "" for any content."""

    f1: Mapping[str, float]
    sha256: str = ""


def read(seeds: Path) -> dict[str, Floor]:
    """The pinned floors by the name of their set; none where the file is not there.

    Raises:
        Misconfigured: a floor is no number between 0 and 1, or stands under no set; the message has its line.
    """
    path = seeds / FILE
    if not path.exists():
        return {}
    source = read_text(path)
    found = {}
    for name, table in parse(path, source).items():
        where = Place(path, source).key(name)
        if not isinstance(table, dict):
            where.wrong(f'{name} stands under no set: write ["written.jsonl"] above it')
        found[name] = _floor(table, where)
    return found


def _floor(table: Mapping[str, Any], where: Place) -> Floor:
    digest = table.get(HASH, "")
    if not isinstance(digest, str) or not re.fullmatch(r"(?:[0-9a-f]{64})?", digest):
        where.key(HASH).wrong(f"{HASH} must be the 64 hex digits that `sha256sum` prints")
    least = {}
    for topic, value in table.items():
        if topic == HASH:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            where.key(topic).wrong(f"{topic} must be a number from 0 to 1, such as 0.8")
        least[topic] = float(value)
    return Floor(least, digest)
