r"""Text of STIX patterns to trees, by the grammar of OASIS (``stix2-patterns``).

That parser takes a millisecond a pattern, and feeds hold millions of one form: one property equals one text. Of these
only what stands before the text is given to the parser, once; the text itself is one token of the grammar whatever it
holds but ``'`` and ``\``. A law in the tests holds the short way against the long one.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tocsin.cyber.patterns import (
    EVERY,
    AllOf,
    AnyOf,
    Between,
    Both,
    Comparison,
    Condition,
    Either,
    Expression,
    Literal,
    Operator,
    Path,
    Repeated,
    Seen,
    Step,
    Then,
    Within,
)
from tocsin.cyber.times import microseconds, parse_time
from tocsin.errors import PatternError

MAX_PATTERN = 20_000
"""Characters of a pattern: its parser takes seconds for more."""
MAX_DEPTH = 32
"""Parentheses in one another."""
MAX_PARTS = 128
"""Of an expression: brackets and qualifiers."""
MAX_REPEATS = 100

_PLAIN = re.compile(r"\[((?:[^'=\[\]()]|'[^'\\]*')*)= ?'([^'\\]*)'\]")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_BOUND = re.compile(_QUOTED.pattern + r"|\b(?P<word>START|STOP)\s*(?=')", re.DOTALL)
"""STIX 2.0 writes the times of START and STOP as text."""


def parse_pattern(text: str) -> Expression:
    """Read a STIX pattern, of STIX 2.1 or 2.0.

    Raises:
        PatternError: It is no pattern, or longer or deeper than this program takes.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None and len(text) <= MAX_PATTERN:
        path = _plain_path(plain[1])
        if path is not None:
            return Seen(Comparison(path, Operator.EQUAL, (plain[2],)))
    return parse_by_grammar(text)


@lru_cache(maxsize=1024)
def _plain_path(before: str) -> Path | None:
    """Read what stands before ``= 'text'``, if that is one property and nothing else."""
    try:
        match parse_by_grammar(f"[{before}= '']"):
            case Seen(Comparison(path, Operator.EQUAL, ("",), False)):
                return path
    except PatternError:
        return None  # the whole is read again, for an error that names its place
    return None


def parse_by_grammar(text: str) -> Expression:
    """Read a STIX pattern the long way, whatever its form; as ``parse_pattern``."""
    if len(text) > MAX_PATTERN:
        raise PatternError(f"a pattern of {len(text)} characters; the most that is taken is {MAX_PATTERN}")
    depth = deepest = 0
    for character in _QUOTED.sub("", text):
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise PatternError(f"parentheses {deepest} deep; the most that is taken is {MAX_DEPTH}")
    # its tables take a quarter of a second to load: only who reads patterns pays
    from stix2patterns.exceptions import ParseException  # noqa: PLC0415
    from stix2patterns.v21.pattern import Pattern  # noqa: PLC0415

    reader = _Reader()
    try:
        Pattern(_BOUND.sub(_as_time, text)).visit(reader)
    except ParseException as error:
        raise PatternError(f"no STIX pattern: {error}") from error
    except RecursionError as error:
        raise PatternError("a pattern that is too deep to read") from error
    return reader.result()


def _as_time(found: re.Match[str]) -> str:
    return f"{found['word']} t" if found["word"] else found[0]


