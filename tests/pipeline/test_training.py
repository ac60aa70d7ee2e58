"""Train, label, hold back, restore, replay, recall: the life of a classifier."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixtures_store import new_article

from monitor import pipeline
from monitor.errors import Misconfigured, NotFound
from monitor.pipeline.accounting import describe
from monitor.pipeline.labelling import give_label, next_offers, topic_quality, undo_label
from monitor.pipeline.recalling import recall_article, recall_hit
from monitor.pipeline.replaying import replay
from monitor.records import FeedSpec, OfferedAs, Placement, PlacementKind, RunKey, Verdict
from monitor.settings import PROJECT, Settings
from monitor.store import articles, feeds, stories
from monitor.store import tables as t
from monitor.store.database import begin, open_database, upgrade
from monitor.topics import artifacts, versions
from monitor.topics.curves import FORMATS, NAMES
from monitor.topics.evaluate import evaluate, read_items

NOW = datetime.now(UTC)
RUN = RunKey("cli", "test", "1")
TITLES = (
    "EU imposes new sanctions on Russian banks and tankers",
    "Germany sends air defence missiles and howitzers to Ukraine",
    "Tram line opens in the capital",
    "Bakers win prize for rye bread",
)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Seeds of its own with fewer examples, so that a fit takes a moment, and four stored articles."""
    seeds = tmp_path / "seeds"
    ignored = shutil.ignore_patterns("demo", "*.opml", "floors.toml")
    shutil.copytree(PROJECT / "seeds", seeds, ignore=ignored)
    for path in (seeds / "examples").glob("*.jsonl"):
        path.write_text("\n".join(path.read_text().split("\n")[:60]) + "\n")
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    with begin(open_database(url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        stored = [new_article(n, title=s, summary="", published_at=NOW) for n, s in enumerate(TITLES, 1)]
        articles.admit(db, stored, NOW)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, 5)], NOW)
    return Settings(home=tmp_path, database_url=url, seeds=seeds, classifiers=tmp_path / "models")


def break_examples(home: Settings) -> None:
    """Leave every example and card text of a topic out but a few: what is trained then is worse."""
    for path in (home.seeds / "examples").glob("*.jsonl"):
        if "sanctions" in path.name:
            path.write_text("")
    path = home.seeds / "topics" / "sanctions.toml"
    path.write_text(path.read_text().replace("threshold = ", "threshold = 0.99 # ", 1))


def test_a_worse_classifier_is_kept_as_a_candidate(home: Settings) -> None:
    (first,) = pipeline.train(home, RUN)
    assert set(first.outcomes) == {"published"}
    good = artifacts.load(home.classifiers).version
    (again,) = pipeline.train(home, RUN)
    assert set(again.outcomes) == {"unchanged"}

    break_examples(home)
    (held,) = pipeline.train(home, RUN)
    assert (set(held.outcomes), held.balances) == ({"candidate"}, True)
    assert "held back: " in held.note
    assert "sanctions on written.jsonl: F1 falls" in held.note
    assert artifacts.load(home.classifiers).version == good
    candidate = next(one for one in versions.listing(home.classifiers) if one.state == "candidate")
    assert candidate.name in held.note
    assert candidate.verdict.reasons

    with pytest.raises(Misconfigured, match="held back"):
        versions.restore(home.classifiers, candidate.name)
    versions.restore(home.classifiers, candidate.name, anyway=True)
    versions.restore(home.classifiers, good)
    assert artifacts.load(home.classifiers).version == good


def test_a_floor_holds_back_without_a_current_classifier(home: Settings) -> None:
    (home.seeds / "floors.toml").write_text('["held-out seeds"]\nsanctions = 1.0\n')
    (held,) = pipeline.train(home, RUN)
    assert set(held.outcomes) == {"candidate"}
    assert "sanctions on held-out seeds: F1 " in held.note
    assert "below its floor 1.000" in held.note
    (candidate,) = versions.listing(home.classifiers)
    assert candidate.state == "candidate"
    compared = {(one.set, one.topic): one for one in candidate.verdict.compared}
    assert compared["held-out seeds", "sanctions"].floor == 1.0
    assert compared["held-out seeds", "sanctions"].fault
    assert not compared["written.jsonl", "sanctions"].fault


