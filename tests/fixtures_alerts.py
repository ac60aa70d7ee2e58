"""Hits, deliveries and messages for the tests of the alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from monitor.records import (
    Article,
    DecideOutcome,
    Decision,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Draft,
    Hit,
    HitInStory,
    Message,
    Opening,
    Reason,
    Route,
    Severity,
    TextSource,
    WeightedTerm,
)
from monitor.store import alerts

SEEN = datetime(2026, 5, 17, 8, 0, tzinfo=UTC)
TITLES = {"sanctions": "Sanctions", "arms_transfers": "Arms transfers"}
TERMS = (
    WeightedTerm("asset freeze", 1.4),
    WeightedTerm("football", -0.9),
    WeightedTerm("sanctions", 2.1),
    WeightedTerm("tankers", 0.3),
)
SENTENCE = "The council froze the assets of eleven tanker firms and barred their ships from its ports."


def article(**changes: Any) -> Article:
    values: dict[str, Any] = {
        "id": 1,
        "canonical_url": "https://harbour-herald.example/tankers",
        "url": "https://www.harbour-herald.example/tankers?ref=rss",
        "feed_id": 1,
        "publisher": "Harbour Herald",
        "title": "Council freezes assets of eleven tanker firms",
        "summary": "",
        "text": "",
        "text_source": TextSource.FEED,
        "author": None,
        "language": "en",
        "published_at": SEEN,
        "first_seen_at": SEEN,
        "effective_at": SEEN,
        "stale": False,
        "story_id": 7,
    }
    return Article(**(values | changes))


def hit(
    hit_id: int = 1,
    *,
    topic: str = "sanctions",
    score: float = 0.93,
    story_id: int = 7,
    sentence: str = SENTENCE,
    terms: tuple[WeightedTerm, ...] = TERMS,
    stale: bool = False,
    minutes: int = 0,
    version: str = "2026-05-01-3f2a",
    **changes: Any,
) -> HitInStory:
    """A hit; `changes` are those of its article or of its place in the story."""
    own = {name: changes.pop(name) for name in list(changes) if name in HitInStory.__dataclass_fields__}
    at = SEEN + timedelta(minutes=minutes)
    found = article(id=hit_id, story_id=story_id, stale=stale, effective_at=at, **changes)
    values: dict[str, Any] = {
        "hit_id": hit_id,
        "hit": Hit(found.id, topic, score, 0.5, version, Reason(sentence, terms)),
        "article": found,
        "story_id": story_id,
        "story_headline": found.title,
        "publishers": (found.publisher,),
        "articles": 1,
        "copies": 0,
        "first_seen_at": SEEN,
        "last_seen_at": at,
    }
    return HitInStory(**(values | own))


def raise_alerts(
    db: Connection, found: Sequence[HitInStory], route: Route, message: Message, now: datetime = SEEN
) -> int:
    """Record alerts of these hits on one route, a message a story; returns how many are new."""
    decisions = [Decision(one, DecideOutcome.ALERT, (route,)) for one in found]
    firsts = {one.story_id: one for one in reversed(found)}
    opened = []
    for story_id, one in firsts.items():
        token = f"token-{story_id}-{one.hit_id}"
        draft = Draft(f"alert:{token}", DeliveryKind.ALERT, route.channel, message, hit_id=one.hit_id)
        opened.append((token, Opening(story_id, route.channel, route, (one,), Severity.HIGH), draft))
    return alerts.record(db, decisions, opened, now)


def delivery(number: int, message: Message, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": number,
        "delivery_id": f"{number:032x}",
        "dedup_key": f"key-{number}",
        "kind": DeliveryKind.ALERT,
        "channel": "#desk",
        "message": message,
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "created_at": SEEN,
    }
    return Delivery(**(values | changes))
