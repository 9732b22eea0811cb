"""Settings for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# the first call of a compiled kernel takes a second: no test is judged by time
settings.register_profile("tocsin", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2000)
settings.load_profile("soak" if os.environ.get("TOCSIN_SOAK") else "tocsin")


@pytest.fixture(autouse=True)
def _log_as_at_the_start() -> Iterator[None]:
    """Let no test write its log to where an earlier one's command wanted it."""
    yield
    structlog.reset_defaults()
