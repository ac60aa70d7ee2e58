"""The tables. docs/database.md explains each column to the people who query them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, Table, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import DecideOutcome, DeliveryKind, DeliveryState, PlacementKind
from monitor.store.actor_tables import Mentions, Publishers
from monitor.store.alert_tables import Pictures, Silenced, Silences, Threads
from monitor.store.columns import CASCADE, SET_NULL, Tables, one_of, partial
from monitor.store.event_tables import EventActors, Events
from monitor.store.feed_tables import (
    Alarms,
    FeedAddresses,
    FeedDays,
    Feeds,
    Fetches,
    HostDays,
    HostPauses,
    Robots,
)
from monitor.store.press_tables import Listeners, Presses
from monitor.store.search_tables import SavedSearches
from monitor.store.story_tables import Developments, Stories, StoryEdits
from monitor.store.token_tables import ApiTokens
from monitor.store.topic_tables import Labels, Proposals


class Runs(Tables):
    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("origin", "name", "key"), Index(None, "started_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    note: Mapped[str]


class Ledgers(Tables):
    __tablename__ = "ledgers"
    __table_args__ = (UniqueConstraint("run_id", "step", "unit", "shard"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", **CASCADE))
    step: Mapped[str]
    unit: Mapped[str]
    shard: Mapped[str]
    items_in: Mapped[int]
    outcomes: Mapped[Any]
    balances: Mapped[bool]
    note: Mapped[str]
    written_at: Mapped[datetime]


class Articles(Tables):
    __tablename__ = "articles"
    __table_args__ = (
        one_of("read_state", ("pending", "done")),
        one_of("placed_as", PlacementKind),
        Index(None, "effective_at"),
        Index(None, "feed_id", "first_seen_at"),
        # Counts a story's articles, copies and publishers from the index alone, and finds the unplaced.
        Index("ix_articles_story", "story_id", "effective_at", "placed_as", "publisher"),
        partial("ix_articles_to_read", "effective_at", where="read_state = 'pending'"),
        partial("ix_articles_to_score", "id", where="scored_by IS NULL AND story_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    canonical_url: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id", **SET_NULL))
    publisher: Mapped[str]
    title: Mapped[str]
    author: Mapped[str | None]
    language: Mapped[str | None]
    published_at: Mapped[datetime | None]
    date_status: Mapped[str]
    first_seen_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    stale: Mapped[bool]
    baseline: Mapped[bool]
    date_text: Mapped[str | None]
    page_url: Mapped[str | None]
    content_hash: Mapped[str]
    read_state: Mapped[str]
    read_outcome: Mapped[str | None]
    read_attempts: Mapped[int]
    read_not_before: Mapped[datetime | None]
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id"))
    placed_as: Mapped[str | None]
    placed_against: Mapped[int | None]
    placed_score: Mapped[float | None]
    placed_terms: Mapped[str | None]
    placed_by: Mapped[str | None]
    placed_at: Mapped[datetime | None]
    scored_by: Mapped[str | None]
    scored_at: Mapped[datetime | None]
    text_source: Mapped[str]
    summary: Mapped[str]
    text: Mapped[str]  # last: SQLite reads a row from its start, and most questions need no text


class Revisions(Tables):
    """What a changed article said before."""

    __tablename__ = "revisions"
    __table_args__ = (Index(None, "article_id", "replaced_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE))
    title: Mapped[str]
    summary: Mapped[str]
    text: Mapped[str]
    url: Mapped[str]
    content_hash: Mapped[str]
    replaced_at: Mapped[datetime]


class ArticleAddresses(Tables):
    """Addresses that an article has left, or that its page names: who links to one means that article."""

    __tablename__ = "article_addresses"

    url: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE), index=True)
    added_at: Mapped[datetime]


class Entries(Tables):
    """The unique key starts with the guid, so one look-up serves the entries of many feeds."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("guid", "feed_id"), Index(None, "article_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id", **CASCADE))
    guid: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE))
    first_seen_at: Mapped[datetime]


