"""What documents propose: topics that have a card, and topics that nobody has thought of."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import docx
import pytest
from fixtures_documents import pdf

from monitor.articles import gazetteer
from monitor.articles.actors import find, summarise
from monitor.articles.extract import extract
from monitor.records import ProposalKind, TopicText
from monitor.settings import PROJECT
from monitor.topics import cards
from monitor.topics.classify import Classifier
from monitor.topics.compile import Draft, Known, propose
from monitor.topics.documents import read
from monitor.topics.keyphrases import background
from monitor.topics.rules import Rule

DATA = PROJECT / "tests" / "data" / "documents"
SEED = PROJECT.parent / "shared" / "seed" / "000_7839114f4aa274fe.txt"


@pytest.fixture(scope="module")
def known(classifier: Classifier) -> Known:
    seeds = PROJECT / "seeds"
    lines = [
        line for path in sorted((seeds / "examples").glob("*.jsonl")) for line in path.read_text().split("\n")
    ]
    items = [json.loads(line) for line in lines if line]
    places = gazetteer.of(seeds)

    def actors(text: str) -> Mapping[str, frozenset[str]]:
        mentions = find(places, "", text)
        return {
            one.actor.name: frozenset(f"\n{text}"[m.start : m.end] for m in mentions if m.actor == one.actor)
            for one in summarise(mentions)
        }

    texts = [f"{item['title']}\n{item.get('summary', '')}" for item in items]
    return Known(cards.load(seeds), cards.word_lists(seeds), background(texts), classifier.score, actors)


def drafts(path: Path, known: Known) -> dict[str, Draft]:
    return {draft.card.name: draft for draft in propose(read(path), known)}


SOUND = {
    "mutual_defense": ("defense' clause", "mutual help", "mutual assistance", "assist one another"),
    "sanctions": ("sanctions",),
    "arms_transfers": ("munitions", "shells"),
}


@pytest.mark.parametrize("path", [SEED, PROJECT / "seeds" / "documents" / "0001-pact-in-pyongyang.md"])
def test_the_seed_document_proposes_its_three_topics(path: Path, known: Known) -> None:
    if not path.exists():
        pytest.skip("no ../shared here: the briefing of the seeds stands for it")
    found = drafts(path, known)
    text = "\n".join(one.text for one in read(path).paragraphs)
    for topic, words in SOUND.items():
        draft = found[topic]
        assert draft.kind is ProposalKind.ADDITION
        assert any(word in draft.card.passages[0].text for word in words)
        assert all(passage.text.split(". ")[0] in text for passage in draft.card.passages)
        assert all(passage.document == path.name for passage in draft.card.passages)
        assert min(draft.scores) >= 0.5
        assert draft.phrases
    assert "Russia" in found["arms_transfers"].actors


@pytest.mark.parametrize(
    ("name", "phrases", "matching", "foreign"),
    [
        (
            "fisheries-treaty.md",
            {"catch quota", "illegal fishing", "fishing vessel"},
            "Trawlers seized in crackdown on illegal fishing",
            "Party leaders meet on the budget of the capital",
        ),
        (
            "cyber-memo.md",
            {"ransom", "malware", "phishing"},
            "Hackers demand ransom after cyberattack on city hospitals",
            "Ministers open the new hospital",
        ),
    ],
)
def test_a_document_about_something_else_gives_one_topic_of_its_own(
    name: str, phrases: set[str], matching: str, foreign: str, known: Known
) -> None:
    (draft,) = drafts(DATA / name, known).values()
    assert draft.kind is ProposalKind.NEW_TOPIC
    assert phrases <= {phrase.text for phrase in draft.phrases}
    assert len(draft.card.passages) >= 5
    rule = Rule(draft.card.terms, known.lists)
    assert rule.match(TopicText(matching)).holds
    assert not rule.match(TopicText(foreign)).holds


PARAGRAPHS = [one for one in (DATA / "piracy-note.md").read_text().split("\n\n")[1:] if one.strip()]


def as_pdf() -> bytes:
    """Four pages with a running head, page numbers, short lines, words that are parted at the line's end."""
    pages = []
    for number in range(0, len(PARAGRAPHS), 2):
        lines = ["Maritime desk, note 14 of 2026"]
        for paragraph in PARAGRAPHS[number : number + 2]:
            lines += textwrap.wrap(paragraph.strip(), 60)
        pages.append((*lines, str(number // 2 + 1)))
    return pdf(*pages)


def as_word() -> bytes:
    document, held = docx.Document(), io.BytesIO()
    document.add_heading("Note on piracy off the coast", 0)
    document.add_paragraph("For the maritime desk. Not for release.")
    for number, paragraph in enumerate(PARAGRAPHS):
        if number % 3 == 0:
            document.add_heading(f"Part {number // 3 + 1}", 1)
        document.add_paragraph(paragraph.strip(), style="List Bullet" if number % 3 == 2 else None)
    table = document.add_table(2, 2)
    for place, text in enumerate(("Month", "Boardings", "May", "Three boardings by pirates in skiffs")):
        table.cell(*divmod(place, 2)).text = text
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.save(held)
    return held.getvalue()


def as_page() -> bytes:
    body = "".join(f"<p>{one.strip()}</p>" for one in PARAGRAPHS)
    menu = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in ("Home", "Football", "Weather", "Shop"))
    return (
        "<!doctype html><html><head><title>Piracy</title><style>p { color: red }</style></head><body>"
        f"<nav><ul>{menu}</ul></nav><article><h1>Note on piracy off the coast</h1>{body}</article>"
        "<aside><p>Subscribe to our newsletter for the best football offers.</p></aside>"
        "<footer><p>All rights reserved. Cookies.</p></footer><script>track()</script></body></html>"
    ).encode()


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("note.pdf", as_pdf, "page "),
        ("note.docx", as_word, "paragraph "),
        ("note.html", as_page, "paragraph "),
        ("note.md", (DATA / "piracy-note.md").read_bytes, "paragraph "),
        ("note.txt", lambda: "\n\n".join(PARAGRAPHS).encode(), "paragraph "),
    ],
)
def test_the_same_note_gives_the_same_topic_in_every_format(
    name: str, content: Callable[[], bytes], place: str, known: Known, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content())
    document = read(tmp_path / name, page_text=lambda html: extract(html, "").text)
    (draft,) = propose(document, known)
    assert draft.kind is ProposalKind.NEW_TOPIC
    assert {"piracy", "pirates"} & {phrase.text for phrase in draft.phrases}
    assert len(draft.card.passages) >= 4
    assert all(passage.place.startswith(place) for passage in draft.card.passages)
    told = " ".join(passage.text for passage in draft.card.passages)
    assert not {"Subscribe", "Cookies", "Maritime desk, note", "Football"} & set(
        re.findall(r"[A-Z]\w+", told)
    )
    assert "Maritime desk, note" not in told
    rule = Rule(draft.card.terms, known.lists)
    assert rule.match(TopicText("Pirates hijack bulk carrier and demand ransom for its crew")).holds
    assert not rule.match(TopicText("Football club opens a new shop")).holds


