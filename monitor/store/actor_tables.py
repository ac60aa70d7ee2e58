"""The tables of actors: who is named in an article, and where publishers sit."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import ActorKind
from monitor.store.columns import CASCADE, Tables, one_of


class Mentions(Tables):
    """A row for each article and actor that is named in it."""

    __tablename__ = "mentions"
    __table_args__ = (
        one_of("kind", ActorKind),
        Index(None, "actor", "article_id"),
        Index(None, "country", "article_id"),
        {"sqlite_with_rowid": False},
    )

    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", **CASCADE), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    country: Mapped[str | None]
    count: Mapped[int]
    in_title: Mapped[bool]
    in_lead: Mapped[bool]
    first_offset: Mapped[int]
    salience: Mapped[float]
    in_office: Mapped[bool | None]


class Publishers(Tables):
    __tablename__ = "publishers"

    name: Mapped[str] = mapped_column(primary_key=True)
    country: Mapped[str | None]
    source: Mapped[str]
