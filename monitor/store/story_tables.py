"""The tables of stories: the stories, what was new in them, and what a person changed by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import DevelopmentKind, StoryEditKind
from monitor.store.columns import CASCADE, Tables, one_of


class Stories(Tables):
    """`founded_by` and its like have no foreign key: articles point to stories, and a circle helps nobody.

    A row with `merged_into` is no story any more: it holds no article and leads to the one that took them.
    """

    __tablename__ = "stories"
    __table_args__ = (Index(None, "last_seen_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    headline: Mapped[str]
    founded_by: Mapped[int | None] = mapped_column(unique=True)  # none where a person split it off
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    articles: Mapped[int]
    copies: Mapped[int]
    publishers: Mapped[int]
    independent_publishers: Mapped[int]
    headline_of: Mapped[int | None]
    merged_into: Mapped[int | None]


class Developments(Tables):
    __tablename__ = "developments"
    __table_args__ = (
        one_of("kind", DevelopmentKind),
        UniqueConstraint("story_id", "kind", "value"),
        Index(None, "story_id", "noticed_at"),
        Index(None, "article_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id", **CASCADE))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE))
    kind: Mapped[str]
    value: Mapped[str]
    sentence: Mapped[str]
    noticed_at: Mapped[datetime]


class StoryEdits(Tables):
    """`before` holds the moved articles as they were placed, so that an edit can be undone."""

    __tablename__ = "story_edits"
    __table_args__ = (one_of("kind", StoryEditKind), Index(None, "story_id"), Index(None, "other_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id", **CASCADE))
    other_id: Mapped[int] = mapped_column(ForeignKey("stories.id", **CASCADE))
    before: Mapped[Any]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(server_default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
