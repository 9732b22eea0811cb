"""From an observation to the conditions that hold of it, without trying each.

A tree of the paths that patterns look at, one per type of observable, is walked along with each observable: the cost is
in the observable's own size, not in the number of patterns. At its leaves stand the tables of values. A condition is
entered under *anchors*, comparisons one of which must hold if it holds; only where one does is the whole tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.cyber.conditions import NEVER_OBSERVED, condition_check
from tocsin.cyber.observations import NOTHING, Objects, Observation, stepped
from tocsin.cyber.patterns import EVERY, AllOf, Comparison, Condition, Operator, Path
from tocsin.cyber.tables import Table


class _Node:
    """Where a path has come to."""

    __slots__ = ("every", "items", "keys", "table")

    def __init__(self) -> None:
        self.keys: dict[str, tuple[bool, _Node]] = {}
        """With whether the key's name says that its value means something else."""
        self.items: dict[int, _Node] = {}
        self.every: _Node | None = None
        self.table: Table | None = None


class ConditionIndex:
    """Conditions by number, found by what they look for."""

    def __init__(self) -> None:
        self._types: dict[str, _Node] = {}
        self._checks: dict[int, Callable[[Observation], bool]] = {}
        """Of conditions of more than one comparison: their anchor alone does not tell."""

    def add(self, condition: Condition, ref: int) -> None:
        """Enter a condition under a number of the caller's.

        Raises:
            PatternError: No value can be compared so, and nothing was entered.
        """
        if isinstance(condition, Comparison):
            anchors = [condition]
        else:
            check = condition_check(condition)
            anchors = _anchors(condition)
            self._checks[ref] = check
        for anchor in dict.fromkeys(anchors):
            if anchor.path.object_type not in NEVER_OBSERVED:
                self._table(anchor.path).add(anchor, ref)

    def _table(self, path: Path) -> Table:
        node = self._types.get(path.object_type)
        if node is None:
            node = self._types[path.object_type] = _Node()
        for step in path.steps:
            if isinstance(step, str):
                if step not in node.keys:
                    has_meaning = step.endswith(("_ref", "_refs", "_hex", "_bin"))
                    node.keys[step] = (has_meaning, _Node())
                node = node.keys[step][1]
            elif step is EVERY:
                if node.every is None:
                    node.every = _Node()
                node = node.every
            else:
                node = node.items.setdefault(step, _Node())
        if node.table is None:
            node.table = Table()
        return node.table

    def matching(self, observation: Observation) -> set[int]:
        """Return the numbers of the conditions that hold of an observation."""
        hits: list[int] = []
        objects, types = observation.objects, self._types
        for one in objects.values():
            root = types.get(one.get("type", ""))
            if root is not None:
                _walk(root, one, objects, hits)
        if not hits:
            return set()
        found = set(hits)
        if self._checks:
            checks = self._checks
            found = {ref for ref in found if ref not in checks or checks[ref](observation)}
        return found


def _walk(node: _Node, value: Any, objects: Objects, hits: list[int]) -> None:
    """Follow every path of the tree through a value."""
    if node.table is not None:
        node.table.hits(value, hits)
    if isinstance(value, dict):
        keys = node.keys
        for key in value if len(value) < len(keys) else keys:
            if key in value and key in keys:
                has_meaning, child = keys[key]
                under = stepped(key, value[key], objects) if has_meaning else value[key]
                if under is not NOTHING:
                    _walk(child, under, objects, hits)
    elif isinstance(value, list):
        _walk_items(node, value, objects, hits)


def _walk_items(node: _Node, value: list[Any], objects: Objects, hits: list[int]) -> None:
    if node.every is not None:
        for item in value:
            _walk(node.every, item, objects, hits)
    for place, child in node.items.items():
        if 0 <= place < len(value):
            _walk(child, value[place], objects, hits)


def _anchors(condition: Condition) -> list[Comparison]:
    """Return comparisons one of which holds whenever a condition does, the cheapest to find that there are."""
    if isinstance(condition, Comparison):
        return [condition]
    choices = [_anchors(part) for part in condition.parts]
    if isinstance(condition, AllOf):
        return min(choices, key=_cost)
    return [anchor for choice in choices for anchor in choice]


_COSTS = {Operator.EQUAL: 0, Operator.IN: 1, Operator.SUBSET: 2, Operator.SUPERSET: 2, Operator.LIKE: 3}


def _cost(anchors: list[Comparison]) -> tuple[int, int]:
    """Rank anchors: first what is found by look-up, then the more telling, then the fewer."""
    worst = max(_COSTS.get(anchor.operator, 4) if Table.finds(anchor) else 9 for anchor in anchors)
    return worst, len(anchors)
