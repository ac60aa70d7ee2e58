from __future__ import annotations

import pytest

from monitor.articles.language import detect, reads_as


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The foreign ministers of both countries signed the pact on Monday in the capital.", "en"),
        (
            "Die Außenminister beider Staaten haben den Vertrag am Montag in der Hauptstadt unterzeichnet.",
            "de",
        ),
        ("Министры иностранных дел обеих стран подписали договор в понедельник в столице.", "ru"),
        ("Les ministres des affaires étrangères des deux pays ont signé le pacte lundi.", "fr"),
    ],
)
def test_the_language_of_a_sentence_is_found_whatever_the_feed_claims(text, language):
    assert detect(text, "zz") == language


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Tonsillitis, sinusitis, otosclerosis and septoplasty: otolaryngology symposia", "en", "en"),
        ("Minister: Premiera stoczni, by uczcić rocznicę, to nasz obowiązek wobec marynarzy", "pl", "pl"),
        ("Die Außenminister beider Staaten haben den Vertrag am Montag unterzeichnet", "en", "de"),
    ],
)
def test_the_more_a_feed_claims_english_the_fewer_english_words_are_enough(text, hint, language):
    assert detect(text, hint) == language


@pytest.mark.parametrize(
    ("hint", "language"),
    [("en-GB", "en"), ("FR", "fr"), ("zh_TW", "zh"), ("", None), (None, None), ("english", None)],
)
def test_a_short_text_is_in_the_language_that_its_feed_claims(hint, language):
    assert detect("Pact signed", hint) == language


@pytest.mark.parametrize(
    ("text", "language", "supported", "expected"),
    [
        ("Die Regierung liefert Panzer an die Ukraine", "de", ["en"], False),
        ("Die Regierung liefert Panzer an die Ukraine", "de", ["de", "en"], True),
        ("Le gouvernement livre des chars", "fr", ["en"], False),
        ("Kraft 3rd qtr net up", "pcm", ["en"], True),
        ("Saab to develop underwater craft for Sweden with Kongsberg", "bcl", ["en"], True),
        ("Saab to develop underwater craft for Sweden with Kongsberg", "bcl", ["de"], False),
        ("???", None, ["en"], True),
    ],
)
def test_a_text_is_read_by_those_who_know_its_language(text, language, supported, expected):
    assert reads_as(text, language, supported) is expected
