"""LIKE and MATCHES as regular expressions that run in time linear in the text, whoever wrote them (RE2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import re2

from tocsin.cyber.patterns import Operator
from tocsin.errors import PatternError

_MEMORY_BYTES = 1 << 20
"""Of one compiled expression: what needs more is refused."""

_TOGETHER = 1024
"""Expressions that are looked for in one pass, at most."""


def expression_of(operator: Operator, text: str) -> str:
    """Return the regular expression, to be searched for, of what stands behind LIKE or MATCHES.

    Both are compared in Unicode's composed form (STIX 2.1, 9.6). LIKE is of the whole text, but a line's end may follow
    it and ``%`` does not run over one: so does ``stix2-matcher``.
    """
    text = unicodedata.normalize("NFC", text)
    if operator is Operator.MATCHES:
        return text
    wild = {"%": ".*", "_": "."}
    return "\\A" + "".join(wild.get(character) or re.escape(character) for character in text) + "\\n?\\z"


def searcher(expression: str) -> Callable[[str | bytes], bool]:
    """Compile one expression.

    Returns:
        A function that searches a text, or bytes of which each is a character.

    Raises:
        PatternError: RE2 does not know it (look-around and back-references take unbounded time), or it is too large.
    """
    over_text = _compiled(expression, _options())
    over_bytes = None

    def found(value: str | bytes) -> bool:
        nonlocal over_bytes
        if isinstance(value, str):
            normal = normalised(value)
            return normal is not None and over_text.search(normal) is not None
        if over_bytes is None:
            options = _options()
            options.encoding = re2.Options.Encoding.LATIN1
            try:
                over_bytes = _compiled(expression.encode("latin-1"), options)
            except UnicodeEncodeError:  # it asks for what no byte is
                return False
        return over_bytes.search(value) is not None

    return found


def normalised(text: str) -> str | None:
    """Return a text in Unicode's composed form; None: it holds half a surrogate pair and is no text."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFC", text)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return options


def _compiled(expression: str | bytes, options: re2.Options) -> Any:
    try:
        return re2.compile(expression, options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise PatternError(f"MATCHES {str(expression)[:80]!r}: {reason}") from error


class ExpressionSet:
    """Many expressions, looked for in one pass over a text: RE2 first asks which literal parts occur at all.

    A compiled set cannot grow. What is new stands in sets of its own, which are joined when they have grown to the
    size of the one before: each expression is compiled but a few times over.
    """

    def __init__(self) -> None:
        self._new: list[tuple[str, int]] = []
        self._sets: list[tuple[Any, list[tuple[str, int]]]] = []

    def add(self, expression: str, ref: int) -> None:
        """Look for an expression from now on; it was compiled once by ``searcher``, so that it is known to be good."""
        self._new.append((expression, ref))

    def hits(self, text: str, into: list[int]) -> None:
        """Append the refs of the expressions that a text, in composed form, holds."""
        if self._new:
            self._join()
        for filter_, expressions in self._sets:
            into += (expressions[index][1] for index in filter_.Match(text) or ())

    def _join(self) -> None:
        waiting, self._new = self._new, []
        while self._sets and len(self._sets[-1][1]) <= len(waiting) and len(waiting) < _TOGETHER:
            waiting = self._sets.pop()[1] + waiting
        for start in range(0, len(waiting), _TOGETHER):
            self._compile(waiting[start : start + _TOGETHER])

    def _compile(self, expressions: list[tuple[str, int]]) -> None:
        """Compile a set, or as many as it takes: RE2 bounds the memory of the literal parts of one."""
        filter_ = re2.Filter()
        for expression, _ in expressions:
            filter_.Add(expression, _options())
        try:
            filter_.Compile()
        except re2.error:
            middle = len(expressions) // 2
            self._compile(expressions[:middle])
            self._compile(expressions[middle:])
            return
        self._sets.append((filter_, expressions))
