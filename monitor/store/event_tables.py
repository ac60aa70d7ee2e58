"""The tables of events: who did what to whom, as hits tell it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.columns import CASCADE, Tables


class Events(Tables):
    """What an article tells of a topic of which it is a hit. Actors are keys, joined by commas."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("article_id", "topic"), Index(None, "topic", "status"))

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE))
    topic: Mapped[str]
    sources: Mapped[str]
    targets: Mapped[str]
    beneficiaries: Mapped[str]
    status: Mapped[str | None]
    plover: Mapped[str]
    action: Mapped[str]
    instrument: Mapped[str | None]
    quantity: Mapped[int | None]
    amount: Mapped[float | None]
    currency: Mapped[str | None]
    place: Mapped[str | None]
    happened_on: Mapped[date | None] = mapped_column(Date())
    negated: Mapped[bool]
    hypothetical: Mapped[bool]
    reported: Mapped[bool]
    history: Mapped[bool]
    claimed_by: Mapped[str | None]
    sentence: Mapped[str]
    sentence_start: Mapped[int]
    spans: Mapped[Any]
    extractor: Mapped[str]
    found_at: Mapped[datetime]


class EventActors(Tables):
    """One row for each actor of an event, for joins. `role`: source, target or beneficiary."""

    __tablename__ = "event_actors"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", **CASCADE), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True, index=True)
