"""What really flies in a simulation: a reconstructed flight, or one that departs from it in a stated way.

``fly(flight, *, thrust=, cda_m=, density_factor=, lift_to_drag=, fails_at=) -> Truth`` flies a flight of
``flights.reconstruct`` differently; ``ascend(launch, *, altitude_km=) -> Truth`` flies a rocket into orbit;
``shed(truth, *, at_s=, cda_m=) -> Truth`` follows a spent stage or a fragment. A ``Truth`` is sampled (``times_s``
seconds after lift-off, shape (n,); ``states`` ECEF metres and m/s, shape (n, 6)), answers ``state_at``, and can be
looked at by ``sensors.observe``. Same arguments, same bits.

>>> pulled_up = fly(flight, lift_to_drag=0.5)
>>> under_another_thrust = fly(flight, thrust=THRUSTS["constant"], cda_m=1 / 5000)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np

from tocsin.errors import DomainError, FlightError
from tocsin.geo.earth import Vector, geodetic_from_ecef
from tocsin.synthesis import departures
from tocsin.synthesis.flights import Flight, reconstruct
from tocsin.synthesis.launches import LaunchRow
from tocsin.synthesis.trajectory import (
    LONGEST_S,
    SAMPLE_STEP_S,
    Burn,
    boost,
    burn_array,
    interpolate,
    launch_frame,
)
from tocsin.synthesis.trajectory import (
    fly as fly_burn,
)

LIFT_BELOW_M = 40_000.0
"""Air that bears: a pull-up begins when a body sinks below it."""
BROKEN_DRAG = 4.0
"""Drag per mass of a body that broke, relative to the whole one: assumed."""
IN_ORBIT_S = 300.0
"""How long a satellite is followed after it reached its orbit."""


class Thrust(msgspec.Struct, frozen=True, kw_only=True):
    """How thrust over mass grows, in each of so many equal parts of the burn."""

    start_m_s2: float
    end_m_s2: float
    stages: int = 1


THRUSTS = {
    "standard": Thrust(start_m_s2=22.0, end_m_s2=60.0),
    "slow": Thrust(start_m_s2=20.0, end_m_s2=50.0),
    "fast": Thrust(start_m_s2=28.0, end_m_s2=75.0),
    "even": Thrust(start_m_s2=22.0, end_m_s2=45.0),
    "constant": Thrust(start_m_s2=40.0, end_m_s2=40.0),
    "two stages": Thrust(start_m_s2=22.0, end_m_s2=60.0, stages=2),
}
"""Profiles to try: the first four are those of the reference flights, the first is what is assumed otherwise."""

_FIRST_STAGE = Thrust(start_m_s2=14.0, end_m_s2=38.0)
_FIRST_STAGE_S = 115.0
_UPPER_STAGES_M_S2 = 15.0
_ORBIT_TOLERANCE = 0.02
_TILTS_RAD = np.geomspace(0.004, 0.4, 24)


@dataclass(frozen=True, eq=False)
class Truth:
    """A path that is taken for real, with what it departs in."""

    name: str
    """Of the launch and the departures; keys the sensors' noise."""
    launch: LaunchRow
    burn: Burn
    """What it rose by; drag as flown, with the density of the air in it."""
    times_s: Vector
    """After lift-off, shape (n,)."""
    states: Vector
    """Shape (n, 6): ECEF metres and m/s, earth-fixed."""
    burnout_s: float
    """When the thrust ended, whatever ended it."""
    lift_from_s: float = math.inf
    """When it began to be lifted."""
    is_down: bool = True
    """Whether it ends on the ground; a satellite does not."""

    @property
    def begins_s(self) -> float:
        """First time at which it is there: 0, or when it parted from something else."""
        return float(self.times_s[0])

    @property
    def duration_s(self) -> float:
        """Until impact, or until it is no longer followed."""
        return float(self.times_s[-1])

    @property
    def impact(self) -> tuple[float, float] | None:
        """Latitude and longitude, degrees; None for what does not come down."""
        if not self.is_down:
            return None
        lat_deg, lon_deg, _ = geodetic_from_ecef(self.states[-1, :3])
        return lat_deg, lon_deg

    @property
    def apogee_m(self) -> float:
        """Greatest altitude of a sample."""
        return max(geodetic_from_ecef(state[:3])[2] for state in self.states[::5])

    def state_at(self, time_s: float) -> Vector:
        """Return the state, shape (6,), at a time after lift-off.

        Raises:
            DomainError: It is not there at that time.
        """
        if not self.begins_s <= time_s <= self.duration_s:
            raise DomainError(f"{self.name} is there from {self.begins_s:.3f} to {self.duration_s:.3f} s")
        return interpolate(self.times_s, self.states, time_s)


