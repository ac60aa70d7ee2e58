"""A story for a reader: what was new when, its reports with their copies, and why each is there (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.records import (
    Article,
    Development,
    DevelopmentKind,
    PlacementKind,
    Story,
    StoryEdit,
    StoryEditKind,
    StoryMember,
)

_KINDS = {
    DevelopmentKind.STATUS: "",
    DevelopmentKind.ACTOR: "names ",
    DevelopmentKind.PLACE: "in ",
    DevelopmentKind.NUMBER: "",
    DevelopmentKind.PUBLISHERS: "",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """An article that added something to its story, what it added, and the sentences that say so."""

    article: Article
    added: tuple[str, ...]
    sentences: tuple[str, ...]
    first: bool  # of the story: all that it says is new


@dataclass(frozen=True, slots=True)
class Report:
    """An article of a story with its copies, oldest first; `country` is its publisher's, "" where unknown."""

    member: StoryMember
    why: str
    country: str
    copies: tuple[Report, ...] = ()


def timeline(story: Story, news: Iterable[Development], names: Mapping[str, str]) -> list[Moment]:
    """The articles that added something, oldest first.

    Args:
        names: readers' names of actors by key.
    """
    added: dict[int, list[Development]] = {}
    for one in news:
        added.setdefault(one.article_id, []).append(one)
    found = []
    for place, member in enumerate(story.members):
        mine = sorted(added.get(member.article.id, ()), key=lambda one: list(_KINDS).index(one.kind))
        if mine:
            told = tuple(dict.fromkeys(_added(one, names) for one in mine))
            said = tuple(dict.fromkeys(one.sentence for one in mine if one.sentence))
            found.append(Moment(member.article, told, said, place == 0))
    return found


def _added(one: Development, names: Mapping[str, str]) -> str:
    if one.kind is DevelopmentKind.PUBLISHERS:
        return f"carried by {one.value} independent publishers"
    return f"{_KINDS[one.kind]}{names.get(one.value, one.value)}"


def reports(story: Story, countries: Mapping[str, str]) -> list[Report]:
    """The independent reports of a story, oldest first, each with the articles that carry its text.

    Args:
        countries: of publishers, by name.
    """
    members = {member.article.id: member for member in story.members}
    copies: dict[int, list[StoryMember]] = {}
    heads = []
    for member in story.members:
        head = _original(member, members)
        if head is member:
            heads.append(member)
        else:
            copies.setdefault(head.article.id, []).append(member)

    def told(member: StoryMember) -> Report:
        mine = tuple(told(one) for one in copies.get(member.article.id, ()))
        where = countries.get(member.article.publisher, "")
        return Report(member, _why(member, members), where, mine)

    return [told(head) for head in heads]


def _original(member: StoryMember, members: Mapping[int, StoryMember]) -> StoryMember:
    """The text that a copy carries, itself where that is not in the story."""
    seen: set[int | None] = {member.article.id}
    while member.kind is PlacementKind.COPY and member.against not in seen:
        other = members.get(member.against or 0)
        if other is None:
            break
        seen.add(member.against)
        member = other
    return member


def _why(member: StoryMember, members: Mapping[int, StoryMember]) -> str:
    machine = _compared(member, members)
    return f"put here by {member.placed_by}; before: {machine}" if member.placed_by else machine


def _compared(member: StoryMember, members: Mapping[int, StoryMember]) -> str:
    if member.against is None:
        return (
            "first report" if member.kind is PlacementKind.NEW_STORY else "its likest report is elsewhere now"
        )
    against = members.get(member.against)
    other = f"{against.article.publisher}, {member.against}" if against else f"article {member.against}"
    if member.kind is PlacementKind.COPY:
        return f"same text as {other} ({member.score:.0%} shared)"
    return f"same event as {other} (likeness {member.score:.2f})"


def edit_in_words(one: StoryEdit) -> str:
    """What an edit did, who made it and why."""
    count = f"{len(one.articles)} article{'' if len(one.articles) == 1 else 's'}"
    if one.kind is StoryEditKind.MERGE:
        did = f"story {one.other_id} ({count}) merged into story {one.story_id}"
    else:
        did = f"{count} split off story {one.story_id} as story {one.other_id}"
    told = f"{did} by {one.made_by} on {one.made_at:%d %b %Y %H:%M} UTC"
    told += f": {one.why}" if one.why else ""
    return f"{told} (undone by {one.undone_by or one.made_by})" if one.undone_at else told
