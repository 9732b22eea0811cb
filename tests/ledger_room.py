"""A ledger of claims with real admitted records of three members in it."""

from __future__ import annotations

import itertools
from datetime import timedelta

from tests.sealed import START, Federation

from tocsin.claims import Ledger
from tocsin.markings import marking_for
from tocsin.records import (
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    Precedence,
    Question,
    RecordRef,
    Vessel,
    Weighing,
    with_body,
)

KINDS = {
    Claim: "claims.claim", ClaimSource: "claims.source", ClaimItem: "claims.item", Judgement: "claims.judgement",
    ClaimLink: "claims.link", Question: "claims.question", Weighing: "claims.weighing",
    CargoCount: "cargo.count", Movement: "cargo.movement", Vessel: "cargo.vessel",
}  # fmt: skip
MEMBERS = ("JPN", "KOR", "USA")


class LedgerRoom:
    """Takes what members say, minute by minute."""

    def __init__(self):
        self.federation = Federation(here="JPN")
        self.ledger = Ledger("actual")
        self.minute = 0
        self._ids = itertools.count(1)

    def now(self):
        return START + timedelta(minutes=self.minute)

    def record(self, body, *, by="KOR", name="", **given):
        return with_body(
            KINDS[type(body)], body, id=name or f"{by}-{next(self._ids)}", originator=by, marking=marking_for(*MEMBERS),
            status="actual", precedence=Precedence.ROUTINE, issued_at=self.now(), **given,
        )  # fmt: skip

    def take(self, body, **given):
        """Let a record in and return the reference to it; a minute goes by."""
        record = self.record(body, **given)
        for entry in self.admit(record):
            self.ledger.take(entry)
        return RecordRef(originator=record.originator, record=record.id)

    def admit(self, *records):
        self.minute += 1
        self.federation.clock.advance(60.0)
        return self.federation.admitted(*records).records

    def cancel(self, ref, body):
        return self.take(body, by=ref.originator, cancels=ref.record)

    def claim(self, proposition="cargo moved", *, speaker="White House", by="KOR", **given):
        return self.take(Claim(proposition=proposition, speaker=speaker, **given), by=by)

    def item(self, title="image", *, basis="own", by="KOR", **given):
        return self.take(ClaimItem(title=title, media="image/png", basis=basis, **given), by=by)

    def link(self, of, to, relation="supports", *, by="KOR", **given):
        return self.take(ClaimLink(of=of, relation=relation, to=to, **given), by=by)


def key(ref):
    return (ref.originator, ref.record)
