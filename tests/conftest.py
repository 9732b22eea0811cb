"""Settings for every test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from tests.postgres import Cluster, running_cluster

# the first call of a compiled kernel takes a second: no test is judged by time
settings.register_profile("tocsin", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2000)
settings.load_profile("soak" if os.environ.get("TOCSIN_SOAK") else "tocsin")
# what a shell starts in the background is born deaf to Ctrl-C, and so are its children: some tests send it to theirs
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile the filter before nodes start: their desks wait for it, and a test would wait a minute for them."""
    if not session.config.option.collectonly and any(item.get_closest_marker("servers") for item in session.items):
        subprocess.run([sys.executable, "-m", "tocsin.calibration.compiling"], check=True)


@pytest.fixture(autouse=True)
def _log_as_at_the_start() -> Iterator[None]:
    """Let no test write its log to where an earlier one's command wanted it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of the session."""
    with running_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store can be made: the test is run on each database."""
    if request.param == "sqlite":
        return tmp_path / "store.db"
    return request.getfixturevalue("cluster").new_url()
