"""Actors: who is named in an article, where, and how much the article is about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActorKind(StrEnum):
    STATE = "state"  # and territories that news treats as parties of their own
    PERSON = "person"
    ALLIANCE = "alliance"
    BODY = "body"  # of a state, an alliance or the world: a council, a court, an office
    GROUP = "group"  # armed groups
    MAKER = "maker"  # arms makers


class NameKind(StrEnum):
    """In what way a mention names its actor."""

    NAME = "name"
    DEMONYM = "demonym"  # "Russian"
    METONYM = "metonym"  # a capital or a palace for its state: "Moscow", "the Kremlin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who acts in the news.

    `key`: ISO 3166 alpha-3 for states ("RUS"; "XKX" for Kosovo), short names for alliances and bodies
    ("NATO", "UNSC"), state and name for persons ("RUS-vladimir-putin"), slugs for the others.
    `country`: the key of the state that it is, belongs to or speaks for, or of the alliance where it is one
    of an alliance ("EU" for its Commission); None for a body of many.
    """

    key: str
    kind: ActorKind
    name: str
    country: str | None = None

    @property
    def party(self) -> str:
        """Whose act an act of this actor is: a president's or a ministry's is that of the state."""
        speaks = self.kind in {ActorKind.PERSON, ActorKind.BODY} and self.country
        return self.country if speaks and self.country else self.key


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where an actor is named.

    `start` and `end` count characters of title, a line break, then text. `in_office` is None for what
    holds no office, and False where a person is named outside every known term.
    """

    actor: Actor
    start: int
    end: int
    how: NameKind = NameKind.NAME
    in_title: bool = False
    in_lead: bool = False
    in_office: bool | None = None


@dataclass(frozen=True, slots=True)
class NamedActor:
    """All mentions of one actor in one article. `salience` is that of the function of the same name."""

    actor: Actor
    count: int
    in_title: bool
    in_lead: bool
    first: int  # offset of the first mention, as in `Mention`
    salience: float
    in_office: bool | None = None


@dataclass(frozen=True, slots=True)
class ArticleActors:
    """Who is named in an article, most salient first."""

    article_id: int
    actors: tuple[NamedActor, ...] = ()

    def main(self, limit: int = 3) -> tuple[str, ...]:
        """The parties that the article is about, most salient first: see `main_parties`."""
        return main_parties(self.actors, limit)


@dataclass(frozen=True, slots=True)
class StoryActor:
    """Someone who is named in a story, and in how many of its articles."""

    actor: Actor
    articles: int


MAIN = 0.35  # from this salience a party is one that the article is about
_TITLE, _LEAD, _SHARE = 0.5, 0.2, 0.3


def salience(share: float, *, in_title: bool, in_lead: bool) -> float:
    """How much an article is about someone, 0 to 1.

    0.5 for standing in the title, 0.2 for standing in the lead, and up to 0.3 for the `share` of the
    mentions of the most named.
    """
    return round(_TITLE * in_title + _LEAD * in_lead + _SHARE * share, 4)


def main_parties(actors: Iterable[NamedActor], limit: int = 3) -> tuple[str, ...]:
    """The keys of the parties that an article is about: at most `limit`, most salient first.

    Persons and bodies of a state count as the state, so that "Putin" and "the Kremlin" are one. A party
    that is less salient than `MAIN` is named in passing and left out.
    """
    members: dict[str, list[NamedActor]] = {}
    for named in actors:
        members.setdefault(named.actor.party, []).append(named)
    counts = {party: sum(named.count for named in mine) for party, mine in members.items()}
    most = max(counts.values(), default=1)
    ranked = []
    for party, mine in members.items():
        in_title, in_lead = any(named.in_title for named in mine), any(named.in_lead for named in mine)
        weight = salience(counts[party] / most, in_title=in_title, in_lead=in_lead)
        ranked.append((-weight, min(named.first for named in mine), party))
    return tuple(party for weight, _, party in sorted(ranked) if -weight >= MAIN)[:limit]


@dataclass(frozen=True, slots=True)
class NewsText:
    """What finding actors needs of a stored article."""

    article_id: int
    title: str
    text: str
    language: str | None
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher and its state. `source` says how it is known: "list", "tld", or "" where it is not."""

    name: str
    country: str | None
    source: str = ""
