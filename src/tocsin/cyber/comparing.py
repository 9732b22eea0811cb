"""One comparison of a pattern on one value (STIX 2.1, 9.6), with the answers of OASIS's ``stix2-matcher``.

Where that one ends with an error, such as a value that should be a time and is none, the comparison does not hold.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tocsin.cyber.expressions import expression_of, searcher
from tocsin.cyber.networks import network_of
from tocsin.cyber.patterns import Comparison, Literal, Operator
from tocsin.cyber.times import parse_time
from tocsin.errors import PatternError

Test = Callable[[Any], bool]

_ORDERS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


def comparison_test(comparison: Comparison) -> Test:
    """Make the function that tells whether a value is what a comparison asks for.

    Raises:
        PatternError: No value can be compared so: an address that is none, an expression that RE2 does not know.
    """
    if comparison.operator in _ORDERS:
        return _order_test(comparison.literals[0], _ORDERS[comparison.operator], is_negated=comparison.is_negated)
    test = _plain_test(comparison.operator, comparison.literals)
    if comparison.is_negated:
        return lambda value: not test(value)
    return test


def _plain_test(operator_: Operator, literals: tuple[Literal, ...]) -> Test:
    match operator_:
        case Operator.EXISTS:
            return lambda _: True
        case Operator.IN:
            return _member_test(literals)
        case Operator.EQUAL:
            return _equal_test(literals[0])
        case Operator.LIKE | Operator.MATCHES:
            return _text_test(operator_, str(literals[0]))
    return _network_test(operator_, str(literals[0]))


def _equal_test(literal: Literal) -> Test:
    def is_equal(value: Any) -> bool:
        comparable = alike(value, literal)
        return comparable is not None and bool(comparable == literal)

    return is_equal


def alike(value: Any, literal: Literal) -> Any:
    """Return a value as the type of a literal, if the two compare; else None.

    Text compares with bytes when each of its characters is one byte; with a time when it is one. No truth is a number.
    """
    kind, wanted = type(value), type(literal)
    if kind is wanted:
        return value
    if wanted in (int, float):
        return value if kind in (int, float) else None
    if wanted is datetime:
        return parse_time(value) if kind is str else None
    if wanted is str and kind is bytes:
        return value.decode("latin-1") if is_bytes(str(literal)) else None
    if wanted is bytes and kind is str and is_bytes(value):
        return value.encode("latin-1")
    return None


def is_bytes(text: str) -> bool:
    """Tell whether each character of a text is one byte, so that it compares with bytes."""
    return text.isascii() or all(ord(character) < 256 for character in text)


def _order_test(literal: Literal, order: Callable[[Any, Any], bool], *, is_negated: bool) -> Test:
    def is_in_order(value: Any) -> bool:
        comparable = alike(value, literal)
        if comparable is not None:
            return order(comparable, literal) is not is_negated
        # text that is no bytes is not in order; of what can never be ordered neither this nor its opposite is true
        return is_negated and {type(literal), type(value)} == {str, bytes}

    return is_in_order


def _member_test(literals: tuple[Literal, ...]) -> Test:
    members = frozenset(literals)
    are_times = bool(literals) and isinstance(literals[0], datetime)

    def is_member(value: Any) -> bool:
        if are_times and isinstance(value, str):
            value = parse_time(value)
        try:
            return value in members
        except TypeError:  # a list or an object
            return False

    return is_member


def _text_test(operator_: Operator, text: str) -> Test:
    expression = expression_of(operator_, text)
    found = searcher(expression)
    reads_bytes = is_bytes(expression)

    def is_found(value: Any) -> bool:
        if operator_ is Operator.LIKE and isinstance(value, bytes) and reads_bytes:
            try:
                return found(value.decode())
            except UnicodeDecodeError:
                return False
        return isinstance(value, str | bytes) and found(value)

    return is_found


def _network_test(operator_: Operator, text: str) -> Test:
    ours = network_of(text)
    if ours is None:
        raise PatternError(f"{operator_.value} {text[:80]!r}: no address and no network in CIDR notation")

    def is_related(value: Any) -> bool:
        other = network_of(value) if isinstance(value, str) else None
        if other is None:
            return False
        return ours.holds(other) if operator_ is Operator.SUBSET else other.holds(ours)

    return is_related
