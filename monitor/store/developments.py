"""What was new in each story, for the pages, the alerts and whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from monitor.records import Development, DevelopmentKind
from monitor.store.sql import among, chunks, insert
from monitor.store.tables import developments

_COLUMNS = select(
    developments.c.story_id,
    developments.c.article_id,
    developments.c.kind,
    developments.c.value,
    developments.c.sentence,
    developments.c.noticed_at,
).order_by(developments.c.story_id, developments.c.noticed_at, developments.c.id)


def record(db: Connection, found: Sequence[Development]) -> None:
    """Store developments; what a story has already stays as it was first noticed."""
    if not found:
        return
    rows = [
        {
            "story_id": one.story_id,
            "article_id": one.article_id,
            "kind": str(one.kind),
            "value": one.value,
            "sentence": one.sentence,
            "noticed_at": one.noticed_at,
        }
        for one in found
    ]
    keys = ["story_id", "kind", "value"]
    db.execute(insert(db, developments).on_conflict_do_nothing(index_elements=keys), rows)


def replace(db: Connection, story_ids: Iterable[int], found: Sequence[Development]) -> None:
    """Store what these stories have now, in place of all that they had."""
    for part in chunks(sorted(set(story_ids))):
        db.execute(delete(developments).where(developments.c.story_id.in_(part)))
    record(db, found)


def of_stories(db: Connection, story_ids: Iterable[int]) -> dict[int, tuple[Development, ...]]:
    """All developments of each story that has one, in the order in which they were noticed."""
    return _by_story(among(db, _COLUMNS, developments.c.story_id, sorted(set(story_ids))))


def since(db: Connection, moments: Mapping[int, datetime]) -> dict[int, tuple[Development, ...]]:
    """What was noticed in each story after its moment, oldest first; stories without news are left out."""
    found = of_stories(db, moments)
    recent = {
        story_id: tuple(one for one in known if one.noticed_at > moments[story_id])
        for story_id, known in found.items()
    }
    return {story_id: known for story_id, known in recent.items() if known}


def _by_story(rows: Iterable[Row[Any]]) -> dict[int, tuple[Development, ...]]:
    found: dict[int, list[Development]] = {}
    for row in rows:
        one = Development(
            row.story_id, row.article_id, DevelopmentKind(row.kind), row.value, row.sentence, row.noticed_at
        )
        found.setdefault(row.story_id, []).append(one)
    return {story_id: tuple(known) for story_id, known in found.items()}
