"""The tables of feeds: what is polled, how it went, what alarms, and what hosts have asked of us."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import AlarmKind, FeedState
from monitor.store.columns import CASCADE, SET_NULL, Tables, one_of, partial


class Feeds(Tables):
    __tablename__ = "feeds"
    __table_args__ = (
        one_of("state", FeedState),
        partial("ix_feeds_due", "next_check_at", where="state <> 'retired'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    feed_group: Mapped[str]
    site_url: Mapped[str | None]
    language: Mapped[str | None]
    state: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    body_hash: Mapped[str | None]
    whole_at: Mapped[datetime | None]
    validators_lie: Mapped[bool]
    moved_to: Mapped[str | None]
    moved_times: Mapped[int]
    ttl_seconds: Mapped[int | None]
    skip_hours: Mapped[str | None]
    skip_days: Mapped[str | None]
    interval_seconds: Mapped[int]
    failures: Mapped[int]
    added_at: Mapped[datetime]
    alert_backlog: Mapped[bool]
    next_check_at: Mapped[datetime]
    last_checked_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]
    last_outcome: Mapped[str | None]
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    health: Mapped[str]
    claimed_by: Mapped[str | None]
    claim_expires_at: Mapped[datetime | None]


class Fetches(Tables):
    __tablename__ = "fetches"
    __table_args__ = (Index(None, "feed_id", "checked_at"), Index(None, "run_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", **CASCADE))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", **SET_NULL))
    checked_at: Mapped[datetime]
    outcome: Mapped[str]
    status: Mapped[int | None]
    detail: Mapped[str]
    bytes: Mapped[int]
    entries: Mapped[int]
    new_articles: Mapped[int]
    elapsed_seconds: Mapped[float]


class FeedAddresses(Tables):
    """Addresses that a feed has left for another: whoever adds one of them means that feed."""

    __tablename__ = "feed_addresses"

    url: Mapped[str] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", **CASCADE), index=True)
    left_at: Mapped[datetime]


class FeedDays(Tables):
    """A feed's polls and new articles of one UTC day; a day without a row was not polled."""

    __tablename__ = "feed_days"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # SQLAlchemy reads it from the class

    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", **CASCADE), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    polls: Mapped[int]
    not_modified: Mapped[int]
    failures: Mapped[int]
    new_articles: Mapped[int]


class Alarms(Tables):
    """What the operations channel was told, once an event; `ended_at` is empty while it lasts."""

    __tablename__ = "alarms"
    __table_args__ = (
        one_of("kind", AlarmKind),
        UniqueConstraint("kind", "subject", "raised_at"),
        partial("ix_alarms_open", "kind", "subject", where="ended_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    line: Mapped[str]
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HostPauses(Tables):
    """Hosts that have asked us to stay away for a while (Retry-After)."""

    __tablename__ = "host_pauses"

    host: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class HostDays(Tables):
    """How the reading of a host's pages ended, by UTC day."""

    __tablename__ = "host_days"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # SQLAlchemy reads it from the class

    host: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    pages: Mapped[int]


class Robots(Tables):
    """What robots.txt said at a site, so that it is asked for once a day."""

    __tablename__ = "robots"

    origin: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    text: Mapped[str]
    fetched_at: Mapped[datetime]
