"""`monitor actors`: who is found in a text, who is listed, and is the list right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.records import ActorKind
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.articles.roster import Listed

app = typer.Typer(help="Who is named in the news: find, list, check the list.", no_args_is_help=True)
Form = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


@app.command(help="Who is named in a text, and where.")
def find(
    text: Annotated[str, typer.Argument(help="A text; its first line is the headline.")],
    language: Annotated[
        str | None, typer.Option(help="Its language code; told by its script if not given.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="The day of the news (2026-05-17); today if not given.")
    ] = None,
    form: Form = show.Format.TABLE,
) -> None:
    from datetime import UTC, date, datetime

    from monitor.articles.actors import find as mentions
    from monitor.articles.gazetteer import of

    try:
        moment = date.fromisoformat(day) if day else datetime.now(UTC).date()
    except ValueError:
        raise typer.BadParameter(f"{day!r} is no date: write 2026-05-17") from None
    title, _, rest = text.partition("\n")
    found = mentions(of(load().seeds), title, rest, language=language, day=moment)
    columns = ["Text", "From", "To", "Actor", "Kind", "Country", "How", "In office"]
    whole = f"{title}\n{rest}"
    lines = [
        [whole[m.start : m.end], m.start, m.end, m.actor.key, str(m.actor.kind), m.actor.country, str(m.how)]
        for m in found
    ]
    for line, mention in zip(lines, found, strict=True):
        line.append(mention.in_office)
    show.rows(columns, lines, form, empty="nobody is named: add names to seeds/actors.toml (docs/actors.md)")


@app.command(help="Who does what to whom in a text: sanctions, arms, defence pacts.")
def events(
    text: Annotated[str, typer.Argument(help="A text; its first line is the headline.")],
    form: Form = show.Format.TABLE,
) -> None:
    from datetime import UTC, datetime

    from monitor.articles.actors import find as mentions
    from monitor.articles.gazetteer import of
    from monitor.topics.events.find import in_text
    from monitor.topics.words import lexicons

    today = datetime.now(UTC).date()
    title, _, rest = text.partition("\n")
    named = mentions(of(load().seeds), title, rest, day=today)
    columns = ["Topic", "Source", "Target", "Status", "Instrument", "Marks", "Claimed by", "Sentence"]
    lines = [
        [
            e.topic,
            ", ".join(e.sources),
            ", ".join(e.targets),
            str(e.status or ""),
            e.instrument,
            ", ".join(sorted(e.marks)),
            e.claimed_by,
            e.sentence,
        ]
        for e in in_text(f"{title}\n{rest}", named, lexicons(load().seeds), day=today)
    ]
    show.rows(columns, lines, form, empty="no event of a topic is told")


@app.command("list", help="Who is listed, with the names that are looked for.")
def listing(
    kind: Annotated[ActorKind | None, typer.Option(help="Only this kind.")] = None,
    country: Annotated[
        str | None, typer.Option(help="Only of this state or body, such as RUS or EU.")
    ] = None,
    form: Form = show.Format.TABLE,
) -> None:
    from monitor.articles.gazetteer import of

    known = of(load().seeds).listed
    wanted = [
        one
        for one in known
        if kind in {None, one.actor.kind} and country in {None, one.actor.country, one.actor.key}
    ]
    columns = ["Actor", "Kind", "Country", "Name", "Also", "Terms"]
    lines = [
        [one.actor.key, str(one.actor.kind), one.actor.country, one.actor.name, _also(one), _terms(one)]
        for one in wanted
    ]
    show.rows(columns, lines, form, empty="nobody is listed so: leave out --kind or --country")


def _also(one: Listed) -> str:
    names = (*one.names, *one.maybe, *one.demonyms, *one.metonyms)
    return ", ".join(name for name in names if name != one.actor.name)


def _terms(one: Listed) -> str:
    return "; ".join(f"{term.office} {term.first} to {term.last or 'now'}" for term in one.terms)


@app.command(help="Read seeds/actors.toml and say what is in it, or what to put right.")
def check() -> None:
    from collections import Counter

    from monitor.articles.gazetteer import of

    gazetteer = of(load().seeds)
    counts = Counter(str(one.actor.kind) for one in gazetteer.listed)
    show.say(
        f"{load().seeds / 'actors.toml'} is right: " + ", ".join(f"{n} {k}" for k, n in counts.most_common())
    )
    names = len(gazetteer.automaton("en"))
    show.say(f"{names:,} English names and words, {len(gazetteer.roster.publishers)} publishers")


@app.command(help="Find actors anew in stored articles, after the list has been edited.")
def again(
    since: Annotated[str, typer.Option(help="Articles from this date on (2026-05-17, or 3d).")] = "14d",
) -> None:
    from monitor.cli.reading import day_of
    from monitor.pipeline.naming import name_again

    moment = day_of(since)
    if moment is None:
        raise typer.BadParameter("--since needs a date")
    with show.progress() as step:
        done, found = name_again(load(), moment, progress=step)
    show.say(f"{done} articles read again: {found} actors named in them")
