"""What authenticators were asked and have not answered yet: each good once, for one browser, and not for long."""

from __future__ import annotations

from typing import Generic, TypeVar

from tocsin.clock import Clock

LASTS_S = 300.0
"""How long a person may take."""
_MOST = 10_000
"""Of all browsers together; whoever asks for more loses the oldest."""

T = TypeVar("T")


class Ceremonies(Generic[T]):
    """Challenges under way, of one purpose; a browser has one at a time.

    Args:
        clock: Only its monotonic time counts.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, tuple[T, float]] = {}

    def begin(self, browser: str, asked: T) -> None:
        """Keep what a browser was asked; what it was asked before is void.

        Args:
            browser: The token of its session, or of its cookie before there is one.
            asked: What is needed to judge the answer.
        """
        self._open.pop(browser, None)
        self._open[browser] = (asked, self._clock.monotonic_s())
        while len(self._open) > _MOST:
            del self._open[next(iter(self._open))]

    def take(self, browser: str) -> T | None:
        """Return what a browser was asked, once; none if it was asked nothing or too long ago."""
        found = self._open.pop(browser, None)
        if found is None or self._clock.monotonic_s() - found[1] > LASTS_S:
            return None
        return found[0]