def fly(
    flight: Flight,
    *,
    thrust: Thrust | None = None,
    cda_m: float | None = None,
    density_factor: float = 1.0,
    lift_to_drag: float = 0.0,
    fails_at: float | None = None,
) -> Truth:
    """Fly a launch with departures.

    Another thrust or drag is solved anew, so that the flight still meets apogee, range and bearing of the record; the
    other departures come on top and move the impact.

    Args:
        flight: As reconstructed.
        thrust: Another profile, such as one of ``THRUSTS``; None: the flight's own.
        cda_m: Another drag coefficient times area over mass, m²/kg.
        density_factor: Of the air, relative to the model's.
        lift_to_drag: From the first time that it sinks below ``LIFT_BELOW_M``; 0: it falls freely to the end.
        fails_at: Part of the burn, between 0 and 1, after which the engine stops and the body breaks.

    Raises:
        FlightError: No flight with that thrust and drag meets the record.
        DomainError: With these departures it does not rise or does not come down.
        ValueError: An argument is out of its range.
    """
    if not density_factor > 0 or lift_to_drag < 0 or (fails_at is not None and not 0 < fails_at < 1):
        raise ValueError("density_factor is above 0, lift_to_drag 0 or more, fails_at between 0 and 1")
    if thrust is not None or cda_m is not None:
        flight = _solved(flight.launch, thrust or thrust_of(flight.burn), cda_m or flight.burn.cda_m)
    burn = msgspec.structs.replace(flight.burn, cda_m=density_factor * flight.burn.cda_m)
    parts = [flight.launch.launch_id, f"{burn.thrust_start_m_s2:g}-{burn.thrust_end_m_s2:g}x{burn.stages}"]
    parts += [f"cda {burn.cda_m:.6g}", f"lift {lift_to_drag:.6g}", f"fails {fails_at}"]
    name = " ".join(parts)
    if fails_at is not None:
        return _broken(name, flight.launch, burn, fails_at)
    trajectory = flight.trajectory if density_factor == 1.0 else fly_burn(burn)
    if lift_to_drag == 0.0:
        return Truth(name, flight.launch, burn, trajectory.times_s, trajectory.states, burn.burn_s)
    row = int(np.searchsorted(trajectory.times_s, burn.burn_s))
    kept = np.column_stack([trajectory.times_s[:row], trajectory.states[:row]])
    rows = _rows()
    count, lift_s = departures.descend(
        trajectory.states[row], float(trajectory.times_s[row]), burn.cda_m, lift_to_drag, LIFT_BELOW_M, rows
    )
    times_s, states = _samples(np.concatenate([kept, rows[:count]]), count, name)
    return Truth(name, flight.launch, burn, times_s, states, burn.burn_s, lift_from_s=lift_s)


def thrust_of(burn: Burn) -> Thrust:
    """Return the profile that a burn follows."""
    return Thrust(start_m_s2=burn.thrust_start_m_s2, end_m_s2=burn.thrust_end_m_s2, stages=burn.stages)