class Scores(Tables):
    __tablename__ = "scores"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  # SQLAlchemy reads it from the class

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE), primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float]
    threshold: Mapped[float]
    classifier_version: Mapped[str]
    scored_at: Mapped[datetime]


class Hits(Tables):
    __tablename__ = "hits"
    __table_args__ = (
        UniqueConstraint("article_id", "topic"),
        one_of("decide_outcome", DecideOutcome),
        Index(None, "topic", "found_at"),
        partial("ix_hits_to_decide", "id", where="decided_at IS NULL"),
        partial("ix_hits_waiting", "id", where="waits"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE))
    topic: Mapped[str]
    score: Mapped[float]
    threshold: Mapped[float]
    classifier_version: Mapped[str]
    sentence: Mapped[str]
    terms: Mapped[Any]
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decide_outcome: Mapped[str | None]
    clause: Mapped[str] = mapped_column(server_default="")
    passage: Mapped[str] = mapped_column(server_default="")
    document: Mapped[str] = mapped_column(server_default="")
    card_version: Mapped[str] = mapped_column(server_default="")
    scored_text: Mapped[Any | None]  # what the classifier read, so that the hit can be made again
    because: Mapped[str | None]
    waits: Mapped[bool] = mapped_column(server_default=false())


class Alerts(Tables):
    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("story_id", "topic", "route"), Index(None, "decided_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    topic: Mapped[str]
    route: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    hit_id: Mapped[int] = mapped_column(ForeignKey("hits.id"), index=True)
    headline: Mapped[str]
    decided_at: Mapped[datetime]
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("threads.id"), index=True)


class Deliveries(Tables):
    """The outbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        one_of("kind", DeliveryKind),
        Index(None, "channel", "sent_at"),
        Index(None, "parent_id", "kind"),
        Index(None, "state", "id"),
        partial("ix_deliveries_held", "not_before", where="state = 'held'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(unique=True)
    dedup_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    channel: Mapped[str]
    payload: Mapped[Any]
    state: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    lease_expires_at: Mapped[datetime | None]
    first_try_at: Mapped[datetime | None]
    last_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    slack_channel_id: Mapped[str | None]
    slack_ts: Mapped[str | None]
    last_error: Mapped[str | None]
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    folded_into: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))
    broadcast: Mapped[bool]
    fallback: Mapped[str | None]
    place: Mapped[str | None]
    thread: Mapped[str | None]
    swept_at: Mapped[datetime | None]
    batch: Mapped[str | None]


class Destinations(Tables):
    """What the senders know of a channel, or of the whole workspace under the name "*"."""

    __tablename__ = "destinations"

    name: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime | None]
    broken_since: Mapped[datetime | None]
    broken_why: Mapped[str | None]
    probe_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]


class Leases(Tables):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    expires_at: Mapped[datetime]


def _table(mapped: type[Tables]) -> Table:
    return cast(Table, mapped.__table__)


feeds, fetches, entries = _table(Feeds), _table(Fetches), _table(Entries)
feed_addresses, feed_days, alarms = _table(FeedAddresses), _table(FeedDays), _table(Alarms)
host_pauses, host_days, robots = _table(HostPauses), _table(HostDays), _table(Robots)
runs, ledgers, leases = _table(Runs), _table(Ledgers), _table(Leases)
articles, stories, scores = _table(Articles), _table(Stories), _table(Scores)
revisions = _table(Revisions)
article_addresses = _table(ArticleAddresses)
developments, story_edits = _table(Developments), _table(StoryEdits)
mentions, publishers = _table(Mentions), _table(Publishers)
hits, alerts = _table(Hits), _table(Alerts)
deliveries, destinations = _table(Deliveries), _table(Destinations)
threads, silences, silenced = _table(Threads), _table(Silences), _table(Silenced)
presses, pictures, listeners = _table(Presses), _table(Pictures), _table(Listeners)
events, event_actors = _table(Events), _table(EventActors)
labels, proposals = _table(Labels), _table(Proposals)
saved_searches = _table(SavedSearches)
api_tokens = _table(ApiTokens)
