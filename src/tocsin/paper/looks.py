"""How members and worlds look on paper: the colours and shapes of the watch floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.charts import svg

ACTUAL, EXERCISE, TEST = "#36434e", "#0a4a94", "#4a2a87"


@dataclass(frozen=True)
class Looks:
    """Who is drawn how: by place among all members."""

    members: tuple[str, ...]

    def index(self, member: str) -> int:
        """Return a member's place; of one that is not known, the last."""
        return self.members.index(member) if member in self.members else len(self.members)

    def colour(self, member: str) -> str:
        """Return a member's colour."""
        return svg.colour_of(self.index(member))


def looks_of(*groups: Sequence[str]) -> Looks:
    """Return the looks of all members in some groups."""
    return Looks(tuple(sorted({member for group in groups for member in group})))


def banner_colour(status: str) -> str:
    """Return the colour of the world that a status is of."""
    if status == "actual":
        return ACTUAL
    return EXERCISE if status.startswith("exercise:") else TEST


def banner_words(status: str) -> str:
    """Return what stands on every page of a world; nothing for the actual one."""
    if status == "actual":
        return ""
    word = "EXERCISE" if status.startswith("exercise:") else "TEST"
    return f"{word} {word} {word}"
