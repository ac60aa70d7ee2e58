"""Many web pages at once, where the robots.txt of their sites allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from yarl import URL

from monitor.feeds import robots
from monitor.feeds.fetch import PAGE_LIMIT, PAGES, Barred, Fetcher, Patience
from monitor.feeds.guards import BadUrl
from monitor.feeds.harvest import held
from monitor.feeds.hops import checked
from monitor.feeds.names import Lookup, system_lookup
from monitor.feeds.stream import Put, stream
from monitor.feeds.turns import Flow
from monitor.records import Fetched, FetchOutcome, SiteRules
from monitor.settings import Settings

RULES_LAST = timedelta(hours=24)  # RFC 9309 2.4: no longer than a day
_KINDS = ("text/", "application/xhtml", "application/xml")
# RFC 9309 2.3.1.4: rules that cannot be reached are a refusal, for as long as that lasts.
_NO_ANSWER = frozenset(
    {
        FetchOutcome.SERVER_ERROR,
        FetchOutcome.RATE_LIMITED,
        FetchOutcome.POSTPONED,
        FetchOutcome.TIMED_OUT,
        FetchOutcome.DROPPED,
        FetchOutcome.DEAD_HOST,
        FetchOutcome.TLS_FAILED,
    }
)


def fetch_pages(
    urls: Sequence[str],
    settings: Settings,
    deadline: timedelta,
    *,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
    rules: dict[str, SiteRules] | None = None,
    pauses: Mapping[str, float] | None = None,
) -> Iterator[Fetched]:
    """GET web pages, where robots.txt allows it, in the order in which they get done.

    Every URL comes out at most once, under the spelling in which it was given. Those that `deadline`
    cut off, before or in the middle of their request, do not come out: nothing was learnt about them.

    Args:
        rules: what is known of robots.txt by origin; what is asked for on the way is added to it.
        pauses: hosts that have asked for a pause, with the seconds that are left of it.
    """
    if not urls:
        return
    known: dict[str, SiteRules] = {} if rules is None else rules

    async def job(put: Put[Fetched]) -> None:
        flow = Flow()
        until = asyncio.get_running_loop().time() + deadline.total_seconds()
        async with (
            Fetcher(settings, patience=patience, lookup=lookup, flow=flow, pauses=pauses) as fetcher,
            asyncio.TaskGroup() as group,
        ):
            visitor = _Visitor(fetcher, settings.user_agent, known)
            for url in dict.fromkeys(urls):
                group.create_task(_visit(url, visitor, flow, until, put))

    yield from (page for page in stream(job) if page is not None)


async def _visit(url: str, visitor: _Visitor, flow: Flow, until: float, put: Put[Fetched]) -> None:
    try:
        async with asyncio.timeout_at(until):
            page = await visitor.page(url)
    except TimeoutError:
        return
    with held(flow, page):
        await put(page)


class _Visitor:
    """Fetches pages by the rules of their sites, each of which is asked for them once.

    A page that redirects is judged at each address of the way.
    """

    def __init__(self, fetcher: Fetcher, user_agent: str, known: dict[str, SiteRules]) -> None:
        self._fetcher = fetcher
        self._agent = user_agent.partition("/")[0]
        self._known = known
        self._parsed: dict[str, robots.Robots] = {}
        self._lines: dict[str, asyncio.Lock] = {}

    async def page(self, url: str) -> Fetched:
        return await self._fetcher.get(url, limit=PAGE_LIMIT, accept=PAGES, kinds=_KINDS, gate=self._pass)

    async def _pass(self, url: str) -> None:
        """Raises Barred where the site does not want `url` to be fetched, or cannot say."""
        origin = _origin(url)
        async with self._lines.setdefault(origin, asyncio.Lock()):
            if origin not in self._known:
                self._known[origin] = await self._ask(origin)
        said = self._known[origin]
        if said.outcome in _NO_ANSWER:
            raise Barred(said.outcome, "robots.txt gives no answer, so the page is not asked for")
        if said.outcome is FetchOutcome.FORBIDDEN:
            raise Barred(FetchOutcome.FORBIDDEN, "robots.txt is closed to us, and so is the page")
        if origin not in self._parsed:
            self._parsed[origin] = found = robots.parse_robots(said.text, self._agent)
            if found.delay:
                self._fetcher.space(checked(url)[1].host, found.delay)
        if not self._parsed[origin].allows(url):
            raise Barred(FetchOutcome.FORBIDDEN, "robots.txt does not allow it")

    async def _ask(self, origin: str) -> SiteRules:
        answer = await self._fetcher.get(
            f"{origin}/robots.txt", limit=robots.LIMIT, cut=True, accept="text/plain, */*"
        )
        body = answer.body
        if len(body) == robots.LIMIT:  # the line that was cut would say something else
            body = body[: body.rfind(b"\n") + 1]
        text = body.decode("utf-8", "replace")
        return SiteRules(origin, answer.outcome, text, datetime.now(UTC))


def lasting(rules: Mapping[str, SiteRules]) -> list[SiteRules]:
    """Those of `rules` that are worth keeping for a day: what gave no answer is asked again."""
    return [said for said in rules.values() if said.outcome not in _NO_ANSWER]


def origin_of(url: str) -> str | None:
    """The site of an address, like "https://news.example"; None where it cannot be fetched."""
    try:
        return _origin(str(checked(url)[0]))
    except BadUrl:
        return None


def _origin(url: str) -> str:
    return str(URL(url).origin())