class _Reader:
    """Reads the parser's tree, whose nodes have the same names in both versions, and leaves ours on a stack."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._parts = 0

    def result(self) -> Expression:
        """Return what the whole pattern came to."""
        [expression] = self._stack
        return expression  # type: ignore[no-any-return]  # by the grammar

    def visit(self, tree: Any) -> None:
        """Read each node after its children; in a loop, as a chain of a thousand ORs is a tree a thousand deep."""
        pending = [(tree, False)]
        while pending:
            node, is_read = pending.pop()
            if is_read:
                self._leave(node)
            elif hasattr(node, "getRuleIndex"):  # no terminal: these are read where they belong
                pending.append((node, True))
                pending += ((child, False) for child in reversed(list(node.getChildren())))

    def _leave(self, node: Any) -> None:
        name = type(node).__name__.removesuffix("Context")
        if name in _JOINS:
            if len(node.getTypedRuleContexts(type(node))) == 2:
                right, left = self._stack.pop(), self._stack.pop()
                self._stack.append(_JOINS[name](left, right))
        elif name.startswith("PropTest") and name != "PropTestParen":
            self._stack.append(_comparison(name, node))
        elif name.startswith("ObservationExpression") and name not in _WITHOUT_MEANING:
            self._stack.append(self._observed(name, node, self._stack.pop()))
            self._parts += 1
            if self._parts > MAX_PARTS:
                raise PatternError(f"more than {MAX_PARTS} observations and qualifiers in one pattern")

    @staticmethod
    def _observed(name: str, node: Any, inner: Any) -> Expression:
        match name:
            case "ObservationExpressionSimple":
                return Seen(inner)
            case "ObservationExpressionRepeated":
                return Repeated(inner, _times(node.repeatedQualifier()))
            case "ObservationExpressionWithin":
                return Within(inner, _duration_us(node.withinQualifier()))
        start, stop = (_time(text.getText()[2:-1]) for text in node.startStopQualifier().TimestampLiteral())
        return Between(inner, microseconds(start), microseconds(stop))


def _all_of(left: Condition, right: Condition) -> AllOf:
    parts = left.parts if isinstance(left, AllOf) else (left,)
    return AllOf((*parts, right))


def _any_of(left: Condition, right: Condition) -> AnyOf:
    parts = left.parts if isinstance(left, AnyOf) else (left,)
    return AnyOf((*parts, right))


_JOINS: dict[str, Callable[[Any, Any], Condition | Expression]] = {
    "ObservationExpressions": Then,
    "ObservationExpressionOr": Either,
    "ObservationExpressionAnd": Both,
    "ComparisonExpression": _any_of,
    "ComparisonExpressionAnd": _all_of,
}
_WITHOUT_MEANING = frozenset({"ObservationExpression", "ObservationExpressionCompound"})
_NAMED = {
    "PropTestLike": Operator.LIKE,
    "PropTestRegex": Operator.MATCHES,
    "PropTestIsSubset": Operator.SUBSET,
    "PropTestIsSuperset": Operator.SUPERSET,
}


def _comparison(name: str, context: Any) -> Comparison:
    path = _path(context.objectPath())
    negated = context.NOT() is not None
    if name == "PropTestEqual":
        negated ^= context.NEQ() is not None
        return Comparison(path, Operator.EQUAL, (_literal(context.primitiveLiteral()),), negated)
    if name == "PropTestOrder":
        sign = (context.GT() or context.LT() or context.GE() or context.LE()).getText()
        return Comparison(path, Operator(sign), (_literal(context.orderableLiteral()),), negated)
    if name == "PropTestSet":
        literals = tuple(_literal(node) for node in context.setLiteral().primitiveLiteral())
        kinds = {float if type(literal) is int else type(literal) for literal in literals}
        if len(kinds) > 1:
            raise PatternError(f"a set of values of one type, not {context.setLiteral().getText()[:80]}")
        return Comparison(path, Operator.IN, literals, negated)
    if name == "PropTestExists":
        return Comparison(path, Operator.EXISTS, (), negated)
    return Comparison(path, _NAMED[name], (_literal(context.StringLiteral()),), negated)


def _path(context: Any) -> Path:
    first = context.firstPathComponent()
    steps: list[Step] = [_key(first)]
    pending = [context.objectPathComponent()] if context.objectPathComponent() else []
    while pending:
        node = pending.pop()
        match type(node).__name__:
            case "PathStepContext":
                pending += reversed(node.objectPathComponent())
            case "KeyPathStepContext":
                steps.append(_key(node))
            case _:
                number = node.IntPosLiteral() or node.IntNegLiteral()
                steps.append(EVERY if number is None else int(number.getText()))
    return Path(context.objectType().getText(), tuple(steps))


def _key(context: Any) -> str:
    name = context.IdentifierWithoutHyphen()
    return name.getText() if name else str(_literal(context.StringLiteral()))


def _literal(node: Any) -> Literal:
    """Read a literal by its first character, which tells its type."""
    text: str = node.getText()
    try:
        match text[0]:
            case "'":
                return text[1:-1].replace("\\'", "'").replace("\\\\", "\\")
            case "t" if text[1] == "'":
                return _time(text[2:-1])
            case "h":
                return bytes.fromhex(text[2:-1])
            case "b":
                return base64.standard_b64decode(text[2:-1])
            case "t" | "f" | "T" | "F":
                return text.lower() == "true"
        return float(text) if "." in text else int(text)
    except (ValueError, binascii.Error) as error:
        raise PatternError(f"no value: {text[:80]}") from error


def _time(text: str) -> datetime:
    moment = parse_time(text)
    if moment is None:
        raise PatternError(f"no time: {text[:80]!r}", advice="Write it as 2026-11-28T09:30:00Z")
    return moment.astimezone(UTC)


def _times(qualifier: Any) -> int:
    times = int(qualifier.IntPosLiteral().getText())
    if not 1 <= times <= MAX_REPEATS:
        raise PatternError(f"REPEATS {times} TIMES: from 1 to {MAX_REPEATS} is taken")
    return times


def _duration_us(qualifier: Any) -> int:
    seconds = float((qualifier.FloatPosLiteral() or qualifier.IntPosLiteral()).getText())
    if not 0 < seconds < 1e9 or not math.isfinite(seconds):
        raise PatternError(f"WITHIN {seconds:g} SECONDS: more than 0 and less than 1e9 is taken")
    return round(seconds * 1e6)
