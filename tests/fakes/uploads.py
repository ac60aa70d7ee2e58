"""Files of the fake Slack: the three steps of an upload, and the end of a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fakes.blocks import need

if TYPE_CHECKING:
    from fakes.slack import FakeSlack


def begin(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    """An address for so many bytes."""
    need(bool(args.get("filename")) and int(args.get("length") or 0) > 0, "what", "invalid_arguments")
    slack.uploads += 1
    id_ = f"F{slack.uploads:08d}"
    slack.files[id_] = {"name": args["filename"], "length": int(args["length"]), "done": False}
    return {"upload_url": slack.url.replace("/api/", f"/upload/{id_}"), "file_id": id_}


def take_bytes(slack: FakeSlack, id_: str, content: bytes) -> bool:
    """The second step; whether the bytes are as many as were announced."""
    file = slack.files.get(id_)
    if file is None or len(content) != file["length"]:
        return False
    file["bytes"] = content
    return True


def finish(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    """The end: the file may be shown."""
    wanted = args.get("files")
    wanted = json.loads(wanted) if isinstance(wanted, str) else wanted
    need(isinstance(wanted, list) and bool(wanted), "files", "invalid_arguments")
    for one in wanted:
        file = slack.files.get(one.get("id"))
        need(file is not None and "bytes" in file, str(one), "file_not_found")
        file["done"] = True  # type: ignore[index]
    return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in wanted]}


def delete(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    need(slack.files.get(str(args.get("file")), {}).get("done") is True, "no file", "file_not_found")
    del slack.files[args["file"]]
    return {}
