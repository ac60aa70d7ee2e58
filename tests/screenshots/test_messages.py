"""Messages as Slack shows them on a phone, drawn from their blocks: pictures of docs/img."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest
from fixtures_alerts import hit
from PIL import Image

from monitor.alerts.chart import hits_chart
from monitor.alerts.digest import digest_message
from monitor.alerts.follow import in_words
from monitor.alerts.html import to_html
from monitor.alerts.message import Look, alert_message, reply_message
from monitor.alerts.silences import report_message
from monitor.records import (
    DayCounts,
    Development,
    DevelopmentKind,
    Digest,
    DigestItem,
    DigestNews,
    DigestSpan,
    Hidden,
    HitDays,
    Judgement,
    Message,
    Reason,
    Severity,
    Silence,
    SilenceCount,
    SilenceMatcher,
    WeightedTerm,
)

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, SCALE = 390, 2  # of a phone, in CSS pixels, and pixels of the picture for each
SEEN = datetime(2026, 5, 17, 8, 4, tzinfo=UTC)
TITLES = {"sanctions": "Sanctions", "arms_transfers": "Arms transfers", "mutual_defense": "Mutual defence"}
WEB = "http://localhost:8080"
LOOK = Look(TITLES, WEB, f"{WEB}/dags/monitor_process/runs/1")
HEADLINE = "Council freezes assets of eleven tanker firms"
JETS = "https://defence-ledger.example/jets"
URL = "https://www.harbour-herald.example/tankers"


def alert(**changes: Any) -> Message:
    reason = Reason(
        "The council froze the assets of eleven tanker firms and barred their ships from its ports.",
        (
            WeightedTerm("froze the assets", 2.1),
            WeightedTerm("barred", 0.8),
            WeightedTerm("sanctions list", 0.7),
        ),
        passage="a government or union freezes property or bars dealings with named persons, firms or ships",
        document="Card Sanctions",
    )
    found = hit(title=HEADLINE, url=URL, publisher="Harbour Herald", first_seen_at=SEEN, **changes)
    mine = found.hit
    from dataclasses import replace

    return alert_message([replace(found, hit=replace(mine, reason=reason))], Severity.HIGH, "t", LOOK)


def grown() -> Message:
    return alert(
        publishers=("Harbour Herald", "Meridian", "Daily Lantern", "Gulf Courier", "Eastern Dispatch"),
        articles=9, copies=3, independent=5, carried_in=("DEU", "GBR", "ARE"),
        last_seen_at=SEEN + timedelta(hours=3),
    )  # fmt: skip


def reply(*news: tuple[DevelopmentKind, str, str]) -> Message:
    found = [Development(7, 1, kind, value, sentence, SEEN) for kind, value, sentence in news]
    return reply_message(HEADLINE, URL, in_words(found, {"PAN": "Panama"}), [], LOOK, alone=False)


def item(topic: str, headline: str, score: float, *publishers: str) -> DigestItem:
    return DigestItem(
        topic, score, 7, headline, f"https://{publishers[0].split()[0].lower()}.example/1", publishers
    )


DAYS = HitDays(
    date(2026, 5, 11),
    {"sanctions": (4, 2, 6, 3, 9, 1, 5), "arms_transfers": (2, 3, 1, 4, 2, 0, 1), "mutual_defense": (0, 1, 0, 2, 3, 0, 1)},
)  # fmt: skip
DIGEST = Digest(
    DigestSpan.DAILY,
    date(2026, 5, 17),
    (
        item("sanctions", HEADLINE, 0.93, "Harbour Herald", "Meridian", "Daily Lantern"),
        item("sanctions", "Ministry lists two banks for evading the oil price cap", 0.81, "Gulf Courier"),
        item(
            "arms_transfers", "Parliament clears the sale of 40 howitzers", 0.88, "Defence Ledger", "Meridian"
        ),
    ),
    DayCounts(1_204, 61, 2),
    news=(
        DigestNews(
            5, "Grain corridor pact signed in Ankara", URL, ("New step: ratified", "New actor: Türkiye")
        ),
    ),
    hits=DAYS,
    quiet=("Eastern Dispatch: nothing since Friday; 14 a day is its habit",),
    judgements=(Judgement("sanctions", 17, 19), Judgement("arms_transfers", 6, 8)),
)


def silence() -> Message:
    one = Silence(
        3, SilenceMatcher(topic="arms_transfers", words="air show"), "anna", "trade fair week, known", SEEN - timedelta(days=7), SEEN
    )  # fmt: skip
    hidden = [
        Hidden(9, "arms_transfers", "State buys 60 jets in a surprise deal at the air show", JETS, "Defence Ledger", 0.97, 4),
        Hidden(8, "arms_transfers", "Air show closes with record orders", JETS, "Meridian", 0.71, 9),
    ]  # fmt: skip
    return report_message(SilenceCount(one, 214, 31, 2), hidden, TITLES, SEEN)


# ruff: noqa: E501
STYLE = """
*{box-sizing:border-box} body{margin:0;width:390px;background:#fff;color:#1d1c1d;
 font:15px/1.46 -apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
header{position:relative;padding:11px 16px;border-bottom:1px solid #ddd;font-weight:700;font-size:17px}
header small{display:block;font-weight:400;font-size:12.5px;color:#616061}
.post{display:flex;gap:9px;padding:12px 14px 6px 14px} .face{flex:none;width:36px;height:36px;border-radius:8px;background:#123c69;
 display:flex;align-items:center;justify-content:center} .body{flex:1;min-width:0}
.who{font-weight:700} .app{font-size:10px;font-weight:700;background:#e8e8e8;color:#616061;border-radius:3px;padding:1px 4px;margin:0 5px;vertical-align:1px}
.time{font-size:12px;color:#616061} .message p{margin:3px 0} .message h3{margin:4px 0;font-size:17px}
.message a{color:#1264a3;text-decoration:none} .message small{display:block;color:#616061;font-size:12.5px;margin:7px 0 3px}
.message blockquote{margin:6px 0;padding:1px 0 1px 12px;border-left:4px solid #ddd} .message ul{margin:3px 0;padding-left:22px}
.message li{margin:3px 0} .message img{width:100%;border:1px solid #e4e4e4;border-radius:8px;margin:8px 0}
.buttons{display:flex;flex-wrap:wrap;gap:7px;margin:9px 0 4px} .button{border:1px solid #bbb;border-radius:6px;padding:4px 11px;
 font-weight:700;font-size:13.5px} .button:first-child{background:#007a5a;color:#fff;border-color:#007a5a}
.dot{display:inline-block;width:13px;height:13px;border-radius:50%;background:#dd2e44;vertical-align:-1px}
.message code{font:12px "DejaVu Sans Mono",monospace;color:#c01343;background:#f6f6f6;border:1px solid #ddd;border-radius:3px;padding:0 3px}
.count{display:flex;align-items:center;color:#616061;font-size:13px;margin:6px 14px 2px 14px;gap:9px}
.count::after{content:"";flex:1;border-top:1px solid #ddd}
"""
FACE = """<svg viewBox="0 0 24 24" width="21" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round">
<circle cx="6" cy="18" r="1.5" fill="#fff"/><path d="M5 11a8 8 0 0 1 8 8M5 5a14 14 0 0 1 14 14"/></svg>"""


def page(title: str, posts: Sequence[tuple[str, Message]], *, thread: bool = False) -> str:
    """A channel with some messages, or a thread: its first message and the replies to it."""
    chart = hits_chart(DAYS, TITLES)
    parts = []
    for number, (time, message) in enumerate(posts):
        if thread and number == 1:
            replies = len(posts) - 1
            parts.append(f'<div class="count">{replies} {"reply" if replies == 1 else "replies"}</div>')
        shown = to_html(message, buttons=True, pictures={"chart": chart})
        # Many machines have no font with the coloured dot that phones have.
        shown = shown.replace("🔴", '<i class="dot"></i>')
        head = f'<span class="who">News monitor</span><span class="app">APP</span><span class="time">{time}</span>'
        parts.append(
            f'<div class="post"><div class="face">{FACE}</div><div class="body">{head}{shown}</div></div>'
        )
    name = f"Thread<small>{escape(title)}</small>" if thread else escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{STYLE}</style>'
        f"<body><header>{name}</header>{''.join(parts)}<div style='height:14px'></div></body></html>"
    )


PAGES = {
    "slack-alert.png": page("# news-monitor", [("10:04", alert())]),
    "slack-thread.png": page(
        "# news-monitor",
        [
            ("10:04", grown()),
            ("11:20", reply((DevelopmentKind.PUBLISHERS, "3", ""))),
            (
                "12:41",
                reply(
                    (DevelopmentKind.STATUS, "in force", "The freeze took effect at noon, the council said."),
                    (DevelopmentKind.ACTOR, "PAN", "Panama struck four of the ships from its register."),
                ),
            ),
        ],
        thread=True,
    ),
    "slack-digest.png": page("# news-monitor", [("08:00", digest_message(DIGEST, TITLES, WEB, "chart"))]),
    "slack-silence.png": page("# news-monitor", [("10:05", silence())]),
}


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium here: apt-get install chromium")
    return found


@pytest.mark.parametrize("name", list(PAGES))
def test_message(chromium: str, tmp_path: Path, name: str, request: Any) -> None:
    source, picture = tmp_path / "page.html", tmp_path / name
    # A window is never narrower than 500 pixels: the page is put into a frame of a phone's width.
    inner = tmp_path / "inner.html"
    inner.write_text(PAGES[name], encoding="utf-8")
    source.write_text(
        f'<body style="margin:0;background:#fff"><iframe src="{inner.name}" style="border:0;width:{WIDTH}px;height:1900px">'
        "</iframe></body>",
        encoding="utf-8",
    )
    subprocess.run(
        [
            chromium,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--force-device-scale-factor={SCALE}",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=600,1900",
            f"--screenshot={picture}",
            source.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    shot = cropped(picture.read_bytes())
    assert shot.width == WIDTH * SCALE
    assert 150 * SCALE < shot.height < 1800 * SCALE, "the page is empty, or longer than the window"
    colours = shot.getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 50, "nothing but the background"
    # Only those who ask for pictures change tracked files: `make screenshots`, not `make test`.
    if any("screenshots" in str(argument) for argument in request.config.args):
        IMAGES.mkdir(parents=True, exist_ok=True)
        shot.quantize(128).save(IMAGES / name, optimize=True)


def cropped(png: bytes) -> Image.Image:
    """The phone's width, down to the last row with something in it and a margin below."""
    whole = Image.open(io.BytesIO(png)).convert("RGB").crop((0, 0, WIDTH * SCALE, 1900 * SCALE))
    inverted = whole.point(lambda value: 255 - value)
    box = inverted.getbbox()
    return whole.crop((0, 0, whole.width, min((box[3] if box else 0) + 12 * SCALE, whole.height)))
