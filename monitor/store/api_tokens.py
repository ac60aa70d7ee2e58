"""Tokens for the interface for programs: made, shown once, known again by their hash, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from monitor.errors import NotFound, Permanent
from monitor.store.sql import insert
from monitor.store.tables import api_tokens

PREFIX = "nm_"  # so that scanners for leaked secrets, and people, know it for what it is
FRESH = timedelta(minutes=1)  # how exact the time of the last use is: a write a minute, not one a request


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is listed; the secret is nowhere but with its owner."""

    name: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def add(db: Connection, name: str, now: datetime) -> str:
    """Make a token; returns its secret, which cannot be read again.

    Raises:
        Permanent: there is one of that name, revoked or not.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {"name": name, "secret_sha256": _hash(secret), "created_at": now}
    statement = insert(db, api_tokens).values(values).on_conflict_do_nothing(index_elements=["name"])
    if db.execute(statement.returning(api_tokens.c.id)).one_or_none() is None:
        raise Permanent(f"there is a token {name!r} already: revoke it and choose another name")
    return secret


def listing(db: Connection) -> Sequence[ApiToken]:
    """All tokens, those that hold first, by name."""
    statement = select(api_tokens).order_by(api_tokens.c.revoked_at.is_not(None), api_tokens.c.name)
    return [
        ApiToken(row.name, row.created_at, row.last_used_at, row.revoked_at) for row in db.execute(statement)
    ]


def revoke(db: Connection, name: str, now: datetime) -> bool:
    """Let a token open nothing from now on; returns whether it did until now.

    Raises:
        NotFound: there is none of that name.
    """
    revoked = db.execute(select(api_tokens.c.revoked_at).filter_by(name=name)).one_or_none()
    if revoked is None:
        raise NotFound(f"there is no token {name!r}: `monitor api tokens list` shows them")
    held = revoked.revoked_at is None
    if held:
        db.execute(update(api_tokens).where(api_tokens.c.name == name).values(revoked_at=now))
    return held


def owner(db: Connection, secret: str, now: datetime) -> tuple[str, bool] | None:
    """Whose token it is, and whether its use should be noted with `used`; None where it opens nothing."""
    if not secret.startswith(PREFIX):
        return None
    found = db.execute(
        select(api_tokens).where(
            api_tokens.c.secret_sha256 == _hash(secret), api_tokens.c.revoked_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        return None
    return found.name, found.last_used_at is None or now - found.last_used_at >= FRESH


def used(db: Connection, name: str, now: datetime) -> None:
    """Note that a token was used."""
    db.execute(update(api_tokens).where(api_tokens.c.name == name).values(last_used_at=now))


def _hash(secret: str) -> str:
    """256 random bits cannot be guessed from a plain hash, so none of the slow ones is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
