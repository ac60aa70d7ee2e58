"""Each kind of fault, in a feed that is sound but for it: all entries come out as they were written."""

from __future__ import annotations

import contextlib
import gzip
import html
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import MonitorError
from monitor.feeds.formats.encoding import decode
from monitor.feeds.formats.repair import mend
from monitor.feeds.parse import parse
from monitor.records import ParsedFeed, Repair

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ITEMS = "".join(
    f"<item><title>Zürich {n}</title><link>https://courier.example/{n}</link>"
    f"<guid isPermaLink='false'>c{n}</guid>"
    f"<dc:creator>Ada Moß</dc:creator><pubDate>Tue, 03 Mar 2026 0{n}:00:00 GMT</pubDate></item>"
    for n in range(1, 4)
)
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
ROOT = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Courier</title>'
SOUND = f"{HEAD}\n{ROOT}{ITEMS}</channel></rss>"


def read(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    return parse(raw, url="https://courier.example/feed", content_type=content_type, now=NOW)


FAULTS = {
    "nothing": (SOUND.encode(), None),
    "gzip": (gzip.compress(SOUND.encode()), Repair.COMPRESSED),
    "warnings before it": (f"\n<br />\n<b>Warning</b>: x & y in <b>a.php</b>\n{SOUND}".encode(), Repair.HEAD),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + SOUND.encode(), None),
    "a second declaration": (f"{HEAD}\n{SOUND}".encode(), Repair.DECLARATIONS),
    "a script after it": (f"{SOUND}<script>if (a < b && c) x()</script></body>".encode(), Repair.TAIL),
    "control characters": (SOUND.replace("<guid", "\x08\x0b<guid").encode(), Repair.CONTROLS),
    "references to none": (SOUND.replace("Zürich", "&#x1;Z&uuml;rich").encode(), Repair.REFERENCES),
    "namespaces undeclared": (SOUND.replace(" xmlns:dc", " dc").encode(), Repair.NAMESPACES),
    "elements unclosed": (SOUND.replace("</guid>", "").encode(), Repair.UNCLOSED),
    "Latin as UTF-8": (SOUND.encode("cp1252"), Repair.ENCODING),
    "UTF-8 as Latin": (SOUND.replace("utf-8", "iso-8859-1").encode(), Repair.ENCODING),
    "a made-up encoding": (SOUND.replace("utf-8", "x-none-such").encode(), Repair.ENCODING),
    "8 bits as UTF-16": (SOUND.replace("utf-8", "utf-16").encode(), Repair.ENCODING),
    "UTF-16": (SOUND.replace("utf-8", "utf-16").encode("utf-16"), None),
    "UTF-16 without a mark": (SOUND.encode("utf-16-be"), None),
    "XML 1.1": (SOUND.replace('version="1.0"', 'version="1.1"').encode(), None),
    "a mark of 16 bits": (b"\xff\xfe" + SOUND.encode(), Repair.ENCODING),
    "EBCDIC": (SOUND.encode("cp037"), None),
    "escaped whole": (html.escape(SOUND).encode(), Repair.ESCAPED),
    "in a page": (f"<html><body><div>{SOUND[len(HEAD) :]}</div></body></html>".encode(), None),
    "in a namespace of nobody": (
        re.sub("(</?)(item|title|link|guid|pubDate|channel)", r"\1n:\2", SOUND).encode(),
        Repair.GATHERED,
    ),
    "a comment without end": (SOUND.replace("<item>", "<!-- news <item>", 1).encode(), Repair.SECTIONS),
    "a section without end": (
        SOUND.replace("<guid", "<description><![CDATA[<b>in short</b></description><guid").encode(),
        Repair.SECTIONS,
    ),
    "two document types": (
        f"{HEAD}<!DOCTYPE rss><!DOCTYPE html>{SOUND[len(HEAD) :]}".encode(),
        Repair.DECLARATIONS,
    ),
    "no end": (SOUND.replace("</channel></rss>", "").encode(), Repair.LOOSE),
    "attributes twice": (SOUND.replace("<item>", "<item a='1' a='2'>").encode(), Repair.LOOSE),
    "attributes bare": (SOUND.replace("='false'", "=false").encode(), Repair.LOOSE),
    "sets of letters elsewhere": (
        SOUND.replace(
            "<rss",
            '<!DOCTYPE rss [<!ENTITY % HTMLlat1 PUBLIC "-//W3C//X" "http://www.w3.org/x.ent">%HTMLlat1;]>\n<rss',
        ).replace("Zürich", "Z&uuml;rich"),
        Repair.ENTITIES,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_all_entries_come_out_whatever_the_fault(fault: str) -> None:
    body, kind = FAULTS[fault]
    found = read(body)
    assert [entry.title for entry in found.entries] == ["Zürich 1", "Zürich 2", "Zürich 3"]
    assert [entry.url for entry in found.entries] == [f"https://courier.example/{n}" for n in (1, 2, 3)]
    assert [entry.guid for entry in found.entries] == ["c1", "c2", "c3"]
    assert [entry.author for entry in found.entries] == ["Ada Moß"] * 3
    assert [entry.published_at for entry in found.entries] == [
        datetime(2026, 3, 3, n, tzinfo=UTC) for n in (1, 2, 3)
    ]
    assert (kind in found.repairs) if kind else not set(found.repairs) - {Repair.HEAD}


def test_bare_ampersands_and_angles_are_text() -> None:
    found = read(SOUND.replace("Zürich 1", "AT&T, 3 < 4 &foo; &amp; &#233; &nbsp;R&D &#xD83D;&#xDE00;"))
    assert found.entries[0].title == "AT&T, 3 < 4 &foo; & é R&D 😀"
    assert {Repair.REFERENCES, Repair.ANGLES} <= set(found.repairs)


def test_marked_sections_are_left_alone() -> None:
    text = "<![CDATA[Profit & <b>loss</b> &nbsp;]]>"
    found = read(SOUND.replace("Zürich 1", text).replace("Zürich 2", "A & B"))
    assert [entry.title for entry in found.entries[:2]] == ["Profit & loss", "A & B"]


def test_what_makes_the_parser_itself_fail_is_read_without_it() -> None:
    found = read(SOUND.replace("<item>", "<image><width></width></image><item>", 1))
    assert len(found.entries) == 3


@pytest.mark.parametrize(
    ("body", "text", "honest"),
    [
        ("<a>é</a>".encode(), "<a>é</a>", True),
        (b"<a>\xe9t\xe9</a>", "<a>été</a>", False),
        ('<?xml version="1.0" encoding="windows-1251"?><a>Привет</a>'.encode("cp1251"), None, True),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>“é”</a>'.encode("cp1252"), None, True),
        ("<a>Größe – 5 €</a>".encode() + b"\x92", "<a>Größe – 5 €</a>’", False),
    ],
)
def test_encodings(body: bytes, text: str | None, honest: bool) -> None:
    found, truly = decode(body)
    assert truly is honest
    if text:
        assert found == text
    else:
        assert "�" not in found


def test_http_is_believed_where_the_document_says_nothing() -> None:
    body = SOUND.partition("\n")[2].encode("cp1250")
    assert read(body, "text/xml; charset=windows-1250").entries[0].title == "Zürich 1"


documents = st.builds(
    lambda body, cut, junk: body[: int(len(body) * cut)] + junk + body[int(len(body) * cut) :],
    st.sampled_from(
        [
            SOUND.encode(),
            SOUND.encode("utf-16"),
            ITEMS.encode(),
            b'{"version": "https://jsonfeed.org/version/1"}',
        ]
    ),
    st.floats(0, 1),
    st.binary(max_size=30)
    | st.sampled_from([b"<", b"]]>", b"&", b"<![CDATA[", b"<!--", b"<!DOCTYPE x [", b"\x00", b"</item>"]),
)


@given(documents | st.binary(max_size=200))
def test_no_document_raises_anything_but_ours(body: bytes) -> None:
    try:
        found = read(body)
    except MonitorError as error:
        assert str(error)
        return
    for entry in found.entries:
        assert entry.title == " ".join(entry.title.split())


@given(documents)
def test_a_mended_document_needs_no_more_mending(body: bytes) -> None:
    once = mend(body)
    if once.whole:
        again = mend(once.body)
        assert again.whole
        assert again.body == once.body


_UNITS = (
    "<!-- <![CDATA[ <!DOCTYPE <title><![CDATA[ <title><![CDATA[a</title> <![CDATA[</item> <!--<![CDATA[ "
    '<!ENTITY <?xml ]]> <item> <link>x <p <a &#55357; <x:y &lt;!-- <rss" {"a":['
).split()


@pytest.mark.parametrize("unit", _UNITS)
def test_time_grows_with_the_length_and_not_with_its_square(unit: str) -> None:
    """An attacker's favourites: what opens and never ends."""

    def cost(size: int) -> float:
        text = unit * (size // len(unit))
        body = (
            f"{HEAD}{ROOT}<item><title>{text}</title><link>https://courier.example/1</link></item>".encode()
        )
        start = time.process_time()
        with contextlib.suppress(MonitorError):
            read(body)
        return time.process_time() - start

    # Eight times the length: a square would be 64 times the time, and what a busy machine adds is far less.
    assert min(cost(80_000), cost(80_000)) < 20 * cost(10_000) + 1.0
