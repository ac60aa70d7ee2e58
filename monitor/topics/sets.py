"""The labelled sets at hand: files of JSON lines in `seeds/labelled/` and where `MONITOR_LABELLED` says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import Misconfigured
from monitor.topics.evaluate import LabelledItem, read_items


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Items that people labelled; `sha256` is of their file, "" where they have none."""

    name: str
    items: tuple[LabelledItem, ...]
    sha256: str = ""


def read(places: Iterable[Path]) -> list[LabelledSet]:
    """The sets in some files and folders, in order; a folder's by name.

    Raises:
        Misconfigured: a place is not there, or two sets have one name.
        Permanent: a line is no labelled item; the message has its number.
    """
    found: dict[str, tuple[Path, LabelledSet]] = {}
    for place in places:
        if not place.exists():
            raise Misconfigured(f"{place} is not there: correct MONITOR_LABELLED")
        for path in sorted(place.glob("*.jsonl")) if place.is_dir() else [place]:
            if path.name in found:
                raise Misconfigured(
                    f"{path} and {found[path.name][0]} have one name, by which floors are pinned: rename one"
                )
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.name] = (path, LabelledSet(path.name, tuple(read_items(path)), digest))
    return [one for _, one in found.values()]
