"""Save and load a classifier: the door to `models/`.

`classifier.skops` holds plain values and arrays only, so that no type has to be trusted on loading.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from monitor.errors import Misconfigured
from monitor.topics import account as accounts
from monitor.topics import anchors, material
from monitor.topics.account import Account
from monitor.topics.blocks import SUMS
from monitor.topics.cards import CardTerm
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation, TopicFigures
from monitor.topics.features import Encoder, Grams, Plan
from monitor.topics.material import Material

FORMAT = 2  # 1 had words and sums of cards only; it is read as well
FILE = "classifier.skops"
SCORES = "scores.json"
CARD = "MODEL_CARD.md"
_PLAN = ("term_value", "sums", "sum_scale", "list_value", "relation_value")
_RETRAIN = "run `monitor train`"


def save(classifier: Classifier, account: Account, folder: Path) -> Path:
    """Write the classifier, its figures and its card into `folder`; each file is replaced at once.

    Returns:
        the classifier's file.

    Raises:
        Misconfigured: the folder cannot be written.
    """
    encoder = classifier.encoder
    held = {
        "format": FORMAT,
        "version": classifier.version,
        "scikit_learn": sklearn.__version__,
        "topics": json.dumps(classifier.topics),
        "thresholds": np.asarray(classifier.thresholds, np.float64),
        "grams": [[g.kind, "\n".join(g.vocabulary), g.idf, g.scale] for g in encoder.plan.grams],
        "plan": json.dumps({name: getattr(encoder.plan, name) for name in _PLAN}),
        "cards": json.dumps({n: [[t.text, t.weight] for t in terms] for n, terms in encoder.cards.items()}),
        "lists": json.dumps(encoder.lists),
        "languages": json.dumps(classifier.languages),
        "weights": classifier.weights,
        "intercepts": classifier.intercepts,
        "anchors": anchors.to_json(classifier.anchors),
    }
    describe(classifier, account, folder)
    _write(folder / FILE, skops.io.dumps(held, compression=zipfile.ZIP_DEFLATED, compresslevel=6))
    return folder / FILE


def describe(classifier: Classifier, account: Account, folder: Path) -> None:
    """Write the figures and the card of a classifier into `folder`.

    Raises:
        Misconfigured: the folder cannot be written.
    """
    figures: dict[str, Any] = {"version": classifier.version, "measured_on": "held-out seeds"}
    figures |= account.held_out.as_dict() if account.held_out else {}
    figures["learned_from"] = material.to_json(account.learned_from)
    figures["sets"] = {one.name: one.as_dict() for one in account.sets}
    _write(folder / SCORES, (json.dumps(figures, indent=1) + "\n").encode())
    _write(folder / CARD, accounts.text(classifier, account).encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, content)
    except OSError as error:
        raise Misconfigured(
            f"{path.parent} cannot be written ({error}): free space or correct its rights"
        ) from error


def held_out(folder: Path) -> Evaluation | None:
    """The figures on held-out examples that were saved with the classifier; None where they are not there."""
    try:
        held = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        topics = {name: TopicFigures(**figures) for name, figures in held["topics"].items()}
        return Evaluation(topics, int(held["items"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def learned_from(folder: Path) -> Material:
    """What the classifier in `folder` learned from, by its figures; nothing where they do not say."""
    try:
        return material.from_json(json.loads((folder / SCORES).read_text(encoding="utf-8"))["learned_from"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def load(folder: Path) -> Classifier:
    """The classifier in `folder`.

    Raises:
        Misconfigured: there is none, it is damaged, holds types that are not plain, or is of
            another format; the message names the cure.
    """
    path = folder / FILE
    if not path.is_file():
        raise Misconfigured(f"no classifier in {folder.name}/: {_RETRAIN}")
    held = _held(path)
    if held.get("format") not in (1, FORMAT):
        raise Misconfigured(f"{path} is of format {held.get('format')}, this is {FORMAT}: {_RETRAIN}")
    try:
        return _classifier(held)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(f"{path} is damaged ({error!r}): {_RETRAIN}") from error


def _held(path: Path) -> dict[str, Any]:
    try:
        held = skops.io.load(path, trusted=[])
    except UntrustedTypesFoundException as error:
        raise Misconfigured(
            f"{path} holds types that are not ours ({error}): delete it and {_RETRAIN}"
        ) from error
    except Exception as error:  # a door: zip, JSON and skops each raise their own on a broken file
        raise Misconfigured(f"{path} is damaged ({type(error).__name__}: {error}): {_RETRAIN}") from error
    if not isinstance(held, dict):
        raise Misconfigured(f"{path} holds no classifier: {_RETRAIN}")
    return held


def _classifier(held: dict[str, Any]) -> Classifier:
    cards = {
        name: [CardTerm(text, weight) for text, weight in terms]
        for name, terms in json.loads(held["cards"]).items()
    }
    plan = _first_plan(held) if held["format"] == 1 else _plan(held)
    encoder = Encoder(plan, cards, json.loads(held["lists"]))
    topics = tuple(json.loads(held["topics"]))
    whole = all(len(grams.vocabulary) == len(grams.idf) for grams in plan.grams)
    if held["weights"].shape != (len(topics), encoder.width) or not whole:
        raise ValueError("its arrays do not fit together")
    return Classifier(
        topics=topics,
        thresholds=tuple(held["thresholds"].tolist()),
        version=held["version"],
        encoder=encoder,
        weights=held["weights"],
        intercepts=held["intercepts"],
        anchors=anchors.from_json(held["anchors"]) if "anchors" in held else anchors.Anchors(),
        languages=tuple(json.loads(held.get("languages", '["en"]'))),
    )


def _plan(held: dict[str, Any]) -> Plan:
    grams = tuple(
        Grams(kind, joined.split("\n") if joined else [], idf, scale)
        for kind, joined, idf, scale in held["grams"]
    )
    rest = json.loads(held["plan"])
    return Plan(
        grams,
        rest["term_value"],
        tuple(rest["sums"]),
        rest["sum_scale"],
        rest["list_value"],
        rest.get("relation_value", 0.0),
    )


def _first_plan(held: dict[str, Any]) -> Plan:
    """What every classifier of format 1 was made of."""
    words = held["vocabulary"].split("\n") if held["vocabulary"] else []
    return Plan((Grams("words", words, held["idf"], 4.0),), 0.0, SUMS, 1.0, 0.5)


def replace(path: Path, content: bytes) -> None:
    """Write a file at once: a reader sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)
