"""Proposals of topic cards: made by `compile`, open until a person decides, never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.errors import NotFound
from monitor.records import NewProposal, Proposal, ProposalKind, ProposalState
from monitor.store.tables import proposals


def replace(db: Connection, made: Sequence[NewProposal], now: datetime) -> list[Proposal]:
    """Store the proposals of some documents; open ones of an earlier reading of the same text give way."""
    hashes = sorted({one.document_hash for one in made})
    stale = (proposals.c.document_hash.in_(hashes)) & (proposals.c.state == str(ProposalState.OPEN))
    gone = {
        "state": str(ProposalState.REJECTED),
        "decided_at": now,
        "note": "its document was compiled again",
    }
    db.execute(update(proposals).where(stale).values(gone))
    ids = [
        db.execute(
            proposals.insert()
            .values(
                kind=str(one.kind),
                topic=one.topic,
                title=one.title,
                document=one.document,
                document_hash=one.document_hash,
                card=one.card,
                evidence=dict(one.evidence),
                state=str(ProposalState.OPEN),
                made_at=now,
                note="",
            )
            .returning(proposals.c.id)
        ).scalar_one()
        for one in made
    ]
    return [get(db, row_id) for row_id in ids]


def get(db: Connection, row_id: int) -> Proposal:
    """The proposal of that number.

    Raises:
        NotFound: there is none.
    """
    row = db.execute(select(proposals).where(proposals.c.id == row_id)).first()
    if row is None:
        raise NotFound(f"no proposal {row_id}: `monitor topics proposals` lists them")
    return _proposal(row)


def listing(db: Connection, state: ProposalState | None = None) -> list[Proposal]:
    """All proposals, or those of one state, newest first."""
    statement = select(proposals).order_by(proposals.c.id.desc())
    if state is not None:
        statement = statement.where(proposals.c.state == str(state))
    return [_proposal(row) for row in db.execute(statement)]


def settle(
    db: Connection,
    row_id: int,
    state: ProposalState,
    by: str,
    now: datetime,
    *,
    before: str | None = None,
    after: str | None = None,
    note: str = "",
) -> Proposal:
    """Write what was decided of a proposal; back to OPEN undoes it.

    Args:
        before, after: the text of the card's file before and after an acceptance.
    """
    undone = state is ProposalState.OPEN
    values = {
        "state": str(state),
        "decided_at": None if undone else now,
        "decided_by": None if undone else by,
        "before": before,
        "after": after,
        "note": note,
    }
    db.execute(update(proposals).where(proposals.c.id == row_id).values(values))
    return get(db, row_id)


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        id=row.id,
        kind=ProposalKind(row.kind),
        topic=row.topic,
        title=row.title,
        document=row.document,
        card=row.card,
        evidence=row.evidence,
        state=ProposalState(row.state),
        made_at=row.made_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
        before=row.before,
        after=row.after,
    )
