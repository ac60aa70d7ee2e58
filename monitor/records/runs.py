"""What a step did: its name, its run, its ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]
"""A JSON object as Slack and the database columns of that type take it."""


class Step(StrEnum):
    """A step of the pipeline: also a CLI command, an Airflow task id and a log event."""

    FETCH = "fetch"
    HEALTH = "health"
    READ = "read"
    GROUP = "group"
    SCORE = "score"
    DECIDE = "decide"
    DELIVER = "deliver"
    DIGEST = "digest"
    TRAIN = "train"
    PUBLISH = "publish"
    REPROCESS = "reprocess"
    MAINTAIN = "maintain"
    PRUNE = "prune"


@dataclass(frozen=True, slots=True)
class RunKey:
    """Who runs a step: one row in `runs`. `name` is a DAG id or a command, `key` a run of it."""

    origin: str  # "airflow" or "cli"
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What went into a step and how each item ended.

    `unit` says what is counted ("feeds", "entries", "articles", "hits", "deliveries").
    `items_in` equals the sum of `outcomes`, or `balances` is false and the step is at fault.
    """

    step: Step
    unit: str
    items_in: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def balances(self) -> bool:
        return self.items_in == sum(self.outcomes.values())

    def as_dict(self) -> dict[str, Any]:
        """The form that Airflow shows as a task's result."""
        shown: dict[str, Any] = {"step": str(self.step), "unit": self.unit, "in": self.items_in}
        shown |= {"outcomes": dict(sorted(self.outcomes.items())), "balances": self.balances}
        return shown | ({"note": self.note} if self.note else {})


def tally(step: Step, unit: str, outcomes: Counter[str], items_in: int, note: str = "") -> Ledger:
    """A ledger from a counter; `items_in` is counted apart so that a lost item shows."""
    return Ledger(step, unit, items_in, {str(k): v for k, v in outcomes.items() if v}, note)
