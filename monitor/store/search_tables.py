"""The table of saved searches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.columns import Tables


class SavedSearches(Tables):
    """Of those that are not deleted each has a name of its own, in any case."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        Index(
            "uq_saved_searches_name",
            "name_key",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]  # the name folded to one case
    owner: Mapped[str]
    typed: Mapped[Any]
    created_at: Mapped[datetime]
    channel: Mapped[str | None]  # none: nobody is told
    alerts_by: Mapped[str | None]
    alerts_since: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None]
