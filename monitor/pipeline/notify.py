"""digest: the day or the week of each route in one message of the outbox."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.pipeline.rules import Rules, rules
from monitor.records import (
    AlarmKind,
    DayCounts,
    DeliveryKind,
    Digest,
    DigestNews,
    DigestSpan,
    Draft,
    FeedState,
    HitDays,
    Judgement,
    Ledger,
    Message,
    Route,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import alarms, digests, feeds, labels, mentions, outbox, pictures
from monitor.store.database import begin, open_database

NEWS_LIMIT = 40  # stories whose developments are worked out
QUIET = frozenset({AlarmKind.FEED_QUIET, AlarmKind.GROUP_SILENT})


def digest(
    settings: Settings,
    run: RunKey,
    *,
    progress: Progress = silent,
    span: DigestSpan = DigestSpan.DAILY,
    now: datetime | None = None,
) -> tuple[Ledger, ...]:
    """Put the digest of each route into the outbox, once a UTC day or week, also when nothing alerted.

    Args:
        span: what the digests look back on; routes say which they want.
        now: its end, aware; the clock's where not given.

    Returns:
        one ledger: alerts that are `in_digest`, or `repeat` where their route has its digest already.

    Raises:
        Misconfigured: the routes or a topic card cannot be used.
    """
    from monitor.alerts.chart import hits_chart
    from monitor.alerts.digest import digest_message

    desk = sit_down(settings, run)
    known = rules(settings, run)
    moment = (now or clock()).astimezone(UTC)
    ends: Counter[str] = Counter()
    made = 0
    wanted = [route for route in known.routes if span in route.digests]
    for done, route in enumerate(wanted, 1):
        with desk.begin() as db:
            found = gather(db, known, route, span, moment)
            key = ""
            if found.hits is not None and found.hits.counts:
                key = pictures.add(db, hits_chart(found.hits, known.look.titles), clock())
            message = digest_message(found, known.look.titles, settings.web_url, key)
            draft = Draft(_key(route, span, moment), DeliveryKind.DIGEST, route.channel, message)
            new = outbox.enqueue(db, [draft], clock())
        made += new
        ends["in_digest" if new else "repeat"] += len(found.items)
        progress(Step.DIGEST, done, len(wanted))
    note = f"{made} of {len(wanted)} {span} digests are new"
    return desk.close(tally(Step.DIGEST, "alerts", ends, ends.total(), note), shard=str(span))


def read_digests(
    settings: Settings, span: DigestSpan = DigestSpan.DAILY, *, now: datetime | None = None
) -> dict[str, Message]:
    """The digests as they would be now, by route; nothing is stored and nothing is sent.

    Raises:
        Misconfigured: the routes or a topic card cannot be used.
    """
    from monitor.alerts.digest import digest_message

    known = rules(settings, RunKey("cli", "digest", ""))
    moment = (now or clock()).astimezone(UTC)
    with begin(open_database(settings.database_url), reading=True) as db:
        found = {route.name: gather(db, known, route, span, moment) for route in known.routes}
    titles = known.look.titles
    return {
        name: digest_message(one, titles, settings.web_url, "picture" if one.hits and one.hits.counts else "")
        for name, one in found.items()
    }


def _key(route: Route, span: DigestSpan, moment: datetime) -> str:
    when = f"{moment:%Y-%m-%d}" if span is DigestSpan.DAILY else f"{moment:%G-W%V}"
    return f"digest:{span}:{route.name}:{when}"


def gather(db: Connection, known: Rules, route: Route, span: DigestSpan, moment: datetime) -> Digest:
    """All that the digest of a route tells; the chart counts every hit on the route's topics."""
    since = moment - span.length
    days = digests.hits_by_day(db, route.topics, moment.date(), span.chart_days)
    return Digest(
        span=span,
        day=moment.date(),
        items=tuple(digests.items(db, route.name, since, moment)),
        counts=_counts(db, since, moment),
        route=route.name if len(known.routes) > 1 else "",
        news=_news(db, route, since, moment),
        hits=days,
        quiet=tuple(alarm.line for alarm in alarms.lasting(db) if alarm.kind in QUIET),
        judgements=_judgements(db, days, moment - timedelta(days=span.chart_days)),
    )


def _news(db: Connection, route: Route, since: datetime, until: datetime) -> tuple[DigestNews, ...]:
    """How the route's stories went on; figures alone are no news."""
    from monitor.alerts.follow import SPOKEN, in_words

    grown = digests.grown(db, route.name, since, until)[:NEWS_LIMIT]
    articles = {one.article_id for _, _, _, news in grown for one in news}
    named = mentions.of_articles(db, articles).values()
    names = {one.actor.key: one.actor.name for found in named for one in found.actors}
    told = []
    for story_id, headline, url, news in grown:
        lines = tuple(what for what, _ in in_words([one for one in news if one.kind in SPOKEN], names))
        if lines:
            told.append(DigestNews(story_id, headline, url, lines))
    return tuple(told)


def _judgements(db: Connection, hits: HitDays, since: datetime) -> tuple[Judgement, ...]:
    """What people said since then of hits on the topics of the chart, the most judged first."""
    from monitor.topics.quality import verdicts

    said = verdicts(labels.counting(db, since=since))
    among = digests.hits_among(db, {article for article, _ in said})
    counts: dict[str, list[int]] = {}
    for key, (yes, _) in said.items():
        if key in among and key[1] in hits.counts:
            right_judged = counts.setdefault(key[1], [0, 0])
            right_judged[0] += yes
            right_judged[1] += 1
    found = [Judgement(topic, right, judged) for topic, (right, judged) in counts.items()]
    return tuple(sorted(found, key=lambda one: (-one.judged, one.topic)))


def _counts(db: Connection, since: datetime, until: datetime) -> DayCounts:
    polled = [feed for feed in feeds.listing(db) if feed.state is not FeedState.RETIRED]
    ill = sum(feed.state is not FeedState.ACTIVE for feed in polled)
    return DayCounts(digests.articles_kept(db, since, until), len(polled), ill)
