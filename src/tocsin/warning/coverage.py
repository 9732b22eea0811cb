"""What each sensor has shown that it can see, and so whether it should have seen a track that was lost.

Nobody tells a desk the coverage of a sensor. What it has seen it can see: the range, the elevations and the azimuths of
its plots of whatever object. That is less than it could, so that "should have seen" is said seldom rather than wrongly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from tocsin.geo.earth import Vector
from tocsin.warning.measurement import PLACED
from tocsin.warning.moment import combined
from tocsin.warning.plots import Plot
from tocsin.warning.track import Track

_SECTORS = 24
_MOST_SENSORS = 256
_LOOKED_FOR_S = 10.0
"""How long after the last plot it is asked whether a sensor should have seen more: the motion is still known then."""
_LOOKS = 3
_NOT_HEARD_S = 30.0


@dataclass
class _Seen:
    """What one sensor has seen so far."""

    site: Vector
    basis: Vector
    furthest_m: float
    """0 for a sensor that measures no range."""
    lowest_rad: float
    highest_rad: float
    sectors: frozenset[int]
    newest_s: float
    interval_s: float = math.inf

    def covers(self, place: Vector) -> bool:
        """Tell whether a place, ECEF, shape (3,), lies within what it has seen."""
        east, north, up = (self.basis @ (place - self.site)).tolist()
        range_m = math.sqrt(east * east + north * north + up * up)
        if self.furthest_m and range_m > self.furthest_m:
            return False
        elevation_rad = math.asin(max(-1.0, min(1.0, up / max(range_m, 1.0))))
        return self.lowest_rad <= elevation_rad <= self.highest_rad and _sector(math.atan2(east, north)) in self.sectors


@dataclass
class Coverage:
    """The sensors of one picture."""

    _sensors: dict[str, _Seen] = field(default_factory=dict)

    def copy(self) -> Coverage:
        """Return one that can go on without touching this."""
        return Coverage({name: replace(seen) for name, seen in self._sensors.items()})

    def note(self, plots: Iterable[Plot]) -> None:
        """Take in where sensors saw something."""
        for plot in plots:
            if plot.form == PLACED:
                continue
            azimuth_rad, elevation_rad = float(plot.figures[1]), float(plot.figures[2])
            range_m = float(plot.figures[0]) if plot.is_ranged else 0.0
            seen = self._sensors.get(plot.sensor)
            if seen is None:
                if len(self._sensors) < _MOST_SENSORS:
                    self._sensors[plot.sensor] = _Seen(
                        plot.site, plot.basis, range_m, elevation_rad, elevation_rad,
                        frozenset({_sector(azimuth_rad)}), plot.time_s,
                    )  # fmt: skip
                continue
            seen.furthest_m = max(seen.furthest_m, range_m)
            seen.lowest_rad = min(seen.lowest_rad, elevation_rad)
            seen.highest_rad = max(seen.highest_rad, elevation_rad)
            seen.sectors |= {_sector(azimuth_rad)}
            gap_s = plot.time_s - seen.newest_s
            if gap_s > 0.0:
                seen.interval_s = min(seen.interval_s, gap_s)
                seen.newest_s = plot.time_s

    def why_lost(self, track: Track, now_s: float) -> str:
        """Say in words whether a sensor should have seen more of a track.

        Args:
            track: Without plots for a while, or without any.
            now_s: Seconds since 1970.
        """
        if not track.newest:
            return "its peers told no more of it"
        expected: list[str] = []
        silent: list[str] = []
        for name in sorted(track.newest):
            seen = self._sensors.get(name)
            if seen is None or not self._should_see(seen, track):
                continue
            (expected if seen.newest_s > track.time_s else silent).append(name)
        if expected:
            return f"{' and '.join(expected)} should have seen more of it and saw other things since"
        if silent and now_s - track.time_s > _NOT_HEARD_S:
            return f"{' and '.join(silent)} should have seen more of it, but told of nothing since"
        return "it left what the sensors that followed it are known to see"

    @staticmethod
    def _should_see(seen: _Seen, track: Track) -> bool:
        """Tell whether a sensor could have looked at it several times while its motion was still known."""
        looks = [track.time_s + seen.interval_s * (number + 1) for number in range(_LOOKS)]
        if not looks[-1] <= track.time_s + _LOOKED_FOR_S:
            return False
        places = []
        for time_s in looks:
            moment = track.at(time_s)
            places.append(None if moment is None else combined(moment)[0])
        return all(place is not None and bool(np.isfinite(place).all()) and seen.covers(place) for place in places)


def _sector(azimuth_rad: float) -> int:
    return math.floor(azimuth_rad / (2.0 * math.pi) * _SECTORS) % _SECTORS
