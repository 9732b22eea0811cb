"""What stands between brackets: whether observations can be chosen so that an expression over several holds.

Every qualifier comes down to a window of time for each chosen observation. Of observations seen from ``first`` to
``last``, times can be chosen within ``d`` of each other if, with ``t`` the earliest last, none begins after ``t + d``;
and one side follows the other if, with ``t`` the latest first of the one, none of the other ends before ``t``. So
WITHIN and FOLLOWEDBY try each ``t`` there is, START and STOP are a window as they stand, and what remains is to give
each bracket observations of its own out of its window: a matching in a bipartite graph, found by augmenting paths.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from tocsin.cyber.patterns import Between, Both, Either, Expression, Repeated, Seen, Then, Within
from tocsin.errors import PatternError

_LONG_AGO, _NEVER = -(1 << 62), 1 << 62


class Sight(NamedTuple):
    """An observation of which a bracket's condition holds."""

    key: int
    """The same for the same observation."""
    first_us: int
    last_us: int
    number: int
    """How many brackets it may serve."""


class _Window(NamedTuple):
    """Not over before ``low``, begun by ``high``."""

    low: int = _LONG_AGO
    high: int = _NEVER

    def lets(self, sight: Sight) -> bool:
        return sight.last_us >= self.low and sight.first_us <= self.high


class _Demand(NamedTuple):
    bracket: int
    window: _Window
    times: int


def brackets_of(expression: Expression) -> list[Seen]:
    """Return the brackets of an expression from left to right."""
    match expression:
        case Seen():
            return [expression]
        case Both(left, right) | Either(left, right) | Then(left, right):
            return brackets_of(left) + brackets_of(right)
    return brackets_of(expression.inner)


