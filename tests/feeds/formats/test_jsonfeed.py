"""JSON Feeds, and what their servers wrap around them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from monitor.feeds.parse import NotAFeed, parse
from monitor.records import ParsedFeed, Repair

FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Courier",
    "items": [
        {
            "id": f"c{n}",
            "url": f"https://courier.example/{n}",
            "title": f"Zürich {n}",
            "summary": "In short",
        }
        for n in (1, 2, 3)
    ],
}
URL = "https://courier.example/feed"
SOUND = json.dumps(FEED, ensure_ascii=False)
UNDECLARED = {key: value for key, value in FEED.items() if key != "version"}


def read(body: str | bytes) -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    return parse(raw, url=URL, content_type=None, now=datetime(2026, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "repairs"),
    [
        (SOUND, ()),
        (gzip.compress(SOUND.encode()), ()),
        (SOUND.encode("utf-16"), ()),
        (SOUND.encode("utf-32-le"), ()),
        (b"\xef\xbb\xbf\n " + SOUND.encode(), ()),
        (json.dumps(UNDECLARED), ()),
        (json.dumps([FEED]), ()),
        (json.dumps({"data": {"feed": FEED}}), ()),
        (f"callback({SOUND});", (Repair.JSON,)),
        (f"var feed = {SOUND};", (Repair.JSON,)),
        (f")]}}'\n{SOUND}", (Repair.JSON,)),
        (f"// made by hand\n{SOUND}", (Repair.JSON,)),
        (f"{SOUND}\n<!-- cached -->", (Repair.JSON,)),
        (SOUND.replace("}]", "},]"), (Repair.JSON,)),
        (SOUND.replace("short", "\\x short"), (Repair.JSON,)),
        (SOUND.replace("short", "\x0b\nshort"), (Repair.JSON,)),
        (SOUND[:-1].replace("]", ', {"id": "c4", "ti'), (Repair.JSON,)),
    ],
)
def test_all_items_come_out_whatever_is_around_them(body: str | bytes, repairs: tuple[Repair, ...]) -> None:
    found = read(body)
    assert [entry.guid for entry in found.entries] == ["c1", "c2", "c3"]
    assert [entry.title for entry in found.entries] == [f"Zürich {n}" for n in (1, 2, 3)]
    assert found.repairs == repairs


@pytest.mark.parametrize("body", ["{}", '{"items": []}', '{"items": [{"id": 1}]}', "[1, 2]", '{"items": ['])
def test_other_json_is_no_feed(body: str) -> None:
    with pytest.raises(NotAFeed):
        read(body)
