"""What headers say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.feeds.answers import judged, max_age, retry_after
from monitor.records import FetchOutcome

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATER = "Mon, 23 Nov 2026 10:05:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "120"}, timedelta(minutes=2)),
        ({"Retry-After": " 1.5 "}, timedelta(seconds=1)),
        ({"Retry-After": "9" * 18}, timedelta(days=31)),
        ({"Retry-After": LATER}, timedelta(minutes=5)),
        ({"Retry-After": LATER, "Date": "Mon, 23 Nov 2026 10:04:00 GMT"}, timedelta(minutes=1)),
        ({"Retry-After": LATER, "Date": "Mon, 23 Nov 2026 11:00:00 GMT"}, timedelta(0)),
        ({"Retry-After": "Mon, 23 Nov 2099 10:00:00 GMT"}, timedelta(days=31)),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Mon, 99 Nov 2026 10:05:00 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers, NOW) == wait


@pytest.mark.parametrize(
    ("rule", "age"),
    [
        ("", None),
        ("max-age=300", timedelta(minutes=5)),
        ("public, Max-Age=60, must-revalidate", timedelta(minutes=1)),
        ("s-maxage=60", None),
        ("no-cache, max-age=300", None),
        ("no-store,max-age=300", None),
        ("max-age=soon", None),
        ("max-age=" + "9" * 18, timedelta(days=31)),
    ],
)
def test_how_long_an_answer_is_good_for(rule: str, age: timedelta | None) -> None:
    assert max_age({"Cache-Control": rule}) == age


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        ({"Expires": LATER, "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}, timedelta(minutes=5)),
        ({"Expires": LATER, "Date": "Mon, 23 Nov 2026 11:00:00 GMT"}, None),
        ({"Expires": LATER, "Cache-Control": "max-age=60"}, timedelta(minutes=1)),
        ({"Expires": LATER, "Cache-Control": "no-cache"}, None),
        ({"Expires": "Mon, 23 Nov 2099 10:00:00 GMT"}, timedelta(days=31)),
        ({"Expires": "0"}, None),
        ({"Expires": "-1"}, None),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
    ],
)
def test_expires_counts_where_cache_control_says_nothing(
    headers: dict[str, str], age: timedelta | None
) -> None:
    assert max_age(headers) == age


def test_a_challenge_for_browsers_is_named() -> None:
    end = judged(403, {"cf-mitigated": "challenge"}, conditional=False, kinds=())
    assert (end.outcome, end.detail) == (
        FetchOutcome.FORBIDDEN,
        "the server says 403 Forbidden: it wants proof of a browser",
    )
