"""The member's own picture for as long as it sees nothing but what its widest published picture sees.

Two pictures that take the same records say the same. The own one is therefore not fused a second time: it restates
what the widest published picture says, for the member alone. From the first record on that only the member may use it
goes its own way, with a copy of all that the published picture knew before that record (``Picture.parted``).
Nothing passes the other way.

A twin never doubts which event of the published picture is its own. A picture fused by itself goes by the gate of
``events``, and may for some seconds hold two launches of a salvo apart from the ids under which they are published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from tocsin.markings import Marking
from tocsin.records import Admitted, Record, body_of
from tocsin.warning.announced import KIND
from tocsin.warning.events import Ledger, own_source
from tocsin.warning.picture import Picture, may_use
from tocsin.warning.plots import moment_of, seconds_of
from tocsin.warning.resuming import Said

SEEN = ("warning.detection", KIND)
"""Kinds that a picture rests on, whoever they are of."""


@dataclass
class Twin:
    """The own picture of a member, said after its widest published one."""

    member: str
    widest: tuple[str, ...]
    """The audience whose records it restates."""
    new_id: Callable[[], str]
    _ledger: Ledger = field(default_factory=Ledger)
    """What is published and open, for the picture that may follow."""
    _ids: dict[str, str] = field(default_factory=dict)
    """Of the open published records to those that restate them."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is open that it could restate; the published picture may still follow something."""
        return not self._ledger.entries

    def take(self, admitted: Sequence[Admitted], published: Sequence[Record], now: datetime) -> list[Record]:
        """Restate what is published.

        Args:
            admitted: All of it is in what the published picture says already.
            published: What wider pictures say in the same breath.
            now: UTC.
        """
        del admitted
        return self._restate_all(published, now)

    def tick(self, published: Sequence[Record], now: datetime) -> list[Record]:
        """Restate what is published as time passes, and forget what nobody closed.

        Args:
            published: What wider pictures say in the same breath.
            now: UTC.
        """
        self._ledger.forget(seconds_of(now))
        return self._restate_all(published, now)

    def _restate_all(self, published: Sequence[Record], now: datetime) -> list[Record]:
        said = []
        for record in published:
            if record.kind != "warning.launch":
                continue
            launch = body_of(record)
            self._ledger.note(own_source(record), record, launch, now)
            if record.marking.releasable_to == self.widest:
                restated = self._restate(record)
                if launch.stage != "closed":
                    self._ids[record.id] = restated.id
                said.append(restated)
        return said

    def _restate(self, record: Record) -> Record:
        before = record.supersedes
        return msgspec.structs.replace(
            record,
            id=self.new_id(),
            marking=Marking(releasable_to=(self.member,), public_warning=record.marking.public_warning),
            supersedes=None if before is None else self._ids.pop(before, None),
        )

    def adopt(self, said: Sequence[Said], now_s: float) -> None:
        """Go on from what was said before, in place of what was restated while the published picture was rebuilt.

        Args:
            said: By this member, to any audience, in this status.
            now_s: Seconds since 1970.
        """
        now, still_open = moment_of(now_s), [each for each in said if each.is_open]
        own = [each for each in still_open if each.record.marking.releasable_to == (self.member,)]
        self._ledger, self._ids = Ledger(), {}
        for each in still_open:
            record = each.record
            if record.marking.releasable_to == (self.member,):
                continue
            self._ledger.note(own_source(record), record, each.launch, now)
            if record.marking.releasable_to == self.widest:
                restated = (
                    other.record.id
                    for other in own
                    if other.launch == each.launch and other.record.issued_at == record.issued_at
                )
                self._ids.update((record.id, own_id) for own_id in restated)

    def parted(self, published: Picture) -> Picture:
        """Return a picture of its own that goes on from here.

        Args:
            published: The widest one, before it takes what came together with what only the member may use.
        """
        return published.parted(self.new_id, self._ledger, self._ids)


def sees_more(records: Iterable[Record], member: str, widest: tuple[str, ...]) -> bool:
    """Tell whether there is something for the member's own picture that its widest audience may not use.

    Its own launch records, which come back to it, are nothing new to it.
    """
    return any(
        (record.kind in SEEN or record.originator != member)
        and may_use(record, member, (member,))
        and not may_use(record, member, widest)
        for record in records
    )
