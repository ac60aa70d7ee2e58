"""What people change by hand: stories merged, articles split off, and both taken back.

An edit holds the rows of the articles that it changed as they were before. Edits of one story are undone
newest first. Nothing but an edit ever moves an article that is in a story.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.errors import NotFound, Permanent
from monitor.records import PlacementKind, StoryEdit, StoryEditKind
from monitor.store.sql import among, insert, update_each
from monitor.store.stories import recount_these
from monitor.store.tables import articles, stories, story_edits

_PLACED = ("story_id", "placed_as", "placed_against", "placed_score", "placed_terms", "placed_by")
_ROWS = select(articles.c.id, articles.c.placed_at, *(articles.c[name] for name in _PLACED))
_COPY = str(PlacementKind.COPY)
_Values = dict[str, Any]


def merge(db: Connection, into: int, other: int, by: str, why: str, now: datetime) -> StoryEdit:
    """Put all articles of `other` into the story `into`; `other` leads there from now on.

    Raises:
        NotFound: one of them is no story.
        Permanent: both are the same.
    """
    if into == other:
        raise Permanent(f"story {into} cannot be merged with itself: name two stories")
    moved = [row for row in _held(db, {into, other}) if row.story_id == other]
    update_each(db, articles, [_values(row) | {"story_id": into, "placed_by": by} for row in moved])
    db.execute(update(stories).where(stories.c.id == other).values(merged_into=into))
    recount_these(db, {into})
    before = [_values(row) | {"moved": True} for row in moved]
    return _record(db, StoryEditKind.MERGE, (into, other), before, by, why, now)


def split(db: Connection, story: int, ids: Collection[int], by: str, why: str, now: datetime) -> StoryEdit:
    """Make a new story of some articles of `story`.

    Raises:
        NotFound: there is no such story.
        Permanent: an article is not in it, or none would be moved or left.
    """
    rows = _held(db, {story})
    strangers = sorted(set(ids) - {row.id for row in rows})
    if strangers:
        shown = ", ".join(map(str, strangers))
        raise Permanent(f"not in story {story}: article {shown}; `monitor story {story}` lists its articles")
    if not ids or len(set(ids)) == len(rows):
        raise Permanent(f"name some of the {len(rows)} articles of story {story}, not none and not all")
    new = _open(db, story)
    gone = [_values(row) for row in rows if row.id in ids]
    left = [_values(row) for row in rows if row.id not in ids]
    original = {row.id: row.placed_against for row in rows if row.placed_as == _COPY}
    for side in (gone, left):
        _ground(side, original)
    for values in gone:
        values |= {"story_id": new, "placed_by": by}
    if not any(values["placed_as"] == str(PlacementKind.NEW_STORY) for values in gone):
        gone[0] |= {"placed_as": str(PlacementKind.NEW_STORY), "placed_against": None, "placed_score": 0.0}
    was = {row.id: _values(row) for row in rows}
    changed = [values for values in (*gone, *left) if values != was[values["id"]]]
    update_each(db, articles, changed)
    recount_these(db, {story, new})
    before = [was[values["id"]] | {"moved": values["story_id"] == new} for values in changed]
    return _record(db, StoryEditKind.SPLIT, (story, new), before, by, why, now)


def _ground(side: list[_Values], original: dict[int, int | None]) -> None:
    """Let each copy point to a text of its own side; the first of those without one stands for it."""
    here = {values["id"] for values in side}
    stands: dict[int, int] = {}
    for values in side:
        if values["placed_as"] != _COPY or values["placed_against"] in here:
            continue
        root, seen = values["placed_against"], {values["id"]}
        while original.get(root) is not None and root not in here and root not in seen:
            seen.add(root)
            root = original[root]
        if root in here and root not in seen:
            values["placed_against"] = root
        elif root in stands:
            values["placed_against"] = stands[root]
        else:
            stands[root] = values["id"]
            values |= {"placed_as": str(PlacementKind.SAME_STORY), "placed_against": None}


def undo(db: Connection, number: int, by: str, now: datetime) -> StoryEdit:
    """Take an edit back: its articles go where they were, with those that came for their sake.

    Raises:
        NotFound: there is no such edit.
        Permanent: it was undone, or a newer edit of one of its stories stands.
    """
    row = _undoable(db, number)
    both = {row.story_id, row.other_id}
    rows = _held(db, {row.story_id} if row.kind == str(StoryEditKind.MERGE) else both)
    row = _undoable(db, number)  # nobody has changed it while we waited
    before = {was["id"]: {name: was[name] for name in ("id", *_PLACED)} for was in row.before}
    merged = row.kind == str(StoryEditKind.MERGE)
    changed = list(before.values()) + _followers(rows, before, row)
    update_each(db, articles, changed)
    gone = None if merged else row.story_id
    db.execute(update(stories).where(stories.c.id == row.other_id).values(merged_into=gone))
    taken_back = {"undone_at": now, "undone_by": by}
    db.execute(update(story_edits).where(story_edits.c.id == number).values(taken_back))
    recount_these(db, both if merged else {row.story_id})
    return _edit(db.execute(select(story_edits).where(story_edits.c.id == number)).one())


def _undoable(db: Connection, number: int) -> Row[Any]:
    row = db.execute(select(story_edits).where(story_edits.c.id == number)).first()
    if row is None:
        raise NotFound(f"no edit {number}: `monitor story edits` shows the numbers")
    if row.undone_at is not None:
        raise Permanent(f"edit {number} was undone already, by {row.undone_by or row.made_by}")
    both = {row.story_id, row.other_id}
    newer = [one.id for one in of_stories(db, both) if one.id > number and one.undone_at is None]
    if newer:
        raise Permanent(f"undo edit {max(newer)} first: it changed the same stories later")
    return row


def _followers(rows: Sequence[Row[Any]], before: Collection[int], edit: Row[Any]) -> list[_Values]:
    """Later articles: of a merge, those that were placed against a moved one; of a split, all."""
    if edit.kind == str(StoryEditKind.SPLIT):
        late = [row for row in rows if row.story_id == edit.other_id and row.id not in before]
        return [_values(row) | {"story_id": edit.story_id} for row in late]
    going = set(before)
    late = []
    for row in sorted(rows, key=lambda row: (row.placed_at, row.id)):
        if row.id not in going and row.placed_against in going and row.placed_at >= edit.made_at:
            going.add(row.id)
            late.append(row)
    return [_values(row) | {"story_id": edit.other_id} for row in late]


def of_stories(db: Connection, ids: Iterable[int]) -> list[StoryEdit]:
    """The edits of these stories, undone ones too, oldest first."""
    wanted = sorted(set(ids))
    found = {
        row.id: row
        for column in (story_edits.c.story_id, story_edits.c.other_id)
        for row in among(db, select(story_edits), column, wanted)
    }
    return [_edit(found[number]) for number in sorted(found)]


def newest(db: Connection, limit: int) -> list[StoryEdit]:
    """The newest edits first."""
    statement = select(story_edits).order_by(story_edits.c.id.desc()).limit(limit)
    return [_edit(row) for row in db.execute(statement)]


def parts(db: Connection, story_ids: Iterable[int]) -> dict[int, int]:
    """Which part of its merged story each article belongs to that came by a merge: the merge's number.

    A later article belongs to the part of the article that it was placed against.
    """
    holds = (story_edits.c.kind == str(StoryEditKind.MERGE)) & story_edits.c.undone_at.is_(None)
    columns = (story_edits.c.id, story_edits.c.story_id, story_edits.c.before)
    merges = list(db.execute(select(*columns).where(holds).order_by(story_edits.c.id)))
    into = {row.story_id for row in merges}
    found: dict[int, int] = {}
    for row in merges:
        for values in row.before:
            found.setdefault(values["id"], row.id)  # the oldest merge: what it took is a part within a part
    later = among(db, _ROWS, articles.c.story_id, sorted(into & set(story_ids)))
    for row in sorted(later, key=lambda row: (row.placed_at, row.id)):
        if row.id not in found and row.placed_against in found:
            found[row.id] = found[row.placed_against]
    return found


def _held(db: Connection, ids: Collection[int]) -> list[Row[Any]]:
    """The articles of these stories, oldest first, held until we commit.

    What joins a story is placed against one of its articles, which a placing run holds first: once all
    are ours, none can come.
    """
    statement = _ROWS.where(articles.c.story_id.in_(sorted(ids)))
    if db.dialect.name == "postgresql":
        statement = statement.order_by(articles.c.id).with_for_update(key_share=True)
        known = -1
        while (count := len(list(db.execute(statement)))) != known:
            known = count
    standing = select(stories.c.id).where(stories.c.id.in_(ids), stories.c.merged_into.is_(None))
    whole = set(db.execute(standing).scalars())
    for missing in sorted(set(ids) - whole):
        raise NotFound(f"there is no story {missing}: it may have been merged; look with `monitor search`")
    ordered = _ROWS.where(articles.c.story_id.in_(sorted(ids)))
    return list(db.execute(ordered.order_by(articles.c.effective_at, articles.c.id)))


def _open(db: Connection, like: int) -> int:
    """A new story without articles; its counts follow at once."""
    known = db.execute(select(stories).where(stories.c.id == like)).one()._mapping
    own = {name: value for name, value in known.items() if name not in {"id", "founded_by"}}
    return int(db.execute(insert(db, stories).returning(stories.c.id), own).scalar_one())


def _values(row: Row[Any]) -> _Values:
    return {"id": row.id} | {name: getattr(row, name) for name in _PLACED}


def _record(
    db: Connection,
    kind: StoryEditKind,
    both: tuple[int, int],
    before: Sequence[_Values],
    by: str,
    why: str,
    now: datetime,
) -> StoryEdit:
    values = {
        "kind": str(kind),
        "story_id": both[0],
        "other_id": both[1],
        "before": before,
        "made_by": by,
        "made_at": now,
        "why": why,
    }
    return _edit(db.execute(insert(db, story_edits).returning(story_edits), values).one())


def _edit(row: Row[Any]) -> StoryEdit:
    return StoryEdit(
        id=row.id,
        kind=StoryEditKind(row.kind),
        story_id=row.story_id,
        other_id=row.other_id,
        articles=tuple(was["id"] for was in row.before if was["moved"]),
        made_by=row.made_by,
        made_at=row.made_at,
        why=row.why,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )
