"""The watch floors of a replay: every member's page, each from that member's own store alone."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from tocsin.bus import LinkState
from tocsin.clock import Clock, SystemClock
from tocsin.codec import encode
from tocsin.errors import TocsinError
from tocsin.geo.earth import WGS84_A_M
from tocsin.markings import marking_for
from tocsin.node import read_config
from tocsin.node.config import SensorTable, WebTable
from tocsin.node.web_part import WebPart
from tocsin.records import Precedence, Record, Source
from tocsin.synthesis.sensors import Sensor
from tocsin.web import Account, LinkItem
from tocsin.web import LinkState as PageLinks

Links = Callable[[], Awaitable[Mapping[str, Mapping[str, LinkState]]]]

VISITOR = Account(name="visitor", pseudonym="DEMO-1", roles=("analyst", "releaser", "watch_officer"), password="")
"""Who is signed in by the link that a demo prints."""

EXAMPLE = "demo.example"
"""Kind of the record that waits in a demo for whoever wants to try what releasing is: no rule lets it go by itself."""

_PATIENCE_S = 10.0


class ScenarioClock:
    """Tells the time of what is played.

    Args:
        now: Returns it.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the scenario's time of day in UTC."""
        return self._now()

    def monotonic_s(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return SystemClock().monotonic_s()


class WatchFloors:
    """Serves the pages of all members between ``open`` and ``close``.

    Args:
        homes: By member, the folder with its TOML.
        addresses: By member, ``host:port`` on loopback.
        links: Asks all members how their links are.
        clock: Tells the scenario's time.
        sensors: Those of all members; each member's page shows what its own cover.
    """

    def __init__(
        self,
        homes: Mapping[str, Path],
        addresses: Mapping[str, str],
        links: Links,
        clock: Clock,
        sensors: Sequence[Sensor] = (),
    ) -> None:
        self._links = links
        self._clock = clock
        self._stop = asyncio.Event()
        self._parts = {
            code: WebPart(
                msgspec.structs.replace(
                    read_config(home / "member.toml"),
                    web=WebTable(
                        run="apart", listen=addresses[code],
                        sensors=tuple(_covering(each, tuple(homes)) for each in sensors if each.member == code),
                    ),
                ),
                clock=clock, mode="replay", links=partial(self._links_of, code),
            )
            for code, home in homes.items()
        }  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Serve the pages.

        Raises:
            ConfigError: An address cannot be listened on.
            TimeoutError: A page cannot be opened in time.
        """
        self._tasks = [asyncio.create_task(part.serve(self._stop)) for part in self._parts.values()]
        served = asyncio.create_task(self._all_served())
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.wait([served, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        served.cancel()
        for task in self._tasks:
            if task.done():
                task.result()
        for code, part in self._parts.items():
            part.issue([_example(code, tuple(self._parts), self._clock.now())])

    async def _all_served(self) -> None:
        for part in self._parts.values():
            await part.is_served.wait()

    async def close(self) -> None:
        """Serve them no longer."""
        self._stop.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def invitations(self) -> dict[str, str]:
        """Return, by member, an address that signs one browser in once."""
        return {code: part.invite(VISITOR) for code, part in self._parts.items()}

    async def _links_of(self, code: str) -> PageLinks:
        try:
            states = (await self._links()).get(code, {})
        except TocsinError as error:
            return PageLinks(at=None, problem=error.args[0], links=(), problems=())
        items = tuple(_item(peer, state) for peer, state in sorted(states.items()))
        return PageLinks(at=SystemClock().now(), problem="", links=items, problems=())


def _example(code: str, members: Sequence[str], now: datetime) -> Record:
    """Return what waits for a releaser at each member."""
    others = " and ".join(sorted(set(members) - {code}))
    said = f"An example. No rule of {code} lets it go, so it waits. Release sends it to {others}; Refuse keeps it here."
    return Record(
        kind=EXAMPLE, id=f"example-{code.lower()}", originator=code, marking=marking_for(*members), status="test",
        precedence=Precedence.ROUTINE, issued_at=now, synthetic=True, body=msgspec.Raw(encode({"text": said})),
        sources=(Source(cites="made up for the demo"),),
    )  # fmt: skip


def _covering(sensor: Sensor, members: Sequence[str]) -> SensorTable:
    """Return what an invented sensor covers, which is no secret of anybody's."""
    half_deg = sensor.azimuth_coverage_deg / 2.0
    whole = half_deg >= 180.0
    return SensorTable(
        id=sensor.sensor_id, lat_deg=sensor.position.lat_deg, lon_deg=sensor.position.lon_deg,
        altitude_m=sensor.position.altitude_m, range_km=_range_km(sensor),
        from_deg=0.0 if whole else (sensor.boresight - half_deg) % 360.0,
        to_deg=360.0 if whole else (sensor.boresight + half_deg) % 360.0, audience=tuple(sorted(members)),
    )  # fmt: skip


def _range_km(sensor: Sensor) -> float:
    """Return how far over ground it sees: its range, or as far as the line of sight to the ground."""
    if sensor.nominal_range_m is not None:
        return sensor.nominal_range_m / 1e3
    return WGS84_A_M * math.acos(WGS84_A_M / (WGS84_A_M + max(sensor.position.altitude_m, 1.0))) / 1e3


def _item(peer: str, state: LinkState) -> LinkItem:
    return LinkItem(
        member=peer, is_neighbour=True, connected=state.connected, problem=state.problem,
        lag=state.main.copy_lag + state.bulk.copy_lag, unsent=0, clock_offset_s=None, clock_suspect=False,
        last_heads_at=None,
    )  # fmt: skip
