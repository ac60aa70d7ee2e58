"""The door to Slack: post a message, edit it, find it again, say who we are.

Posts are never repeated in here: slack-sdk's own retries post a message twice when the connection
breaks after Slack took it. Every end of a post is one `PostOutcome`; what to do about it, the outbox
knows.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.alerts.asking import SETUP, MessageGone, ask, clean, pages
from monitor.alerts.refusals import broken, header, refused
from monitor.alerts.slacktime import SlackTime, wall
from monitor.errors import Misconfigured, Permanent
from monitor.records import FoundCopy, Message, Posted, PostOutcome

TIMEOUT = 15  # seconds of one call; the outbox lets an unknown end settle for longer than that
EVENT = "monitor_delivery"  # the type of the metadata by which a message is found again
SCOPES = frozenset({"chat:write", "channels:read", "channels:history", "groups:read", "groups:history"})
TOKEN_IN = "MONITOR_SLACK_TOKEN"
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")


def connect(token: str, url: str, timeout: float = TIMEOUT, *, clock: Callable[[], datetime] = wall) -> Slack:
    """A connection to Slack; nothing is sent yet.

    Args:
        url: address of the API, `https://slack.com/api/` but in tests.
        timeout: seconds of one call.
        clock: of this machine, for a Slack that does not tell the time.

    Raises:
        Misconfigured: the token or the address cannot be one.
    """
    if not re.fullmatch(r"[!-~]+", token.strip()):
        raise Misconfigured(f"{TOKEN_IN} holds a space or a strange character: copy it again, {SETUP}")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured(f"MONITOR_SLACK_URL is {url!r}: set it to a web address or leave it out")
    client = WebClient(token.strip(), base_url=url, retry_handlers=[], logger=quiet())
    return by_client(client, timeout, clock=clock)


def quiet() -> logging.Logger:
    """A logger for the SDK, which logs each failure as an error: with us it is an outcome in the outbox."""
    found = logging.getLogger("monitor.slack")
    found.setLevel(logging.CRITICAL)
    return found


def by_client(
    client: WebClient,
    timeout: float = TIMEOUT,
    *,
    proxy: str | None = None,
    token_in: str = TOKEN_IN,
    clock: Callable[[], datetime] = wall,
) -> Slack:
    """A connection through a client of the SDK, such as Airflow makes of its own connections.

    Args:
        timeout: seconds of one call, whatever the client came with: leases are counted by it.
        proxy: of the connection itself.
        token_in: where the token is kept, for the errors that say what to put right.

    Raises:
        Misconfigured: the client repeats calls by itself, which would post messages twice.
    """
    if client.retry_handlers:
        raise Misconfigured(f"the client of {token_in} repeats calls: make it with retry_handlers=[]")
    client.timeout = timeout  # type: ignore[assignment]  # urllib takes fractions too
    # The SDK sends every call to HTTPS_PROXY, whatever NO_PROXY says. Without a proxy of its own it
    # leaves the choice to urllib, which heeds both.
    client.proxy = proxy
    return Slack(client, token_in=token_in, clock=clock)


class Slack:
    """A workspace, seen through one token; `token_in` says where that is kept."""

    def __init__(
        self, client: WebClient, *, token_in: str = TOKEN_IN, clock: Callable[[], datetime] = wall
    ) -> None:
        self._client = client
        self.token_in = token_in
        self._time = SlackTime(clock)
        self._channel_ids: dict[str, str] | None = None
        self._bot_id = ""

    @property
    def client(self) -> WebClient:
        """The SDK's client, for those who answer Slack instead of calling it."""
        return self._client

    def now(self) -> datetime:
        """Now by Slack's clock, as `who` learned it, to about a second."""
        return self._time.now()

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
            delivery_id: goes into the metadata of the message, where `copies` looks for it.
            thread: the `ts` of the message to answer, None for a message of its own.
            broadcast: whether the channel sees the answer too.
        """
        goal: dict[str, Any] = {
            "channel": channel,
            "metadata": {"event_type": EVENT, "event_payload": {"delivery_id": delivery_id}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread:
            goal |= {"thread_ts": thread} | ({"reply_broadcast": True} if broadcast else {})
        return self._tell(self._client.chat_postMessage, message, goal)

    def edit(self, channel_id: str, ts: str, message: Message) -> Posted:
        """Put `message` in the place of one of ours; its metadata stays. To repeat it changes nothing."""
        return self._tell(self._client.chat_update, message, {"channel": channel_id, "ts": ts})

    def _tell(self, call: Callable[..., Any], message: Message, goal: Mapping[str, Any]) -> Posted:
        # An edit without blocks would keep the old ones; an empty list takes them away.
        none: list[Any] | None = [] if call == self._client.chat_update else None
        try:
            answer = call(text=message.text, blocks=[dict(block) for block in message.blocks] or none, **goal)
            ts, channel_id = answer.get("ts"), answer.get("channel")
        except SlackApiError as error:
            return clean(self._client, refused(error))
        except Exception as error:  # the door: whatever broke on the way, Slack may have the message
            return clean(self._client, broken(error))
        if not ts:
            return Posted(PostOutcome.UNKNOWN, error="Slack said ok but named no message")
        return Posted(PostOutcome.SENT, channel_id=channel_id or None, ts=str(ts))

    def copies(
        self, channel: str, delivery_ids: Collection[str], since: datetime, thread: str | None = None
    ) -> dict[str, list[FoundCopy]]:
        """Look for messages of ours in the history of a channel, or in a thread, from `since` on.

        Returns:
            for each of `delivery_ids` that Slack has its copies, the earliest first.

        Raises:
            Transient: Slack cannot say now.
            Permanent: the bot cannot read this channel.
            Misconfigured: the token is refused.
        """
        channel_id = self._channel_id(channel)
        query: dict[str, Any] = {
            "channel": channel_id,
            "oldest": f"{since.timestamp():.6f}",
            "include_all_metadata": True,
        }
        call: Callable[..., Any] = self._client.conversations_history
        if thread:
            call, query = self._client.conversations_replies, query | {"ts": thread}
        found: dict[str, dict[str, FoundCopy]] = {}
        try:
            for page in self._pages(call, f"the history of {channel}", query):
                for message in page.get("messages", ()):
                    if (id_ := self._delivery_id(message)) in delivery_ids:
                        ts = str(message["ts"])
                        replies = int(message.get("reply_count") or 0)
                        found.setdefault(id_, {})[ts] = FoundCopy(channel_id, ts, replies)
        except MessageGone:
            return {}
        return {id_: sorted(mine.values(), key=lambda copy: float(copy.ts)) for id_, mine in found.items()}

    def _delivery_id(self, message: Mapping[str, Any]) -> str:
        metadata = message.get("metadata") or {}
        foreign = self._bot_id and message.get("bot_id", self._bot_id) != self._bot_id
        if foreign or metadata.get("event_type") != EVENT:
            return ""
        return str((metadata.get("event_payload") or {}).get("delivery_id", ""))

    def remove(self, copy: FoundCopy) -> None:
        """Delete a message of ours; nothing happens where it is gone already.

        Raises:
            Transient, Permanent, Misconfigured: as `copies`.
        """
        try:
            self.ask(self._client.chat_delete, "a second copy", {"channel": copy.channel_id, "ts": copy.ts})
        except MessageGone:
            return

    def probe(self, channel: str) -> str:
        """Why the bot cannot post to a channel, as far as that can be seen; "" where nothing is.

        Raises:
            Transient: Slack cannot say now.
            Misconfigured: the token is refused.
        """
        self._channel_ids = None  # the channel may have been made or renamed
        try:
            asked = {"channel": self._channel_id(channel)}
            found = self.ask(self._client.conversations_info, f"the channel {channel}", asked)["channel"]
        except Permanent as error:
            return str(error)
        if found.get("is_archived"):
            return "is_archived"
        return "" if found.get("is_member", True) else "not_in_channel"

    def who(self) -> str:
        """The bot and its workspace in one line.

        Raises:
            Transient: Slack does not answer.
            Misconfigured: the token is refused, or the app lacks a scope.
        """
        answer = self.ask(self._client.auth_test, "who the token belongs to", {})
        self._bot_id = str(answer.get("bot_id") or "")
        self._time.hear(header(answer.headers, "Date"))
        granted = {scope.strip() for scope in header(answer.headers, "X-OAuth-Scopes").split(",")} - {""}
        if granted and (missing := sorted(SCOPES - granted)):
            cure = "add them to the app, reinstall it and set the new token"
            raise Misconfigured(f"the Slack app lacks the scopes {', '.join(missing)}: {cure}, {SETUP}")
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
        return pages(self._client, self.token_in, call, what, query)

    def ask(self, call: Callable[..., Any], what: str, query: Mapping[str, Any]) -> Any:
        """One call that may be repeated; its answer.

        Args:
            what: it asks for, in the words of an error.

        Raises:
            Transient: Slack cannot say now.
            Permanent: the bot may not.
            Misconfigured: the token is refused.
        """
        return ask(self._client, self.token_in, call, what, query)
