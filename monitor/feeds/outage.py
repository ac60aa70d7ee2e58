"""Our own outage: when nothing answers, it is not the feeds that have failed (pure).

What could not be reached is held back until one host has answered. Where none does, and enough of them
were asked, the polls are postponed: no failure is counted and no feed is suspended for our cable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from monitor.records import FetchOutcome, Polled, Reach

ENOUGH_HOSTS = 3  # that do not answer; fewer may well be at fault themselves
REMEMBERED = 5  # polls before this run that count where it asked too few hosts itself
DETAIL = "nothing could be reached: our own network seems to be down"

_UNREACHED = frozenset(
    {FetchOutcome.DEAD_HOST, FetchOutcome.TIMED_OUT, FetchOutcome.DROPPED, FetchOutcome.TLS_FAILED}
)


def cut_off(polls: Sequence[tuple[str, str, int | None, str]]) -> bool:
    """Whether the last polls, newest first, show that we are cut off: none answered since that was seen."""
    for _, outcome, status, detail in polls:
        if reached(outcome, status):
            return False
        if outcome == FetchOutcome.POSTPONED and detail == DETAIL:
            return True
    return False


def reached(outcome: str, status: int | None) -> bool | None:
    """Whether a host answered; None where it was not asked, or was never to be."""
    if status is not None:
        return True
    return False if outcome in _UNREACHED else None


def reaches(polls: Iterable[tuple[str, str, int | None, str]]) -> list[Reach]:
    """Whether hosts answered, from polls as (address, outcome, HTTP status, detail); in their order."""
    answers = [
        (url, False if detail == DETAIL else reached(outcome, status))
        for url, outcome, status, detail in polls
    ]
    return [Reach(host_of(url), answer) for url, answer in answers if answer is not None]


def judged(polls: Iterable[Polled | None], before: Sequence[Reach] = ()) -> Iterator[Polled | None]:
    """`polls`, each once; those that an outage of ours explains come out last, as POSTPONED.

    Args:
        polls: in the order in which they end; a None among them says that nothing came for a while.
        before: the last polls of other runs, newest first.
    """
    held: list[Polled] = []
    online = False
    for polled in polls:
        if polled is None:
            yield None
            continue
        answer = reached(polled.fetched.outcome, polled.fetched.status)
        if answer is False and not online:
            held.append(polled)
            continue
        if answer and not online:
            online = True
            yield from held
            held = []
        yield polled
    hosts = [Reach(host_of(polled.feed.url), False) for polled in held]
    down = is_down(hosts, before)
    for polled in held:
        yield _postponed(polled) if down else polled


def is_down(hosts: Sequence[Reach], before: Sequence[Reach]) -> bool:
    """Whether polls that reached nothing, with those before them, mean that we are cut off."""
    silent = {reach.host for reach in hosts}
    if not silent:
        return False
    if len(silent) >= ENOUGH_HOSTS:
        return True
    others = [reach for reach in before if reach.host not in silent][:REMEMBERED]
    silent |= {reach.host for reach in others}
    return len(silent) >= ENOUGH_HOSTS and not any(reach.reached for reach in others)


def host_of(url: str) -> str:
    """The host of an address in lower case; the address itself where it has none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def _postponed(polled: Polled) -> Polled:
    end = replace(polled.fetched, outcome=FetchOutcome.POSTPONED, detail=DETAIL, retry_after=None)
    return replace(polled, fetched=end)
