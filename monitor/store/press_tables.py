"""The tables of what readers said about alerts in Slack, and of who listens to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from monitor.records import Press
from monitor.store.columns import Tables, one_of


class Presses(Tables):
    """Each press once. `key` tells presses apart: a second one that says the same has the same key."""

    __tablename__ = "presses"
    __table_args__ = (one_of("press", Press), Index(None, "token"), Index(None, "pressed_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str]
    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id"))
    press: Mapped[str]
    person: Mapped[str]
    person_name: Mapped[str]
    pressed_at: Mapped[datetime]
    detail: Mapped[str]


class Listeners(Tables):
    """Listeners by the machine that they run on, each with when it was last in touch with Slack."""

    __tablename__ = "listeners"

    name: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
