"""Real frames for tests: members with keys and a roster, who seal, and let in through the door."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.clock import ManualClock
from tocsin.codec import encode
from tocsin.exchange import ForeignChains, NoMemory, Rejected
from tocsin.exchange.admission import Entry, Inside, admit
from tocsin.exchange.frames import Place, seal_frame
from tocsin.markings import marking_for
from tocsin.records import AdmittedFrame, ChainId, Precedence, Record
from tocsin.signing import KeyRole, Link, LinkIdentity, PrivateKey, Roster, RosterMember, Trust, unsigned

CODES = ("JPN", "KOR", "USA")
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def make_record(id_: str, *, kind: str = "freight.note", body: dict | None = None, **fields) -> Record:
    """Make a record of JPN for everybody, of a kind that no version knows, unless told otherwise."""
    defaults = {
        "originator": "JPN",
        "marking": marking_for(*CODES),
        "status": "test",
        "precedence": Precedence.ROUTINE,
        "issued_at": START,
    }
    return Record(kind=kind, id=id_, body=msgspec.Raw(msgspec.json.encode(body or {"note": id_})), **defaults | fields)


class Federation:
    """Three members whose frames KOR admits."""

    def __init__(self, here: str = "KOR") -> None:
        self.here = here
        self.clock = ManualClock(START)
        self.roster_keys = {code: PrivateKey.generate(KeyRole.ROSTER) for code in CODES}
        roles = (KeyRole.LIVE, KeyRole.EXERCISE, KeyRole.TEST)
        self.keys = {(code, role): PrivateKey.generate(role) for code in CODES for role in roles}
        members = tuple(
            RosterMember(
                code=code, name=code, link=LinkIdentity(certificate=""),
                keys=(self.roster_keys[code].public, *(self.keys[code, role].public for role in roles)),
            )
            for code in CODES
        )  # fmt: skip
        document = unsigned(
            Roster(
                federation="test", version=1, previous="", issued_at=START, expires_at=START + timedelta(days=365),
                members=members, links=(Link(dialler="JPN", listener="KOR"), Link(dialler="USA", listener="KOR")),
            )
        )  # fmt: skip
        for code in CODES:
            document = document.signed_by(code, self.roster_keys[code])
        self.trust = Trust(document)
        self.chains = ForeignChains(NoMemory())
        self._last: dict[tuple[ChainId, str], tuple[int, str]] = {}
        self._salts = 0

    def seal(
        self, *records: Record, epoch: str = "E1", own: bool = False, resumes: tuple[str, int, str] | None = None
    ) -> bytes:
        """Seal records as the next frame of their chain; ``own`` for the originator's chain to itself."""
        first = records[0]
        audience = first.originator if own else first.marking.audience
        chain = ChainId(first.originator, audience, first.status, first.precedence)
        number, previous = self._last.get((chain, epoch), (0, ""))
        place = Place(chain, epoch, number + 1, previous, resumes if number == 0 else None, self.clock.now())
        role = {"actual": KeyRole.LIVE, "test": KeyRole.TEST}.get(first.status, KeyRole.EXERCISE)
        frame = seal_frame(place, [encode(record) for record in records], self.keys[first.originator, role], self._salt)
        self._last[chain, epoch] = (number + 1, frame.ref.hash)
        return frame.data

    def receive(self, data: bytes, *, via: str = "JPN", path: str = "live") -> Inside | Rejected:
        """Let bytes in through the door."""
        entry = Entry(
            member=self.here, via=via, path=path, now=self.clock.now(), max_bytes=1_000_000, clock_tolerance_s=5.0
        )
        return admit(data, self.trust, self.chains, entry)

    def admitted(self, *records: Record, path: str = "live", **sealing) -> AdmittedFrame:
        """Seal records and let the frame in."""
        result = self.receive(self.seal(*records, **sealing), via=records[0].originator, path=path)
        assert isinstance(result, Inside), result
        return result.frame

    def _salt(self, size: int) -> bytes:
        self._salts += 1
        return hashlib.sha256(self._salts.to_bytes(8, "big")).digest()[:size]
