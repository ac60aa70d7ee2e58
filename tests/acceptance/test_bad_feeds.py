"""Every kind of bad feed: one named outcome, one line of health, and the good feed beside them is read."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from fakes.hostile import hostile_server
from sqlalchemy import text
from whole_runs import environment, monitor, state

from monitor.demo import FeedServer
from monitor.feeds.opml import write
from monitor.records import FeedSpec
from monitor.store.database import begin, open_database

NOW = format_datetime(datetime.now(UTC) - timedelta(hours=2))


def item(number: int, extra: str = "", *, title: str = "Council meets", link: str | None = "") -> str:
    address = f"https://gazette.example/{number}" if link == "" else link
    parts = [
        f"<title>{title} {number}</title>" if title else "",
        f"<link>{address}</link>" if address else "",
    ]
    return f"<item>{''.join(parts)}{extra}</item>"


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>Gazette</title>{"".join(items)}</channel></rss>'.encode()


# name: (document, how its entries end, what its health says)
DOCUMENTS = {
    "good": (rss(item(1, f"<pubDate>{NOW}</pubDate>")), {"new": 1}, "1 entries, 1 new"),
    "ahead": (
        rss(item(2, "<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>")),
        {"new_future_dated": 1},
        "1 dated in the future",
    ),
    "undated": (rss(item(3)), {"new_undated": 1}, "1 without a usable date"),
    "no-link": (rss(item(4, link=None)), {"no_link": 1}, "1 without a link"),
    "no-title": (rss(item(5, title="")), {"no_title": 1}, "1 without a title or text"),
    "many": (
        rss(*(item(n, f"<pubDate>{NOW}</pubDate>") for n in range(1000, 3000))),
        {"new": 2000},
        "2,000 entries, 2,000 new",
    ),
    "twice": (
        rss(*(item(n, f"<guid>same</guid><pubDate>{NOW}</pubDate>") for n in (6, 7))),
        {"new": 1, "repeated_guid": 1},
        "1 given twice",
    ),
    "relative": (rss(item(8, f"<pubDate>{NOW}</pubDate>", link="/news/8")), {"new": 1}, "1 new"),
    "encoding": (
        b'<?xml version="1.0" encoding="utf-8"?>'
        + rss(item(9, f"<pubDate>{NOW}</pubDate>", title="Räte in Zürich")).decode().encode("latin-1"),
        {"new": 1},
        "badly formed",
    ),
}
# path on the hostile server: how the poll ends
ANSWERS = {
    "/status?n=404": "not_found",
    "/status?n=410": "gone",
    "/status?n=503": "server_error",
    "/status?n=429&wait=60": "rate_limited",
    "/html": "not_a_feed",
    "/empty": "empty_body",
    "/endless": "too_large",
    "/gzip-bomb": "too_large",
    "/bomb": "entity_bomb",
    "/cut": "dropped",
    "/not-http": "dropped",
}


def test_each_ends_in_its_own_outcome_and_stops_no_other(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, None) | {"MONITOR_HOST_SPACING": "0"}
    with (
        hostile_server() as hostile,
        FeedServer({f"{name}.xml": document for name, (document, _, _) in DOCUMENTS.items()}) as server,
    ):
        kind = {server.url(f"{name}.xml"): name for name in DOCUMENTS}
        # A host that asks for peace gets it for all its feeds: each answer comes from a host of its own.
        hosts = enumerate(ANSWERS.items(), 2)
        ends = {hostile.url(path, f"127.0.0.{host}"): outcome for host, (path, outcome) in hosts}
        ends |= {
            f"http://127.0.0.1:{_free_port()}/dead": "dead_host",
            "http://10.1.2.3/inside": "refused_address",
        }
        opml = tmp_path / "feeds.opml"
        opml.write_bytes(write([FeedSpec(url, url) for url in [*kind, *ends]]))
        monitor(env, "db", "upgrade")
        monitor(env, "feeds", "import", str(opml))
        monitor(env, "run")

        found = _feeds(database)
        assert {url: found[url][0] for url in ends} == ends
        for url, name in kind.items():
            assert found[url][0] == "fetched"
            assert DOCUMENTS[name][2] in found[url][1], found[url]
        assert all(line and "\n" not in line for _, line in found.values())
        _check_ledgers(database, len(found))
        after = state(database)
        assert after.unbalanced == []
        assert after.articles == sum(
            count for _, outcomes, _ in DOCUMENTS.values() for end, count in outcomes.items() if "new" in end
        )
        relative = json.loads(monitor(env, "search", "Council meets 8", "--format", "json"))
        assert [row["url"] for row in relative] == [server.url("relative.xml").rsplit("/", 2)[0] + "/news/8"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _feeds(database: str) -> dict[str, tuple[str, str]]:
    with begin(open_database(database)) as db:
        rows = db.execute(text("SELECT url, last_outcome, health FROM feeds")).all()
    return {url: (outcome, health) for url, outcome, health in rows}


def _check_ledgers(database: str, feeds: int) -> None:
    """The ledger of the run counts every feed and every entry by the outcomes above."""
    with begin(open_database(database)) as db:
        rows = db.execute(text("SELECT unit, items_in, outcomes FROM ledgers WHERE step = 'fetch'")).all()
    ledgers = {unit: (items_in, json.loads(outcomes)) for unit, items_in, outcomes in rows}
    expected: dict[str, int] = {}
    for _, outcomes, _ in DOCUMENTS.values():
        for end, count in outcomes.items():
            expected[end] = expected.get(end, 0) + count
    assert ledgers["entries"] == (sum(expected.values()), expected)
    polls: dict[str, int] = {"fetched": len(DOCUMENTS), "dead_host": 1, "refused_address": 1}
    for end in ANSWERS.values():
        polls[end] = polls.get(end, 0) + 1
    assert ledgers["feeds"] == (feeds, polls)
