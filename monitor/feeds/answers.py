"""What a server's status line, headers and body say, as values (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from monitor.records import Fetched, FetchOutcome

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
_LONGEST = timedelta(days=31)  # whatever a server asks for beyond this is a slip
_VALIDATOR_LIMIT = 1_000  # characters; a longer one is no validator but a trap
_NUMBER = re.compile(r"\s*(\d{1,18})(?:\.\d*)?\s*\Z")
_MAX_AGE = re.compile(r'(?:\A|[\s,])max-age\s*=\s*"?(\d{1,18})', re.IGNORECASE)


def judged(status: int, headers: Mapping[str, str], conditional: bool, kinds: tuple[str, ...]) -> Fetched:
    """The end of a GET as far as status and headers decide it; the URLs and the body are left empty.

    Args:
        conditional: whether validators were sent.
        kinds: beginnings of media types that are wanted; none means all.
    """
    outcome, detail = status_outcome(status), status_line(status)
    content_type = _opaque(headers.get("Content-Type"))
    if outcome is FetchOutcome.NOT_MODIFIED and not conditional:
        outcome, detail = FetchOutcome.HTTP_ERROR, "the server says 304, but nothing was known before"
    elif outcome is FetchOutcome.FETCHED and not _wanted(content_type, kinds):
        outcome, detail = FetchOutcome.HTTP_ERROR, f"not a web page: {content_type}"
    elif outcome is FetchOutcome.FORBIDDEN and headers.get("cf-mitigated") == "challenge":
        detail = f"{detail}: it wants proof of a browser"
    waits = outcome in {FetchOutcome.RATE_LIMITED, FetchOutcome.SERVER_ERROR}
    return Fetched(
        "",
        outcome,
        "",
        status=status,
        content_type=content_type,
        etag=_opaque(headers.get("ETag")),
        last_modified=_opaque(headers.get("Last-Modified")),
        retry_after=retry_after(headers, datetime.now(UTC)) if waits else None,
        max_age=max_age(headers) if status < 400 else None,
        detail="" if outcome is FetchOutcome.FETCHED else detail,
    )


def with_body(end: Fetched, body: bytes, known_hash: str | None) -> Fetched:
    """`end` with its body, or why the body is of no use."""
    if not body.strip():
        return replace(end, outcome=FetchOutcome.EMPTY_BODY, detail="the server sent an empty body")
    digest = hashlib.sha256(body).hexdigest()
    if digest == known_hash:
        detail = "the same bytes as last time"
        return replace(end, outcome=FetchOutcome.UNCHANGED, body_hash=digest, detail=detail)
    return replace(end, body=body, body_hash=digest)


def sendable(value: str) -> bool:
    """Whether a header's value can be stored and sent back as it is."""
    return value.isprintable() and len(value) <= _VALIDATOR_LIMIT


def _opaque(value: str | None) -> str | None:
    return value if value and sendable(value) else None


def _wanted(content_type: str | None, kinds: tuple[str, ...]) -> bool:
    return not kinds or not content_type or content_type.strip().lower().startswith(kinds)


def status_outcome(status: int) -> FetchOutcome:
    """The outcome that a status stands for; any 2xx is FETCHED."""
    match status:
        case 304:
            return FetchOutcome.NOT_MODIFIED
        case 401 | 403 | 451:
            return FetchOutcome.FORBIDDEN
        case 404:
            return FetchOutcome.NOT_FOUND
        case 410:
            return FetchOutcome.GONE
        case 429:
            return FetchOutcome.RATE_LIMITED
    if 500 <= status <= 599:
        return FetchOutcome.SERVER_ERROR
    return FetchOutcome.FETCHED if 200 <= status <= 299 else FetchOutcome.HTTP_ERROR


def status_line(status: int) -> str:
    """One plain line: "the server says 404 Not Found"."""
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    return f"the server says {status}{phrase}"


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server asks us to wait, from seconds or from an HTTP date.

    A date is taken relative to the server's own Date header where there is one, so that a wrong clock
    on either side does not count. None if the header is absent or cannot be read; never negative.
    """
    text = headers.get("Retry-After", "")
    if number := _NUMBER.match(text):
        return _span(int(number.group(1)))
    until = _date(text)
    if until is None:
        return None
    wait = until - (_date(headers.get("Date", "")) or now)
    return min(max(wait, timedelta(0)), _LONGEST)


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """How long the server says its answer is good for; None if it says nothing or forbids keeping it.

    Cache-Control decides before Expires (RFC 9111, 5.3), which counts from the server's own Date.
    """
    rule = headers.get("Cache-Control", "")
    if re.search(r"\bno-(?:cache|store)\b", rule, re.IGNORECASE):
        return None
    if found := _MAX_AGE.search(rule):
        return _span(int(found.group(1)))
    until = _date(headers.get("Expires", ""))
    if until is None:  # "0" and "-1" are what servers write for "at once"
        return None
    age = until - (_date(headers.get("Date", "")) or datetime.now(UTC))
    return min(age, _LONGEST) if age > timedelta(0) else None


def _span(seconds: int) -> timedelta:
    return timedelta(seconds=min(seconds, int(_LONGEST.total_seconds())))


def _date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
