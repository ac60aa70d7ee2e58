from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection, Engine, delete

from monitor.errors import NotFound, Permanent
from monitor.records import FeedSpec, NewLabel, NewProposal, ProposalKind, ProposalState, Shown, Verdict
from monitor.store import articles, feeds, hits, labels, past, proposals
from monitor.store import tables as t
from monitor.store.database import begin

FIRST = NewLabel(1, "sanctions", Verdict.YES, "ana", "cli", Shown("Title 1", "S", "T", "Why"), score=0.9)


@pytest.fixture(autouse=True)
def two_articles(engine: Engine) -> None:
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        articles.admit(db, [new_article(n) for n in (1, 2)], NOW)
        hits.record_scores(db, [scored(1, 0.9), scored(2, 0.1)], "v1", NOW)


def test_a_label_keeps_who_when_and_what_was_shown(db: Connection) -> None:
    found = labels.give(db, FIRST, NOW)
    assert (found.labelled_by, found.labelled_at, found.via, found.shown) == ("ana", NOW, "cli", FIRST.shown)
    assert labels.give(db, FIRST, NOW + timedelta(hours=1)) == found
    assert labels.counting(db) == [found]


def test_a_persons_newest_label_counts_and_undoing_brings_back_the_one_before(db: Connection) -> None:
    first = labels.give(db, FIRST, NOW)
    second = labels.give(db, replace(FIRST, verdict=Verdict.NO), NOW)
    other = labels.give(db, replace(FIRST, labelled_by="ben"), NOW)
    assert labels.of_article(db, 1, "sanctions") == [other, second]
    assert labels.undo(db, "ana", NOW).id == second.id
    assert labels.of_article(db, 1) == [other, first]
    assert labels.undo(db, "ben", NOW, other.id).undone_at == NOW
    assert [one.id for one in labels.history(db)] == [other.id, second.id, first.id]
    with pytest.raises(NotFound, match="of ben to undo"):
        labels.undo(db, "ben", NOW)
    with pytest.raises(NotFound, match=f"label {first.id} of ben"):
        labels.undo(db, "ben", NOW, first.id)


def test_a_label_outlives_its_article(db: Connection) -> None:
    labels.give(db, FIRST, NOW)
    db.execute(delete(t.articles).where(t.articles.c.id == 1))
    (found,) = labels.counting(db)
    assert (found.article_id, found.shown.title) == (None, "Title 1")


def test_wrong_labels_are_refused(db: Connection) -> None:
    with pytest.raises(NotFound, match="no article 99"):
        labels.give(db, replace(FIRST, article_id=99), NOW)
    with pytest.raises(Permanent, match="--by NAME"):
        labels.give(db, replace(FIRST, labelled_by=" "), NOW)


def test_scores_and_texts_of_the_queue(db: Connection) -> None:
    found = labels.scored(db, "sanctions", NOW)
    assert [(one.article_id, one.score, one.is_hit) for one in found] == [(1, 0.9, True), (2, 0.1, False)]
    assert labels.scored(db, "sanctions", NOW + timedelta(days=1)) == []
    assert labels.scores_of(db, [2], "sanctions") == found[1:]
    assert labels.texts(db, [1, 99]) == {1: Shown("Title 1", "Summary 1", "")}


def test_stored_articles_are_read_again_in_batches(engine: Engine) -> None:
    with begin(engine) as db:
        assert past.count(db, NOW) == 2
    assert [one.id for batch in past.batches(engine, NOW) for one in batch] == [1, 2]
    assert list(past.batches(engine, NOW + timedelta(days=1))) == []


def test_a_proposal_is_decided_and_opened_again(db: Connection) -> None:
    made = NewProposal(ProposalKind.NEW_TOPIC, "fish", "Fish", "a.md", "hash", "name = 1", {"matched": 3})
    (first,) = proposals.replace(db, [made], NOW)
    assert (first.state, first.evidence["matched"]) == (ProposalState.OPEN, 3)
    done = proposals.settle(db, first.id, ProposalState.ACCEPTED, "ana", NOW, after="text")
    assert (done.decided_by, done.after, done.before) == ("ana", "text", None)
    (second,) = proposals.replace(db, [made], NOW)
    assert proposals.get(db, first.id).state is ProposalState.ACCEPTED
    assert [one.id for one in proposals.listing(db)] == [second.id, first.id]
    assert proposals.settle(db, first.id, ProposalState.OPEN, "ana", NOW).decided_at is None