def ascend(launch: LaunchRow, *, altitude_km: float | None = None) -> Truth:
    """Fly a rocket into a circular orbit, its upper stages burning until it is reached.

    The recorded range of a space launch is where a spent stage fell, the recorded apogee the height of the orbit.

    Args:
        launch: Its site and bearing; its apogee, too, if no altitude is given.
        altitude_km: Of the orbit, 150 to 2,000.

    Raises:
        FlightError: Site or bearing is missing, or the orbit is out of this rocket's reach.
    """
    altitude_km = altitude_km or launch.apogee_km
    lat, lon, bearing = launch.site_lat_deg, launch.site_lon_deg, launch.bearing_deg
    if lat is None or lon is None or bearing is None or altitude_km is None:
        raise FlightError(f"{launch.launch_id}: {launch.lacks()}", advice="A missing figure is never made up")
    burn = Burn(
        site_lat_deg=lat, site_lon_deg=lon, bearing_deg=bearing, burn_s=_FIRST_STAGE_S, tilt_along_rad=0.0,
        tilt_across_rad=0.0, thrust_start_m_s2=_FIRST_STAGE.start_m_s2, thrust_end_m_s2=_FIRST_STAGE.end_m_s2,
    )  # fmt: skip
    found = []
    for tilt_rad in _TILTS_RAD:
        tilted = msgspec.structs.replace(burn, tilt_along_rad=float(tilt_rad))
        rows = _rows()
        count, orbit_s = departures.ascend(
            launch_frame(tilted), burn_array(tilted), _UPPER_STAGES_M_S2, 1000.0 * altitude_km, IN_ORBIT_S, rows
        )
        if count and abs(_altitude_m(rows[:count], orbit_s) / (1000.0 * altitude_km) - 1.0) < _ORBIT_TOLERANCE:
            found.append((orbit_s, tilted, rows[:count]))
    if not found:
        raise FlightError(
            f"{launch.launch_id}: no ascent of the model reaches {altitude_km:g} km",
            advice="Orbits from 150 to 2,000 km are within its reach",
        )
    orbit_s, tilted, rows = min(found, key=lambda entry: entry[0])
    name = f"{launch.launch_id} into {altitude_km:g} km"
    times_s, states = _samples(rows, len(rows), name)
    return Truth(name, launch, tilted, times_s, states, orbit_s, is_down=False)


def shed(truth: Truth, *, at_s: float, cda_m: float) -> Truth:
    """Follow what parts from a body and falls: a spent stage, a fragment.

    Args:
        truth: The body.
        at_s: When they part, after lift-off.
        cda_m: Drag coefficient times area over mass of what falls, m²/kg.

    Raises:
        DomainError: The body is not there then, or what parts does not come down.
    """
    name = f"{truth.name} shed at {at_s:.3f} cda {cda_m:.6g}"
    rows = _rows()
    count, _ = departures.descend(truth.state_at(at_s), at_s, cda_m, 0.0, 0.0, rows)
    times_s, states = _samples(rows[:count], count, name)
    burn = msgspec.structs.replace(truth.burn, cda_m=cda_m)
    return Truth(name, truth.launch, burn, times_s, states, burnout_s=at_s)


def _broken(name: str, launch: LaunchRow, burn: Burn, fails_at: float) -> Truth:
    fails_s = fails_at * burn.burn_s
    rows = _rows()
    state, before = boost(launch_frame(burn), burn_array(burn), fails_s, rows)
    if before < 0:
        raise DomainError(f"{name}: it hits the ground under thrust")
    count, _ = departures.descend(state, fails_s, BROKEN_DRAG * burn.cda_m, 0.0, 0.0, rows[before:])
    times_s, states = _samples(rows[: before + count], count, name)
    return Truth(name, launch, burn, times_s, states, burnout_s=fails_s)


@lru_cache(maxsize=256)
def _solved(launch: LaunchRow, thrust: Thrust, cda_m: float) -> Flight:
    law = Burn(
        site_lat_deg=0.0, site_lon_deg=0.0, bearing_deg=0.0, burn_s=0.0, tilt_along_rad=0.0, tilt_across_rad=0.0,
        thrust_start_m_s2=thrust.start_m_s2, thrust_end_m_s2=thrust.end_m_s2, stages=thrust.stages, cda_m=cda_m,
    )  # fmt: skip
    return reconstruct(launch, law)


def _altitude_m(rows: Vector, time_s: float) -> float:
    row = int(np.searchsorted(rows[:, 0], time_s))
    return geodetic_from_ecef(rows[row, 1:4])[2]


def _rows() -> Vector:
    return np.empty((int(LONGEST_S / SAMPLE_STEP_S) + 8, 7))


def _samples(rows: Vector, count: int, name: str) -> tuple[Vector, Vector]:
    """Return times and states of rows that were kept.

    Raises:
        DomainError: There are none.
    """
    if count == 0:
        raise DomainError(f"{name}: it does not come down within {LONGEST_S:.0f} s")
    return rows[:, 0].copy(), rows[:, 1:].copy()