class Search:
    """One search for a choice, of so many steps at most."""

    def __init__(self, sights: list[list[Sight]], *, steps: int) -> None:
        """Prepare.

        Args:
            sights: For each bracket, as ``brackets_of`` has them, the observations of which its condition holds.
            steps: Of some microseconds each.
        """
        self._sights = sights
        self._firsts = [sorted(sight.first_us for sight in bracket) for bracket in sights]
        self._lasts = [sorted(sight.last_us for sight in bracket) for bracket in sights]
        self._most = [max((sight.number for sight in bracket), default=0) for bracket in sights]
        self.steps_left = steps

    def choose(self, expression: Expression) -> set[int]:
        """Choose observations so that an expression holds.

        Returns:
            Their keys; none if there is no such choice.

        Raises:
            PatternError: It was not found in the steps there were.
        """
        numbers = {sight.key: sight.number for bracket in self._sights for sight in bracket}
        if sum(numbers.values()) < _least(expression):
            return set()
        for demands in self._ways(expression, 0, _Window()):
            chosen = self._served(demands)
            if chosen:
                return chosen
        return set()

    def _ways(  # noqa: C901, PLR0912 (one case for each form of an expression)
        self, expression: Expression, bracket: int, window: _Window
    ) -> Iterator[tuple[_Demand, ...]]:
        """Yield what may be asked of the brackets, from number ``bracket`` on, so that the expression holds."""
        self._step()
        match expression:
            case Seen():
                yield from self._ask(bracket, window, 1)
            case Repeated(inner, times) if _is_one_demand(inner):
                for (demand,) in self._ways(inner, bracket, window):
                    yield from self._ask(bracket, demand.window, demand.times * times)
            case Repeated(inner, times):
                yield from self._repeated(list(self._ways(inner, bracket, window)), times, ())
            case Between(inner, start, stop):
                if start < stop:
                    yield from self._ways(inner, bracket, self._narrowed(window, start, stop - 1))
            case Within(inner) if _is_one_sight(inner):  # which is always within any time of itself
                yield from self._ways(inner, bracket, window)
            case Within(inner, duration):
                for at in self._times(self._lasts, inner, bracket):
                    yield from self._ways(inner, bracket, self._narrowed(window, at, at + duration))
            case Either(left, right):
                yield from self._ways(left, bracket, window)
                yield from self._ways(right, bracket + len(brackets_of(left)), window)
            case Both(left, right):
                yield from self._joined(left, right, bracket, window, window)
            case Then(left, right):
                for at in self._times(self._firsts, left, bracket):
                    before = self._narrowed(window, _LONG_AGO, at)
                    yield from self._joined(left, right, bracket, before, self._narrowed(window, at, _NEVER))

    def _repeated(
        self, ways: list[tuple[_Demand, ...]], times: int, asked: tuple[_Demand, ...]
    ) -> Iterator[tuple[_Demand, ...]]:
        """Yield every choice of ways, the same ones too and in one order, none once it cannot be served."""
        if not times:
            yield asked
            return
        for place, way in enumerate(ways):
            if self._served(asked + way):
                yield from self._repeated(ways[place:], times - 1, asked + way)

    def _joined(
        self, left: Expression, right: Expression, bracket: int, left_window: _Window, right_window: _Window
    ) -> Iterator[tuple[_Demand, ...]]:
        for first in self._ways(left, bracket, left_window):
            for second in self._ways(right, bracket + len(brackets_of(left)), right_window):
                self._step()
                yield first + second

    def _ask(self, bracket: int, window: _Window, times: int) -> Iterator[tuple[_Demand, ...]]:
        """Yield one demand, unless the window alone shows that it cannot be served."""
        if window.low > window.high:  # only what was seen over all the time between can fit
            yield (_Demand(bracket, window, times),)
            return
        inside = bisect_right(self._firsts[bracket], window.high) - bisect_left(self._lasts[bracket], window.low)
        if inside * self._most[bracket] >= times:
            yield (_Demand(bracket, window, times),)

    @staticmethod
    def _narrowed(window: _Window, low: int, high: int) -> _Window:
        return _Window(max(window.low, low), min(window.high, high))

    def _times(self, times: list[list[int]], expression: Expression, bracket: int) -> list[int]:
        last = bracket + len(brackets_of(expression))
        return sorted(set(itertools.chain.from_iterable(times[bracket:last])))

    def _step(self, steps: int = 1) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise PatternError("it cannot be told in bounded time whether the observations fit it")

    def _served(self, demands: tuple[_Demand, ...]) -> set[int]:
        """Give each demand observations of its own, and return their keys; none if they do not suffice."""
        given: defaultdict[int, Counter[int]] = defaultdict(Counter)
        fitting: list[list[Sight]] = []
        lacking: list[int] = []
        for number, demand in enumerate(demands):
            fitting.append([sight for sight in self._sights[demand.bracket] if demand.window.lets(sight)])
            self._step(len(fitting[-1]))
            lacks = demand.times
            for sight in fitting[-1]:
                if not lacks:
                    break
                taken = min(lacks, sight.number - given[sight.key].total())
                given[sight.key][number] += taken
                lacks -= taken
            lacking += [number] * lacks
        if all(self._give(number, fitting, given) for number in lacking):
            return {key for key, shares in given.items() if shares.total()}
        return set()

    def _give(self, number: int, fitting: list[list[Sight]], given: dict[int, Counter[int]]) -> bool:
        """Give a demand one more observation by the shortest chain of demands that pass theirs on."""
        passed: dict[int, tuple[int, int]] = {number: (number, 0)}
        waiting = deque([number])
        while waiting:
            current = waiting.popleft()
            for sight in fitting[current]:
                self._step()
                shares = given[sight.key]
                if shares.total() < sight.number:
                    shares[current] += 1
                    while current != number:
                        before, key = passed[current]
                        given[key][current] -= 1
                        given[key][before] += 1
                        current = before
                    return True
                for other, share in shares.items():
                    if share and other not in passed:
                        passed[other] = (current, sight.key)
                        waiting.append(other)
        return False


def _least(expression: Expression) -> int:
    """Count the observations without which an expression cannot hold."""
    match expression:
        case Seen():
            return 1
        case Both(left, right) | Then(left, right):
            return _least(left) + _least(right)
        case Either(left, right):
            return min(_least(left), _least(right))
        case Repeated(inner, times):
            return _least(inner) * times
    return _least(expression.inner)


def _is_one_demand(expression: Expression) -> bool:
    """Tell whether an expression asks for observations of one bracket, in one way."""
    match expression:
        case Seen():
            return True
        case Between(inner) | Repeated(inner):
            return _is_one_demand(inner)
        case Within(inner):
            return _is_one_sight(inner)
    return False


def _is_one_sight(expression: Expression) -> bool:
    """Tell whether an expression asks for a single observation."""
    match expression:
        case Seen():
            return True
        case Between(inner) | Within(inner):
            return _is_one_sight(inner)
    return False
