"""A classifier in other languages: French, German and Russian, by a card with terms in all three."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from fixtures_store import new_article

from monitor import pipeline
from monitor.records import FeedSpec, Placement, PlacementKind, RunKey, TopicText
from monitor.settings import PROJECT, Settings
from monitor.store import articles, feeds, stories
from monitor.store.database import begin, open_database, upgrade
from monitor.topics import artifacts
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import evaluate, read_items

WRITTEN = PROJECT / "tests" / "data" / "topics" / "languages.jsonl"
LANGUAGES = ("de", "fr", "ru")
CARD = """
name = "sanctions"
title = "Sanktionen, sanctions, санкции"
definition = "Penalties of states against states."
in = ["sanctions imposées ou levées", "verhängte Sanktionen", "введённые санкции"]

[[term]]
weight = 4
text = ["paquet de sanctions", "Sanktionspaket*", "пакет* санкций", "(ввел*|ввёл|снял*) ... санкции"]

[[term]]
weight = 3
text = ["sanctions", "gel des avoirs", "avoirs ... gelés", "embargo*", "Sanktion*", "санкци*", "эмбарго"]

[[against]]
weight = 4
text = ["Jobcenter", "ligue", "collège", "допинг*"]
"""
RUN = RunKey("cli", "test", "1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Trained on every item but each fourth; nothing in it is English."""
    home = tmp_path_factory.mktemp("languages")
    for folder in ("topics", "examples", "labelled"):
        (home / "seeds" / folder).mkdir(parents=True)
    (home / "seeds" / "topics" / "sanctions.toml").write_text(CARD)
    lines = WRITTEN.read_text().splitlines()
    (home / "seeds" / "examples" / "a.jsonl").write_text(
        "".join(f"{line}\n" for n, line in enumerate(lines) if n % 4)
    )
    (home / "seeds" / "labelled" / "b.jsonl").write_text("".join(f"{line}\n" for line in lines[::4]))
    url = f"sqlite:///{home / 'monitor.db'}"
    upgrade(url)
    found = Settings(home=home, database_url=url, seeds=home / "seeds", classifiers=home / "models")
    pipeline.train(found, RUN)
    return found


@pytest.fixture(scope="module")
def classifier(home: Settings) -> Classifier:
    return artifacts.load(home.classifiers)


def test_each_language_is_learned_and_named(home: Settings, classifier: Classifier) -> None:
    assert classifier.languages == LANGUAGES
    told = (home.classifiers / artifacts.CARD).read_text()
    assert "- Reads de, fr, ru;" in told
    assert "Languages: de 21, fr 21, ru 21." in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_kept_apart_is_told_right(home: Settings, classifier: Classifier, language: str) -> None:
    apart = [one for one in read_items(home.seeds / "labelled" / "b.jsonl") if one.language == language]
    found = evaluate(classifier, apart).topics["sanctions"]
    print(f"{language}: precision {found.precision:.2f}, recall {found.recall:.2f} of {len(apart)}")
    assert found.precision >= 0.7
    assert found.recall >= 0.5


def test_together_most_is_found(home: Settings, classifier: Classifier) -> None:
    found = evaluate(classifier, read_items(home.seeds / "labelled" / "b.jsonl")).topics["sanctions"]
    print(f"precision {found.precision:.2f}, recall {found.recall:.2f}, {found.n} items carry it")
    assert found.precision >= 0.8
    assert found.recall >= 0.7
    assert found.average_precision >= 0.7


def test_another_sense_is_told_apart_in_each_language(classifier: Classifier) -> None:
    pairs = [
        ("Nouvelles sanctions contre des banques russes", "Le club sanctionné par la ligue"),
        ("Neue Sanktionen gegen russische Banken", "Jobcenter streicht das Geld"),
        ("Новые санкции против российских банков", "Бегун дисквалифицирован за допинг"),
    ]
    for meant, other in pairs:
        high, low = classifier.score([TopicText(meant), TopicText(other)])
        assert high[0].score > low[0].score
        assert high[0].is_hit


def test_what_it_cannot_read_is_counted_and_not_scored(home: Settings) -> None:
    now = datetime.now(UTC)
    told = {
        "de": "Bundesregierung verschärft die Sanktionen gegen russische Banken und Reeder",
        "ru": "Евросоюз ввёл новые санкции против российских банков и судовладельцев",
        "en": "European Union imposes new sanctions on Russian banks and shipowners",
        "es": "La Unión Europea impone nuevas sanciones a los bancos y navieras de Rusia",
        "pl": "Unia Europejska nakłada nowe sankcje na rosyjskie banki i armatorów",
    }
    with begin(open_database(home.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], now)
        stored = [
            new_article(n, title=title, summary="", language=language, published_at=now)
            for n, (language, title) in enumerate(told.items(), 1)
        ]
        articles.admit(db, stored, now)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, 6)], now)
    scored, hits = pipeline.score(home, RUN)
    assert scored.outcomes == {"hit": 2, "unsupported_language": 3}
    assert scored.balances
    assert hits.outcomes == {"sanctions": 2}


def test_the_set_is_even() -> None:
    rows = [json.loads(line) for line in WRITTEN.read_text().splitlines()]
    for language in LANGUAGES:
        own = [row for row in rows if row["language"] == language]
        assert sum(bool(row["topics"]) for row in own) * 2 == len(own) == 28
