"""Whom a member may alert: the people of its own areas, in their languages and by their clocks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from tocsin.errors import ConfigError
from tocsin.records import AlertArea, LocalName

MARGIN_DEG = 0.25
"""What may stick out of an area: 12 nautical miles of territorial sea, and the simplified outlines."""


@dataclass(frozen=True, eq=False)
class HomeArea:
    """An area of a member's own territory."""

    id: str
    name_en: str
    name_local: str
    outline: BaseGeometry
    """Longitude and latitude, degrees."""

    @property
    def code(self) -> str:
        """ISO 3166-2, of the whole that it is part of."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, eq=False)
class Territory:
    """What a member may alert, and no other may."""

    member: str
    """ISO 3166-1 alpha-3."""
    languages: tuple[str, ...]
    """In which its public is told, its own first."""
    zones: Mapping[str, str]
    """Names of zones of time, by the beginning of an area's id."""
    areas: Mapping[str, HomeArea]
    """By id."""

    @cached_property
    def codes(self) -> frozenset[str]:
        """Ids of its areas, and codes of the wholes that they are part of."""
        return frozenset(word for area in self.areas.values() for word in (area.id, area.code))

    @cached_property
    def outline(self) -> BaseGeometry:
        """All of it, with a margin for the territorial sea."""
        outline = shapely.union_all([area.outline.buffer(MARGIN_DEG, quad_segs=2) for area in self.areas.values()])
        shapely.prepare(outline)
        return outline

    def own(self, areas: Iterable[str]) -> tuple[str, ...]:
        """Return those of some areas that are this member's, sorted."""
        return tuple(sorted(set(areas) & set(self.areas)))

    def touched(self, region: BaseGeometry) -> tuple[str, ...]:
        """Return the ids of the areas that a region touches, sorted."""
        return tuple(sorted(area.id for area in self.areas.values() if area.outline.intersects(region)))

    def described(self, areas: Iterable[str]) -> tuple[AlertArea, ...]:
        """Return areas as a message names them, sorted by id.

        Raises:
            KeyError: One is not this member's.
        """
        return tuple(self._described(self.areas[area]) for area in sorted(areas))

    def zones_of(self, areas: Iterable[str]) -> tuple[ZoneInfo, ...]:
        """Return the zones of time of some areas, each once, in the order of the areas."""
        names = (self.zones[max((each for each in self.zones if area.startswith(each)), key=len)] for area in areas)
        return tuple(ZoneInfo(name) for name in dict.fromkeys(names))

    def _described(self, area: HomeArea) -> AlertArea:
        names = tuple(
            LocalName(language=language, name=area.name_en if language.startswith("en") else area.name_local)
            for language in self.languages
        )
        shapes = area.outline.geoms if isinstance(area.outline, MultiPolygon) else (area.outline,)
        rings = tuple(tuple(map(_corner, shape.exterior.coords)) for shape in shapes if isinstance(shape, Polygon))
        return AlertArea(area=area.id, code=area.code, names=names, rings=rings)


def territory_of(member: str, areas: Iterable[HomeArea]) -> Territory:
    """Return a member's territory.

    Args:
        member: ISO 3166-1 alpha-3.
        areas: Its areas and no others.

    Raises:
        ConfigError: It has no areas, or nothing is known of its languages.
    """
    own = {area.id: area for area in areas}
    told = _table().get(member)
    if not own or told is None:
        raise ConfigError(
            f"no warning areas or languages of {member} come with the program",
            advice=f"There are those of {', '.join(sorted(_table()))}",
        )
    return Territory(member, tuple(told["languages"]), told["zones"], own)


def _corner(corner: tuple[float, ...]) -> tuple[float, float]:
    return (round(corner[0], 4), round(corner[1], 4))


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = resources.files("tocsin.alerts").joinpath("data", "territories.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
