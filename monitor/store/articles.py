"""Articles: admitted from entries, read, and handed to the steps that place and score them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, func, select, update

from monitor.records import Article, PlacementKind, ReadOutcome, ReadResult, StoryText, TextSource
from monitor.store import addresses
from monitor.store.intake import admit, url_key
from monitor.store.sql import among, fixed, waits_until
from monitor.store.tables import articles, stories

__all__ = [
    "LEAD",
    "READ_AGAIN",
    "admit",
    "article_of",
    "by_url",
    "changed",
    "get",
    "of_article",
    "of_stories",
    "pending_reads",
    "record_reads",
    "unplaced",
    "unscored",
    "window",
]

READ_AGAIN = timedelta(minutes=5)  # until a page that did not answer is tried again
LEAD = 800  # characters of an article that grouping reads besides its title


def of_article() -> tuple[ColumnElement[Any], ...]:
    """The columns that `article_of` needs, under names of their own so that joins may select them."""
    never = (articles.c.stale | articles.c.baseline).label("article_stale")
    return (never, *(articles.c[name].label(f"article_{name}") for name in _ARTICLE))


_ARTICLE = (
    "id canonical_url url feed_id publisher title summary text text_source author language published_at "
    "first_seen_at effective_at story_id read_attempts"
).split()


def article_of(row: Row[Any]) -> Article:
    """The article in a row that selected `of_article()`."""
    return Article(
        id=row.article_id,
        canonical_url=row.article_canonical_url,
        url=row.article_url,
        feed_id=row.article_feed_id,
        publisher=row.article_publisher,
        title=row.article_title,
        summary=row.article_summary,
        text=row.article_text,
        text_source=TextSource(row.article_text_source),
        author=row.article_author,
        language=row.article_language,
        published_at=row.article_published_at,
        first_seen_at=row.article_first_seen_at,
        effective_at=row.article_effective_at,
        stale=row.article_stale,
        story_id=row.article_story_id,
        read_attempts=row.article_read_attempts,
    )


def get(db: Connection, id_: int) -> Article | None:
    """The article of that id."""
    return next(iter(_articles(db, select(*of_article()).where(articles.c.id == id_))), None)


def by_url(db: Connection, url: str) -> Article | None:
    """The article of that address: its canonical one, a former one, or the link as its feed gave it."""
    statement, key = select(*of_article()), url_key(url)
    found = _articles(db, statement.where(articles.c.canonical_url == key))
    if not found and (id_ := addresses.find(db, [key]).get(key)):
        return get(db, id_)
    return next(iter(found or _articles(db, statement.where(articles.c.url == url).limit(1))), None)


def pending_reads(db: Connection, limit: int, now: datetime) -> list[Article]:
    """Articles whose page is still to be read, newest first, without those that rest until later."""
    statement = (
        select(*of_article())
        .where(articles.c.read_state == fixed("pending"), waits_until(articles.c.read_not_before, now))
        .order_by(articles.c.effective_at.desc(), articles.c.id.desc())
        .limit(limit)
    )
    return _articles(db, statement)


def leave_unread(db: Connection, outcome: ReadOutcome, now: datetime) -> int:
    """Count every page that is still to be read as done without reading it; how many there were."""
    done = {"read_state": "done", "read_outcome": str(outcome), "updated_at": now}
    waiting = (articles.c.read_state == fixed("pending")) & waits_until(articles.c.read_not_before, now)
    return db.execute(update(articles).where(waiting).values(done)).rowcount


def record_reads(db: Connection, results: Sequence[ReadResult], now: datetime) -> set[int]:
    """Store how readings ended. One that is WAITING rests for `READ_AGAIN`; the others are done.

    An article that is done already stays as it is, so a repeated call changes nothing.

    Returns:
        the articles that are no more: their page is that of another, which they were merged into.
    """
    named = {r.article_id: url_key(r.page_key) for r in results if r.page_key}
    merged = set(addresses.settle(db, named, now))
    results = [r for r in results if r.article_id not in merged]
    ordered = sorted(results, key=lambda result: result.article_id)
    again = [{"b_id": r.article_id} for r in ordered if r.outcome is ReadOutcome.WAITING]
    done = [_read_values(r) for r in ordered if r.outcome is not ReadOutcome.WAITING]
    pending = (articles.c.id == bindparam("b_id")) & (articles.c.read_state == "pending")
    if again:
        tries, later = articles.c.read_attempts + 1, now + READ_AGAIN
        db.execute(update(articles).where(pending).values(read_attempts=tries, read_not_before=later), again)
    if done:
        new: dict[str, Any] = {
            name: func.coalesce(bindparam(f"b_{name}", type_=articles.c[name].type), articles.c[name])
            for name in ("text", "text_source", "author", "language", "page_url")
        }
        # A date from the page takes the place of first sight only where the feed had none.
        undated = articles.c.published_at.is_(None)
        paged = bindparam("b_published_at", type_=articles.c.published_at.type)
        new["stale"] = articles.c.stale | bindparam("b_stale", type_=articles.c.stale.type)
        new["published_at"] = func.coalesce(articles.c.published_at, paged)
        new["effective_at"] = case(
            (undated, func.coalesce(paged, articles.c.effective_at)), else_=articles.c.effective_at
        )
        new |= {
            "read_state": "done",
            "read_outcome": bindparam("b_outcome"),
            "read_attempts": articles.c.read_attempts + 1,
            "updated_at": now,
        }
        db.execute(update(articles).where(pending).values(new), done)
    return merged


def _read_values(result: ReadResult) -> dict[str, Any]:
    return {
        "b_id": result.article_id,
        "b_outcome": str(result.outcome),
        "b_text": result.text,
        "b_text_source": None if result.text is None else str(TextSource.PAGE),
        "b_author": result.author,
        "b_language": result.language,
        "b_page_url": result.page_url,
        "b_stale": result.stale,
        "b_published_at": result.published_at,
    }


def unplaced(db: Connection, limit: int) -> list[StoryText]:
    """Articles that have been read and are in no story, oldest first."""
    statement = (
        _story_texts()
        .where(articles.c.story_id.is_(None), articles.c.read_state == fixed("done"))
        .order_by(articles.c.effective_at, articles.c.id)
        .limit(limit)
    )
    return [_story_text(row) for row in db.execute(statement)]


def window(db: Connection, alive: datetime, born: datetime, limit: int) -> list[StoryText]:
    """The newest `limit` articles of stories seen since `alive` and first seen since `born`, newest last."""
    statement = (
        _story_texts()
        .join(stories, stories.c.id == articles.c.story_id)
        .where(stories.c.last_seen_at >= alive, stories.c.first_seen_at >= born)
        .order_by(articles.c.effective_at.desc(), articles.c.id.desc())
        .limit(limit)
    )
    return [_story_text(row) for row in db.execute(statement)][::-1]


def of_stories(db: Connection, story_ids: Iterable[int]) -> list[tuple[StoryText, PlacementKind, datetime]]:
    """The articles of these stories in the order in which they were placed, each with how and when."""
    statement = _story_texts().add_columns(articles.c.placed_as, articles.c.placed_at)
    rows = among(db, statement, articles.c.story_id, sorted(set(story_ids)))
    rows.sort(key=lambda row: (row.placed_at, row.effective_at, row.id))
    return [(_story_text(row), PlacementKind(row.placed_as), row.placed_at) for row in rows]


def changed(db: Connection, ids: Iterable[int]) -> list[tuple[StoryText, PlacementKind]]:
    """Those of these articles whose text was replaced after they had been placed, and how they were."""
    statement = _story_texts().add_columns(articles.c.placed_as)
    statement = statement.where(articles.c.updated_at > articles.c.placed_at)
    rows = among(db, statement, articles.c.id, sorted(set(ids)))
    return [(_story_text(row), PlacementKind(row.placed_as)) for row in rows]


def unscored(db: Connection, limit: int) -> list[Article]:
    """Placed articles that no classifier has scored, in order of their id."""
    waiting = articles.c.scored_by.is_(None) & articles.c.story_id.is_not(None)
    statement = select(*of_article()).where(waiting).order_by(articles.c.id).limit(limit)
    return _articles(db, statement)


def _articles(db: Connection, statement: Select[Any]) -> list[Article]:
    return [article_of(row) for row in db.execute(statement)]


def _story_texts() -> Select[Any]:
    lead = func.coalesce(func.nullif(articles.c.summary, ""), articles.c.text)
    return select(
        articles.c.id,
        articles.c.title,
        func.substr(lead, 1, LEAD).label("lead"),
        articles.c.effective_at,
        articles.c.publisher,
        articles.c.story_id,
    )


def _story_text(row: Row[Any]) -> StoryText:
    return StoryText(row.id, row.title, row.lead, row.effective_at, row.publisher, row.story_id)
