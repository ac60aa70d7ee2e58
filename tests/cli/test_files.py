"""The commands that show files as our readers see them: a line each, whatever the files hold."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli import app

FEED = """<?xml version="1.0"?><rss version="2.0"><channel>
<title>C</title><item><title>Pact &amp;amp; peace</title>
<link>https://c.example/1</link><guid>g1</guid><pubDate>Wed, 04 Mar 2026 10:30:00 +0100</pubDate>
<description>Five words of a summary.</description></item></channel></rss>"""
PARAGRAPH = (
    "The two governments agreed on Tuesday to come to each other's aid if either is attacked by a third."
)
PAGE = f"""<html lang="en"><head><title>Pact signed</title><meta name="author" content="Ada Moss">
<meta property="article:published_time" content="2026-03-04T10:30:00+01:00"></head><body><article>
<h1>Pact signed</h1>{"".join(f"<p>{n}. {PARAGRAPH}</p>" for n in range(9))}</article></body></html>"""


def lines(*arguments: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    bodies = {
        "feed.xml": FEED.encode(),
        "feed.xml.gz": gzip.compress(FEED.encode()),
        "page.html": PAGE.encode(),
        "page.html.gz": gzip.compress(PAGE.encode()),
        "empty": b"",
        "noise": bytes(range(256)) * 9,
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    return {name: str(tmp_path / name) for name in [*bodies, "none"]}


def test_a_line_for_each_feed_in_order(files: dict[str, str]) -> None:
    given = [files[name] for name in ("none", "feed.xml", "empty", "noise", "page.html", "feed.xml.gz")]
    found = lines("feeds", "parse", *given, "--json")
    assert [line["file"] for line in found] == given
    assert [bool(line["error"]) for line in found] == [True, False, True, True, True, False]
    assert found[1] == {
        "file": files["feed.xml"],
        "format": "rss20",
        "entries": [
            {
                "id": "g1",
                "title": "Pact & peace",
                "link": "https://c.example/1",
                "published_at": "2026-03-04T09:30:00Z",
                "summary_chars": 24,
            }
        ],
        "repairs": [],
        "error": None,
    }
    assert found[5]["entries"] == found[1]["entries"]
    assert found[5]["repairs"] == ["compressed"]


def test_a_line_for_each_page_in_order(files: dict[str, str]) -> None:
    given = [files[name] for name in ("page.html", "none", "empty", "noise", "page.html.gz")]
    found = lines("extract", *given, "--json")
    assert [line["file"] for line in found] == given
    first = found[0]
    assert (first["title"], first["author"], first["language"]) == ("Pact signed", "Ada Moss", "en")
    assert (first["published_at"], first["error"]) == ("2026-03-04T09:30:00Z", None)
    assert first["text"].count(PARAGRAPH) == 9
    assert [line["text"] == first["text"] for line in found] == [True, False, False, False, True]
    assert all(found[n]["error"] for n in (1, 2))
