"""Indicators against events: each new event at once, each new indicator backwards over the events that are kept."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tocsin.cyber.bindings import Search, Sight, brackets_of
from tocsin.cyber.index import ConditionIndex
from tocsin.cyber.observations import Observation
from tocsin.cyber.patterns import Expression, Seen, Within
from tocsin.errors import PatternError

KEPT_EVENTS = 100_000
"""Events that a new indicator is still matched against, unless told otherwise."""

KEPT_SIGHTS = 1000
"""Observations that one pattern over several waits with, per bracket; the oldest go first."""

_STEPS, _STEPS_PER_SIGHT = 500_000, 10_000
"""Of searches of one pattern: at once, and in the long run for each observation. A pattern that needs more is used no
more, so that none can hold up a member."""

_NEVER_US = 1 << 62


class Indicator(msgspec.Struct, frozen=True, gc=False):
    """A pattern and when it counts. Times are microseconds since 1970-01-01T00:00:00Z."""

    id: str
    expression: Expression
    valid_from_us: int = -_NEVER_US
    """Not used before. What was seen earlier counts all the same: a producer's first sight is seldom the first."""
    valid_until_us: int = _NEVER_US
    """What was first seen at this time or later does not count."""


class Match(NamedTuple):
    """An indicator was seen."""

    indicator: str
    first_us: int
    last_us: int
    times: int
    """How often, between the two."""


class _Watch:
    """A pattern over several observations, and those that wait for others.

    An observation that served a match serves no other of the same pattern, so that counts are counts of events.
    """

    __slots__ = ("_expression", "_patience_us", "_sights", "_steps")

    def __init__(self, expression: Expression) -> None:
        self._expression = expression
        self._sights: list[list[Sight]] = [[] for _ in brackets_of(expression)]
        self._steps = _STEPS
        # what came earlier than this before the newest waits for nothing, a late one of the same age included
        self._patience_us = 2 * expression.duration_us if isinstance(expression, Within) else _NEVER_US

    def see(self, bracket: int, sight: Sight) -> None:
        """Remember an observation of which a bracket's condition holds."""
        waiting = self._sights[bracket]
        waiting.append(sight)
        if len(waiting) > KEPT_SIGHTS:
            del waiting[: KEPT_SIGHTS // 10]

    def chosen(self, newest_us: int) -> list[Sight]:
        """Return observations of which the whole pattern holds, and wait with them no more; none: there are none.

        Raises:
            PatternError: To tell takes too many steps.
        """
        oldest = newest_us - self._patience_us
        for waiting in self._sights:
            if waiting and waiting[0].last_us < oldest:
                waiting[:] = [sight for sight in waiting if sight.last_us >= oldest]
        search = Search(self._sights, steps=min(_STEPS, self._steps + _STEPS_PER_SIGHT))
        keys = search.choose(self._expression)
        self._steps = search.steps_left
        if not keys:
            return []
        known = {sight.key: sight for waiting in self._sights for sight in waiting}
        for waiting in self._sights:
            waiting[:] = [sight for sight in waiting if sight.key not in keys]
        return [known[key] for key in sorted(keys)]


class Detector:
    """Every indicator that a member uses, ready for events.

    One of the plain form, a property that equals a text, costs its text and some three hundred bytes.
    """

    def __init__(self, *, kept_events: int = KEPT_EVENTS) -> None:
        self._index = ConditionIndex()
        self._kept: deque[tuple[int, Observation]] = deque(maxlen=kept_events)
        self._seen = 0
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._from = array("q")
        self._until = array("q")
        self._watches: dict[int, _Watch] = {}
        self.refused: dict[str, PatternError] = {}
        """By id, why an indicator is not used; told once is enough, so that who has told it may clear it."""
        self._brackets: list[tuple[int, int]] = []
        """What a condition with a negative number belongs to: an indicator, and a bracket of its pattern."""

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, indicators: Iterable[Indicator], *, now_us: int) -> list[Match]:
        """Use indicators from now on; one with the id of another takes its place.

        What cannot be used is in ``refused``.

        Args:
            indicators: To be added, many at once where there are many: the kept events are gone through once.
            now_us: The time now.

        Returns:
            The matches among the kept events.
        """
        new = ConditionIndex()
        for indicator in indicators:
            conditions = [bracket.condition for bracket in brackets_of(indicator.expression)]
            number = len(self._ids)
            is_one = isinstance(indicator.expression, Seen)
            refs = [number] if is_one else [-1 - len(self._brackets) - place for place in range(len(conditions))]
            self._enter(indicator)
            if not is_one:
                self._watches[number] = _Watch(indicator.expression)
                self._brackets += ((number, place) for place in range(len(conditions)))
            try:
                for condition, ref in zip(conditions, refs, strict=True):
                    self._index.add(condition, ref)
                    if self._kept:
                        new.add(condition, ref)
            except PatternError as error:
                self._refuse(indicator.id, error)
        return [match for key, kept in self._kept for match in self._judged(new.matching(kept), key, kept, now_us)]

    def _enter(self, indicator: Indicator) -> None:
        self.remove(indicator.id)
        self._numbers[indicator.id] = len(self._ids)
        self._ids.append(indicator.id)
        self._from.append(indicator.valid_from_us)
        self._until.append(indicator.valid_until_us)

    def _refuse(self, indicator_id: str, error: PatternError) -> None:
        self.remove(indicator_id)
        self.refused[indicator_id] = error

    def remove(self, indicator_id: str) -> bool:
        """Use an indicator no more: it was revoked, or its sender took it back.

        Returns:
            Whether it was used. What was entered for it is passed over from now on, and gone when the detector is made
            anew.
        """
        number = self._numbers.pop(indicator_id, None)
        if number is None:
            return False
        self._until[number] = -_NEVER_US
        self._watches.pop(number, None)
        return True

    def observe(self, event: Observation, *, now_us: int) -> list[Match]:
        """Match an event against every indicator, and keep it for those to come."""
        self._seen += 1
        self._kept.append((self._seen, event))
        refs = self._index.matching(event)
        return self._judged(refs, self._seen, event, now_us) if refs else []

    def _judged(self, refs: set[int], key: int, event: Observation, now_us: int) -> list[Match]:
        """Return what the conditions that hold of an event come to."""
        matches, watched = [], set()
        for ref in sorted(refs):
            number, bracket = (ref, -1) if ref >= 0 else self._brackets[-1 - ref]
            if self._from[number] > now_us or self._until[number] <= event.first_us:
                continue
            if bracket < 0:
                matches.append(Match(self._ids[number], event.first_us, event.last_us, event.number))
            else:
                self._watches[number].see(bracket, Sight(key, event.first_us, event.last_us, event.number))
                watched.add(number)
        for number in sorted(watched):
            try:
                chosen = self._watches[number].chosen(event.last_us)
            except PatternError as error:
                self._refuse(self._ids[number], error)
                continue
            if chosen:
                first, last = min(sight.first_us for sight in chosen), max(sight.last_us for sight in chosen)
                matches.append(Match(self._ids[number], first, last, 1))
        return matches
