"""Pages that are no articles, and articles that look like none."""

from __future__ import annotations

import pytest

from monitor.articles.extract import extract
from monitor.articles.pages.walls import judge
from monitor.records import ReadOutcome

ABOUT = "Norland and Estavia sign a pact of mutual defence. Both states will help each other if attacked."
ARTICLE = "Norland and Estavia signed a pact of mutual defence on Tuesday. "


@pytest.mark.parametrize(
    ("text", "closed", "outcome"),
    [
        (ARTICLE * 3, False, ReadOutcome.PAGE_TEXT),
        (ARTICLE * 60, True, ReadOutcome.PAGE_TEXT),
        (ARTICLE * 60 + "Subscribe to continue reading.", False, ReadOutcome.PAGE_TEXT),
        (ARTICLE * 3, True, ReadOutcome.PAYWALLED),
        (
            ARTICLE + "Subscribe now to keep reading. Already a subscriber? Log in.",
            False,
            ReadOutcome.PAYWALLED,
        ),
        (ARTICLE + "Jetzt weiterlesen mit unserem Abo.", False, ReadOutcome.PAYWALLED),
        (
            "We and our partners use cookies. Choose your cookies and give consent.",
            False,
            ReadOutcome.CONSENT,
        ),
        ("Please enable JavaScript to view this page.", False, ReadOutcome.BOILERPLATE),
        ("Checking your browser before you go on.", False, ReadOutcome.BOILERPLATE),
        ("Ten recipes with courgettes that everyone will like this summer.", False, ReadOutcome.BOILERPLATE),
        ("", False, ReadOutcome.NO_TEXT),
        ("", True, ReadOutcome.PAYWALLED),
    ],
)
def test_what_a_text_is(text: str, closed: bool, outcome: ReadOutcome) -> None:
    assert judge(text, "https://courier.example/pact", ABOUT, closed=closed) is outcome


def test_a_host_of_consent_is_known_by_its_name() -> None:
    assert (
        judge(ARTICLE * 60, "https://consent.courier.example/x", ABOUT, closed=False) is ReadOutcome.CONSENT
    )


def test_a_page_says_of_itself_what_it_is() -> None:
    paragraphs = "".join(f"<p>{ARTICLE} Paragraph {n} of it.</p>" for n in range(6))
    page = f"""<html lang="de-AT"><head><title>Pact signed | Courier</title>
    <meta property="og:site_name" content="Courier"><link rel="canonical" href="/pact">
    <script type="application/ld+json">
    {{"@type": "NewsArticle", "headline": "Pact signed", "datePublished": "2026-03-04T10:30:00+01:00",
    "isAccessibleForFree": "False", "author": [{{"name": "Ada Moss"}}, {{"name": "Bo Lind"}}]}}</script>
    </head><body><article><h1>Pact signed</h1>{paragraphs}
    <p><a href="/x">Read more: ten recipes with courgettes</a></p>
    </article></body></html>""".encode()
    found = extract(page, "https://courier.example/pact?x=1")
    assert (found.title, found.author, found.language) == ("Pact signed", "Ada Moss, Bo Lind", "de")
    assert found.canonical_url == "https://courier.example/pact"
    assert found.outcome is ReadOutcome.PAYWALLED
    assert "recipes" not in found.text
    assert not found.text.startswith("Pact signed")
