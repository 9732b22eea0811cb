"""The fuzzer's bytes as decisions: which example to begin with, where to spoil it and how.

Bytes from a fuzzer are almost never JSON, let alone a signed frame. Read as decisions they reach what lies behind the
parser, and the same bytes give the same input on every machine. Examples are spoilt as text, by the places of their
values: that costs microseconds, and lets a name stand twice or a number be none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2,
    2**53 - 1, 2**53, 2**63, -(2**63) - 1, 2**64, 10**30, 0.5, -0.5, 1e-9, 1e308, 359.999,
    360, 90, -90, 91, 180, 181,
    "", " ", "a", "KOR", "JPN", "USA", "AUS", "PUBLIC", "KOR-USA", "USA-KOR", "kor", "KOR\n",
    "actual", "test", "exercise:spring", "exercise:", "exercise:a\n", "drill", "flash", "bulk", "no", "yes", "TLP:RED",
    "ORCON", "VECTOR-1", "live", "roster", "tocsin/1", "tocsin/1.", "tocsin/1.9", "tocsin/2", "tocsin/10",
    "warning.launch", "exchange.heads", "exchange.request", "x.y", "closed", "lost", "2026-01-15T12:00:00Z",
    "2026-01-15T12:00:00.123456789Z", "2026-01-15t12:00:00z", "2026-01-15T12:00:00+00:00", "2026-01-15T12:00:00-00:00",
    "2026-01-15T21:00:00+09:00", "2026-01-15 12:00:00Z", "2026-01-15T12:00:00", "2026-02-30T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z", "2026-01-15T23:59:60Z",
    "0" * 64, "a" * 64, "A" * 64, "0" * 63,
    "é", "\u2028", "\U0001f514", "\x7f", [], [1], ["KOR"], ["JPN", "KOR"], ["KOR", "JPN"], ["KOR", "KOR"], ["PUBLIC"],
    ["PUBLIC", "KOR"], ["e", 1, "0" * 64], {}, {"a": 1},
)  # fmt: skip
STRANGE: tuple[str, ...] = (
    *(json.dumps(value, ensure_ascii=False) for value in _VALUES),
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1.0", "-0", "-0.0", "1E2", "01", "1.", ".5", "+1", '"\\ud800"',
    '"\\udc00\\ud800"', '"\\ud83d\\udd14"', '"\\u0000"', '"\\u004b\\u004f\\u0052"', '"\\q"', '"\t"', "'a'",
    "[1,]", "{,}",
    '{"a":1,"a":2}', '{"\\u0061":1,"a":2}', "[" * 200 + "]" * 200, "[" * 5000 + "]" * 5000, "nul", "", "123456789" * 60,
    "0." + "3" * 400, "/**/1", "tru",
)  # fmt: skip
"""Values, and what is none, that decoders have stumbled over, here or elsewhere."""

_MEMBERS = (
    '"extra":1,',
    '"extra":{"a":[1.5,null]},',
    '"shade":"red" ,\n',
    '"a":1,"a":2,',
    '"extra":1e999,',
    '"":"",',
    ",",
)


@dataclass(frozen=True)
class Example:
    """A JSON text, with the places of everything in it that can be put another way."""

    text: str
    values: tuple[tuple[int, int], ...]
    """From where to where each value stands, the whole first."""
    members: tuple[tuple[int, int], ...]
    """The same of each member with its name, and of each entry of a list."""
    insides: tuple[int, ...]
    """Behind the first brace of each object."""


class Choices:
    """Decisions out of bytes; when they run out, each is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Return the next byte."""
        at, self._at = self._at, self._at + 1
        return self._data[at] if at < len(self._data) else 0

    def below(self, end: int) -> int:
        """Return a number from 0 to below ``end``."""
        return (self.byte() if end <= 256 else self.byte() << 8 | self.byte()) % end

    def of(self, options: Sequence[T]) -> T:
        """Return one of some."""
        return options[self.below(len(options))]

    def text(self) -> str:
        """Return some characters."""
        return bytes(self.byte() for _ in range(self.below(12))).decode("utf-8", "replace")

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        at, self._at = self._at, len(self._data)
        return self._data[at:]


def example(value: Any, **layout: Any) -> Example:
    """Make an example of a value; ``layout`` is for ``json.dumps``."""
    return example_of(json.dumps(value, ensure_ascii=False, **(layout or {"separators": (",", ":")})))


def example_of(text: str) -> Example:
    """Make an example of a JSON text."""
    values: list[tuple[int, int]] = []
    members: list[tuple[int, int]] = []
    _note(text, 0, values, members)
    return Example(text, tuple(values), tuple(members), tuple(start + 1 for start, _ in values if text[start] == "{"))


def spoilt(found: Example, choices: Choices) -> bytes:
    """Return the bytes of an example that was changed in none to five places, as the bytes decide."""
    return changed(found.text, _changes(found, choices))


def changed(text: str, changes: Iterable[tuple[int, int, str]]) -> bytes:
    """Return the bytes of a text with some of it replaced; each change is from where, to where, by what."""
    end = len(text) + 1
    for start, stop, new in sorted(changes, reverse=True):
        if stop <= end:  # what lies within what was changed already is gone
            text, end = text[:start] + new + text[stop:], start
    return text.encode("utf-8", "surrogatepass")


def _changes(found: Example, choices: Choices) -> Iterator[tuple[int, int, str]]:
    for _ in range(choices.below(6)):
        kind = choices.below(8)
        if kind < 3:
            start, stop = choices.of(found.values)
            yield start, stop, choices.of(STRANGE)
        elif kind == 3:
            start, stop = choices.of(found.members or found.values)
            yield start, stop + (found.text[stop : stop + 1] == ","), ""
        elif kind == 4:
            start, stop = choices.of(found.members or found.values)
            yield start, start, found.text[start:stop] + ","
        elif kind == 5 and found.insides:
            at = choices.of(found.insides)
            yield at, at, choices.of(_MEMBERS)
        elif kind == 6:
            start, stop = choices.of(found.values)
            other, end = choices.of(found.values)
            yield start, stop, found.text[other:end]
        else:
            start, stop = choices.of(found.values)
            at = start + choices.below(max(1, stop - start))
            yield at, at + choices.below(3), choices.text()


_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def _note(text: str, at: int, values: list[tuple[int, int]], members: list[tuple[int, int]]) -> int:
    """Note the places in a value that begins at ``at``; return where it ends."""
    if text[at] not in "{[":
        end = _DECODER.raw_decode(text, at)[1]
        values.append((at, end))
        return end
    place = len(values)
    values.append((at, at))
    is_object, here = text[at] == "{", _skip(text, at + 1)
    while text[here] not in "}]":
        start = here
        if is_object:
            here = _skip(text, _skip(text, _DECODER.raw_decode(text, here)[1]) + 1)
        here = _note(text, here, values, members)
        members.append((start, here))
        here = _skip(text, here)
        here = _skip(text, here + 1) if text[here] == "," else here
    values[place] = (at, here + 1)
    return here + 1


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