def test_a_mixed_document_is_taken_apart(tmp_path: Path, known: Known) -> None:
    parts = [(DATA / "cyber-memo.md").read_text(), (DATA / "fisheries-treaty.md").read_text()]
    order = (PROJECT / "seeds" / "documents" / "0002-order-on-a-tanker-fleet.md").read_text()
    (tmp_path / "mixed.md").write_text("\n\n".join([*parts, order.split("+++\n")[2]]))
    found = drafts(tmp_path / "mixed.md", known)
    apart = [{p.text for p in d.phrases} for d in found.values() if d.kind is ProposalKind.NEW_TOPIC]
    assert len(apart) == 2
    assert sum("illegal fishing" in phrases for phrases in apart) == 1
    assert all(not {"illegal fishing", "ransom"} <= phrases for phrases in apart)
    assert "sanctions" in found


def test_a_document_in_another_language_gives_its_topic(tmp_path: Path, known: Known) -> None:
    text = (
        "Le traité sur la pêche fixe les quotas de capture. Les navires de pêche doivent avoir une licence.",
        "La pêche illégale est punie par la saisie du navire. Les inspecteurs contrôlent les captures.",
        "Les quotas de capture sont fixés par le comité. La pêche illégale menace les stocks.",
        "Les navires de pêche qui éteignent leur balise se livrent à la pêche illégale. Les zones ferment.",
    )
    (tmp_path / "a.txt").write_text("\n\n".join(text))
    (draft,) = drafts(tmp_path / "a.txt", known).values()
    assert "pêche illégale" in {phrase.text for phrase in draft.phrases}
    assert not {"les", "des", "les navires"} & {phrase.text for phrase in draft.phrases}
    assert Rule(draft.card.terms, known.lists).match(TopicText("Pêche illégale: trois navires saisis")).holds


def test_everyday_words_propose_nothing(tmp_path: Path, known: Known) -> None:
    (tmp_path / "a.txt").write_text("It rained on Monday and many people stayed at home with their families.")
    assert propose(read(tmp_path / "a.txt"), known) == ()


def test_another_sense_of_a_word_is_an_exclusion(known: Known, tmp_path: Path) -> None:
    shark = [f"Shark attack at beach number {n} closes the bay" for n in range(4)]
    other = Known(
        known.cards,
        known.lists,
        background([*shark, *["Rain falls on the hills"] * 400]),
        known.scores,
        known.actors,
    )
    text = "\n\n".join(
        f"Hackers began a ransomware attack on server {n}. The attack spread malware to its backups."
        for n in ("one", "two", "three", "four", "five", "six")
    )
    (tmp_path / "a.txt").write_text(text)
    (draft,) = propose(read(tmp_path / "a.txt"), other)
    assert "shark attack" in draft.exclusions
    assert any(term.text == "shark attack" and term.weight < 0 for term in draft.card.terms)
