"""What the tests of delivery share: settings, messages in the outbox, one delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import update

from monitor.pipeline import deliver
from monitor.records import DeliveryKind, Draft, Message, RunKey
from monitor.settings import Settings
from monitor.store import outbox, tables
from monitor.store.database import begin, open_database

TOKEN = "xoxb-test"
BLOCK = {"type": "section", "text": {"type": "plain_text", "text": "Body"}}


def changed(settings: Settings, **changes: object) -> Settings:
    return replace(settings, **changes)  # type: ignore[arg-type]


def run(key: str = "1") -> RunKey:
    return RunKey("cli", "test", key)


def put(
    settings: Settings,
    *names: str,
    kind: DeliveryKind = DeliveryKind.ALERT,
    channel: str = "#desk",
    **options: object,
) -> None:
    drafts = [Draft(name, kind, channel, Message(name, (BLOCK,)), **options) for name in names]  # type: ignore[arg-type]
    with begin(open_database(settings.database_url)) as db:
        outbox.enqueue(db, drafts, datetime.now(UTC))


def follow(
    settings: Settings,
    name: str,
    *,
    parent: str = "one",
    kind: DeliveryKind = DeliveryKind.REPLY,
    **options: object,
) -> None:
    put(settings, name, kind=kind, parent=parent, **options)


def send(settings: Settings) -> dict[str, int]:
    """One delivery; its balanced outcomes."""
    ledger, *more = deliver(settings, run())
    assert all(one.balances for one in (ledger, *more)), (ledger, more)
    return dict(ledger.outcomes)


def states(settings: Settings) -> dict[str, int]:
    with begin(open_database(settings.database_url)) as db:
        return outbox.counts(db)


def wake(settings: Settings) -> None:
    """Let every resting message be due, as if the time had passed."""
    with begin(open_database(settings.database_url)) as db:
        db.execute(update(tables.deliveries).values(not_before=None))
