"""What the decision goes by: routes, the topics' severities and names, how messages look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from monitor.pipeline import watching
from monitor.records import Route, RunKey, Severity
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.alerts.message import Look


@dataclass(frozen=True, slots=True)
class Rules:
    """As the seeds have them now, and the routes of saved searches after those of the file."""

    routes: tuple[Route, ...]
    severities: Mapping[str, Severity]
    look: Look

    def route(self, name: str, channel: str) -> Route:
        """The route of that name; where it was taken out, its threads go on by the defaults."""
        return next((one for one in self.routes if one.name == name), Route(name, channel))


def rules(settings: Settings, run: RunKey) -> Rules:
    """Read them.

    Raises:
        Misconfigured: the routes or a topic card cannot be used.
    """
    from monitor.alerts.message import Look
    from monitor.topics import cards

    known = cards.load(settings.seeds)
    of_searches, names = watching.routes(settings)
    titles = {card.name: card.title for card in known} | names
    severities = {card.name: card.severity for card in known}
    look = Look(titles, settings.web_url, run_url(run, settings.web_url))
    return Rules((*routes_of(settings), *of_searches), severities, look)


def routes_of(settings: Settings) -> tuple[Route, ...]:
    """The routes, their topics, countries and actors checked.

    Raises:
        Misconfigured: a route cannot be used; the message has file, line and cure.
    """
    from monitor.alerts.routes import load
    from monitor.articles import gazetteer

    def actors() -> set[str]:
        return {one.actor.key for one in gazetteer.of(settings.seeds).listed}

    return load(settings.seeds, settings.slack_channel, settings.slack_hourly, actors)


def run_url(run: RunKey, web_url: str) -> str:
    """The page of a run in Airflow's UI; empty for a run of the command line."""
    if run.origin != "airflow":
        return ""
    return f"{web_url.rstrip('/')}/dags/{quote(run.name)}/runs/{quote(run.key)}"


def topic_titles(settings: Settings) -> dict[str, str]:
    """The reader's name of each topic, from its card."""
    from monitor.topics import cards

    return {card.name: card.title for card in cards.load(settings.seeds)}
