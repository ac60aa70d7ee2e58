"""What an answer of Slack means, or none at all: each end of a call is one `PostOutcome`.

docs/slack.md has the codes of each class. A code that is not listed may have been answered after the
message was stored, so its end is unknown.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta
from errno import EHOSTUNREACH, ENETUNREACH
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

from monitor.records import Posted, PostOutcome
from monitor.text import shorten

UNSAID_REST = timedelta(seconds=30)  # Slack asks to wait and does not say how long
_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")

_RATE = frozenset(
    "ratelimited rate_limited service_unavailable request_timeout team_added_to_org "
    "org_login_required".split()
)
_PARENT = frozenset(
    "restricted_action_thread_locked restricted_action_non_threadable_channel cannot_reply_to_message "
    "thread_not_found message_not_found edit_window_closed cant_update_message is_inactive".split()
)
_DESTINATION = frozenset(
    "channel_not_found not_in_channel is_archived message_limit_exceeded ekm_access_denied".split()
)
_CREDENTIAL = frozenset(
    "invalid_auth token_revoked token_expired account_inactive missing_scope not_authed access_denied "
    "not_allowed_token_type".split()
)
_CONTENT = frozenset(
    "msg_blocks_too_long msg_too_long metadata_too_large metadata_must_be_sent_from_app no_text "
    "too_many_attachments".split()
)
_CLASSES = (
    (_RATE, (), PostOutcome.RATE_LIMITED),
    (_PARENT, (), PostOutcome.PARENT_BROKEN),
    (_DESTINATION, ("restricted_action",), PostOutcome.DESTINATION_BROKEN),
    (_CREDENTIAL, (), PostOutcome.CREDENTIAL_BROKEN),
    (_CONTENT, ("invalid_blocks", "invalid_metadata"), PostOutcome.CONTENT_BROKEN),
)


def refused(error: SlackApiError) -> Posted:
    """The outcome of an answer that is not ok."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    code = shorten(str(response.get("error") or f"HTTP {status}"), 200)
    rest = _retry_after(getattr(response, "headers", None) or {})
    if status == 429:
        return Posted(PostOutcome.RATE_LIMITED, error="ratelimited", retry_after=rest or UNSAID_REST)
    if status >= 500:  # also with a code in its body: the post may have been stored before it broke
        return Posted(PostOutcome.UNKNOWN, error=f"HTTP {status}")
    for codes, starts, outcome in _CLASSES:
        if code in codes or code.startswith(starts):
            waits = rest if outcome is PostOutcome.RATE_LIMITED else None
            return Posted(outcome, error=code, retry_after=waits)
    # internal_error and fatal_error may have posted; a code that we do not know is looked up too.
    return Posted(PostOutcome.UNKNOWN, error=code if _CODE.fullmatch(code) else "the answer is not Slack's")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = header(headers, "Retry-After")
    return timedelta(seconds=max(int(text), 1)) if text.isascii() and text.isdigit() else None


def header(headers: Mapping[str, str], name: str) -> str:
    """A header of an answer whatever its case, "" where it is not there."""
    return next((str(value) for key, value in headers.items() if key.lower() == name.lower()), "")


def broken(error: Exception) -> Posted:
    """The outcome of a call without an answer: not sent only where that is proven."""
    cause = error.reason if isinstance(error, URLError) else None  # urllib wraps what fails before the answer
    proven = isinstance(cause, socket.gaierror | ConnectionRefusedError | ssl.SSLCertVerificationError)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        proven = True  # the handshake failed
    if isinstance(cause, OSError) and cause.errno in {EHOSTUNREACH, ENETUNREACH}:
        proven = True
    if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
        proven = True  # the proxy refused before anything was sent
    return Posted(PostOutcome.NOT_SENT if proven else PostOutcome.UNKNOWN, error=line(error))


def line(error: Exception) -> str:
    """An error in one line."""
    reason = error.reason if isinstance(error, URLError) else error
    text = " ".join(str(reason).split())
    return shorten(text or type(reason).__name__, 200)
