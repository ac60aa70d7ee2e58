"""Headlines of all kinds in every message that we write: `make headlines` tries 10,000 of them.

Each message must be one that Slack takes, by slack_sdk's own classes, by our checks of what those miss
and by the rules of the strict fake, and must hold no token of Slack's that we did not write.
"""

from __future__ import annotations

import html
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from fakes.blocks import validate
from fixtures_alerts import SEEN, TITLES, delivery, hit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from monitor.alerts.blocks import address, escape
from monitor.alerts.checks import check
from monitor.alerts.digest import digest_message
from monitor.alerts.html import to_html
from monitor.alerts.message import Look, alert_message, reply_message
from monitor.alerts.presses import mute_form
from monitor.alerts.render import notice_message, summary_message
from monitor.alerts.sender import degrade, without_pictures
from monitor.alerts.silences import report_message
from monitor.alerts.terminal import plain
from monitor.alerts.why import explain
from monitor.records import (
    DayCounts,
    Digest,
    DigestItem,
    DigestNews,
    DigestSpan,
    Hidden,
    HitDays,
    Judged,
    Judgement,
    Message,
    PressedStory,
    Route,
    Severity,
    Silence,
    SilenceCount,
    SilenceMatcher,
    Subject,
    WeightedTerm,
)

NUMBER = int(os.environ.get("MONITOR_HEADLINES", "150"))
WEB = "http://localhost:8080"
RUN = f"{WEB}/dags/monitor_process/runs/1"
LOOK = Look(TITLES, WEB, RUN)
FILE = "F00000001"

