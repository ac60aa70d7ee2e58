"""`monitor topics`: cards, what documents propose, and what people decide of it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import show
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.records import Proposal

app = typer.Typer(
    help="Topic cards: from documents, checked, tried on stored articles; versions of the classifier.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
FormatOption = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]
ByOption = Annotated[str, typer.Option("--by", help="Who decides; your login by default.")]
NumberArgument = Annotated[int, typer.Argument(help="Number of the proposal.")]


def me() -> str:
    """The login of the person at the terminal."""
    return getpass.getuser()


@app.command("list", help="Every topic card with its version, threshold and severity.")
def list_cards(form: FormatOption = show.Format.TABLE) -> None:
    from monitor.topics import cards

    lines = [
        [
            card.name,
            card.title,
            str(card.severity),
            card.threshold if card.threshold is not None else f"precision {card.target_precision:g}",
            len(card.terms),
            len(card.examples),
            len(card.passages),
            card.content_hash,
        ]
        for card in cards.load(load().seeds)
    ]
    columns = ["Topic", "Title", "Severity", "Threshold", "Terms", "Examples", "Passages", "Version"]
    show.rows(columns, lines, form, empty="no topic cards")


@app.command(help="Check the cards (all of seeds/topics, or the files named); says file, line and cure.")
def check(files: Annotated[list[Path] | None, typer.Argument(help="Card files.")] = None) -> None:
    from monitor.errors import Misconfigured
    from monitor.topics import card_file, cards

    seeds = load().seeds
    wrong = 0
    for path in files or sorted((seeds / "topics").glob("*.toml")):
        try:
            card = card_file.read(path, cards.word_lists(seeds), seeds / "documents")
        except Misconfigured as error:
            typer.echo(f"monitor: {error}", err=True)
            wrong += 1
        else:
            show.say(f"ok  {path}  version {card.content_hash}, {len(card.terms)} terms")
    if wrong:
        raise Misconfigured(f"{wrong} card{'s' if wrong > 1 else ''} to put right")


@app.command("compile", help="Read documents (txt, md, html, pdf, docx) and propose cards; enables nothing.")
def compile_documents(
    documents: Annotated[list[Path], typer.Argument(help="Documents.")],
    days: Annotated[int, typer.Option(min=1, help="Ask the stored articles of so many days.")] = 30,
    form: FormatOption = show.Format.TABLE,
) -> None:
    from monitor.pipeline.drafting import propose_topics

    with show.counting("matching") as counted:
        made = propose_topics(load(), documents, days=days, counted=counted)
    _print(made, form, empty="no topic stands out in it: too short, or nothing but everyday words")
    if made and form is show.Format.TABLE:
        show.say("nothing is enabled yet: `monitor topics proposal N` shows one, `... accept N` takes it")


@app.command(help="What documents have proposed, newest first.")
def proposals(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    form: FormatOption = show.Format.TABLE,
) -> None:
    from monitor.records import ProposalState
    from monitor.store import proposals as rows
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        found = rows.listing(db, None if everything else ProposalState.OPEN)
    _print(found, form, empty="none is open: `monitor topics compile DOCUMENT` makes some")


def _print(found: list[Proposal], form: show.Format, *, empty: str) -> None:
    columns = ["Proposal", "Kind", "Topic", "Title", "Document", "Phrases", "Passages", "Matched", "State"]
    lines = [
        [
            one.id,
            str(one.kind),
            one.topic,
            one.title,
            one.document,
            ", ".join(phrase["text"] for phrase in one.evidence["phrases"][:4]),
            len(one.evidence["passages"]),
            one.evidence["matched"],
            str(one.state),
        ]
        for one in found
    ]
    if form is show.Format.JSON:
        columns += ["Evidence", "Card"]
        lines = [[*line, dict(one.evidence), one.card] for line, one in zip(lines, found, strict=True)]
    show.rows(columns, lines, form, empty=empty)


@app.command(help="One proposal: phrases, passages, actors, exclusions, and what it would have matched.")
def proposal(
    number: NumberArgument,
    card: Annotated[bool, typer.Option("--card", help="Only its TOML, to edit and accept.")] = False,
) -> None:
    from monitor.store import proposals as rows
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        found = rows.get(db, number)
    if card:
        typer.echo(found.card, nl=False)
        return
    for line in _told(found):
        show.say(line)


def _told(found: Proposal) -> list[str]:
    evidence: Any = found.evidence
    lines = [f"{found.title} ({found.kind}, {found.topic}), from {found.document}: {found.state}", ""]
    lines += [
        f"phrase     {phrase['text']} ({phrase['count']} times, keyness {phrase['keyness']:.0f})"
        for phrase in evidence["phrases"]
    ]
    lines += [f"actors     {', '.join(evidence['actors'])}"] if evidence["actors"] else []
    lines += [f"exclusion  {one}" for one in evidence["exclusions"]]
    for passage in evidence["passages"]:
        score = f", score {passage['score']:.2f}" if passage["score"] else ""
        lines.append(f"passage    {passage['text']} ({passage['place']}{score})")
    more = " more" if found.kind == "addition" else ""
    lines.append(f"matched    {evidence['matched']} stored articles{more}")
    for one in evidence["articles"]:
        lines.append(f"           {one['article']}: {one['title']} ({', '.join(one['terms'])})")
    return lines


@app.command(help="Write a proposal into seeds/topics; `monitor train` then takes it up.")
def accept(
    number: NumberArgument,
    edited: Annotated[Path | None, typer.Option("--card", help="The card as you edited it.")] = None,
    by: ByOption = "",
) -> None:
    from monitor.pipeline.drafting import accept_proposal

    _, path = accept_proposal(load(), number, by or me(), edited)
    show.say(f"accepted: {path}; `monitor topics replay --card {path}` tries it, `monitor train` takes it up")


@app.command(help="Put a proposal aside.")
def reject(
    number: NumberArgument,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    by: ByOption = "",
) -> None:
    from monitor.pipeline.drafting import reject_proposal

    reject_proposal(load(), number, by or me(), note)
    show.say(f"rejected; `monitor topics undo {number}` opens it again")


@app.command(help="Take back what was decided of a proposal; an accepted card becomes what it was.")
def undo(number: NumberArgument, by: ByOption = "") -> None:
    from monitor.pipeline.drafting import reopen_proposal

    reopen_proposal(load(), number, by or me())
    show.say(f"proposal {number} is open again")
