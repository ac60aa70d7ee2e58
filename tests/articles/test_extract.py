from __future__ import annotations

from datetime import UTC, datetime

from monitor.articles.extract import extract

PARAGRAPHS = [
    "The two governments agreed on Tuesday to come to each other's aid if either is attacked.",
    "The treaty, which took eleven months to write, goes to both parliaments for approval in the autumn.",
    "Its second article lists the means of help, from medical supplies to troops, and who decides on them.",
    "Neighbouring states were told in advance, and two of them sent observers to the ceremony.",
    "Critics in the opposition said that the text left open what would count as an attack.",
]
PAGE = f"""<!doctype html><html lang="en-GB"><head><title>Pact signed | Courier</title>
<meta property="og:title" content="Two states sign a pact"><meta name="author" content="Ada Moss">
<meta property="article:published_time" content="2026-03-04T10:30:00+01:00"></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a> <a href="/world">World</a></nav>
<article><h1>Two states sign a pact</h1>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}</article>
<aside><p>Subscribe to our newsletter today for more.</p></aside><footer>Contact us. All rights.</footer>
</body></html>""".encode()


def test_an_article_comes_out_without_its_frame():
    page = extract(PAGE, "https://courier.example/pact")
    assert [p for p in PARAGRAPHS if p in page.text] == PARAGRAPHS
    assert "newsletter" not in page.text
    assert "Sport" not in page.text
    assert (page.title, page.author, page.language) == ("Two states sign a pact", "Ada Moss", "en")
    assert page.published_at == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def test_what_is_no_article_gives_no_text():
    for html in (b"", b"   ", b"\x00\x01\x02", b"%PDF-1.7 binary", b"<html><body></body></html>"):
        assert extract(html, "https://courier.example/x").text == ""