def test_sets_from_elsewhere_are_held_against_their_own_floors(home: Settings, tmp_path: Path) -> None:
    own = tmp_path / "desk.jsonl"
    rows = [{"title": f"Nothing of the kind, item {n}", "topics": ["sanctions"]} for n in range(12)]
    own.write_text("".join(json.dumps(row) + "\n" for row in rows))
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    floors = home.seeds / "floors.toml"
    floors.write_text(f'["desk.jsonl"]\nsha256 = "{digest}"\nsanctions = 0.5\n')
    (held,) = pipeline.train(replace(home, labelled=(own,)), RUN)
    assert set(held.outcomes) == {"candidate"}
    assert "sanctions on desk.jsonl: F1 0.000 is below its floor 0.500" in held.note
    floors.write_text(f'["desk.jsonl"]\nsha256 = "{"0" * 64}"\n')
    (held,) = pipeline.train(replace(home, labelled=(tmp_path / "desk.jsonl",)), RUN)
    assert f"desk.jsonl is not the set that its floors were pinned on (sha256 {digest[:12]}" in held.note
    with pytest.raises(Misconfigured, match="MONITOR_LABELLED"):
        pipeline.train(replace(home, labelled=(tmp_path / "none",)), RUN)
    copy = tmp_path / "written.jsonl"
    copy.write_text(own.read_text())
    with pytest.raises(Misconfigured, match="rename one"):
        pipeline.train(replace(home, labelled=(copy,)), RUN)


def test_the_card_tells_what_the_classifier_is(home: Settings) -> None:
    pipeline.train(home, RUN)
    told = (home.classifiers / artifacts.CARD).read_text()
    classifier = artifacts.load(home.classifiers)
    items = {path.name: len(read_items(path)) for path in (home.seeds / "examples").glob("*.jsonl")}
    for name, count in items.items():
        assert f"| {name} | {count} |" in told
    for grams in classifier.encoder.plan.grams:
        assert f"{len(grams.vocabulary):,} " in told
    assert f"{classifier.encoder.width:,} features" in told
    assert "written.jsonl (sha256 `" in told
    measured = evaluate(classifier, read_items(home.seeds / "labelled" / "written.jsonl"))
    for topic, found in measured.topics.items():
        assert f"| {topic} | {found.precision:.3f} (" in told
    assert "English" not in told
    assert "- Reads en;" in told
    pictures = {f"{name}.{form}" for name in NAMES for form in FORMATS}
    assert pictures <= {path.name for path in home.classifiers.iterdir()}
    assert "written.jsonl" in (home.classifiers / "MODEL_CARD.md").read_text()

    (home.classifiers / artifacts.CARD).unlink()
    written = {path.name for path in describe(home)}
    assert written == {artifacts.CARD, artifacts.SCORES, *pictures}
    assert (home.classifiers / artifacts.CARD).read_text() == told


def test_hits_are_made_again_by_the_classifier_that_made_them(home: Settings) -> None:
    pipeline.train(home, RUN)
    pipeline.score(home, RUN)
    (found,) = recall_article(home, 1)
    assert found.exact
    assert found.hit.topic == "sanctions"
    assert found.hit.reason.clause
    assert found.hit.reason.passage
    path = home.seeds / "topics" / "sanctions.toml"
    path.write_text("# a remark is another version\n" + path.read_text())
    pipeline.train(home, RUN)
    assert artifacts.load(home.classifiers).version != found.hit.classifier_version
    with begin(open_database(home.database_url)) as db:
        db.execute(t.articles.update().values(title="Changed since"))
    again = recall_hit(home, found.hit_id)
    assert again.exact
    assert again.hit == found.hit

    shutil.rmtree(versions.home(home.classifiers, found.hit.classifier_version))
    lost = recall_hit(home, found.hit_id)
    assert (lost.exact, lost.hit) == (False, found.hit)
    assert "classifier is gone" in lost.why
    with pytest.raises(NotFound, match="no hit 99"):
        recall_hit(home, 99)


