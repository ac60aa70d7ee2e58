"""`monitor explain`: why a text, a page, an article or a past hit scores as it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.errors import NotFound, Permanent
from monitor.records import Reason, TopicText
from monitor.settings import Settings, load

if TYPE_CHECKING:
    from monitor.pipeline.recalling import Recalled


def register(app: typer.Typer) -> None:
    """Add `explain` to the command line."""
    app.command(help="Score a text, a web page, a stored article or a past hit (hit:12), and say why.")(
        explain
    )


def explain(
    what: Annotated[
        str, typer.Argument(help="hit:12 for a past hit, the number of an article, an address, or a text.")
    ],
) -> None:
    settings = load()
    kind, _, number = what.partition(":")
    if kind == "hit" and number.strip().isdigit():
        from monitor.pipeline.recalling import recall_hit

        _print_recalled(recall_hit(settings, int(number)))
        return
    if what.isdigit():
        from monitor.pipeline.recalling import recall_article

        for one in recall_article(settings, int(what)):
            _print_recalled(one)
    _print_scores(what, settings)


def _print_recalled(one: Recalled) -> None:
    hit = one.hit
    show.say(f"hit:{one.hit_id}  article {hit.article_id}  {hit.topic}")
    show.say(f"      score     {hit.score:.4f}, threshold {hit.threshold:.4f}")
    _print_reason(hit.reason)
    card = f", card {hit.reason.card_version}" if hit.reason.card_version else ""
    show.say(f"      made by   classifier {hit.classifier_version}{card}")
    if one.exact:
        show.say("      again     the same classifier gives the same score and reasons")
    elif one.again is None:
        show.say(f"      again     cannot be made again: {one.why}")
    else:
        differs = ", ".join(one.differs)
        show.say(f"      again     {differs} came out otherwise (score {one.again.score:.4f})")


def _print_reason(reason: Reason) -> None:
    terms = ", ".join(f"{term.term} {term.weight:+.2f}" for term in reason.terms)
    told = (("sentence", reason.sentence), ("terms", terms), ("clause", reason.clause))
    for name, value in (
        *told,
        ("passage", f"{reason.passage} ({reason.document})" if reason.passage else ""),
    ):
        if value:
            show.say(f"      {name:<8}  {value}")


def _print_scores(what: str, settings: Settings) -> None:
    from monitor.topics.artifacts import load as load_classifier
    from monitor.topics.explain import explain as reason

    classifier = load_classifier(settings.classifiers)
    text = _text_of(what, settings)
    show.say(f"{text.title}\n" if text.title != what else "")
    for score in classifier.score([text])[0]:
        verdict = "HIT " if score.is_hit else "no  "
        show.say(f"{verdict} {score.topic:<16} score {score.score:.2f}, threshold {score.threshold:.2f}")
        _print_reason(reason(classifier, text, score.topic))
    cards = ", ".join(f"{topic} {version}" for topic, version in sorted(classifier.anchors.cards.items()))
    show.say(f"classifier {classifier.version}" + (f", cards {cards}" if cards else ""))


def _text_of(what: str, settings: Settings) -> TopicText:
    if what.startswith(("http://", "https://")):
        return _page(what, settings)
    if what.isdigit():
        from monitor.store import articles
        from monitor.store.database import begin, open_database

        with begin(open_database(settings.database_url)) as db:
            article = articles.get(db, int(what))
        if article is None:
            raise NotFound(f"no article {what}: `monitor search` shows the numbers")
        return TopicText(article.title, article.summary, article.text)
    from monitor.text import sentences

    title, *rest = sentences(what) or [""]
    return TopicText(title, "", " ".join(rest))


def _page(url: str, settings: Settings) -> TopicText:
    from monitor.articles.extract import extract
    from monitor.feeds.pages import fetch_pages
    from monitor.records import FetchOutcome

    page = next(fetch_pages([url], settings, timedelta(seconds=40)), None)
    if page is None or page.outcome is not FetchOutcome.FETCHED:
        raise Permanent(f"{url} gave no page: {page.detail if page else 'no answer in 40 seconds'}")
    found = extract(page.body, page.final_url)
    if not found.text:
        raise Permanent(f"{url} holds no article text: paste the text itself")
    return TopicText(found.title, "", found.text)
