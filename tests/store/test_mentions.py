from __future__ import annotations

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Connection, func, select

from monitor.records import (
    Actor,
    ActorKind,
    ArticleActors,
    FeedSpec,
    NamedActor,
    Placement,
    PlacementKind,
    Publisher,
    Search,
    StoryActor,
)
from monitor.store import articles, feeds, mentions, stories
from monitor.store import tables as t
from monitor.store.search import search

PUTIN = Actor("RUS-vladimir-putin", ActorKind.PERSON, "Vladimir Putin", "RUS")
NATO = Actor("NATO", ActorKind.ALLIANCE, "NATO")


def named(actor: Actor, salience: float = 0.8) -> NamedActor:
    return NamedActor(actor, 2, salience > 0.5, False, 4, salience, True if actor is PUTIN else None)


@pytest.fixture
def filled(db: Connection) -> Connection:
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(1, text="The text."), new_article(2)], NOW)
    return db


def test_the_text_is_read_or_else_the_summary(filled: Connection) -> None:
    found = mentions.texts(filled, [2, 1, 9])
    assert [(text.article_id, text.title, text.text) for text in found] == [
        (1, "Title 1", "The text."),
        (2, "Title 2", "Summary 2"),
    ]
    assert found[0].effective_at.tzinfo is not None


def test_what_is_recorded_is_read_again(filled: Connection) -> None:
    first = ArticleActors(1, (named(PUTIN), named(NATO, 0.3)))
    mentions.record(filled, [first, ArticleActors(2)])
    assert mentions.of_articles(filled, [1, 2]) == {1: first}
    assert first.main(1) == ("RUS",)


def test_recording_again_replaces(filled: Connection) -> None:
    mentions.record(filled, [ArticleActors(1, (named(PUTIN), named(NATO)))])
    mentions.record(filled, [ArticleActors(1, (named(NATO),))])
    mentions.record(filled, [ArticleActors(1, (named(NATO),))])
    assert filled.execute(select(func.count()).select_from(t.mentions)).scalar_one() == 1


def test_mentions_go_with_their_article(filled: Connection) -> None:
    mentions.record(filled, [ArticleActors(1, (named(PUTIN),)), ArticleActors(2, (named(NATO),))])
    filled.execute(t.articles.delete().where(t.articles.c.id == 1))
    assert list(mentions.of_articles(filled, [1, 2])) == [2]


def test_search_by_actor_takes_the_people_of_a_state_too(filled: Connection) -> None:
    mentions.record(filled, [ArticleActors(1, (named(PUTIN), named(NATO))), ArticleActors(2, (named(NATO),))])

    def ids(*actors: str) -> list[int]:
        return sorted(row.article_id for row in search(filled, Search(actors=actors)))

    assert ids("RUS") == ids("RUS-vladimir-putin") == ids("RUS", "NATO") == [1]
    assert ids("NATO") == [1, 2]
    assert ids("NATO", "PRK") == []


def test_the_actors_of_a_story_are_counted_by_article(filled: Connection) -> None:
    placed = [Placement(1, PlacementKind.NEW_STORY), Placement(2, PlacementKind.SAME_STORY, 1, 0.5)]
    stories.place(filled, placed, NOW)
    mentions.record(filled, [ArticleActors(1, (named(PUTIN), named(NATO))), ArticleActors(2, (named(NATO),))])
    assert mentions.of_story(filled, 1) == [StoryActor(NATO, 2), StoryActor(PUTIN, 1)]
    assert mentions.of_story(filled, 9) == []


def test_publishers_keep_the_latest_state(filled: Connection) -> None:
    mentions.record_publishers(filled, [Publisher("a.example", None), Publisher("b.uk", "GBR", "tld")])
    mentions.record_publishers(filled, [Publisher("a.example", "FRA", "list")])
    assert mentions.publisher_countries(filled, ["a.example", "b.uk", "c.example"]) == {
        "a.example": "FRA",
        "b.uk": "GBR",
    }
