"""From a document to a card in seeds/topics, and back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixtures_store import new_article

from monitor.errors import Misconfigured, NotFound, Permanent
from monitor.pipeline.drafting import accept_proposal, propose_topics, reject_proposal, reopen_proposal
from monitor.records import FeedSpec, Proposal, ProposalKind, ProposalState
from monitor.settings import PROJECT, Settings
from monitor.store import articles, feeds, proposals
from monitor.store.database import begin, open_database, upgrade
from monitor.topics import cards

FISH = PROJECT / "tests" / "data" / "documents" / "fisheries-treaty.md"
PACT = PROJECT / "seeds" / "documents" / "0001-pact-in-pyongyang.md"
NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """An installation with seeds of its own, and two stored articles of which one is on fishing."""
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds", ignore=shutil.ignore_patterns("demo"))
    database_url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(database_url)
    titles = ("Trawlers fined for illegal fishing on the shelf", "Tram line opens")
    with begin(open_database(database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        stored = [new_article(n, title=t, summary="", published_at=NOW) for n, t in enumerate(titles, 1)]
        articles.admit(db, stored, NOW)
    return Settings(home=tmp_path, database_url=database_url, seeds=tmp_path / "seeds")


def made(home: Settings, kind: ProposalKind, document: Path = FISH) -> Proposal:
    return next(one for one in propose_topics(home, [document]) if one.kind is kind)


def names(home: Settings) -> list[str]:
    return [card.name for card in cards.load(home.seeds)]


def test_nothing_is_enabled_until_a_person_accepts(home: Settings) -> None:
    before = names(home)
    asked: list[tuple[int, int]] = []
    (found,) = propose_topics(home, [FISH], counted=lambda done, total: asked.append((done, total)))
    assert (found.state, found.kind, found.document) == (
        ProposalState.OPEN,
        ProposalKind.NEW_TOPIC,
        FISH.name,
    )
    assert found.evidence["matched"] == 1
    assert found.evidence["articles"][0]["title"].startswith("Trawlers")
    assert asked == [(2, 2)]
    assert names(home) == before

    done, path = accept_proposal(home, found.id, "ana")
    assert (done.state, done.decided_by) == (ProposalState.ACCEPTED, "ana")
    assert names(home) == sorted([*before, found.topic])
    assert path.read_text() == found.card
    with pytest.raises(Permanent, match=f"undo {found.id}"):
        accept_proposal(home, found.id, "ana")

    assert reopen_proposal(home, found.id, "ana").state is ProposalState.OPEN
    assert names(home) == before
    with pytest.raises(Permanent, match="nothing to undo"):
        reopen_proposal(home, found.id, "ana")


def test_an_addition_joins_its_card_and_can_be_taken_out(home: Settings) -> None:
    found = made(home, ProposalKind.ADDITION, PACT)
    path = home.seeds / "topics" / f"{found.topic}.toml"
    before = path.read_text()
    old = next(card for card in cards.load(home.seeds) if card.name == found.topic)
    accept_proposal(home, found.id, "ana")
    new = next(card for card in cards.load(home.seeds) if card.name == found.topic)
    assert set(new.terms) >= set(old.terms)  # a card that knows the document's words gains passages alone
    assert new.passages
    assert {one.document for one in new.passages} == {PACT.name}
    assert path.read_text().startswith(before.rstrip())

    path.write_text(path.read_text() + "# a remark\n")
    with pytest.raises(Permanent, match="was changed after"):
        reopen_proposal(home, found.id, "ana")
    path.write_text(path.read_text().removesuffix("# a remark\n"))
    reopen_proposal(home, found.id, "ana")
    assert path.read_text() == before


def test_an_edited_card_is_checked_and_may_have_another_name(home: Settings, tmp_path: Path) -> None:
    found = made(home, ProposalKind.NEW_TOPIC)
    edited = tmp_path / "edited.toml"
    edited.write_text(found.card.replace(f'name = "{found.topic}"', 'name = "fishing"'))
    _, path = accept_proposal(home, found.id, "ana", edited)
    assert path.name == "fishing.toml"
    reopen_proposal(home, found.id, "ana")
    assert not path.exists()
    edited.write_text(found.card.replace('severity = "medium"', 'severity = "huge"'))
    with pytest.raises(Misconfigured, match="line 4: severity must be"):
        accept_proposal(home, found.id, "ana", edited)
    assert found.topic not in names(home)


def test_a_document_compiled_again_replaces_what_is_open(home: Settings) -> None:
    first = made(home, ProposalKind.NEW_TOPIC)
    second = made(home, ProposalKind.NEW_TOPIC)
    with begin(open_database(home.database_url)) as db:
        assert [one.id for one in proposals.listing(db, ProposalState.OPEN)] == [second.id]
        assert proposals.get(db, first.id).state is ProposalState.REJECTED
    assert reject_proposal(home, second.id, "ana", "not ours").note == "not ours"
    with pytest.raises(NotFound, match="monitor topics proposals"):
        reject_proposal(home, 99, "ana")


def test_one_bad_document_stores_nothing(home: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 broken")
    with pytest.raises(Permanent, match=r"a\.pdf is damaged"):
        propose_topics(home, [FISH, tmp_path / "a.pdf"])
    with begin(open_database(home.database_url)) as db:
        assert proposals.listing(db) == []


def test_seeds_that_cannot_be_written_are_told(home: Settings, tmp_path: Path) -> None:
    found = made(home, ProposalKind.NEW_TOPIC)
    other = replace(home, seeds=tmp_path / "other")
    shutil.copytree(home.seeds, other.seeds)
    shutil.rmtree(other.seeds / "topics")
    with pytest.raises(Misconfigured, match="cannot be written"):
        accept_proposal(other, found.id, "ana")
    with begin(open_database(home.database_url)) as db:
        assert proposals.get(db, found.id).state is ProposalState.OPEN
