from __future__ import annotations

import functools

import pytest

from tocsin.synthesis.flights import reconstruct
from tocsin.synthesis.launches import load_launches, select


@pytest.fixture(scope="session")
def table():
    return load_launches()


@pytest.fixture(scope="session")
def flight_of(table):
    """The flight of a launch by its id, reconstructed once."""
    return functools.cache(lambda launch_id: reconstruct(select(table.rows, launch_id)[0]))
