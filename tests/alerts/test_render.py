"""Golden pairs: tests/data/alerts holds each message as Slack gets it and as a reader sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from fakes.slack import FakeSlack
from fixtures_alerts import SEEN, SENTENCE, TITLES, article, delivery, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.blocks import PAGES, address, site
from monitor.alerts.checks import check
from monitor.alerts.digest import digest_message
from monitor.alerts.html import to_html
from monitor.alerts.message import Look, alert_message, joined_message, reply_message
from monitor.alerts.render import notice_message, strength, summary_message
from monitor.alerts.slack import connect
from monitor.alerts.terminal import plain
from monitor.records import (
    DayCounts,
    Digest,
    DigestItem,
    DigestNews,
    DigestSpan,
    HitDays,
    Judgement,
    Message,
    PostOutcome,
    Severity,
    WeightedTerm,
)
from monitor.settings import PROJECT

GOLDEN = PROJECT / "tests" / "data" / "alerts"
WEB = "http://localhost:8080"
TOKEN = "5f2a9c"
LOOK = Look(TITLES, WEB, f"{WEB}/dags/monitor_process/runs/scheduled__1")
HOSTILE = "<!channel> *FREE* _tankers_ <http://evil.example|bbc.com> & `x` :bomb: \u202egnp.exe\x1b[2J"


def alert(**changes: object) -> Message:
    return alert_message([hit(**changes)], Severity.HIGH, TOKEN, LOOK)  # type: ignore[arg-type]


def items(number: int, topic: str = "sanctions", title: str = "Council freezes assets") -> list[DigestItem]:
    url = "https://harbour-herald.example/"
    return [
        DigestItem(
            topic, 0.95 - n / 1000, n, f"{title} {n}", f"{url}{topic}/{n}", ("Harbour Herald", "Lantern")
        )
        for n in range(number)
    ]


def digest(found: list[DigestItem], span: DigestSpan = DigestSpan.DAILY, **more: object) -> Digest:
    values: dict[str, object] = {"counts": DayCounts(1234, 61, 3)}
    return Digest(span, date(2026, 5, 17), tuple(found), **(values | more))  # type: ignore[arg-type]


DAYS = HitDays(date(2026, 5, 14), {"sanctions": (3, 0, 5, 2), "arms_transfers": (1, 1, 0, 0)})
WHOLE = digest(
    items(2) + items(1, "arms_transfers", "Shells arrive"),
    DigestSpan.WEEKLY,
    route="gulf",
    news=(
        DigestNews(
            3, "Frigates <leave> port", "https://a.example/f", ("New step: in force", "New actor: Oman")
        ),
    ),
    hits=DAYS,
    quiet=("Harbour Herald: nothing since Friday, 12 a day is its habit",),
    judgements=(Judgement("sanctions", 8, 10), Judgement("arms_transfers", 1, 1)),
)


def alerts() -> dict[str, Message]:
    """First messages of stories."""
    return {
        "alert": alert(),
        "alert_of_many": alert(
            publishers=("Harbour Herald", "Meridian", "Lantern", "Gulf Courier", "Bulletin", "Post"),
            articles=9,
            copies=2,
            score=0.74,
            independent=4,
            carried_in=("DEU", "KOR", "DEU"),
            last_seen_at=SEEN + timedelta(hours=3),
        ),
        "alert_of_two_topics": alert_message(
            [hit(), hit(2, topic="arms_transfers", score=0.71, sentence="Two of them carried shells.")],
            Severity.CRITICAL,
            TOKEN,
            LOOK,
        ),
        "alert_bare": alert(sentence="", terms=(), url="", topic="new_topic", publisher="", score=0.31),
        "alert_hostile": alert(
            title=HOSTILE,
            sentence=HOSTILE,
            publisher=HOSTILE,
            url="https://user:secret@bücher.example/a b|c>d?q=<x>",
            terms=(WeightedTerm(HOSTILE, 1.0),),
        ),
    }


def followups() -> dict[str, Message]:
    """What comes after a first message."""
    return {
        "reply": reply_message(
            "Council freezes assets",
            "https://harbour-herald.example/tankers",
            [("New step: in force", "The freeze took effect at midnight."), ("New actor: Panama", "")],
            ["arms_transfers"],
            LOOK,
            alone=False,
        ),
        "reply_to_all": reply_message(
            HOSTILE,
            "https://harbour-herald.example/tankers",
            [("Now carried by 10 independent publishers", "")],
            [],
            LOOK,
            alone=True,
        ),
        "joined": joined_message(HOSTILE, "https://harbour-herald.example/tankers", 9, LOOK),
    }


def messages() -> dict[str, Message]:
    """Every kind of message that we send, by name."""
    waiting = [delivery(1, alert()), delivery(2, alert(title="Swiss refuse re-export & more", score=0.62))]
    two = items(2) + items(1, "arms_transfers", "Shells arrive")
    others = {
        "summary": summary_message(waiting, "Waited until Slack was connected"),
        "summary_of_one": summary_message(waiting[:1], "Waited until Slack was connected"),
        "notice": notice_message("Delivery stopped", ["Slack refuses the token <xoxb>", "12 messages wait"]),
        "digest": digest_message(digest(two), TITLES, WEB),
        "digest_empty": digest_message(digest([], counts=DayCounts(1, 1, 0)), TITLES, WEB),
        "digest_whole": digest_message(WHOLE, TITLES, WEB, "picture:1"),
    }
    return alerts() | followups() | others


LARGE = {
    "alert": alert(
        title="Ü&<" * 3_000,
        sentence="war " * 4_000,
        publishers=tuple("P&" * 200 + str(n) for n in range(300)),
        articles=900,
        url="https://harbour-herald.example/" + "é" * 2_000,
        terms=tuple(WeightedTerm("term" * 50, 1.0) for _ in range(99)),
        topic="t" * 500,
        version="v" * 500,
    ),
    "summary": summary_message([delivery(n, alert(title=f"{n} " + "&" * 400)) for n in range(500)], "Why"),
    "summary_of_long_links": summary_message(
        [delivery(n, alert(url="https://a.example/" + "x" * 2_900)) for n in range(30)], "Why"
    ),
    "notice": notice_message("T" * 999, ["line & " * 99] * 99),
    "digest": digest_message(
        digest(
            [item for n in range(10) for item in items(80, f"topic_{n}", "Ünder & over " * 30)],
            DigestSpan.WEEKLY,
            counts=DayCounts(10**9, 9_999, 9_999),
            route="r" * 40,
            news=tuple(
                DigestNews(n, "Ü" * 400, f"https://a.example/{n}", ("é" * 300,) * 9) for n in range(40)
            ),
            hits=HitDays(date(2026, 5, 1), {f"topic_{n}": (10**6,) * 28 for n in range(12)}),
            quiet=("Ünquiet & " * 40,) * 99,
            judgements=tuple(Judgement(f"topic_{n}", 10**6, 10**6) for n in range(12)),
        ),
        {f"topic_{n}": "T&" * 300 for n in range(12)},
        WEB,
        "picture:1",
    ),
}


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(channels=("desk",), rate=None) as fake:
        yield fake


def shown_as(message: Message, file_id: str) -> Message:
    blocks = (b | {"slack_file": {"id": file_id}} if "slack_file" in b else b for b in message.blocks)
    return Message(message.text, tuple(blocks))


@pytest.mark.parametrize("name", list(messages()))
def test_golden(name):
    message = messages()[name]
    wanted = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert {
        "text": message.text,
        "blocks": list(message.blocks),
        "shown": plain(message).splitlines(),
        "html": to_html(message),
    } == wanted


def test_every_golden_file_is_checked():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(messages())


@pytest.mark.parametrize("message", [*messages().values(), *LARGE.values()])
def test_slack_takes_every_message(slack, message):
    assert check(message) == []
    slack.files["F00000001"] = {"done": True}
    message = shown_as(message, "F00000001")  # as the sender does it
    posted = connect(slack.token, slack.url).post("#desk", message, "id")
    assert posted.outcome is PostOutcome.SENT, slack.refusals


def test_what_does_not_fit_is_counted():
    shown = plain(LARGE["summary"])
    listed = shown.count("• ")
    assert listed >= 10
    assert f"and {500 - listed} more" in shown
    shown = plain(LARGE["digest"])
    listed = shown.count("• ")
    assert listed >= 10  # every topic has its best story in it
    assert f"and {10 * 80 - sum(line.startswith('• Ünder') for line in shown.splitlines())} more" in shown
    assert all(f"topic_{n}/0" in shown for n in range(10))


def test_a_cut_text_ends_in_a_whole_entity():
    message = summary_message([delivery(1, alert(title="&" * 400))], "Why")
    assert message.text.endswith("…")
    assert message.text.replace("&amp;", "").count("&") == 0


text = st.text(st.characters(), max_size=300) | st.sampled_from([HOSTILE, "", " ", "\u200b", "<@U1>|*_~`"])
links = st.one_of(text, text.map(lambda t: f"https://a.example/{t}"), st.just("javascript:alert(1)"))


@given(title=text, sentence=text, publisher=text, topic=text, url=links, term=text)
def test_nothing_that_others_wrote_becomes_markup(title, sentence, publisher, topic, url, term):
    message = alert(
        title=title,
        sentence=sentence,
        publisher=publisher,
        topic=topic,
        url=url,
        terms=(WeightedTerm(term, 1),),
    )
    assert check(message) == []
    assert "<" not in message.text
    assert ">" not in message.text
    foot = message.blocks[-2]
    assert foot["elements"][0]["text"].count("<") == 3  # our date, our links to the story and the run
    page = to_html(message)
    assert page.count("<script") == 0
    assert page.count("<a ") == page.count('rel="noopener noreferrer"')
    assert "\x1b" not in plain(message)
    summary = summary_message([delivery(1, message)], title or "why")
    assert check(summary) == []


@given(links)
def test_an_address_is_safe_and_stays_what_it_is(url):
    safe = address(url)
    assert address(safe) == safe
    assert not safe or safe.startswith(("http://", "https://"))
    assert not set(safe) & set('<>|" \n\u202e\u200b')


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x?a=1&b=%20c#d", "https://a.example/x?a=1&b=%20c#d"),
        ("https://a.example/a b|c>", "https://a.example/a%20b%7Cc%3E"),
        ("HTTPS://A.example/ü", "https://a.example/%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://bbc.com@evil.example:8443/", "https://evil.example:8443/"),
        ("http://[2001:db8::1]:80/x", "http://[2001:db8::1]:80/x"),
        ("http://[2001:db8::1/x", ""),
        ("https://a.example:port/", ""),
        ("javascript:alert(1)", ""),
        ("ftp://a.example/", ""),
        ("//a.example/", ""),
        ("https:///x", ""),
        ("https://a.example/" + "x" * 3_000, ""),
        ("", ""),
    ],
)
def test_addresses(url, safe):
    assert address(url) == safe


def test_the_site_beside_a_link_keeps_the_end_that_somebody_registered():
    assert site("https://www.bbc.co.uk/news") == "bbc.co.uk"
    assert site("https://bbc.com." + "a" * 60 + ".evil.example/").endswith(".evil.example")
    assert site("no address") == ""


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (1.0, "almost certain"),
        (0.9, "almost certain"),
        (0.7, "very likely"),
        (0.5, "likely"),
        (0.2, "possible"),
    ],
)
def test_scores_in_words(score, words):
    assert strength(score) == words


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Message("", ()), "text: is empty"),
        (Message("x" * 3_001, ()), "text: 3001 characters"),
        (Message("x", ({"type": "divider"},) * 51), "blocks: 51, limit 50"),
        (Message("x", ({"type": "video"},)), "block 0, video: a type that we do not write"),
        (Message("x", ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}},)), "must be plain_text"),
        (
            Message("x", ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},)),
            "text: 151 characters, limit 150",
        ),
        (
            Message("x", ({"type": "section", "text": {"type": "mrkdwn", "text": "<!here> x"}},)),
            "<!here> is a mention",
        ),
        (Message("x", ({"type": "context", "elements": []},)), "context: 0 elements"),
        (Message("x", ({"type": "rich_text", "elements": []},)), "rich_text: no elements"),
        (
            Message("x", ({"type": "rich_text", "elements": [{"type": "link", "text": "x", "url": "a b"}]},)),
            "a b is no safe web address",
        ),
    ],
)
def test_check_finds(message, says):
    assert any(says in line for line in check(message)), check(message)


def test_the_alert_says_what_a_reader_needs():
    shown = plain(alert())
    for part in (
        article().title,
        "Sanctions",
        "0.93",
        SENTENCE,
        "Because of: sanctions, asset freeze",
        "Harbour Herald",
    ):
        assert part in shown
    assert "football" not in shown  # a term that spoke against the topic
    assert f"{WEB}/monitor/stories/7" in shown


def test_our_pages_are_where_the_plugin_puts_them():
    plugin = (PROJECT / "monitor" / "airflow" / "plugin.py").read_text(encoding="utf-8")
    assert f'"url_prefix": "{PAGES}"' in plugin
