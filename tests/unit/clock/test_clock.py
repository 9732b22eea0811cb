from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.clock import ManualClock, SystemClock, require_utc

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_a_manual_clock_moves_only_when_told():
    clock = ManualClock(NOON)
    assert (clock.now(), clock.monotonic_s()) == (NOON, 0.0)
    clock.advance(1.5)
    assert (clock.now(), clock.monotonic_s()) == (NOON + timedelta(seconds=1.5), 1.5)
    clock.step_to(NOON - timedelta(days=1))
    assert (clock.now(), clock.monotonic_s()) == (NOON - timedelta(days=1), 1.5)


def test_time_passes_forwards():
    with pytest.raises(ValueError, match="forwards"):
        ManualClock(NOON).advance(-0.1)


@pytest.mark.parametrize("moment", [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=9)))])
def test_only_utc_is_taken(moment):
    with pytest.raises(ValueError, match="is not in UTC"):
        require_utc(moment)
    with pytest.raises(ValueError, match="is not in UTC"):
        ManualClock(moment)
    with pytest.raises(ValueError, match="is not in UTC"):
        ManualClock(NOON).step_to(moment)


def test_utc_by_another_name_is_utc():
    moment = datetime(2026, 1, 1, tzinfo=timezone(timedelta(0)))
    assert require_utc(moment) is moment


def test_the_system_clock_is_in_utc_and_never_runs_back():
    clock = SystemClock()
    assert require_utc(clock.now())
    first = clock.monotonic_s()
    assert clock.monotonic_s() >= first
