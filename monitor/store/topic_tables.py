"""The tables of what people decide on topics: labels and proposals of cards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import OfferedAs, ProposalKind, ProposalState, Verdict
from monitor.store.columns import SET_NULL, Tables, one_of


class Labels(Tables):
    """Nothing is deleted: a label that is undone stays, with when. It outlives its article."""

    __tablename__ = "labels"
    __table_args__ = (
        one_of("verdict", Verdict),
        one_of("offered_as", OfferedAs),
        Index(None, "article_id", "topic"),
        Index(None, "topic", "labelled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", **SET_NULL))
    topic: Mapped[str]
    verdict: Mapped[str]
    labelled_by: Mapped[str]
    labelled_at: Mapped[datetime]
    via: Mapped[str]
    offered_as: Mapped[str]
    score: Mapped[float | None]
    threshold: Mapped[float | None]
    classifier_version: Mapped[str | None]
    shown: Mapped[Any]
    undone_at: Mapped[datetime | None]


class Proposals(Tables):
    __tablename__ = "proposals"
    __table_args__ = (one_of("kind", ProposalKind), one_of("state", ProposalState), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    topic: Mapped[str]
    title: Mapped[str]
    document: Mapped[str]
    document_hash: Mapped[str]
    card: Mapped[str]
    evidence: Mapped[Any]
    state: Mapped[str]
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    note: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
