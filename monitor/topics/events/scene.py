"""A verb among the actors of its sentence: subject, object, whose thing it is (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.records import Flow
from monitor.topics.events.chains import Chain

Parties = tuple[str, ...]


_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being|get|gets)(?: \w+ly| also)? $", re.IGNORECASE)


_BY = re.compile(r"^(?: (?!and\b)[\w-]+){0,4} by\b", re.IGNORECASE)


_ENDS = re.compile(r" (?:to|from|with|for|in|after|over)\b|[.]?$")


_HIT_WITH = re.compile(r"^ (?:by|with|under)\b", re.IGNORECASE)


_OWN = re.compile(
    r"(?:'s|’s)?(?: (?!by\b|to\b|from\b|on\b|against\b|"
    r"for\b|of\b|in\b|and\b|with\b|over\b)[\w$.%'-]+){0,4}? ?"
)


WHOM = {
    "sanctions": frozenset({"on", "against", "upon"}),
    "arms_transfers": frozenset({"to", "for"}),
    "mutual_defense": frozenset({"with", "to", "for", "of"}),
}


_ANY_WHOM = frozenset({"on", "against", "upon", "to", "for", "with"})


_AUXILIARY = re.compile(r" (?:has |have |had |will |would |could |may |\w+ly )*")


@dataclass(frozen=True, slots=True)
class Scene:
    """A verb among the actors and the instrument of its sentence."""

    topic: str
    flow: Flow
    text: str
    named: tuple[Chain, ...]
    verb: tuple[int, int]
    thing: tuple[int, int]  # where the instrument is
    noun: bool = False  # the verb is one: "sale", "shipment"

    @property
    def before(self) -> list[Chain]:
        return [chain for chain in self.named if chain.start < self.verb[0]]

    @property
    def after(self) -> list[Chain]:
        return [chain for chain in self.named if chain.start >= self.verb[0]]

    @property
    def passive(self) -> bool:
        lead, rest = self.text[: self.verb[0]], self.text[self.verb[1] :]
        if self.text[slice(*self.verb)].lower().endswith("ing"):
            return False
        participle = self.text[slice(*self.verb)].lower().endswith(("ed", "en", "hit", "put", "n"))
        if _PASSIVE.search(lead):
            return True
        if participle and (_BY.search(rest) or (_HIT_WITH.search(rest) and self.topic == "sanctions")):
            return True
        alone = not self.after and bool(_ENDS.match(rest))
        return participle and alone and self.topic == "sanctions" and self.thing[0] > self.verb[0]

    @property
    def owner(self) -> Chain | None:
        """Whose the instrument is: "Russian jets", "US sanctions"."""
        for chain in reversed(self.named):
            if chain.end <= self.thing[0]:
                between = self.text[chain.end : self.thing[0]]
                inside = self.verb[0] >= chain.end and self.verb[1] <= self.thing[0]
                return chain if not inside and _OWN.fullmatch(between) else None
        return None


def with_prepositions(named: Iterable[Chain], prepositions: Iterable[str]) -> Parties:
    """The parties of the first chain with one of these prepositions."""
    wanted = set(prepositions)
    return next((chain.parties for chain in named if chain.preposition in wanted), ())


def subject_of(scene: Scene, *, leaving: Chain | None = None) -> Parties:
    """The last chain before the verb that stands without a preposition, or who is asked "to" do it."""
    near = scene.before[-1] if scene.before else None
    if near and re.fullmatch(r"(?:'s|’s)? to ", scene.text[near.end : scene.verb[0]]):
        return near.parties
    if (
        near
        and near.preposition in {"after", "before", "under", "near"}
        and _AUXILIARY.fullmatch(scene.text[near.end : scene.verb[0]])
    ):
        return near.parties
    free = [chain for chain in scene.before if not chain.preposition and chain is not leaving]
    return free[-1].parties if free else ()


def whom_of(scene: Scene) -> Parties:
    mine = WHOM.get(scene.topic, _ANY_WHOM)
    late = [chain for chain in scene.named if chain.start > scene.thing[0]]
    return with_prepositions(late, mine) or with_prepositions(scene.named, mine)


def direct_of(scene: Scene, *, leaving: Chain | None = None) -> Parties:
    return with_prepositions((chain for chain in scene.after if chain is not leaving), {""})


def left_over(scene: Scene, sources: Parties) -> Parties:
    allowed = {"sanctions": {"", "of", "in", "over", "for", "at", "from", "with", "to"}}.get(
        scene.topic, {"", "of", "into", "in"}
    )
    for chain in [*scene.after, *scene.before]:
        if chain.preposition in allowed and not set(chain.parties) & set(sources):
            return chain.parties
    return ()


def subjects(named: Sequence[Chain], verb: int) -> Parties:
    """The last chain before a verb that stands without a preposition."""
    free = [chain for chain in named if chain.start < verb and not chain.preposition]
    return free[-1].parties if free else ()
