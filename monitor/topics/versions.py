"""The versions of the classifier: published, kept and candidates; part of the door to `models/`.

    classifier.skops, scores.json, ...   published: what the score step uses
    versions/VERSION/                    the same files of every version that was ever published or tried

A past hit is explained by the version that made it, so none is deleted.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from monitor.errors import Misconfigured, NotFound
from monitor.topics import artifacts
from monitor.topics.classify import Classifier
from monitor.topics.curves import FORMATS, NAMES
from monitor.topics.gate import Comparison

FOLDER = "versions"
VERDICT = "verdict.json"
_FILES = (
    artifacts.SCORES,
    artifacts.CARD,
    VERDICT,
    *(f"{name}.{form}" for name in NAMES for form in FORMATS),
    artifacts.FILE,
)  # the classifier last: it is what is loaded


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said of a version, and when; `material` is the digest of what it was trained on.

    `compared` is every topic on every set, as it was held against the classifier before and the floors.
    """

    version: str
    passed: bool
    reasons: tuple[str, ...]
    at: datetime | None = None
    material: str = ""
    compared: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A version at hand. `macro_f1` is None where its scores are not there."""

    name: str
    published: bool
    verdict: Verdict
    macro_f1: float | None

    @property
    def state(self) -> str:
        """`published`, `candidate` (the gate held it back) or `kept`."""
        return "published" if self.published else "kept" if self.verdict.passed else "candidate"


def home(folder: Path, version: str) -> Path:
    """Where the files of a version are kept.

    Raises:
        NotFound: the name is none of a version.
    """
    if not version.isalnum():
        raise NotFound(f"{version!r} is no version: `monitor topics versions` lists them")
    return folder / FOLDER / version


def keep(folder: Path, version: str) -> None:
    """Keep the published files, which are of `version`, under its name; nothing where that is done.

    Raises:
        Misconfigured: the folder cannot be written.
    """
    _copy(folder, home(folder, version))


def write_verdict(verdict: Verdict, folder: Path) -> None:
    """Store what the gate said beside the files of a version."""
    held = {
        "version": verdict.version,
        "passed": verdict.passed,
        "reasons": list(verdict.reasons),
        "at": verdict.at.isoformat() if verdict.at else None,
        "material": verdict.material,
        "compared": [asdict(one) for one in verdict.compared],
    }
    artifacts.replace(folder / VERDICT, (json.dumps(held, indent=1) + "\n").encode())


def verdict_of(folder: Path, version: str) -> Verdict:
    """What the gate said of the version whose files are in `folder`; passed where it was never asked."""
    held = _json(folder / VERDICT)
    if held.get("version") != version:
        return Verdict(version, passed=True, reasons=())
    at = held.get("at")
    moment = datetime.fromisoformat(str(at)) if at else None
    reasons = held.get("reasons")
    told = tuple(str(one) for one in reasons) if isinstance(reasons, list) else ()
    compared = _compared(held.get("compared"))
    return Verdict(version, held.get("passed") is True, told, moment, str(held.get("material", "")), compared)


def _compared(held: object) -> tuple[Comparison, ...]:
    try:
        return tuple(Comparison(**one) for one in held) if isinstance(held, list) else ()
    except TypeError:  # written by another version of this program
        return ()


def load(folder: Path, version: str) -> Classifier:
    """The classifier of that version, published or kept.

    Raises:
        NotFound: it is not kept here.
        Misconfigured: its file is damaged.
    """
    kept = home(folder, version)
    if (kept / artifacts.FILE).is_file():
        return artifacts.load(kept)
    if published(folder) == version:
        return artifacts.load(folder)
    raise NotFound(f"version {version} is not kept in {folder.name}/: `monitor topics versions` lists them")


def published(folder: Path) -> str | None:
    """The version that is published, by its scores; None where there is none."""
    version = _json(folder / artifacts.SCORES).get("version")
    return str(version) if version and (folder / artifacts.FILE).is_file() else None


def listing(folder: Path) -> Sequence[Version]:
    """Every version at hand: the published one first, then the newest first."""
    current = published(folder)
    names = {path.name for path in (folder / FOLDER).glob("*") if (path / artifacts.FILE).is_file()}
    if current:
        names.add(current)
    found = [_version(folder, name, current) for name in sorted(names)]
    return sorted(found, key=lambda one: (not one.published, -_seconds(one.verdict.at), one.name))


def waiting(folder: Path) -> Version | None:
    """The version that was trained last, where that is not the published one; None where it is."""
    known = [one for one in listing(folder) if one.verdict.at is not None]
    newest = max(known, key=lambda one: _seconds(one.verdict.at), default=None)
    return None if newest is None or newest.published else newest


def restore(folder: Path, version: str, *, anyway: bool = False) -> str | None:
    """Publish a kept version again; what was published is kept.

    Args:
        anyway: publish it also where the gate held it back.

    Returns:
        the version that was published before.

    Raises:
        NotFound: it is not kept here.
        Misconfigured: the gate held it back, its file is damaged, or the folder cannot be written.
    """
    source = home(folder, version)
    load(folder, version)  # a damaged file must not replace a sound one
    verdict = verdict_of(source, version)
    if not (verdict.passed or anyway):
        held = "; ".join(verdict.reasons)
        raise Misconfigured(f"{version} was held back ({held}): add --anyway to publish it all the same")
    before = published(folder)
    if before == version:
        return before
    if before:
        keep(folder, before)
    _copy(source, folder, again=True)
    return before


def _copy(source: Path, target: Path, *, again: bool = False) -> None:
    if (target / artifacts.FILE).is_file() and not again:
        return
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            if (source / name).is_file():
                fresh = target / f".{name}.{os.getpid()}"
                shutil.copyfile(source / name, fresh)
                fresh.replace(target / name)
            else:
                (target / name).unlink(missing_ok=True)
    except OSError as error:
        cure = "free space or correct its rights"
        raise Misconfigured(f"{target} cannot be written ({error}): {cure}") from error


def _version(folder: Path, name: str, current: str | None) -> Version:
    place = folder if name == current else home(folder, name)
    macro = _json(place / artifacts.SCORES).get("macro")
    figure = macro.get("f1") if isinstance(macro, dict) else None
    return Version(name, name == current, verdict_of(place, name), figure)


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _json(path: Path) -> dict[str, object]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
