"""Held messages: each batch goes out as one when its time comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from monitor.records import Delivery, DeliveryState, Draft
from monitor.store import outbox
from monitor.store.tables import deliveries

HELD = deliveries.c.state.in_([str(DeliveryState.HELD)])


def release(
    db: Connection, now: datetime, together: Callable[[str, Sequence[Delivery]], Draft]
) -> tuple[int, int]:
    """Let out what is due: a batch as the one message that `together` makes of it, a single one as it is.

    A batch is due with the first of it; what came later goes with it.

    Returns:
        how many were folded into a message, and how many go out alone.
    """
    due = select(deliveries.c.batch).where(HELD, deliveries.c.not_before <= now)
    statement = select(deliveries.c.id, deliveries.c.batch).where(HELD, deliveries.c.batch.in_(due))
    batches: dict[str, list[int]] = {}
    for row in db.execute(statement.order_by(deliveries.c.id)):
        batches.setdefault(row.batch, []).append(row.id)
    folded = alone = 0
    for batch, ids in batches.items():
        mine = [one for id_ in ids if (one := outbox.get(db, id_)) is not None]
        if len(mine) > 1:
            folded += outbox.fold(db, ids, together(batch, mine), now)
        else:
            free = {"state": str(DeliveryState.PENDING), "not_before": None}
            db.execute(update(deliveries).where(deliveries.c.id.in_(ids), HELD).values(free))
            alone += len(ids)
    return folded, alone
