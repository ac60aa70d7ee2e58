"""A loopback server of feeds whose news is always fresh: for the demo, the tests and the benches."""

from __future__ import annotations

from pathlib import Path

from monitor.demo.server import FeedServer
from monitor.errors import Misconfigured

__all__ = ["FeedServer", "serve"]


def serve(seeds: Path, *, port: int = 0, latency: float = 0.0, spread: bool = False) -> FeedServer:
    """The server of the invented news in `seeds/demo`, its newest item an hour old; start it with `with`.

    Raises:
        Misconfigured: the sample feeds are not there.
    """
    folder = seeds / "demo"
    if not (folder / "feeds").is_dir():
        raise Misconfigured(
            f"no sample feeds in {folder}/feeds: set MONITOR_SEEDS to the project's seeds folder"
        )
    return FeedServer(folder / "feeds", pages=folder / "pages", port=port, latency=latency, spread=spread)
