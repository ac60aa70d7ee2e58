"""Searches that somebody saved, and the alerts that follow their new matches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.records.search import Search

OF_SEARCH = "search:"
"""What the topic and the route of a saved search begin with; no topic card has a name like it."""


@dataclass(frozen=True, slots=True)
class SearchAlert:
    """Where the new matches of a search are told: what is scored from `since` on."""

    channel: str
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search with a name.

    Attributes:
        typed: the fields of its form, as its address has them.
        search: what they mean.
        alert: None where nobody is told of new matches.
    """

    id: int
    name: str
    owner: str
    typed: Mapping[str, str]
    search: Search
    created_at: datetime
    alert: SearchAlert | None = None
    deleted_at: datetime | None = None
    deleted_by: str = ""

    @property
    def topic(self) -> str:
        """The topic of its hits, and the name of the route that they take."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:40].strip("-")
        return f"{OF_SEARCH}{self.id}" + (f"-{slug}" if slug else "")


def is_of_search(topic: str) -> bool:
    """Whether a topic is a saved search's, and no card's."""
    return topic.startswith(OF_SEARCH)