PIECES = (
    "<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1>", "<@U012AB3CD>", "<#C1|x>",
    "<mailto:a@b.c|x>", "<http://evil.example|bbc.com>", "<https://evil.example>",
    "<!date^1^{date}^http://evil.example|now>", "@channel", "@here", "#general", "*bold*", "_it_", "~no~",
    "`code`", "```\n", ">", ">>>", "&", "&lt;!here&gt;", "&amp;", "&amp;lt;", "<b>", "</script>",
    "<img src=x onerror=alert(1)>", "<a href='//evil'>x</a>", "<!--", "-->", "bbc.com",
    "https://bbc.com/x", "javascript:alert(1)", ":bomb:", "|", "\\", "{", "}", "\n", "\r\n", "\t", "\0",
    "\u202e", "\u2066", "\u2069", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u2028",
    "\x1b[2J", "\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644\u0623\u0645\u0646", "\u0639\u200c\u0627",
    "\U0001f468\u200d\U0001f680", "\U0001f1e9\U0001f1ea", "e" + "\u0301" * 40, "\ud800", "\udfff",
    "\U0010ffff", "\ufdfa", "ﷺ", "中文", "Ünïted",
)  # fmt: skip
short = st.text(st.characters(), max_size=120) | st.text(st.sampled_from("<>&!@#|*_~`/:;.abc \u202e\u200b"))
mixed = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30).map("".join)
long = st.builds(
    lambda piece, size: (piece * (size // len(piece) + 1))[:size],
    st.sampled_from(PIECES) | st.text(min_size=1, max_size=30),
    st.integers(3_000, 10_240),
)
headlines = short | mixed | long
addresses = headlines | headlines.map(lambda text: f"https://a.example/{text}")


def messages(head: str, other: str, url: str) -> Iterator[Message]:
    """Every kind of message, with these texts wherever others may write."""
    terms = (WeightedTerm(other, 1.0), WeightedTerm(head, 0.4))
    found = hit(
        title=head, publisher=other, url=url, sentence=f"{head} {other}", terms=terms, topic=other,
        publishers=(other, head, "Harbour Herald"), articles=4, copies=1, independent=2,
        carried_in=("DEU", "KOR"), last_seen_at=SEEN + timedelta(hours=1),
    )  # fmt: skip
    alert = alert_message([found, hit(2, title=head)], Severity.CRITICAL, "5f2a9c", LOOK)
    yield alert
    for alone in (True, False):
        yield reply_message(
            head, url, [(other, head), (f"New actor: {other}", "")] * 3, [other], LOOK, alone=alone
        )
    yield summary_message([delivery(n, alert) for n in range(70)], "Came in during quiet hours")
    yield degrade(alert)
    silence = Silence(3, SilenceMatcher(words=head, publisher=other), other, head, SEEN, SEEN, SEEN, other)
    yield report_message(
        SilenceCount(silence, 40, 20, 1), [Hidden(7, other, head, url, other, 0.95, 2)] * 20, {}, SEEN
    )
    yield notice_message(head, [other, head] * 15)
    digest = digest_message(
        Digest(
            DigestSpan.WEEKLY,
            date(2026, 5, 17),
            (DigestItem(other, 0.9, 7, head, url, (other, head)),) * 20,
            DayCounts(1, 1, 1),
            route="desk",
            news=(DigestNews(7, head, url, (other, head)),) * 9,
            hits=HitDays(date(2026, 5, 11), {other: (1, 2)}),
            quiet=(head, other) * 9,
            judgements=(Judgement(other, 1, 2),),
        ),
        {other: head},
        WEB,
        "picture:1",
    )
    blocks = (b | {"slack_file": {"id": FILE}} if "slack_file" in b else b for b in digest.blocks)
    yield Message(digest.text, tuple(blocks))
    yield without_pictures(digest)


@settings(max_examples=NUMBER, suppress_health_check=list(HealthCheck))
@example("<!channel> " * 1_000, "<@U1>|", "https://user:bbc.com@evil.example/<!here>")
@given(headlines, headlines, addresses)
def test_slack_takes_every_message_and_reads_no_token_that_we_did_not_write(head, other, url):
    for message in messages(head, other, url):
        assert check(message) == []
        takes(message)
        reads(message)
    form = mute_form(
        PressedStory("t", 7, 1, head, other, (other,), ((other, head),), "k", SEEN), {other: head}
    )
    View(**form).to_dict()
    texts = [option["text"]["text"] for option in form["blocks"][0]["element"]["options"]]
    assert all(1 <= len(text) <= 75 and shows(text) for text in texts)
    found = Judged(hit(title=head, publisher=other, topic=other), SEEN, "alert", "because")
    for line in explain(Subject("Story 7", (found,)), [Route("desk", "#desk")], {}, {other: head}, (), SEEN):
        assert tokens(escape(line)) == []
        assert shows(line)


def takes(message: Message) -> None:
    """slack_sdk's own classes, which say nothing of 51 blocks and the like, and the strict fake's rules."""
    raw = json.loads(json.dumps([dict(block) for block in message.blocks]))
    parsed = Block.parse_all(raw)
    assert len(parsed) == len(raw)
    for block, mine in zip(parsed, raw, strict=True):
        assert block is not None
        assert block.to_dict()["type"] == mine["type"]
    if raw:
        validate(raw, len(json.dumps(raw)))
    message.text.encode()  # no half characters
    json.dumps(raw, ensure_ascii=False).encode()


OURS = re.compile(
    r"<!date\^\d{10}\^\{date_short_pretty\} \{time\}\|\d\d [A-Z][a-z]{2} \d\d:\d\d UTC>"
    rf"|<{re.escape(WEB)}/monitor/(?:stories/\d+|alerts)\|(?:Story \d+|All alerts)>"
    rf"|<{re.escape(RUN)}\|Airflow run>"
)


def tokens(markup: str) -> list[str]:
    """What Slack would read as a token of its own, ours left out."""
    return re.findall(r"<[^>]*>?|>", OURS.sub("", markup))


def shows(text: str) -> bool:
    """Whether nothing in the text hides, turns round or moves what stands beside it."""
    unwanted = {unicodedata.category(c) for c in text if c not in "\n\u200c\u200d"} & {"Cc", "Cf", "Cs", "Zl"}
    return not unwanted


def reads(message: Message) -> None:
    """No token in what Slack reads as markup; all else plain; links lead where they say."""
    fallback = message.text
    if not message.blocks:  # the plainest form: our link at its end
        fallback, _, link = message.text.partition("\n<")
        assert not link or address(html.unescape(link.removesuffix(">"))) == html.unescape(
            link.removesuffix(">")
        )
    assert tokens(fallback) == []
    assert not re.search(r"&(?!amp;|lt;|gt;)", fallback)
    for kind, value in leaves([dict(block) for block in message.blocks]):
        match kind:
            case "mrkdwn":
                assert tokens(value) == []
            case "url":
                assert address(value) == value
            case "text":
                assert shows(value)
    page = to_html(message)
    assert set(re.findall(r"<(/?[a-z]\w*)", page)) <= {
        *("div", "h3", "p", "blockquote", "li", "ul", "small", "a", "strong", "hr", "span", "code"),
        *("/div", "/h3", "/p", "/blockquote", "/li", "/ul", "/small", "/a", "/strong", "/span", "/code"),
    }
    assert all(c.isprintable() or c == "\n" for c in plain(message))


def leaves(node: Any) -> Iterator[tuple[str, str]]:
    """The texts of some blocks, each with how Slack reads it."""
    if isinstance(node, list):
        for part in node:
            yield from leaves(part)
    elif isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            assert node["verbatim"] is True  # or Slack links names and addresses by itself
            yield "mrkdwn", node["text"]
            return
        for key, value in node.items():
            if isinstance(value, str):
                yield ("url" if key == "url" else "text", value)
            else:
                yield from leaves(value)


def test_the_proof_can_fail() -> None:
    """Messages with what the proof is to find are found by it."""
    block = {"type": "context", "elements": [{"type": "mrkdwn", "text": "<!here>", "verbatim": True}]}
    assert tokens("x <!here> y") == ["<!here>"]
    assert tokens("<@U1") == ["<@U1"]
    assert tokens("<http://localhost:8080/monitor/alerts|bbc.com>") != []
    assert list(leaves([block])) == [("text", "context"), ("mrkdwn", "<!here>")]
    assert not shows("a\u202eb")
