from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes.hostile import Hostile, hostile_server


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    """A server that does what its addresses say."""
    with hostile_server() as server:
        yield server
