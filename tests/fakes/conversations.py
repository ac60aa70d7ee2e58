"""What the fake Slack does with messages and channels: one function for each method of its API.

Each takes the workspace and the arguments of the call; `need` refuses what Slack would refuse.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from fakes.blocks import need, validate

if TYPE_CHECKING:
    from fakes.slack import FakeSlack

POST_KEYS = set(
    "channel text blocks metadata unfurl_links unfurl_media token thread_ts reply_broadcast".split()
)
UPDATE_KEYS = set("channel ts text blocks metadata token".split())
BOT = "B1"
UPDATE_TEXT = 4_000  # characters; a post takes ten times as many


def post(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(not args.keys() - POST_KEYS, f"{args.keys() - POST_KEYS}", "invalid_arguments")
    name = _channel(slack, args)
    need(name not in slack.archived, name, "is_archived")
    text, blocks = args.get("text") or "", args.get("blocks")
    need(bool(text.strip()), "no text: a notification would be empty", "no_text")
    need(len(text) <= 40_000, f"{len(text)} characters", "msg_too_long")
    if "blocks" in args:
        validate(blocks, len(json.dumps(blocks)))
    _metadata(args.get("metadata"))
    for flag in ("unfurl_links", "unfurl_media"):
        need(
            args.get(flag) is False,
            f"{flag} is not off: a preview each floods the channel",
            "invalid_arguments",
        )
    for id_ in _pictures(blocks):
        need(slack.files.get(id_, {}).get("done") is True, f"no file {id_}", "invalid_blocks")
        slack.slow_files -= 1
        need(slack.slow_files < 0, f"{id_} is not ready", "invalid_blocks")
    root = _thread(slack, name, args)
    slack.spend(name)
    ts = f"{time.time():.6f}"
    while any(message["ts"] == ts for message in slack.messages):
        ts = f"{float(ts) + 1e-6:.6f}"
    message = {"type": "message", "bot_id": BOT, "channel": slack.ids[name], "ts": ts, "text": text}
    more = {"blocks": blocks or [], "metadata": args.get("metadata"), "thread_ts": root}
    slack.messages.append(message | more | {"broadcast": bool(args.get("reply_broadcast"))})
    return {"channel": slack.ids[name], "ts": ts, "message": message}


def _thread(slack: FakeSlack, name: str, args: dict[str, Any]) -> Any:
    """The message that a post answers; None where it answers none."""
    root = args.get("thread_ts")
    if root is not None:
        known = {m["ts"] for m in slack.messages if m["channel"] == slack.ids[name]}
        need(root in known, f"no message {root}", "thread_not_found")
        need(root not in slack.locked, str(root), "restricted_action_thread_locked")
    need(root is not None or not args.get("reply_broadcast"), "no thread", "invalid_arguments")
    return root


def update(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(not args.keys() - UPDATE_KEYS, f"{args.keys() - UPDATE_KEYS}", "invalid_arguments")
    need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
    name = _channel(slack, args)
    need(name not in slack.archived, name, "is_archived")
    mine = [m for m in slack.messages if (m["channel"], m["ts"]) == (slack.ids[name], args.get("ts"))]
    need(bool(mine), str(args.get("ts")), "message_not_found")
    need(mine[0]["bot_id"] == BOT, "another's", "cant_update_message")
    text, blocks = args.get("text") or "", args.get("blocks")
    need(bool(text.strip()) or bool(blocks), "nothing to show", "no_text")
    need(len(text) <= UPDATE_TEXT, f"{len(text)} characters", "msg_too_long")
    if blocks:
        validate(blocks, len(json.dumps(blocks)))
    _metadata(args.get("metadata"))
    slack.edits.append((mine[0]["ts"], text))
    mine[0] |= {"text": text, "edited": {"user": BOT}}
    if blocks is not None:
        mine[0]["blocks"] = blocks
    if args.get("metadata") is not None:
        mine[0]["metadata"] = args["metadata"]
    return {"channel": slack.ids[name], "ts": mine[0]["ts"], "text": text}


def delete(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    name = _channel(slack, args)
    mine = [m for m in slack.messages if (m["channel"], m["ts"]) == (slack.ids[name], args.get("ts"))]
    need(bool(mine), str(args.get("ts")), "message_not_found")
    need(mine[0]["bot_id"] == BOT, "another's", "cant_delete_message")
    slack.messages.remove(mine[0])
    return {"channel": slack.ids[name], "ts": args["ts"]}


def history(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
    channel = slack.ids[_channel(slack, args)]
    oldest = float(args.get("oldest") or 0)
    found = [
        _shown(slack, message, args)
        for message in reversed(slack.messages)
        if message["channel"] == channel
        and float(message["ts"]) > oldest
        and (message["thread_ts"] is None or message["broadcast"])
    ]
    return _paged(slack, "messages", found, args)


def replies(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
    channel, root = slack.ids[_channel(slack, args)], str(args.get("ts"))
    thread = [m for m in slack.messages if m["channel"] == channel and root in {m["ts"], m["thread_ts"]}]
    need(bool(thread), root, "thread_not_found")
    oldest = float(args.get("oldest") or 0)
    found = [_shown(slack, m, args) for m in thread if m["ts"] == root or float(m["ts"]) > oldest]
    return _paged(slack, "messages", found, args)


def channel_list(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(
        "groups:read" in slack.scopes or "private" not in args.get("types", ""),
        "groups:read",
        "missing_scope",
    )
    return _paged(slack, "channels", [_info(slack, name) for name in slack.ids], args)


def _shown(slack: FakeSlack, message: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    hidden = set() if str(args.get("include_all_metadata")) in {"1", "true", "True"} else {"metadata"}
    hidden |= {"channel", "broadcast"} | (set() if message["thread_ts"] else {"thread_ts"})
    answers = sum(m["thread_ts"] == message["ts"] for m in slack.messages)
    counted = {"reply_count": answers, "thread_ts": message["ts"]} if answers else {}
    return {key: value for key, value in message.items() if key not in hidden} | counted


def _paged(slack: FakeSlack, key: str, found: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
    start = int(args.get("cursor") or 0)
    end = start + min(int(args.get("limit") or 100), slack.page)
    cursor = str(end) if end < len(found) else ""
    return {key: found[start:end], "response_metadata": {"next_cursor": cursor}}


def _named(slack: FakeSlack, args: dict[str, Any]) -> str:
    wanted = str(args.get("channel", "")).removeprefix("#")
    name = next((n for n, id_ in slack.ids.items() if wanted in {n, id_}), None)
    need(name is not None, wanted, "channel_not_found")
    assert name is not None
    return name


def _channel(slack: FakeSlack, args: dict[str, Any]) -> str:
    """The name of the channel that the call names, where the bot may be."""
    name = _named(slack, args)
    need(name in slack.joined, name, "not_in_channel")
    return name


def _info(slack: FakeSlack, name: str) -> dict[str, Any]:
    return {
        "id": slack.ids[name],
        "name": name,
        "is_member": name in slack.joined,
        "is_archived": name in slack.archived,
    }


def channel_info(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    return {"channel": _info(slack, _named(slack, args))}


def _pictures(blocks: Any) -> list[str]:
    """The ids of the files that image blocks show."""
    return [b["slack_file"]["id"] for b in blocks or [] if "id" in b.get("slack_file", {})]


def _metadata(metadata: Any) -> None:
    if metadata is None:
        return
    code = "invalid_metadata_format"
    need(isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}, "its keys", code)
    need(re.fullmatch(r"\w{1,255}", metadata["event_type"]) is not None, "event_type", code)
    payload = metadata["event_payload"]
    need(isinstance(payload, dict), "event_payload", code)
    need(all(isinstance(value, str | int | bool) for value in payload.values()), "nested payload", code)
    need(len(json.dumps(metadata)) <= 8_000, "too large", "metadata_too_large")
