from __future__ import annotations

import pytest
from tests.cap_messages import certify


@pytest.fixture(scope="session")
def signer():
    """A key and its certificate."""
    return certify()
