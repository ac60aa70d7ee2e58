"""Measuring what grouping does, on the path that articles take: actors first, then places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.pipeline import naming
from monitor.records import NewsText
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.articles.measures import Item, Measured


def measure_stories(settings: Settings, file: Path) -> dict[str, Measured | None]:
    """The figures of the dated items of a file, of the undated ones, and of all; None where there are none.

    Raises:
        Misconfigured, Permanent: the file cannot be used, or `seeds/actors.toml` cannot.
    """
    from monitor.articles.measures import measure, read_items

    items = read_items(file)
    parts = {"dated": [i for i in items if i.dated], "undated": [i for i in items if not i.dated]}
    labels = {name: _place(settings, part) for name, part in parts.items()}
    gold = {name: [item.story for item in part] for name, part in parts.items()}
    parts["all"] = items
    labels["all"] = labels["dated"] + labels["undated"]
    gold["all"] = gold["dated"] + gold["undated"]
    return {name: measure(gold[name], labels[name]) if gold[name] else None for name in parts}


def _place(settings: Settings, items: Sequence[Item]) -> list[int]:
    """The story of each item, by the number of the item that founded it."""
    from monitor.articles.measures import story_labels
    from monitor.articles.stories import place

    texts = [item.text for item in items]
    news = [NewsText(t.article_id, t.title, t.lead, "en", t.effective_at) for t in texts]
    named = naming.find(settings, news, [])
    found = story_labels(place([], naming.with_actors(texts, named.articles)))
    return [found[text.article_id] for text in texts]
