"""When a warning is about: what can wait, such as the collector, asks here first."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.clock import Clock
from tocsin.records import Precedence

ABOUT_S = 0.2
"""How long after a warning the next is expected: they come in bursts, many sensors seeing one launch."""

CALM_FRAMES = 50
"""Frames that may wait for the store in a calm moment: more are a backlog."""

_URGENT = (Precedence.FLASH, Precedence.IMMEDIATE)


class Pacing:
    """Knows when a frame of flash or immediate was last handled.

    Args:
        clock: Measures the time since.
        waiting: How many frames wait for the store.
    """

    def __init__(self, clock: Clock, *, waiting: Callable[[], int]) -> None:
        self._clock = clock
        self._waiting = waiting
        self._last_s: float | None = None

    def note(self, precedence: Precedence) -> None:
        """Take note of a frame, ours or another's, that is being handled."""
        if precedence in _URGENT:
            self._last_s = self._clock.monotonic_s()

    @property
    def is_warning_about(self) -> bool:
        """Whether a warning was handled in the last ``ABOUT_S``."""
        return self._last_s is not None and self._clock.monotonic_s() - self._last_s < ABOUT_S

    @property
    def is_calm(self) -> bool:
        """Whether no warning is about and little waits for the store: the moment for what can wait."""
        return not self.is_warning_about and self._waiting() <= CALM_FRAMES
