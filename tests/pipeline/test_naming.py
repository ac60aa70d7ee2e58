"""Actors and publishers' states are stored where articles are placed, and found again after an edit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fixtures_store import NOW, new_article

from monitor.errors import Misconfigured
from monitor.pipeline import group
from monitor.pipeline.naming import name_again
from monitor.records import FeedSpec, RunKey
from monitor.settings import Settings
from monitor.store import articles, feeds, mentions
from monitor.store.database import begin, open_database

RUN = RunKey("cli", "run", "1")


@pytest.fixture
def filled(database_url: str, tmp_path: Path) -> Settings:
    engine = open_database(database_url)
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        articles.admit(
            db,
            [
                new_article(1, title="Russia and North Korea sign a pact", publisher="bbc.co.uk"),
                new_article(2, title="Zorblatt wins the cup", publisher="example.kr"),
            ],
            NOW,
        )
    seeds = tmp_path / "seeds"
    shutil.copytree(Settings().seeds, seeds, ignore=shutil.ignore_patterns("demo", "examples"))
    return Settings(home=tmp_path, database_url=database_url, seeds=seeds)


def test_grouping_stores_actors_and_publishers(filled: Settings) -> None:
    group(filled, RUN)
    with begin(open_database(filled.database_url)) as db:
        found = mentions.of_articles(db, [1, 2])
        assert found[1].main() == ("RUS", "PRK")
        assert 2 not in found
        assert mentions.publisher_countries(db, ["bbc.co.uk", "example.kr"]) == {
            "bbc.co.uk": "GBR",
            "example.kr": "KOR",
        }


def test_an_edited_list_reaches_stored_articles(filled: Settings) -> None:
    group(filled, RUN)
    edited = replace(filled, seeds=filled.seeds.with_name("edited"))
    shutil.copytree(filled.seeds, edited.seeds)
    path = edited.seeds / "actors.toml"
    path.write_text(path.read_text() + '\n[groups.zorblatt]\nnames = ["Zorblatt"]\n')
    assert name_again(edited, NOW - timedelta(days=1)) == (2, 3)
    with begin(open_database(filled.database_url)) as db:
        assert mentions.of_articles(db, [2])[2].main() == ("zorblatt",)
    assert name_again(edited, NOW + timedelta(days=9)) == (0, 0)


def test_a_bad_list_stops_before_anything_is_placed(filled: Settings) -> None:
    (filled.seeds / "actors.toml").write_text("[states.Russia]\n")
    with pytest.raises(Misconfigured, match="line 1"):
        group(filled, RUN)
    with begin(open_database(filled.database_url)) as db:
        assert len(articles.unplaced(db, 10)) == 2
