"""Settings whose seeds are those that ship, with routes of a test's own."""

from __future__ import annotations

from pathlib import Path

from fixtures_outbox import changed

from monitor.settings import PROJECT, Settings


def with_routes(settings: Settings, folder: Path, routes: str) -> Settings:
    """`folder` is made for the seeds; it must not be there."""
    folder.mkdir()
    for path in (PROJECT / "seeds").iterdir():
        if path.name != "routes.toml":
            (folder / path.name).symlink_to(path)
    (folder / "routes.toml").write_text(routes, encoding="utf-8")
    return changed(settings, seeds=folder)
