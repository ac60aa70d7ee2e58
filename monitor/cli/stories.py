"""`monitor story`: one story, and what a person changes in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from monitor.cli import show
from monitor.cli.topics import me
from monitor.errors import NotFound
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.articles.retelling import Report
    from monitor.records import Development, Hit, Story, StoryActor, StoryEdit


class _Numbered(TyperGroup):
    """`monitor story 17` shows story 17."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0].lstrip("-").isdigit():
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Numbered,
    help="One story (monitor story 17), and what you change in it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_By = Annotated[str, typer.Option("--by", help="Who decides it; your login by default.")]
_Why = Annotated[str, typer.Option("--why", help="The reason, for those who read it later.")]
_FormatOption = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


@app.command("show", help="Timeline, articles with their copies, why each is there, hits.")
def show_story(
    story_id: Annotated[int, typer.Argument(help="The story's number.")],
    form: _FormatOption = show.Format.TABLE,
) -> None:
    from monitor.store import developments, hits, mentions, stories, story_edits
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url), reading=True) as db:
        found = stories.get(db, story_id)
        if found is None:
            raise NotFound(_gone(story_id, stories.leads_to(db, story_id)))
        news = developments.of_stories(db, [story_id]).get(story_id, ())
        named = mentions.of_story(db, story_id)
        countries = mentions.publisher_countries(db, found.publishers)
        edits = story_edits.of_stories(db, [story_id])
        why = hits.of_story(db, story_id)
    if form is not show.Format.TABLE:
        _rows(found, countries, form)
        return
    _head(found, named, countries)
    _timeline(found, news, {one.actor.key: one.actor.name for one in named})
    _reports(found, countries)
    for one in edits:
        show.say(_told(one))
    for hit in why:
        _hit(hit)


def _gone(story_id: int, into: int | None) -> str:
    if into is not None:
        return f"story {story_id} was merged into story {into}: `monitor story {into}`"
    return f"no story {story_id}: `monitor search` shows the numbers"


def _head(story: Story, named: Iterable[StoryActor], countries: dict[str, str]) -> None:
    show.say(story.headline)
    show.say(
        f"{story.articles} articles, {story.copies} of them copies, "
        f"{story.independent_publishers} independent publishers"
    )
    show.say(f"first seen {story.first_seen_at:%d %b %H:%M}, last {story.last_seen_at:%d %b %H:%M} UTC")
    show.say(f"publishers in {', '.join(sorted(set(countries.values()))) or 'states that are not known'}")
    actors = ", ".join(f"{one.actor.name} ({one.articles})" for one in list(named)[:12])
    show.say(f"actors: {actors or 'none'}\n")


def _timeline(story: Story, news: Iterable[Development], names: dict[str, str]) -> None:
    from monitor.articles.retelling import timeline

    for moment in timeline(story, news, names):
        who = moment.article.publisher
        show.say(f"{moment.article.effective_at:%d %b %H:%M}  {', '.join(moment.added)}  ({who})")
    show.say("")


def _reports(story: Story, countries: dict[str, str]) -> None:
    from monitor.articles.retelling import reports

    for report in reports(story, countries):
        show.say(f"{_carried(report)}: {report.member.article.title}")
        show.say(f"{'':14}{report.why}{_words(report.member.terms)}")
        for copy in report.copies:
            show.say(f"{'':14}{_carried(copy)}: {copy.why}")
    show.say("")


def _carried(report: Report) -> str:
    one = report.member.article
    return f"{one.effective_at:%d %b %H:%M}  {one.id:>6}  {one.publisher} {report.country}".rstrip()


def _words(terms: str) -> str:
    return f"; both say {terms}" if terms else ""


def _hit(hit: Hit) -> None:
    score = f"{hit.topic} {hit.score:.2f} (from {hit.threshold:.2f})"
    show.say(f"{score} article {hit.article_id}: {hit.reason.sentence}")


def _rows(story: Story, countries: dict[str, str], form: show.Format) -> None:
    columns = "Article,Published,Publisher,Country,Title,Placed as,Likeness,Against,Shared terms,Placed by"
    lines = [
        [
            m.article.id,
            m.article.effective_at,
            m.article.publisher,
            countries.get(m.article.publisher),
            m.article.title,
            str(m.kind),
            m.score,
            m.against,
            m.terms,
            m.placed_by,
        ]
        for m in story.members
    ]
    show.rows(columns.split(","), lines, form, empty="the story has no articles")


@app.command(help="Make two stories one: all articles of OTHER go into STORY, now and later.")
def merge(
    story: Annotated[int, typer.Argument(help="The story that takes the articles.")],
    other: Annotated[int, typer.Argument(help="The story whose articles go there.")],
    why: _Why = "",
    by: _By = "",
) -> None:
    from monitor.pipeline import editing

    show.say(_told(editing.merge_stories(load(), story, other, by or me(), why)))


@app.command(help="Make a new story of some ARTICLES of STORY.")
def split(
    story: Annotated[int, typer.Argument(help="The story.")],
    articles: Annotated[list[int], typer.Argument(help="Numbers of the articles that leave it.")],
    why: _Why = "",
    by: _By = "",
) -> None:
    from monitor.pipeline import editing

    show.say(_told(editing.split_story(load(), story, set(articles), by or me(), why)))


@app.command(help="Take a merge or split back, by its number; those of one story newest first.")
def undo(
    edit: Annotated[int, typer.Argument(help="Number of the edit.")],
    by: _By = "",
) -> None:
    from monitor.pipeline import editing

    show.say(_told(editing.undo_edit(load(), edit, by or me())))


@app.command(help="What was merged and split, the newest first.")
def edits(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    form: _FormatOption = show.Format.TABLE,
) -> None:
    from monitor.store import story_edits
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url), reading=True) as db:
        found = story_edits.newest(db, limit)
    columns = ["Edit", "Kind", "Story", "Other", "Articles", "By", "At", "Why", "Undone at", "Undone by"]
    lines = [
        [
            one.id,
            str(one.kind),
            one.story_id,
            one.other_id,
            len(one.articles),
            one.made_by,
            one.made_at,
            one.why,
            one.undone_at,
            one.undone_by,
        ]
        for one in found
    ]
    show.rows(columns, lines, form, empty="nothing was merged or split")


def _told(one: StoryEdit) -> str:
    from monitor.articles.retelling import edit_in_words

    back = "" if one.undone_at else f"; `monitor story undo {one.id}` takes it back"
    return f"edit {one.id}: {edit_in_words(one)}{back}"
