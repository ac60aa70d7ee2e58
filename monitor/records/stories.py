"""What is new in a story, and what a person changed in it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DevelopmentKind(StrEnum):
    """What an article can add to its story; whatever adds none of it is repetition."""

    ACTOR = "actor"  # a state, alliance, leader or group that no earlier report named
    NUMBER = "number"  # a figure that counts: dead, tonnes, dollars, tanks
    PLACE = "place"
    STATUS = "status"  # a step: proposed, signed, ratified; announced, in force, lifted; ...
    PUBLISHERS = "publishers"  # 3, 10 or 30 independent publishers carry it now


@dataclass(frozen=True, slots=True)
class Development:
    """Something that an article added to its story, with the sentence that says so.

    `value` is what was added, in a form that is equal for equal things: an actor's id, "120 dead",
    "signed", "10". A story has each pair of kind and value once. `sentence` is empty where no
    sentence says it (publishers). `noticed_at` is when the monitor noticed, not when it happened.
    """

    story_id: int
    article_id: int
    kind: DevelopmentKind
    value: str
    sentence: str
    noticed_at: datetime


class StoryEditKind(StrEnum):
    """What a person can do to a story; both can be undone."""

    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class StoryEdit:
    """A merge of `other_id` into `story_id`, or a split of `other_id` off `story_id`, and why it was made.

    `articles` are those that were moved.
    """

    id: int
    kind: StoryEditKind
    story_id: int
    other_id: int
    articles: tuple[int, ...]
    made_by: str
    made_at: datetime
    why: str = ""
    undone_at: datetime | None = None
    undone_by: str | None = None
