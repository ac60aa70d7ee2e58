"""Calls of Slack that may be repeated: pages of lists and histories, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from monitor.alerts.refusals import line, refused
from monitor.errors import Misconfigured, MonitorError, Permanent, Transient
from monitor.records import Posted, PostOutcome

PAGE = 200  # messages or channels a call
SETUP = "see docs/slack.md"


class MessageGone(Exception):
    """The message that was asked about is not there."""


def ask(
    client: WebClient, token_in: str, call: Callable[..., Any], what: str, query: Mapping[str, Any]
) -> Any:
    """One call that may be repeated; its answer.

    Args:
        token_in: where the token is kept, for an error that says what to put right.
        what: it asks for, in the words of an error.

    Raises:
        Transient: Slack cannot say now.
        Permanent: the bot may not.
        Misconfigured: the token is refused.
        MessageGone: what was asked about is not there.
    """
    try:
        return call(**query)
    except SlackApiError as error:
        raise _unreadable(clean(client, refused(error)), what, token_in) from error
    except Exception as error:  # the door: a broken read is worth another try
        why = clean(client, Posted(PostOutcome.UNKNOWN, error=line(error))).error
        raise Transient(f"Slack cannot be asked for {what} ({why}): try again later") from error


def pages(
    client: WebClient, token_in: str, call: Callable[..., Any], what: str, query: Mapping[str, Any]
) -> Iterator[Any]:
    """The answers of a call that gives its list in pages. Arguments and errors as `ask`."""
    cursor = ""
    while True:
        part = {**query, "limit": PAGE} | ({"cursor": cursor} if cursor else {})
        page = ask(client, token_in, call, what, part)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return


def clean(client: WebClient, posted: Posted) -> Posted:
    """What is stored of an end never has the token in it, whoever repeats it to us."""
    token = client.token
    return replace(posted, error=posted.error.replace(token, "***")) if token else posted


def _unreadable(end: Posted, what: str, token_in: str) -> Exception:
    if end.outcome is PostOutcome.PARENT_BROKEN:
        return MessageGone(end.error)
    return _not_shown(end, what, token_in)


def _not_shown(end: Posted, what: str, token_in: str) -> MonitorError:
    if end.outcome is PostOutcome.CREDENTIAL_BROKEN and end.error != "missing_scope":
        return Misconfigured(f"Slack refuses the token ({end.error}): set {token_in}, {SETUP}")
    if end.outcome in {PostOutcome.CREDENTIAL_BROKEN, PostOutcome.DESTINATION_BROKEN}:
        cure = f"invite the bot, or reinstall the app with all its scopes, {SETUP}"
        return Permanent(f"Slack does not show {what} ({end.error}): {cure}")
    return Transient(f"Slack cannot be asked for {what} ({end.error}): try again later")
