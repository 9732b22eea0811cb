"""The one source of now.

Everything that needs the time takes a ``Clock``; nothing else in the program reads the system's clock.
Times are UTC; a ``datetime`` without a zone is refused wherever one enters.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day and a time that never runs backwards."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds from an arbitrary start, for measuring how long something takes."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the machine's time of day in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place where the clock is read

    def monotonic_s(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved: for tests and for replays."""

    def __init__(self, start: datetime) -> None:
        self._now = require_utc(start)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """Return the time that the clock was last moved to."""
        return self._now

    def monotonic_s(self) -> float:
        """Return the seconds by which the clock was advanced; steps do not count."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: How long; zero or more.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError("time passes forwards; use step_to for a clock that jumps")
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def step_to(self, now: datetime) -> None:
        """Set the time of day, as a corrected or broken clock does; monotonic time stays."""
        self._now = require_utc(now)


def require_utc(moment: datetime) -> datetime:
    """Return the moment unchanged if it is in UTC.

    Raises:
        ValueError: It has no zone, or one other than UTC.
    """
    if moment.tzinfo is not UTC and moment.utcoffset() != timedelta(0):
        raise ValueError(f"{moment.isoformat()} is not in UTC")
    return moment
