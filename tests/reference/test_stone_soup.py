"""The ballistic filter beside that of Stone Soup, an independent framework, on the same plots.

What it finds is in ``stone_soup.json``: ``uv run --group bench python -m bench.warning --reference FILE`` writes it.
Stone Soup is handed our motion and sensor; prediction, update and their order are its own.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bench.warning.filtering import follow, problem

from tocsin.warning import WarningSettings

THEIRS = json.loads(Path(__file__).with_name("stone_soup.json").read_text(encoding="utf-8"))


def test_the_filter_is_as_good_as_that_of_stone_soup():
    asked = problem(THEIRS["objects"], THEIRS["seed"])
    found, _ = follow(asked, WarningSettings())
    assert asked.rmse_m(found) == pytest.approx(THEIRS["rmse_m"], rel=0.01)
    apart_m = np.linalg.norm(found[-1] - THEIRS["last_places_m"], axis=-1)
    assert apart_m.max() < 2.0  # ours takes in the curvature of the range
