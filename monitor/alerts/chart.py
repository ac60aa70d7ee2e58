"""The chart of a digest: hits by topic and day, as a picture and in words (pure)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from monitor.records import HitDays
from monitor.text import clean, shorten

# Okabe and Ito's palette, which those who are colour-blind can tell apart; the last is "other topics".
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
SHOWN = len(COLOURS) - 1  # topics of their own
SIZE = (3.6, 2.1)  # inches: Slack shows a picture as wide as a phone
DPI = 250
LABELLED = 7  # days with a label under them


def shown_topics(hits: HitDays, titles: Mapping[str, str]) -> list[tuple[str, tuple[int, ...]]]:
    """The reader's names of the topics with their counts a day, the busiest first; the rest as one."""
    order = sorted(hits.counts.items(), key=lambda pair: (-sum(pair[1]), pair[0]))
    found = [(shorten(clean(titles.get(topic, topic)), 30), days) for topic, days in order if sum(days)]
    if len(found) <= SHOWN:
        return found
    rest = tuple(map(sum, zip(*(days for _, days in found[SHOWN:]), strict=True)))
    return [*found[:SHOWN], ("other topics", rest)]


def in_words(hits: HitDays, titles: Mapping[str, str]) -> str:
    """The chart for those who cannot see it: how many hits each topic had on each day."""
    days = hits.days
    span = f"{days[0]:%d %b} to {days[-1]:%d %b}" if days else ""
    topics = (f"{name} {', '.join(map(str, counts))}" for name, counts in shown_topics(hits, titles))
    return f"Hits by topic and day, {span}: {'; '.join(topics)}"


def hits_chart(hits: HitDays, titles: Mapping[str, str]) -> bytes:
    """Stacked bars, a bar a day: a PNG of 900 x 525 pixels, the same bytes for the same counts.

    Args:
        titles: the reader's names of the topics.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    days = hits.days
    with mpl.rc_context({"font.size": 7, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        floor = [0] * len(days)
        named: list[tuple[Any, str]] = []
        topics = shown_topics(hits, titles)
        ranks = {name: rank for rank, name in enumerate(sorted(name for name, _ in topics[:SHOWN]))}
        for name, counts in topics:
            colour = COLOURS[ranks.get(name, SHOWN)]  # a topic keeps its colour from day to day
            shown = name.replace("$", r"\$")  # or matplotlib reads a formula
            bars = axes.bar(range(len(days)), counts, bottom=floor, color=colour, width=0.8)
            named.append((bars, f"{shown} ({sum(counts)})"))
            floor = [low + count for low, count in zip(floor, counts, strict=True)]
        step = max(-(-len(days) // LABELLED), 1)
        ticks = range(len(days) - 1, -1, -step)
        axes.set_xticks(ticks, [f"{days[tick].day} {days[tick]:%b}" for tick in ticks])
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.grid(axis="y", alpha=0.3, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        axes.margins(x=0.01)
        bars_of, labels = zip(*named, strict=True) if named else ((), ())
        figure.legend(bars_of, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=6.5)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
