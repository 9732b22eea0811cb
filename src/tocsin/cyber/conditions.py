"""What stands in brackets, on one observation: does one observable bear it all?"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from tocsin.cyber.comparing import Test, comparison_test
from tocsin.cyber.observations import Objects, Observation, values_at
from tocsin.cyber.patterns import AllOf, AnyOf, Comparison, Condition, Path

NEVER_OBSERVED = frozenset({
    "attack-pattern", "bundle", "campaign", "course-of-action", "extension-definition", "grouping", "identity",
    "incident", "indicator", "infrastructure", "intrusion-set", "language-content", "location", "malware",
    "malware-analysis", "marking-definition", "note", "observed-data", "opinion", "relationship", "report",
    "threat-actor", "tool", "sighting", "vulnerability",
})  # fmt: skip
"""STIX objects that are no observables: no pattern matches them (STIX 2.1, 9.7)."""

Roots = frozenset[str]
_NOBODY: Roots = frozenset()


def condition_check(condition: Condition) -> Callable[[Observation], bool]:
    """Compile a condition.

    Raises:
        PatternError: A comparison in it is of a form that no value can be compared with.
    """
    roots = _roots(condition)
    return lambda observation: bool(roots(observation.objects))


def _roots(condition: Condition) -> Callable[[Objects], Roots]:
    """Make the function that names the observables of which a condition holds."""
    match condition:
        case Comparison(path):
            return _comparison_roots(path, comparison_test(condition))
        case AllOf(parts):
            inner = [_roots(part) for part in parts]

            def all_roots(objects: Objects) -> Roots:
                found = inner[0](objects)
                for roots in inner[1:]:
                    if not found:
                        break
                    found &= roots(objects)
                return found

            return all_roots
        case AnyOf(parts):
            inner = [_roots(part) for part in parts]
            return lambda objects: reduce(frozenset.union, (roots(objects) for roots in inner), _NOBODY)


def _comparison_roots(path: Path, test: Test) -> Callable[[Objects], Roots]:
    if path.object_type in NEVER_OBSERVED:
        return lambda _: _NOBODY

    def holds(root: dict[str, Any], objects: Objects) -> bool:
        return root.get("type") == path.object_type and any(map(test, values_at(path, root, objects)))

    return lambda objects: frozenset(ref for ref, root in objects.items() if holds(root, objects))
