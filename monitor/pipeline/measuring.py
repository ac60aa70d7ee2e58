"""Measuring what grouping does, on the path that articles take: actors first, then places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.pipeline import naming
from monitor.records import NewsText
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.articles.measures import Item, Measured
    from monitor.articles.mistaken import Join


@dataclass(frozen=True, slots=True)
class StoryReport:
    """How grouping did on a file of items.

    `parts`: figures of the `dated` and the `undated` items and of `all`, None where there are none;
    `readers`: the same against the editors' stories with those as one that readers call one;
    `joins`: which of the editors' stories were joined.
    """

    parts: Mapping[str, Measured | None]
    readers: Mapping[str, Measured | None]
    joins: Sequence[Join]


def measure_stories(settings: Settings, file: Path, verdicts: Path | None = None) -> StoryReport:
    """Group the items of a file and measure against editors' stories.

    Args:
        file: JSON lines, as `articles.measures.read_items` takes them.
        verdicts: what readers said of stories that were joined; JSON lines.

    Raises:
        Misconfigured, Permanent: a file cannot be used, or `seeds/actors.toml` cannot.
    """
    from monitor.articles.measures import measure, read_items
    from monitor.articles.mistaken import as_one, joins, read_verdicts

    items = read_items(file)
    said = read_verdicts(verdicts) if verdicts else {}
    parts = {"dated": [i for i in items if i.dated], "undated": [i for i in items if not i.dated]}
    found = {name: _place(settings, part) for name, part in parts.items()}
    parts["all"] = [*parts["dated"], *parts["undated"]]
    found["all"] = found["dated"] + found["undated"]
    gold = {name: [item.story for item in part] for name, part in parts.items()}
    return StoryReport(
        {name: measure(gold[name], found[name]) if gold[name] else None for name in parts},
        {name: measure(as_one(gold[name], said), found[name]) if gold[name] else None for name in parts},
        joins(parts["all"], found["all"], said),
    )


def _place(settings: Settings, items: Sequence[Item]) -> list[int]:
    """The story of each item, by the number of the item that founded it."""
    from monitor.articles.measures import story_labels
    from monitor.articles.stories import place

    texts = [item.text for item in items]
    news = [NewsText(t.article_id, t.title, t.lead, "en", t.effective_at) for t in texts]
    named = naming.find(settings, news, [])
    found = story_labels(place([], naming.with_actors(texts, named.articles)))
    return [found[text.article_id] for text in texts]
