"""Pictures on their way to Slack: kept until the message that shows them is long gone.

A message names its picture by a key; Slack knows it by the id of a file. `begun` stores that id before
the bytes are sent, so that an upload whose end nobody knows can be taken back before the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from monitor.records import Picture
from monitor.store.sql import among, insert
from monitor.store.tables import pictures

KEPT = timedelta(days=60)


def add(db: Connection, content: bytes, now: datetime) -> str:
    """Keep a picture; returns its key, which is that of its content."""
    key = f"picture:{hashlib.sha256(content).hexdigest()[:32]}"
    row = {"key": key, "content": content, "made_at": now}
    db.execute(insert(db, pictures).on_conflict_do_nothing(index_elements=["key"]).values(row))
    return key


def of_keys(db: Connection, keys: Collection[str]) -> dict[str, Picture]:
    """The pictures of these keys; those that are not kept any more are left out."""
    rows: list[Row[Any]] = among(db, select(pictures), pictures.c.key, sorted(set(keys)))
    return {row.key: Picture(row.key, bytes(row.content), row.file_id or "", row.uploaded_at) for row in rows}


def begun(db: Connection, key: str, file_id: str) -> None:
    """Store the file that Slack is about to get; commit it before the bytes are sent."""
    db.execute(
        update(pictures).where(pictures.c.key == key).values(file_id=file_id or None, uploaded_at=None)
    )


def uploaded(db: Connection, key: str, now: datetime) -> None:
    """Slack has the whole picture."""
    db.execute(update(pictures).where(pictures.c.key == key).values(uploaded_at=now))


def trim(db: Connection, now: datetime) -> int:
    """Drop pictures whose messages went out long ago; returns how many."""
    return db.execute(delete(pictures).where(pictures.c.made_at < now - KEPT)).rowcount
