"""Simulated plots as what the warning room takes: detections that were sealed, and admitted through the door.

The members, their keys and the roster are made for one process and thrown away with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.clock import ManualClock
from tocsin.errors import TrustError
from tocsin.exchange import Exchange, Policy
from tocsin.markings import marking_for
from tocsin.records import Admitted, Precedence, Record, Source, with_body
from tocsin.signing import KeyRole, Link, LinkIdentity, PrivateKey, Roster, RosterMember, Trust, unsigned
from tocsin.synthesis import METHOD
from tocsin.synthesis.sensors import Plot

LIFT_OFF = datetime(2026, 3, 1, 6, tzinfo=UTC)
"""Of every simulated flight."""
STATUS = "test"

_SEALED_AFTER = timedelta(hours=3)
_RELEASE_ALL = msgspec.convert({"release": [{"kinds": ["*"], "action": "release"}]}, Policy)


class Door:
    """A federation of some members, all of whose detections one of them admits.

    Args:
        members: Codes.
    """

    def __init__(self, members: Sequence[str]) -> None:
        self.members = tuple(sorted(members))
        clock = ManualClock(LIFT_OFF + _SEALED_AFTER)
        keys = {member: {role: PrivateKey.generate(role) for role in KeyRole} for member in self.members}
        roster = Roster(
            federation="calibration",
            version=1,
            previous="",
            issued_at=LIFT_OFF - timedelta(days=1),
            expires_at=LIFT_OFF + timedelta(days=365),
            members=tuple(
                RosterMember(
                    code=member,
                    name=member,
                    keys=tuple(key.public for key in keys[member].values()),
                    link=LinkIdentity(certificate=""),
                )
                for member in self.members
            ),
            links=tuple(Link(dialler=other, listener=self.members[0]) for other in self.members[1:]),
        )
        document = unsigned(roster)
        for member in self.members:
            document = document.signed_by(member, keys[member][KeyRole.ROSTER])
        self._exchanges = {
            member: Exchange(
                member, trust=Trust(document), keys=keys[member], policy=_RELEASE_ALL, clock=clock, has_quotas=False
            )
            for member in self.members
        }
        self._viewer = self.members[0]
        self._made = 0

    def admit(self, plots: Sequence[Plot]) -> list[Admitted]:
        """Seal plots as detections of their members, and return them as the viewer admits them, in their order.

        Raises:
            TrustError: The door let one of them not in.
        """
        self._made += 1
        records = [self._record(plot, number) for number, plot in enumerate(plots)]
        admitted: dict[str, Admitted] = {}
        viewer = self._exchanges[self._viewer]
        for member, exchange in self._exchanges.items():
            outgoing = exchange.submit([record for record in records if record.originator == member])
            path = "self" if member == self._viewer else "durable"
            frames = outgoing.frames if member == self._viewer else [send.data for send in outgoing.sends]
            for frame in frames:
                incoming = viewer.receive(frame, via=member, path=path)
                if incoming.frame is not None:
                    admitted |= {entry.record.id: entry for entry in incoming.frame.records}
        if len(admitted) != len(records):
            raise TrustError(
                "the door refused what was made for it", advice="This is a fault of the program: report it"
            )
        return [admitted[record.id] for record in records]

    def _record(self, plot: Plot, number: int) -> Record:
        measured_at = LIFT_OFF + timedelta(seconds=plot.time_s)
        return with_body(
            "warning.detection",
            plot.body,
            id=f"{plot.member}-{self._made}-{number:06d}",
            originator=plot.member,
            marking=marking_for(*self.members),
            status=STATUS,
            precedence=Precedence.FLASH,
            issued_at=measured_at,
            observed_at=measured_at,
            synthetic=True,
            sources=(Source(cites=METHOD),),
        )
