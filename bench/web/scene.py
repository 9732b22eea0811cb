"""What a watch floor is told: stages of one launch, sealed by a peer and let in through the door, as in life."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tocsin.clock import SystemClock
from tocsin.exchange import Exchange
from tocsin.markings import marking_for
from tocsin.records import Launch, LaunchPoint, Precedence, Record, TrackPoint, with_body
from tocsin.store import Batch, RecordQuery, Store, StoredRecord
from tocsin.testing.federation import make_federation
from tocsin.web import LinkState


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


def launch(event_id: str, *, revision: int, label: str, at_s: float) -> Record:
    """Make a stage of a launch with a track that moves on."""
    now = SystemClock().now()
    body = Launch(
        event_id=event_id, stage="assessed", revision=revision, label=label, detections=revision,
        launch_point=LaunchPoint(lat_deg=39.2, lon_deg=125.7, radius_km=4.0), launched_at=now - timedelta(seconds=60),
        track=TrackPoint(
            at=now, lat_deg=39.5, lon_deg=127.0 + at_s / 100, altitude_m=1e5, speed_mps=2e3, heading_deg=90.0,
            climb_deg=30.0, sigma_m=100.0,
        ),
        last_detection_at=now,
    )  # fmt: skip
    return with_body(
        "warning.launch", body, id=secrets.token_hex(8), originator="JPN", marking=marking_for("JPN", "KOR"),
        status="test", precedence=Precedence.FLASH, issued_at=now, synthetic=True,
    )  # fmt: skip
