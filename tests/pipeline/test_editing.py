"""What people decide about stories stands, whatever arrives later."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fixtures_store import new_article
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import Misconfigured
from monitor.pipeline import editing, group, score
from monitor.pipeline.desk import clock
from monitor.records import DevelopmentKind, FeedSpec, RunKey
from monitor.settings import Settings
from monitor.store import articles, developments, feeds, mentions, stories
from monitor.store import tables as t
from monitor.store.database import begin

PACT = [
    ("Norland and Estavia sign defence pact", "Ministers of Norland and Estavia signed in Port Vail."),
    ("Norland, Estavia defence pact signed in Port Vail", "A defence pact binds Norland and Estavia."),
    ("Port Vail pact: Norland to defend Estavia", "The defence pact of Norland and Estavia was signed."),
    ("Estavia hails defence pact with Norland", "Estavia's ministers praised the pact signed in Port Vail."),
]
FLOOD = [
    ("Flood in the Ell valley drives thousands from homes", "The river Ell rose four metres in Ellenau."),
    ("Ellenau under water as river Ell rises", "Thousands left homes in the Ell valley after the flood."),
    ("Ell valley flood: Ellenau asks for help", "The mayor of Ellenau asked for boats after the flood."),
    ("Thousands homeless after Ellenau flood", "The flood of the river Ell left homes in Ellenau empty."),
]


def arrive(db_url: str, texts: list[tuple[str, str]], first: int) -> None:
    """Store articles as read, and place them."""
    settings = Settings(database_url=db_url)
    with begin(feeds_engine(db_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], clock())
        seen = clock() - timedelta(hours=5)
        offered = [
            new_article(
                first + n,
                title=title,
                summary=lead,
                publisher=f"Publisher {first + n}",
                published_at=seen + timedelta(minutes=first + n),
                first_seen_at=seen + timedelta(minutes=first + n),
            )
            for n, (title, lead) in enumerate(texts)
        ]
        articles.admit(db, offered, clock())
    group(settings, RunKey("test", "group", str(first)))


def feeds_engine(url: str) -> Engine:
    from monitor.store.database import open_database

    return open_database(url)


def homes(engine: Engine) -> dict[int, int]:
    with begin(engine) as db:
        return {row.id: row.story_id for row in db.execute(select(t.articles.c.id, t.articles.c.story_id))}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url)


def test_later_articles_of_both_go_into_the_merged_story(settings: Settings, engine: Engine) -> None:
    arrive(settings.database_url, [*PACT[:2], *FLOOD[:2]], 1)
    pact, flood = homes(engine)[1], homes(engine)[3]
    assert pact != flood
    edit = editing.merge_stories(settings, pact, flood, "anna", "one day of news")
    arrive(settings.database_url, [PACT[2], FLOOD[2]], 5)
    assert set(homes(engine).values()) == {pact}
    editing.undo_edit(settings, edit.id, "anna")
    assert homes(engine) == {1: pact, 2: pact, 5: pact, 3: flood, 4: flood, 6: flood}
    arrive(settings.database_url, [PACT[3], FLOOD[3]], 7)
    assert (homes(engine)[7], homes(engine)[8]) == (pact, flood)


def test_a_copy_goes_where_a_person_put_its_original(settings: Settings, engine: Engine) -> None:
    arrive(settings.database_url, PACT[:3], 1)
    (story,) = set(homes(engine).values())
    edit = editing.split_story(settings, story, {3}, "ben", "a comment")
    arrive(settings.database_url, [PACT[2], PACT[0]], 4)
    assert homes(engine) == {1: story, 2: story, 3: edit.other_id, 4: edit.other_id, 5: story}


def test_each_story_keeps_its_own_developments(settings: Settings, engine: Engine) -> None:
    texts = [
        (PACT[0][0], "Ministers signed. 40 soldiers go to Port Vail."),
        (PACT[1][0], "A defence pact of Norland. Sends 40 soldiers, and $2 billion."),
    ]
    arrive(settings.database_url, texts, 1)
    (story,) = set(homes(engine).values())

    def numbers() -> dict[int, set[str]]:
        with begin(engine) as db:
            found = developments.of_stories(db, [1, 2])
        return {
            number: {one.value for one in known if one.kind is DevelopmentKind.NUMBER}
            for number, known in found.items()
        }

    assert numbers() == {story: {"40 soldiers", "$2 billion"}}
    with begin(engine) as db:
        before = developments.of_stories(db, [story])[story]
    edit = editing.split_story(settings, story, {2}, "ben", "")
    assert numbers() == {story: {"40 soldiers"}, edit.other_id: {"40 soldiers", "$2 billion"}}
    editing.undo_edit(settings, edit.id, "ben")
    with begin(engine) as db:
        after = developments.of_stories(db, [story, edit.other_id])
    assert {one.value: one.noticed_at for one in after.pop(story)} == {
        one.value: one.noticed_at for one in before
    }
    assert after == {}


@hypothesis_settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_decisions_outlive_all_later_placing(engine: Engine, database_url: str, seed: int) -> None:
    drawn, settings = random.Random(seed), Settings(database_url=database_url)
    first = max(homes(engine), default=0) + 1
    arrive(database_url, drawn.sample([*PACT, *FLOOD], 6), first)
    stories_now = sorted(set(homes(engine).values()))
    if len(stories_now) > 1 and drawn.random() < 0.6:
        editing.merge_stories(settings, *drawn.sample(stories_now, 2), "anna", "")
    else:
        story = drawn.choice(stories_now)
        mine = [id_ for id_, home in homes(engine).items() if home == story]
        if len(mine) > 1:
            editing.split_story(settings, story, set(drawn.sample(mine, len(mine) // 2)), "anna", "")
    decided = homes(engine)
    arrive(database_url, drawn.sample([*PACT, *FLOOD], 4), first + 6)
    now = homes(engine)
    assert {id_: now[id_] for id_ in decided} == decided
    with begin(engine) as db:
        assert stories.recount(db) == 0


def test_the_command_line_merges_splits_and_takes_back(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(settings.database_url, [*PACT[:2], *FLOOD[:2]], 1)
    monkeypatch.setenv("MONITOR_DATABASE_URL", settings.database_url)
    pact, flood = str(homes(engine)[1]), str(homes(engine)[3])
    runner = CliRunner()
    done = runner.invoke(app, ["story", "merge", pact, flood, "--why", "one event", "--by", "anna"])
    assert done.exit_code == 0, done.output
    assert "`monitor story undo 1` takes it back" in done.output
    shown = runner.invoke(app, ["story", pact]).output
    assert f"story {flood} (2 articles) merged into story {pact} by anna" in shown
    assert "put here by anna; before: first report" in shown
    assert "both say" in shown
    assert runner.invoke(app, ["story", "undo", "1", "--by", "ben"]).exit_code == 0
    assert "(undone by ben)" in runner.invoke(app, ["story", pact]).output
    assert runner.invoke(app, ["story", "split", pact, "2", "--by", "ben"]).exit_code == 0
    listed = runner.invoke(app, ["story", "edits", "-f", "json"]).output
    assert '"kind": "split"' in listed
    wrong = runner.invoke(app, ["story", "split", pact, "4", "--by", "ben"])
    assert "not in story" in str(wrong.exception)


def test_who_is_named_is_found_anew_when_a_text_is_replaced(settings: Settings, engine: Engine) -> None:
    arrive(settings.database_url, [("Norway signs pact", "The pact was signed in Port Vail.")], 1)
    changed = new_article(
        1, title="Norway and Estonia sign pact", summary="40 soldiers go.", content_hash="b"
    )
    with begin(engine) as db:
        articles.admit(db, [changed], clock())
    score(settings, RunKey("test", "score", "1"))
    with begin(engine) as db:
        named = {one.actor.key for one in mentions.of_articles(db, [1])[1].actors}
        added = {one.value for one in developments.of_stories(db, [1])[1]}
    assert named == {"NOR", "EST"}
    assert {"EST", "40 soldiers"} <= added


def test_a_bad_list_of_actors_frees_the_lease(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    arrive(settings.database_url, PACT[:1], 1)
    with begin(engine) as db:
        articles.admit(db, [new_article(2)], clock())
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "actors.toml").write_text("[[actor]]\nkey = 1\n")
    with pytest.raises(Misconfigured):
        group(replace(settings, seeds=seeds), RunKey("test", "group", "bad"))
    (done,) = group(settings, RunKey("test", "group", "good"))
    assert done.outcomes == {"new_story": 1}
