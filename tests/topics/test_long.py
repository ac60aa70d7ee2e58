"""Long articles: one paragraph that reports is found, one that mentions is not. All of them are our own."""

import json

from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics.classify import Classifier
from monitor.topics.units import LEAST_WORDS, windows

DATA = json.loads((PROJECT / "tests" / "data" / "topics" / "long.json").read_text("utf-8"))
FOUND_FLOOR = 23  # of 32; measured: 24. With windows that run on into the next paragraph: 14
WRONG_LIMIT = 4  # of 32; measured: 4


def article(one: dict) -> TopicText:
    paragraphs = list(DATA["bodies"][one["body"]])
    paragraphs.insert(one["at"], one["paragraph"])
    return TopicText(one["title"], "", "\n".join(paragraphs))


def hits(classifier: Classifier, articles: list[dict]) -> list[set[str]]:
    scores = classifier.score([article(one) for one in articles])
    return [{one.topic for one in row if one.is_hit} for row in scores]


def test_paragraphs_that_report_are_found(classifier: Classifier) -> None:
    asked = [one for one in DATA["articles"] if one["topics"]]
    found = hits(classifier, asked)
    assert len(asked) >= 30
    right = sum(set(one["topics"]) <= topics for one, topics in zip(asked, found, strict=True))
    assert right >= FOUND_FLOOR
    others = [topics - set(one["topics"]) for one, topics in zip(asked, found, strict=True)]
    assert not any(others), others


def test_paragraphs_that_mention_are_not(classifier: Classifier) -> None:
    asked = [one for one in DATA["articles"] if not one["topics"]]
    assert len(asked) >= 30
    assert sum(map(bool, hits(classifier, asked))) <= WRONG_LIMIT


def test_articles_without_the_paragraph_are_none(classifier: Classifier) -> None:
    bare = [TopicText(name, "", "\n".join(body)) for name, body in DATA["bodies"].items()]
    assert not any(one.is_hit for row in classifier.score(bare) for one in row)


def test_a_window_ends_where_a_paragraph_does() -> None:
    paragraphs = [f"{name} " + "word " * LEAST_WORDS + "end." for name in ("One", "Two", "Three")]
    text = TopicText("Title", "", "\n".join([*paragraphs, "Short line.", "Another short line."]))
    sources = [unit.source for unit in windows(text)]
    assert sources[:3] == paragraphs
    assert sources[3:] == ["Short line.\nAnother short line."]


def test_long_paragraphs_overlap_by_a_sentence() -> None:
    sentences = [f"Sentence number {n} " + "word " * 20 + "end." for n in range(9)]
    units = [unit.source.split("\n") for unit in windows(TopicText("", "", " ".join(sentences)))]
    assert [one for unit in units for one in unit[unit is not units[0] :]] == sentences
