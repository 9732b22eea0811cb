"""The values that patterns compare one property with: from a value to the comparisons that hold, by look-up.

A comparison is known here by a number, its *ref*. What the cost of a value depends on is said at each table: on the
number of comparisons only where no look-up is possible, as with ``!=`` and ``<``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable
from datetime import datetime
from typing import Any

from tocsin.cyber.comparing import Test, comparison_test, is_bytes
from tocsin.cyber.expressions import ExpressionSet, expression_of, normalised
from tocsin.cyber.networks import Network, network_of
from tocsin.cyber.patterns import Comparison, Literal, Operator
from tocsin.cyber.times import parse_time

Refs = int | tuple[int, ...]
"""One, as nearly always, or several."""


def put(table: dict[Any, Refs], key: Hashable, ref: int) -> None:
    """Enter one more ref under a key."""
    before = table.get(key)
    if before is None:
        table[key] = ref
    else:
        table[key] = (before, ref) if isinstance(before, int) else (*before, ref)


def take(table: dict[Any, Refs], key: Any, into: list[int]) -> None:
    """Append what stands under a key."""
    refs = table.get(key)
    if refs is not None:
        if isinstance(refs, int):
            into.append(refs)
        else:
            into += refs


class Table:
    """Every comparison of one property."""

    __slots__ = (
        "_byte_tests", "_bytes", "_expressions", "_members", "_networks", "_numbers", "_tests", "_times", "_truths",
        "text",
    )  # fmt: skip

    def __init__(self) -> None:
        self.text: dict[str, Refs] = {}
        """``= 'text'``: one look-up, whatever their number."""
        self._members: dict[Any, Refs] = {}
        self._bytes: dict[Any, Refs] = {}
        self._numbers: dict[Any, Refs] = {}
        self._truths: dict[Any, Refs] = {}
        self._times: dict[Any, Refs] = {}
        self._expressions: ExpressionSet | None = None
        self._networks: _Networks | None = None
        self._tests: list[tuple[Test, int]] = []
        self._byte_tests: list[tuple[Test, int]] = []
        """LIKE and MATCHES over bytes, which are few: one at a time."""

    @staticmethod
    def finds(comparison: Comparison) -> bool:
        """Tell whether a comparison is found by look-up; others are tried on each value."""
        return not comparison.is_negated and comparison.operator in _LOOKED_UP

    def add(self, comparison: Comparison, ref: int) -> None:
        """Enter a comparison of this property.

        Raises:
            PatternError: No value can be compared so.
        """
        literals = comparison.literals
        if not self.finds(comparison):
            self._tests.append((comparison_test(comparison), ref))
        elif comparison.operator is Operator.EQUAL:
            put(self._equals(literals[0]), literals[0], ref)
        elif comparison.operator is Operator.IN:
            for literal in frozenset(literals):
                put(self._times if isinstance(literal, datetime) else self._members, literal, ref)
        elif comparison.operator in (Operator.LIKE, Operator.MATCHES):
            test = comparison_test(comparison)  # also refuses what RE2 does not know
            self._byte_tests.append((test, ref))
            self._expressions = self._expressions or ExpressionSet()
            self._expressions.add(expression_of(comparison.operator, str(literals[0])), ref)
        else:
            comparison_test(comparison)
            self._networks = self._networks or _Networks()
            self._networks.add(comparison.operator, str(literals[0]), ref)

    def _equals(self, literal: Literal) -> dict[Any, Refs]:
        match literal:
            case str():
                return self.text
            case bool():
                return self._truths
            case bytes():
                return self._bytes
            case datetime():
                return self._times
        return self._numbers

    def hits(self, value: Any, into: list[int]) -> None:
        """Append the refs of the comparisons that hold of a value."""
        kind = type(value)
        if kind is str:
            self._text_hits(value, into)
        elif kind is int or kind is float:
            take(self._numbers, value, into)
        elif kind is bytes:
            take(self._bytes, value, into)
            if self.text:
                take(self.text, value.decode("latin-1"), into)
            into += (ref for test, ref in self._byte_tests if test(value))
        elif kind is bool:
            take(self._truths, value, into)
        if self._members and kind is not list and kind is not dict:
            take(self._members, value, into)
        if self._tests:
            into += (ref for test, ref in self._tests if test(value))

    def _text_hits(self, value: str, into: list[int]) -> None:
        take(self.text, value, into)
        if self._bytes and is_bytes(value):
            take(self._bytes, value.encode("latin-1"), into)
        if self._times:
            take(self._times, parse_time(value), into)
        if self._expressions is not None:
            normal = normalised(value)
            if normal is not None:
                self._expressions.hits(normal, into)
        if self._networks is not None:
            network = network_of(value)
            if network is not None:
                self._networks.hits(network, into)


_LOOKED_UP = frozenset({
    Operator.EQUAL, Operator.IN, Operator.LIKE, Operator.MATCHES, Operator.SUBSET, Operator.SUPERSET
})  # fmt: skip


class _Networks:
    """ISSUBSET and ISSUPERSET: as many look-ups as there are lengths of prefixes, at most 161."""

    __slots__ = ("_inside", "_outside", "_prefixes")

    def __init__(self) -> None:
        self._outside: dict[Network, Refs] = {}
        self._prefixes: list[tuple[int, int]] = []
        self._inside: list[tuple[int, int, int, int]] = []

    def add(self, operator: Operator, text: str, ref: int) -> None:
        network = network_of(text)
        if network is None:
            return
        if operator is Operator.SUPERSET:
            insort(self._inside, (*network, ref))
            return
        put(self._outside, network, ref)
        length = (network.bits, network.prefix)
        if length not in self._prefixes:
            self._prefixes.append(length)

    def hits(self, value: Network, into: list[int]) -> None:
        for bits, prefix in self._prefixes:
            if bits == value.bits and prefix <= value.prefix:
                behind = bits - prefix
                take(self._outside, Network(bits, value.first >> behind << behind, prefix), into)
        if self._inside:
            last = value.first + (1 << (value.bits - value.prefix)) - 1
            start = bisect_left(self._inside, (value.bits, value.first, value.prefix, -1))
            stop = bisect_right(self._inside, (value.bits, last, value.bits, 1 << 62))
            into += (ref for _, _, prefix, ref in self._inside[start:stop] if prefix >= value.prefix)
