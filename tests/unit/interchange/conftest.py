"""The ledger of the example, told by KOR."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger_home import EXAMPLE, LedgerHome


@pytest.fixture
def home(tmp_path: Path) -> LedgerHome:
    return LedgerHome(tmp_path / "KOR")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory):
    """What of the example leaves for all three."""
    kept = LedgerHome(tmp_path_factory.mktemp("example") / "KOR")
    kept.tell(EXAMPLE)
    return kept.leaving("JPN", "KOR", "USA")
