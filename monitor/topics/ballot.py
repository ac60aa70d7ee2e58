"""What a person reads before a classifier is published: how it fares, as Markdown (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.topics.gate import Comparison
from monitor.topics.versions import Verdict


def markdown(verdict: Verdict, macro_f1: float | None) -> str:
    """The evaluation of a version beside the published one, the sets one after the other.

    Args:
        macro_f1: on the seeds that were held out; None where it was not measured.
    """
    if verdict.passed:
        said = "The gate has nothing against it: no topic loses more than it may on any labelled set."
    else:
        said = "**The gate would hold it back.** To approve is to overrule it:\n\n" + "\n".join(
            f"- {_plain(reason)}" for reason in verdict.reasons
        )
    measured = f"Macro F1 on held-out seeds: {macro_f1:.3f}." if macro_f1 is not None else ""
    cure = (
        f"Answer no, and it stays a candidate: `monitor topics restore {verdict.version}` publishes it later."
    )
    sets = dict.fromkeys(one.set for one in verdict.compared)
    tables = [_table(name, (one for one in verdict.compared if one.set == name)) for name in sets]
    return "\n\n".join(part for part in (said, measured, *tables, cure) if part)


def _table(name: str, compared: Iterable[Comparison]) -> str:
    lines = [
        f"#### {_plain(name)}",
        "",
        "| Topic | Texts that carry it | F1 published | F1 new | Change | Floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in compared:
        change = f"{one.after - one.before:+.3f}" if one.before is not None else ""
        mark = " ⚠" if one.fault else ""
        lines.append(
            f"| {_plain(one.topic)}{mark} | {one.items} | {_figure(one.before)} | {one.after:.3f} "
            f"| {change} | {_figure(one.floor)} |"
        )
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _plain(text: str) -> str:
    """A name that can neither end its cell nor be markup."""
    return "".join(f"\\{c}" if c in "|*_`[]<>\\#" else c for c in text.replace("\n", " "))
