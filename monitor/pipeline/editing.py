"""Stories changed by hand: merged, split, and both taken back, with what is new in each told anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from monitor.errors import Permanent
from monitor.pipeline.desk import clock
from monitor.records import Development, PlacementKind, StoryEdit
from monitor.settings import Settings
from monitor.store import articles, developments, mentions, stories, story_edits
from monitor.store.database import begin, open_database

WHY = 500  # characters of a reason


def merge_stories(settings: Settings, into: int, other: int, by: str, why: str) -> StoryEdit:
    """Put the articles of story `other` into `into`.

    Raises:
        NotFound, Permanent: see `store.story_edits.merge`.
    """
    with begin(open_database(settings.database_url)) as db:
        done = story_edits.merge(db, into, other, _signed(by), why.strip()[:WHY], clock())
        _retell(db, [into, other])
    return done


def split_story(settings: Settings, story: int, ids: Collection[int], by: str, why: str) -> StoryEdit:
    """Make a story of its own of some articles of `story`: `other_id` of what is returned.

    Raises:
        NotFound, Permanent: see `store.story_edits.split`.
    """
    with begin(open_database(settings.database_url)) as db:
        done = story_edits.split(db, story, ids, _signed(by), why.strip()[:WHY], clock())
        _retell(db, [done.story_id, done.other_id])
    return done


def undo_edit(settings: Settings, number: int, by: str) -> StoryEdit:
    """Take a merge or a split back.

    Raises:
        NotFound, Permanent: see `store.story_edits.undo`.
    """
    with begin(open_database(settings.database_url)) as db:
        done = story_edits.undo(db, number, _signed(by), clock())
        _retell(db, [done.story_id, done.other_id])
    return done


def _signed(by: str) -> str:
    if not by.strip():
        raise Permanent("say who changes the story: sign in, or name yourself with --by")
    return by.strip()


def _retell(db: Connection, story_ids: Iterable[int]) -> None:
    """Notice anew what the articles of these stories say: who is first with it may have gone.

    What one of the stories had before keeps the time at which it was noticed, and the rest gets that at
    which its article was placed, so that nobody is alerted of an edit.
    """
    from monitor.articles.developments import carried, noticed

    ids = sorted(set(story_ids))
    noticed_at: dict[tuple[str, str], datetime] = {}
    for known in developments.of_stories(db, ids).values():
        for one in known:
            key = (one.kind, one.value)
            noticed_at[key] = min(one.noticed_at, noticed_at.get(key, one.noticed_at))
    members = articles.of_stories(db, ids)
    actors = mentions.of_articles(db, [text.article_id for text, _, _ in members])
    found: list[Development] = []
    for text, kind, placed_at in members:
        if kind is not PlacementKind.COPY and text.story_id is not None:
            found += noticed(text, actors.get(text.article_id), text.story_id, placed_at)
    newest = {text.story_id: (text.article_id, at) for text, _, at in members if text.story_id is not None}
    for story, publishers in stories.independent(db, newest).items():
        found += carried(story, newest[story][0], publishers, newest[story][1])
    developments.replace(db, ids, [_since(one, noticed_at) for one in found])


def _since(one: Development, noticed_at: dict[tuple[str, str], datetime]) -> Development:
    return replace(one, noticed_at=noticed_at.get((one.kind, one.value), one.noticed_at))