def test_labels_are_offered_given_measured_and_taught(home: Settings) -> None:
    pipeline.train(home, RUN)
    pipeline.score(home, RUN)
    offered = next_offers(home, "ana", ["sanctions"])
    assert {offer.article_id for offer, _ in offered} == {1, 2, 3, 4}
    offer, shown = next(one for one in offered if one[0].article_id == 1)
    assert (offer.offered_as, shown.title) == (OfferedAs.HIT_SAMPLE, TITLES[0])
    assert shown.sentence
    given = give_label(home, 1, "sanctions", Verdict.YES, "ana", offered_as=offer.offered_as)
    assert given.score == offer.score
    for number in (2, 3, 4):
        give_label(home, number, "sanctions", Verdict.NO, "ana", offered_as=OfferedAs.BELOW_SAMPLE)
    assert next_offers(home, "ana", ["sanctions"]) == []
    measured = {one.topic: one for one in topic_quality(home)}["sanctions"]
    assert measured.precision is not None
    assert measured.recall is not None
    assert (measured.precision.value, measured.recall.value) == (1.0, 1.0)
    (ledger,) = pipeline.train(home, RUN)
    assert "labelled texts taught" in ledger.note
    assert undo_label(home, "ana").article_id == 4
    with pytest.raises(NotFound, match="no topic 'rain'"):
        give_label(home, 1, "rain", Verdict.YES, "ana")


def test_a_replay_tells_what_would_change_and_changes_nothing(home: Settings, tmp_path: Path) -> None:
    pipeline.train(home, RUN)
    before = {path.name: path.read_bytes() for path in home.classifiers.iterdir() if path.is_file()}
    asked: list[tuple[int, int]] = []
    found = replay(home, thresholds={"sanctions": 1 - 1e-12}, counted=lambda n, of: asked.append((n, of)))
    assert asked[-1] == (4, 4)
    (change,) = found.changes
    assert (change.gained, change.topic, change.article_id, change.alerts) == (False, "sanctions", 1, True)
    row = next(one for one in found.topics if one.topic == "sanctions")
    assert (row.hits_before, row.hits_lost, row.alerts_lost) == (1, 1, 1)

    card = tmp_path / "bread.toml"
    texts = [f"Bakers praise rye bread from oven number {n}" for n in "abcdefgh"]
    card.write_text(
        f'name = "bread"\ntitle = "Bread"\ndefinition = "Bread."\nthreshold = 0.1\nexamples = {texts}\n'
        '[[term]]\ntext = "rye bread"\nweight = 4\n'
    )
    gained = [one for one in replay(home, card=card).changes if one.topic == "bread"]
    assert [(one.gained, one.article_id, one.before) for one in gained] == [(True, 4, 0.0)]
    assert not (home.seeds / "topics" / "bread.toml").exists()
    assert {p.name: p.read_bytes() for p in home.classifiers.iterdir() if p.is_file()} == before
    with pytest.raises(NotFound, match="no topic 'rain'"):
        replay(home, thresholds={"rain": 0.5})
    with pytest.raises(NotFound, match="not kept"):
        replay(home, version="abc")
    empty = replace(home, classifiers=tmp_path / "none")
    with pytest.raises(Misconfigured, match="monitor train"):
        replay(empty)


def test_a_text_in_another_language_is_counted_and_not_scored(home: Settings) -> None:
    pipeline.train(home, RUN)
    title = "Bundesregierung genehmigt Panzer und Raketen für die Ukraine"
    with begin(open_database(home.database_url)) as db:
        articles.admit(db, [new_article(5, title=title, summary="", language="de", published_at=NOW)], NOW)
        stories.place(db, [Placement(5, PlacementKind.NEW_STORY)], NOW)
    scored, hits = pipeline.score(home, RUN)
    assert scored.outcomes["unsupported_language"] == 1
    assert scored.balances
    assert (scored.items_in, hits.outcomes["arms_transfers"]) == (5, 1)
