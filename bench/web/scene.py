"""What a watch floor is told: stages of one launch, sealed by a peer and let in through the door, as in life."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tocsin.clock import SystemClock
from tocsin.exchange import Exchange
from tocsin.markings import marking_for
from tocsin.records import Impact, Launch, LaunchPoint, Precedence, Record, TrackPoint, with_body
from tocsin.store import Batch, RecordQuery, Store, StoredRecord
from tocsin.testing.federation import make_federation
from tocsin.web import Account, Floor, Gateway, LinkState, Listen, People, Sessions, serve_floor

VISITOR = Account(name="v", pseudonym="V-1", roles=("watch_officer",), password="")


class Desk:
    """KOR's node as its watch floor sees it."""

    code, name = "KOR", "KOR"

    def __init__(self, file: Path) -> None:
        self.federation = make_federation(("JPN", "KOR"))
        self.jpn: Exchange = self.federation.exchange("JPN")
        self.kor: Exchange = self.federation.exchange("KOR")
        self.store = Store.open(file)
        self._order = 0

    def issue(self, records: Sequence[Record]) -> None:
        """Take nothing: nobody acts here."""

    async def links(self) -> LinkState:
        """Know of no links."""
        return LinkState(at=None, problem="", links=(), problems=())

    def admit(self, record: Record) -> list[StoredRecord]:
        """Let a record in, and return it as the store then holds it."""
        for released in self.jpn.submit([record]).sends:
            incoming = self.kor.receive(released.data, via="JPN", path="live")
            if incoming.frame is not None:
                self.store.commit(Batch(frames=(incoming.frame,)))
        found = list(self.store.records(RecordQuery(after_order=self._order)))
        self._order = found[-1].order
        return found


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Desk, Gateway, str, Sessions]]:
    """Serve a watch floor; yields its desk, its gateway, its address and the sessions of those who look."""
    desk = Desk(folder / "store.db")
    gateway = Gateway(desk, clock=SystemClock(), new_id=lambda: "x")
    sessions = Sessions(People(folder / "people.json"), SystemClock())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    is_served = asyncio.Event()
    floor = Floor(gateway, sessions, "bench", is_secure=False)
    serving = asyncio.create_task(serve_floor(floor, Listen(address=address), is_served))
    await is_served.wait()
    try:
        yield desk, gateway, address, sessions
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        desk.store.close()


def launch(event_id: str, *, revision: int, label: str, at_s: float, place: int = 0) -> Record:
    """Make a stage of a launch with a track that moves on.

    Args:
        event_id: Of the launch.
        revision: Of this stage.
        label: What it is taken for.
        at_s: So long it has flown in this scene.
        place: Where on a grid of forty by forty places it rises; one at 0 predicts no impact.
    """
    now = SystemClock().now()
    lat_deg, lon_deg = 30.0 + place % 40 * 0.4, 125.0 + place // 40 * 0.5
    impact = Impact(
        lat_deg=lat_deg + 1.0, lon_deg=lon_deg + 8.0, ellipse_95_km=(20.0, 8.0), ellipse_bearing_deg=80.0,
        at=now + timedelta(seconds=300), at_sigma_s=3.0,
    )  # fmt: skip
    body = Launch(
        event_id=event_id, stage="predicted" if place else "assessed", revision=revision, label=label,
        detections=revision, launch_point=LaunchPoint(lat_deg=lat_deg, lon_deg=lon_deg, radius_km=4.0),
        launched_at=now - timedelta(seconds=60), impact=impact if place else None, sensors=("JPN:x",),
        track=TrackPoint(
            at=now, lat_deg=lat_deg + 0.3, lon_deg=lon_deg + 1.0 + at_s / 100, altitude_m=1e5, speed_mps=2e3,
            heading_deg=90.0, climb_deg=30.0, sigma_m=100.0,
        ),
        last_detection_at=now,
    )  # fmt: skip
    return with_body(
        "warning.launch", body, id=secrets.token_hex(8), originator="JPN", marking=marking_for("JPN", "KOR"),
        status="test", precedence=Precedence.FLASH, issued_at=now, synthetic=True,
    )  # fmt: skip
