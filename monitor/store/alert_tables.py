"""The tables behind alerts: a story's message in a channel, silences, and what they hid."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import Severity
from monitor.store.columns import CASCADE, Tables, one_of, partial


class Threads(Tables):
    """A story's one message in a channel. It goes where its article goes when stories are merged or split.

    `parent_key` is the `dedup_key` of the message in the outbox. `severity`, `topics` and `articles` are
    what the message shows, `told_at` is up to when developments were told of. A thread that was
    `joined_to` another, since their stories were, is not written to any more.
    """

    __tablename__ = "threads"
    __table_args__ = (
        one_of("severity", Severity),
        UniqueConstraint("story_id", "channel"),
        Index(None, "route", "opened_at"),
        Index(None, "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    parent_key: Mapped[str] = mapped_column(unique=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    channel: Mapped[str]
    route: Mapped[str]
    severity: Mapped[str]
    topics: Mapped[str]
    articles: Mapped[int]
    revision: Mapped[int]
    held: Mapped[bool]
    opened_at: Mapped[datetime]
    told_at: Mapped[datetime]
    replied_at: Mapped[datetime | None]
    joined_to: Mapped[int | None]


class Silences(Tables):
    """Mutes; every matcher that is set has to fit."""

    __tablename__ = "silences"
    __table_args__ = (partial("ix_silences_open", "id", where="reported_at IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id"))
    publisher: Mapped[str]
    actor: Mapped[str]
    country: Mapped[str]
    words: Mapped[str]
    owner: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str]
    replies: Mapped[int]
    reported_at: Mapped[datetime | None]


class Silenced(Tables):
    """A hit that a silence hid, with the channel that would have heard of it (empty: none)."""

    __tablename__ = "silenced"
    __table_args__ = (Index(None, "hit_id"),)

    silence_id: Mapped[int] = mapped_column(ForeignKey("silences.id", **CASCADE), primary_key=True)
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id", **CASCADE), primary_key=True)
    channel: Mapped[str]
    hidden_at: Mapped[datetime]


class Pictures(Tables):
    """A chart that a message shows; its file in Slack once that has it."""

    __tablename__ = "pictures"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    content: Mapped[bytes]
    made_at: Mapped[datetime]
    file_id: Mapped[str | None]
    uploaded_at: Mapped[datetime | None]
