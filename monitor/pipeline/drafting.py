"""Topic cards out of documents: proposed, decided by a person, taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import Misconfigured, Permanent
from monitor.pipeline.desk import clock
from monitor.records import (
    Article,
    Json,
    NewProposal,
    Proposal,
    ProposalKind,
    ProposalState,
    TopicText,
)
from monitor.settings import Settings
from monitor.store import past, proposals
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.compile import Draft, Known
    from monitor.topics.documents import Document
    from monitor.topics.rules import Rule

BACKGROUND = 20_000  # stored articles that say what everyday news is
LEAD = 600  # characters of a text that are kept: a card alone reads no more
SHOWN = 10  # matched articles that a proposal names
Counted = Callable[[int, int], None]


def propose_topics(
    settings: Settings, paths: Sequence[Path], *, days: int = 30, counted: Counted = lambda _done, _all: None
) -> list[Proposal]:
    """Read documents, and store what cards and additions they suggest; nothing is enabled by it.

    Args:
        days: how far back stored articles are asked what each proposal would have matched.
        counted: told how many articles were asked, of how many.

    Raises:
        Permanent: a document cannot be used; the message says what to do. Then nothing is stored.
        Misconfigured: the cards, the classifier or the database cannot be used.
    """
    from monitor.topics import cards, documents
    from monitor.topics.compile import propose
    from monitor.topics.rules import Rule

    read = [documents.read(path, _page_text) for path in paths]
    engine = open_database(settings.database_url)
    since = clock() - timedelta(days=days)
    stored = [
        replace(article, text=article.text[:LEAD])
        for batch in past.batches(engine, since)
        for article in batch
    ]
    known = _known(settings, stored[-BACKGROUND:])
    drafts = [(document, draft) for document in read for draft in propose(document, known)]
    by_name = {card.name: card for card in cards.load(settings.seeds)}
    rules = []
    for _, draft in drafts:
        old = by_name[draft.card.name].terms if draft.kind is ProposalKind.ADDITION else ()
        rules.append((Rule((*old, *draft.card.terms), known.lists), Rule(old, known.lists) if old else None))
    matched = _matched(rules, stored, counted)
    made = [
        _proposal(document, draft, found) for (document, draft), found in zip(drafts, matched, strict=True)
    ]
    with begin(engine) as db:
        return proposals.replace(db, made, clock())


def accept_proposal(
    settings: Settings, number: int, by: str, edited: Path | None = None
) -> tuple[Proposal, Path]:
    """Write a proposal into `seeds/topics`; the next training takes it up.

    Args:
        edited: a file with the card (or the added entries) as the person changed it.

    Returns:
        the proposal, and the file of the card.

    Raises:
        NotFound: no such proposal.
        Permanent: it was decided before, or another card has its name.
        Misconfigured: the edited card is wrong (file, line, cure), or the folder cannot be written.
    """
    from monitor.topics import card_file, cards
    from monitor.topics.artifacts import replace as write

    with begin(open_database(settings.database_url)) as db:
        found = proposals.get(db, number)
        if found.state is not ProposalState.OPEN:
            raise Permanent(
                f"proposal {number} is {found.state}: `monitor topics undo {number}` opens it again"
            )
        text = found.card if edited is None else card_file.read_text(edited)
        path = settings.seeds / "topics" / f"{_name(found, text, edited)}.toml"
        before = card_file.read_text(path) if path.exists() else None
        if found.kind is ProposalKind.NEW_TOPIC and before is not None:
            raise Permanent(f"{path} is there already: give the card another name (--card FILE)")
        if found.kind is ProposalKind.ADDITION and before is None:
            raise Permanent(f"{path} is gone, and the proposal adds to it: restore the card")
        after = text if before is None else f"{before.rstrip()}\n\n{text.lstrip()}"
        card_file.read(path, cards.word_lists(settings.seeds), settings.seeds / "documents", after)
        _write(write, path, after)
        done = proposals.settle(db, number, ProposalState.ACCEPTED, by, clock(), before=before, after=after)
    return done, path


def reject_proposal(settings: Settings, number: int, by: str, note: str = "") -> Proposal:
    """Put a proposal aside.

    Raises:
        NotFound: no such proposal.
        Permanent: it was decided before.
    """
    with begin(open_database(settings.database_url)) as db:
        found = proposals.get(db, number)
        if found.state is not ProposalState.OPEN:
            raise Permanent(
                f"proposal {number} is {found.state}: `monitor topics undo {number}` opens it again"
            )
        return proposals.settle(db, number, ProposalState.REJECTED, by, clock(), note=note)


def reopen_proposal(settings: Settings, number: int, by: str) -> Proposal:
    """Take a decision back; of an accepted one the card's file becomes what it was.

    Raises:
        NotFound: no such proposal.
        Permanent: it is open, or the card was changed after it was accepted.
        Misconfigured: the folder cannot be written.
    """
    from monitor.topics.artifacts import replace as write
    from monitor.topics.card_file import read_text

    with begin(open_database(settings.database_url)) as db:
        found = proposals.get(db, number)
        if found.state is ProposalState.OPEN:
            raise Permanent(f"proposal {number} is open: there is nothing to undo")
        if found.state is ProposalState.ACCEPTED:
            name = re.search(r'^name = "([a-z0-9_]+)"', found.after or "", re.MULTILINE)
            path = settings.seeds / "topics" / f"{name[1] if name else found.topic}.toml"
            if path.exists() and read_text(path) != found.after:
                raise Permanent(
                    f"{path} was changed after proposal {number} was accepted: take it out by hand"
                )
            if found.before is None:
                path.unlink(missing_ok=True)
            else:
                _write(write, path, found.before)
        return proposals.settle(db, number, ProposalState.OPEN, by, clock())


def _write(write: Callable[[Path, bytes], None], path: Path, text: str) -> None:
    try:
        write(path, text.encode())
    except OSError as error:
        cure = "accept it where seeds/ can be written (a checkout of the project), or correct its rights"
        raise Misconfigured(f"{path} cannot be written ({error.strerror}): {cure}") from error


def _name(found: Proposal, text: str, edited: Path | None) -> str:
    """The name of the card: a person may give a new one another."""
    if found.kind is ProposalKind.ADDITION or edited is None:
        return found.topic
    from monitor.topics.card_file import parse

    name = parse(edited, text).get("name")
    return name if isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name) else found.topic


def _page_text(html: bytes) -> str:
    from monitor.articles.extract import extract

    return extract(html, "").text


def _known(settings: Settings, stored: Sequence[Article]) -> Known:
    from monitor.topics import artifacts, cards
    from monitor.topics.compile import Known
    from monitor.topics.evaluate import read_items
    from monitor.topics.keyphrases import background

    everyday = [f"{article.title}\n{article.summary or article.text[:400]}" for article in stored]
    for path in sorted((settings.seeds / "examples").glob("*.jsonl")):
        everyday += [f"{item.text.title}\n{item.text.summary}" for item in read_items(path)]
    return Known(
        cards=cards.load(settings.seeds),
        lists=cards.word_lists(settings.seeds),
        background=background(everyday),
        scores=artifacts.load(settings.classifiers).score,
        actors=_actors(settings),
    )


def _actors(settings: Settings) -> Callable[[str], Mapping[str, frozenset[str]]]:
    from monitor.articles import gazetteer
    from monitor.articles.actors import find, summarise

    known = gazetteer.of(settings.seeds)

    def actors(text: str) -> Mapping[str, frozenset[str]]:
        mentions = find(known, "", text)
        whole = f"\n{text}"
        named = sorted(summarise(mentions), key=lambda one: (-one.count, one.first))
        return {
            one.actor.name: frozenset(
                whole[m.start : m.end].lower() for m in mentions if m.actor.key == one.actor.key
            )
            for one in named
        }

    return actors


def _matched(
    rules: Sequence[tuple[Rule, Rule | None]], stored: Sequence[Article], counted: Counted
) -> list[list[tuple[float, Article, tuple[str, ...]]]]:
    """For each proposal the stored articles that its card alone matches, and an old card did not."""
    found: list[list[tuple[float, Article, tuple[str, ...]]]] = [[] for _ in rules]
    for number, article in enumerate(stored, 1):
        text = TopicText(article.title, article.summary, article.text)
        for place, (rule, old) in enumerate(rules):
            match = rule.match(text)
            if match.holds and not (old is not None and old.match(text).holds):
                found[place].append((match.weight, article, match.terms))
        if number % 200 == 0 or number == len(stored):
            counted(number, len(stored))
    return [sorted(one, key=lambda m: (-m[0], m[1].id)) for one in found]


def _proposal(
    document: Document, draft: Draft, matched: Sequence[tuple[float, Article, tuple[str, ...]]]
) -> NewProposal:
    from monitor.topics.card import passages_text, render, terms_text

    card = draft.card
    if draft.kind is ProposalKind.NEW_TOPIC:
        text = render(replace(card, content_hash=""))
    else:
        lines = [*terms_text(card.terms, f"from {document.name}"), *passages_text(card.passages)]
        text = "\n".join(lines).strip() + "\n"
    return NewProposal(
        draft.kind, card.name, card.title, document.name, document.digest, text, _evidence(draft, matched)
    )


def _evidence(draft: Draft, matched: Sequence[tuple[float, Article, tuple[str, ...]]]) -> Json:
    scores = [*draft.scores, *(0.0 for _ in draft.card.passages)]
    evidence = {
        "phrases": [
            {"text": one.text, "count": one.count, "keyness": round(one.keyness, 1)} for one in draft.phrases
        ],
        "passages": [
            {"text": one.text, "place": one.place, "score": round(score, 3)}
            for one, score in zip(draft.card.passages, scores, strict=False)
        ],
        "actors": list(draft.actors),
        "exclusions": list(draft.exclusions),
        "matched": len(matched),
        "articles": [
            {"article": article.id, "title": article.title, "terms": list(terms)[:5]}
            for _, article, terms in matched[:SHOWN]
        ],
    }
    found: Json = json.loads(json.dumps(evidence))
    return found
