"""What lies beneath the map of a report: the coasts of the watch floor's page, and the warning areas."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

from shapely.geometry import shape

from tocsin.charts.maps import Base
from tocsin.warning import warning_areas


@lru_cache(maxsize=1)
def base_map() -> Base:
    """Return coasts and warning areas; areas alone where the watch floor's page was not built into the program."""
    file = resources.files("tocsin").joinpath("web_dist", "base", "land.json")
    land = (shape(json.loads(file.read_text(encoding="utf-8"))["land"]),) if file.is_file() else ()
    return Base(land=land, areas=warning_areas().outlines)
