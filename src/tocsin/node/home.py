"""A member's own territory, of the warning areas that come with the program."""

from __future__ import annotations

from functools import lru_cache

from tocsin.alerts import HomeArea, Territory, territory_of
from tocsin.warning.areas import warning_areas


@lru_cache(maxsize=8)
def home_of(member: str) -> Territory:
    """Return what a member may alert.

    Args:
        member: ISO 3166-1 alpha-3.

    Raises:
        ConfigError: No warning areas of the member come with the program.
    """
    known = warning_areas()
    return territory_of(
        member,
        (
            HomeArea(id=area.id, name_en=area.name_en, name_local=area.name_local, outline=outline)
            for area, outline in zip(known.areas, known.outlines, strict=True)
            if area.member == member
        ),
    )
