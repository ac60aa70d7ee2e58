"""Search on both databases: one query language, the same finds, whatever the order of arrival."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article, scored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from monitor.records import Placement, PlacementKind, Search, SearchOrder
from monitor.store import articles, hits, questions, search, stories
from monitor.store.facets import facets
from monitor.store.questions import read

WORDS = "arms deal sanction sanctions tanker pact defence Zürich u s".split()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def filled(db: Connection) -> Connection:
    """Two articles, a hit of the first, one story."""
    first = new_article(
        1, title="Émigré council adopts 100% tariff", summary="The EU_council met.", publisher="Post"
    )
    second = new_article(
        2, title="Reply", text="A long text on a mutual defence pact. " * 20, publisher="Globe", language="fr"
    )
    articles.admit(db, [first, second], NOW)
    kinds = PlacementKind.NEW_STORY, PlacementKind.COPY
    stories.place(db, [Placement(1, kinds[0]), Placement(2, kinds[1], 1, 0.8)], NOW)
    hits.record_scores(db, [scored(1), scored(2, 0.1)], "v1", NOW)
    return db


def ids(db: Connection, words: str = "", limit: int = 50, **by: object) -> list[int]:
    asked = Search(words, **by)  # type: ignore[arg-type]
    return [row.article_id for row in search.search(db, asked, limit)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [2, 1]),
        ("council", [1]),
        ("COUNCIL tariff", [1]),
        ("emigre", [1]),
        ("ÉMIGRÉ", [1]),
        ("100%", [1]),
        ("eu_council", [1]),
        ('"defence pact"', [2]),
        ('"pact defence"', []),
        ("pact OR tariff", [2, 1]),
        ("-pact", [1]),
        ("council -tariff", []),
        ("coun*", [1]),
        ('"mutual def"*', [2]),
        ("oun", []),
        ("'; DROP TABLE articles; --", []),
        ('") OR (', []),
        ("title:council", []),
        ("council NEAR tariff", []),
    ],
)
def test_by_words(filled: Connection, words: str, found: list[int]) -> None:
    assert ids(filled, words) == found


def test_by_the_rest(filled: Connection) -> None:
    assert ids(filled, topic="sanctions") == [1]
    assert ids(filled, topic="sanctions", min_score=0.95) == []
    assert ids(filled, topic="arms_transfers") == []
    assert ids(filled, publisher="globe") == [2]
    assert ids(filled, publisher="glob_") == []
    assert ids(filled, since=NOW + 2 * MINUTE) == [2]
    assert ids(filled, "pact OR council", since=NOW + 2 * MINUTE) == [2]
    assert ids(filled, until=NOW + MINUTE) == [1]
    assert ids(filled, language="fr") == [2]
    assert ids(filled, story=1) == [2, 1]
    assert ids(filled, limit=1) == [2]
    assert ids(filled, actors=("RUS",)) == []
    assert ids(filled, country="FRA") == []


def test_a_row_shows_its_topics_and_marks(filled: Connection) -> None:
    (row,) = search.search(filled, Search("council"))
    assert (row.topics, row.story_id, row.published_at) == ((("sanctions", 0.9),), 1, NOW + MINUTE)
    assert [row.title[start:end] for start, end in row.title_marks] == ["council"]


def test_the_index_follows_the_articles(db: Connection) -> None:
    articles.admit(db, [new_article(1, title="Old words")], NOW)
    assert ids(db, "old") == [1]
    changed = new_article(1, title="New words", content_hash="other")
    articles.admit(db, [changed], NOW)
    assert (ids(db, "old"), ids(db, "new")) == ([], [1])
    db.execute(text("DELETE FROM entries"))
    db.execute(text("DELETE FROM articles"))
    assert ids(db, "new") == []


def test_headlines_and_fresh_news_come_first(db: Connection) -> None:
    old, plain_, titled = timedelta(days=60), timedelta(0), timedelta(hours=2)
    offered = [
        new_article(1, title="Tanker seized", published_at=NOW - old, first_seen_at=NOW),
        new_article(2, title="Tanker seized again", published_at=NOW - titled),
        new_article(3, title="Harbour news", text="A tanker came.", published_at=NOW - plain_),
    ]
    articles.admit(db, offered, NOW)
    assert ids(db, "tanker") == [3, 2, 1]
    assert ids(db, "tanker", order=SearchOrder.RELEVANCE)[0] == 2
    assert ids(db, "", order=SearchOrder.RELEVANCE) == [3, 2, 1]


def test_every_and_facets(filled: Connection) -> None:
    assert [row.article_id for row in search.every(filled, Search("pact OR council"), batch=1)] == [2, 1]
    found = facets(filled, Search())
    assert (found.counted, found.all_counted) == (2, True)
    assert found.topics == (("sanctions", 1),)
    assert dict(found.publishers) == {"Post": 1, "Globe": 1}
    assert dict(found.languages) == {"en": 1, "fr": 1}
    assert sum(count for _, count in found.days) == 2
    assert facets(filled, Search("nothing at all")).counted == 0


def _says(article: str, typed: str) -> bool:
    """What the query language promises, said without a database."""
    words = re.findall(r"[^\W_]+", questions.plain(article))

    def occurs(term: questions.Term) -> bool:
        wanted = [questions.plain(word) for word in term.words]
        for start in range(len(words) - len(wanted) + 1):
            part = words[start : start + len(wanted)]
            if part[:-1] == wanted[:-1] and (
                part[-1] == wanted[-1] or (term.prefix and part[-1].startswith(wanted[-1]))
            ):
                return True
        return False

    asked = read(typed)
    return all(any(map(occurs, group)) for group in asked.wanted) and not any(map(occurs, asked.unwanted))


_word = st.sampled_from(WORDS)
_phrase = st.lists(_word, min_size=1, max_size=2).map(lambda words: f'"{" ".join(words)}"')
_part = st.tuples(st.sampled_from(["", "-"]), st.one_of(_word, _phrase), st.sampled_from(["", "*"])).map(
    "".join
)
_typed = st.lists(st.one_of(_part, st.just("OR")), max_size=5).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(st.lists(_word, min_size=1, max_size=6), st.integers(0, 500)), max_size=8),
    st.lists(_typed, min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_both_databases_find_what_the_language_promises(
    db: Connection, stored: list[tuple[list[str], int]], asked: list[str], limit: int
) -> None:
    """In any order of arrival, the newest first, and no further than the limit."""
    place = db.begin_nested()
    offered = [
        new_article(n, title=" ".join(words), summary="", published_at=NOW - timedelta(hours=age))
        for n, (words, age) in enumerate(stored)
    ]
    articles.admit(db, offered, NOW)
    order = "SELECT id, canonical_url FROM articles ORDER BY effective_at DESC, id DESC"
    places = {f"https://news.example/{n}": " ".join(words) for n, (words, _) in enumerate(stored)}
    texts = [(row.id, places[row.canonical_url]) for row in db.execute(text(order))]
    for typed in asked:
        promised = [id_ for id_, article in texts if _says(article, typed)]
        assert ids(db, typed, limit) == promised[:limit], typed
        assert sorted(row.article_id for row in search.every(db, Search(typed), 2)) == sorted(promised)
    place.rollback()


@given(st.text(), st.text(), st.text())
def test_snippets_are_short(summary: str, body: str, typed: str) -> None:
    assert len(search.snippet(summary, body, read(typed))) <= search.SNIPPET + 2


def test_a_snippet_shows_the_word() -> None:
    body = "word " * 200 + "needle " + "word " * 200
    assert "needle" in search.snippet("", body, read("Needle"))
