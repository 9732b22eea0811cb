"""Parts of alerts to the public: who is told, and what is told in each language."""

from __future__ import annotations

import msgspec

Corner = tuple[float, float]
"""Longitude and latitude, degrees."""


class LocalName(msgspec.Struct, frozen=True, kw_only=True):
    """What an area is called in a language."""

    language: str
    """BCP 47, such as ``ja-JP``."""
    name: str


class AlertArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area that is told something, by name, code and outline."""

    area: str
    """Id of a warning area, such as ``JP-13/island-4``."""
    code: str
    """ISO 3166-2, of the whole that it is part of."""
    names: tuple[LocalName, ...]
    rings: tuple[tuple[Corner, ...], ...]
    """Its outlines, each closed."""

    def __post_init__(self) -> None:
        if not self.rings or any(len(ring) < 4 or ring[0] != ring[-1] for ring in self.rings):
            raise ValueError(f"{self.area} has no outline, or one that does not close")


class AlertText(msgspec.Struct, frozen=True, kw_only=True):
    """What is told in one language."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str

    def __post_init__(self) -> None:
        if not all((self.language, self.event, self.headline, self.description, self.instruction)):
            raise ValueError(f"the text in {self.language or 'no language'} lacks a part")
