"""The door to Slack: post a message, find it again, say who we are.

Posts are never repeated in here: slack-sdk's own retries post a message twice when the connection
breaks after Slack took it. Every end of a post is one `PostOutcome`; what to do about it, the outbox
knows. docs/slack.md has the codes of each class.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from errno import EHOSTUNREACH, ENETUNREACH
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.errors import Misconfigured, MonitorError, Permanent, Transient
from monitor.records import Message, Posted, PostOutcome
from monitor.text import shorten

TIMEOUT = 15  # seconds of one call; the outbox lets an unknown end settle for longer than that
EVENT = "monitor_delivery"  # the type of the metadata by which a message is found again
SCOPES = frozenset({"chat:write", "channels:read", "channels:history", "groups:read", "groups:history"})
_PAGE = 200  # messages or channels a call
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")
_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")
_SETUP = "see docs/slack.md"

_RATE = frozenset(
    "ratelimited rate_limited service_unavailable request_timeout team_added_to_org "
    "org_login_required".split()
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
_PARENT = frozenset(
    "restricted_action_thread_locked cannot_reply_to_message thread_not_found message_not_found "
    "edit_window_closed cant_update_message is_inactive".split()
)
_CLASSES = (
    (_PARENT, (), PostOutcome.PARENT_BROKEN),
    (_RATE, (), PostOutcome.RATE_LIMITED),
    (_DESTINATION, ("restricted_action",), PostOutcome.DESTINATION_BROKEN),
    (_CREDENTIAL, (), PostOutcome.CREDENTIAL_BROKEN),
    (_CONTENT, ("invalid_blocks", "invalid_metadata"), PostOutcome.CONTENT_BROKEN),
)


def connect(token: str, url: str, timeout: int = TIMEOUT) -> Slack:
    """A connection to Slack; nothing is sent yet.

    Args:
        url: address of the API, `https://slack.com/api/` but in tests.
        timeout: seconds of one call.

    Raises:
        Misconfigured: the token or the address cannot be one.
    """
    if not re.fullmatch(r"[!-~]+", token.strip()):
        raise Misconfigured(
            f"MONITOR_SLACK_TOKEN holds a space or a strange character: copy it again, {_SETUP}"
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured(f"MONITOR_SLACK_URL is {url!r}: set it to a web address or leave it out")
    # The SDK logs every failure as an error; each of ours is an outcome that the outbox stores.
    quiet = logging.getLogger("monitor.slack")
    quiet.setLevel(logging.CRITICAL)
    client = WebClient(token.strip(), base_url=url, timeout=timeout, retry_handlers=[], logger=quiet)
    # The SDK sends every call to HTTPS_PROXY, whatever NO_PROXY says. Without a proxy of its own it
    # leaves the choice to urllib, which heeds both.
    client.proxy = None
    return Slack(client)


class Slack:
    """A workspace, seen through one token."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._channel_ids: dict[str, str] | None = None

    def post(
        self,
        channel: str,
        message: Message,
        delivery_id: str,
        *,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """Post once. Raises nothing: every end has its outcome.

        Args:
            channel: `#name` or the id of a channel.
            delivery_id: goes into the metadata of the message, where `find` looks for it.
            thread: the `ts` of the message to answer, None for a message of its own.
            broadcast: whether the channel sees the answer too.
        """
        answering = {"thread_ts": thread} | ({"reply_broadcast": True} if broadcast else {}) if thread else {}
        metadata = {"event_type": EVENT, "event_payload": {"delivery_id": delivery_id}}
        return self._tell(
            self._client.chat_postMessage,
            message,
            {"channel": channel, "metadata": metadata, "unfurl_links": False, "unfurl_media": False}
            | answering,
        )

    def edit(self, channel_id: str, ts: str, message: Message) -> Posted:
        """Put `message` in the place of one of ours; its metadata stays. To repeat it changes nothing."""
        return self._tell(self._client.chat_update, message, {"channel": channel_id, "ts": ts})

    def _tell(self, call: Callable[..., Any], message: Message, goal: Mapping[str, Any]) -> Posted:
        blocks = [dict(block) for block in message.blocks] or None
        try:
            answer = call(text=message.text, blocks=blocks, **goal)
            ts, channel_id = answer.get("ts"), answer.get("channel")
        except SlackApiError as error:
            return _refused(error)
        except Exception as error:  # the door: whatever broke on the way, Slack may have the message
            return _broken(error)
        if not ts:
            return Posted(PostOutcome.UNKNOWN, error="Slack said ok but named no message")
        return Posted(PostOutcome.SENT, channel_id=channel_id or None, ts=str(ts))

    def find(self, channel: str, delivery_id: str, since: datetime) -> Posted | None:
        """Look for a message in the history of its channel, from `since` on.

        Returns:
            where it is; None where Slack answers that it is not there.

        Raises:
            Transient: Slack cannot say now.
            Permanent: the bot cannot read this channel.
            Misconfigured: the token is refused.
        """
        channel_id = self._channel_id(channel)
        query = {
            "channel": channel_id,
            "oldest": f"{since.timestamp():.6f}",
            "include_all_metadata": True,
        }
        for page in self._pages(self._client.conversations_history, f"the history of {channel}", query):
            for message in page.get("messages", ()):
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == EVENT and payload.get("delivery_id") == delivery_id:
                    return Posted(PostOutcome.SENT, channel_id=channel_id, ts=str(message["ts"]))
        return None

    def who(self) -> str:
        """The bot and its workspace in one line.

        Raises:
            Transient: Slack does not answer.
            Misconfigured: the token is refused, or the app lacks a scope.
        """
        answer = self._ask(self._client.auth_test, "who the token belongs to", {})
        headers = {name.lower(): text for name, text in answer.headers.items()}
        granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
        if granted and (missing := sorted(SCOPES - granted)):
            cure = "add them to the app, reinstall it and set the new token"
            raise Misconfigured(f"the Slack app lacks the scopes {', '.join(missing)}: {cure}, {_SETUP}")
        return f"{answer.get('user', 'the bot')} in {answer.get('team', 'the workspace')}"

    def _channel_id(self, channel: str) -> str:
        if _CHANNEL_ID.fullmatch(channel):
            return channel
        if self._channel_ids is None:
            query = {"types": "public_channel,private_channel", "exclude_archived": False}
            pages = self._pages(self._client.conversations_list, "the list of channels", query)
            self._channel_ids = {c["name"]: c["id"] for page in pages for c in page.get("channels", ())}
        found = self._channel_ids.get(channel.removeprefix("#"))
        if found is None:
            raise Permanent(f"Slack shows the bot no channel {channel}: create it or invite the bot")
        return found

    def _pages(self, call: Callable[..., Any], what: str, query: Mapping[str, Any]) -> Iterator[Any]:
        cursor = ""
        while True:
            page = self._ask(call, what, {**query, "limit": _PAGE} | ({"cursor": cursor} if cursor else {}))
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def _ask(self, call: Callable[..., Any], what: str, query: Mapping[str, Any]) -> Any:
        try:
            return call(**query)
        except SlackApiError as error:
            raise _unreadable(_refused(error), what) from error
        except Exception as error:  # the door: a broken read is worth another try
            raise Transient(f"Slack cannot be asked for {what} ({_line(error)}): try again later") from error


def _unreadable(refused: Posted, what: str) -> MonitorError:
    if refused.outcome is PostOutcome.CREDENTIAL_BROKEN and refused.error != "missing_scope":
        return Misconfigured(f"Slack refuses the token ({refused.error}): set MONITOR_SLACK_TOKEN, {_SETUP}")
    if refused.outcome in {PostOutcome.CREDENTIAL_BROKEN, PostOutcome.DESTINATION_BROKEN}:
        cure = f"invite the bot, or reinstall the app with all its scopes, {_SETUP}"
        return Permanent(f"Slack does not show {what} ({refused.error}): {cure}")
    return Transient(f"Slack cannot be asked for {what} ({refused.error}): try again later")


def _refused(error: SlackApiError) -> Posted:
    """The outcome of an answer that is not ok."""
    response = error.response
    status = int(getattr(response, "status_code", 0) or 0)
    code = shorten(str(response.get("error") or f"HTTP {status}"), 200)
    rest = _retry_after(getattr(response, "headers", None) or {})
    if status == 429:
        return Posted(
            PostOutcome.RATE_LIMITED, error="ratelimited", retry_after=rest or timedelta(seconds=30)
        )
    if status >= 500:  # also with a code in its body: the post may have been stored before it broke
        return Posted(PostOutcome.UNKNOWN, error=f"HTTP {status}")
    for codes, starts, outcome in _CLASSES:
        if code in codes or code.startswith(starts):
            waits = rest if outcome is PostOutcome.RATE_LIMITED else None
            return Posted(outcome, error=code, retry_after=waits)
    # internal_error and fatal_error may have posted; a code that we do not know is looked up too.
    return Posted(PostOutcome.UNKNOWN, error=code if _CODE.fullmatch(code) else "the answer is not Slack's")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=max(int(text), 1)) if text.isascii() and text.isdigit() else None


def _broken(error: Exception) -> Posted:
    """The outcome of a call without an answer: not sent only where that is proven."""
    cause = error.reason if isinstance(error, URLError) else None  # urllib wraps what fails before the answer
    proven = isinstance(cause, socket.gaierror | ConnectionRefusedError | ssl.SSLCertVerificationError)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        proven = True  # the handshake failed
    if isinstance(cause, OSError) and cause.errno in {EHOSTUNREACH, ENETUNREACH}:
        proven = True
    if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
        proven = True  # the proxy refused before anything was sent
    return Posted(PostOutcome.NOT_SENT if proven else PostOutcome.UNKNOWN, error=_line(error))


def _line(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    text = " ".join(str(reason).split())
    return shorten(text or type(reason).__name__, 200)
