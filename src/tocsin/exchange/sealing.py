"""The writing end: our own chains and the key that fits each status (spec 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tocsin.clock import Clock
from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange.frames import OpenFrame, Place, seal_frame
from tocsin.exchange.policy import Policy
from tocsin.markings import status_class
from tocsin.records import ChainId, Head, Precedence, Record
from tocsin.signing import ROLE_OF_STATUS, KeyRole, PrivateKey

Resume = tuple[str, int, str]
"""Epoch, number and hash of the last durable head before an epoch."""


@dataclass
class OwnChain:
    """Where one of our chains stands."""

    resumes: Resume | None
    number: int = 0
    hash: str = ""


class Sealer:
    """Numbers, links and signs the frames of one member within one epoch.

    There is one for each run of a node, and one node for each store (the store's lock sees to that), so nothing
    else writes these chains.
    """

    def __init__(
        self,
        member: str,
        keys: dict[KeyRole, PrivateKey],
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        *,
        is_revoked: Callable[[str], bool],
    ) -> None:
        self.member = member
        self.epoch = f"{clock.now():%Y%m%dT%H%M%S.%fZ}-{random_bytes(4).hex()}"
        self._keys = dict(keys)
        self._clock = clock
        self._random = random_bytes
        self._is_revoked = is_revoked
        self._chains: dict[ChainId, OwnChain] = {}

    def resume(self, chain: ChainId, head: Resume) -> None:
        """Say where a chain ended in the epoch before; does nothing once the chain has gone on."""
        own = self._chains.setdefault(chain, OwnChain(head))
        if own.number == 0:
            own.resumes = head

    def seal(self, chain: ChainId, records: Sequence[bytes]) -> OpenFrame:
        """Make the chain's next frame.

        Raises:
            NotReleasableError: No key at hand may sign this status.
        """
        key = self.key_for(chain.status)
        own = self._chains.setdefault(chain, OwnChain(None))
        number = own.number + 1
        place = Place(chain, self.epoch, number, own.hash, own.resumes if number == 1 else None, self._clock.now())
        frame = seal_frame(place, records, key, self._random)
        own.number, own.hash = number, frame.ref.hash
        return frame

    def seal_control(self, chain: ChainId, record: bytes) -> OpenFrame:
        """Make a control frame, which stands outside the chain.

        Raises:
            NotReleasableError: No key at hand may sign this status.
        """
        place = Place(chain, self.epoch, 0, "", None, self._clock.now())
        return seal_frame(place, [record], self.key_for(chain.status), self._random)

    def heads(self, audience: str, status: str) -> tuple[Head, ...]:
        """Return where our chains of one audience and status end."""
        heads = []
        for precedence in Precedence:
            own = self._chains.get(ChainId(self.member, audience, status, precedence))
            if own is not None:
                heads.append(
                    Head(
                        originator=self.member, precedence=precedence, epoch=self.epoch, number=own.number,
                        hash=own.hash, resumes=own.resumes,
                    )
                )  # fmt: skip
        return tuple(heads)

    def worlds(self) -> set[tuple[str, str]]:
        """Return the pairs of audience and status in which we have chains."""
        return {(chain.audience, chain.status) for chain in self._chains}

    def can_sign(self, status: str) -> bool:
        """Tell whether a key for this status is at hand and was not taken back."""
        key = self._keys.get(ROLE_OF_STATUS[status_class(status)])
        return key is not None and not self._is_revoked(key.keyid)

    def revoked_roles(self) -> tuple[str, ...]:
        """Return the roles of the keys at hand that were taken back, sorted."""
        return tuple(sorted(role.value for role, key in self._keys.items() if self._is_revoked(key.keyid)))

    def use(self, key: PrivateKey) -> None:
        """Sign with this key from now on what a key of its role signs."""
        self._keys[key.role] = key

    def key_for(self, status: str) -> PrivateKey:
        """Return the key that signs a status.

        Raises:
            NotReleasableError: There is none at hand, or it was taken back: nobody would let in what it signs.
        """
        role = ROLE_OF_STATUS[status_class(status)]
        key = self._keys.get(role)
        if key is None:
            raise NotReleasableError(
                f"this node has no {role.value} key, so it cannot sign status {status}",
                advice=f"Name a {role.value} key in the member's TOML",
            )
        if self._is_revoked(key.keyid):
            raise NotReleasableError(
                f"the {role.value} key {key.keyid[:16]} of this member was taken back, so it signs nothing any more",
                advice="Agree on a roster with a new key, and name that in the member's TOML",
            )
        return key

    def sign(self, status: str, payload_type: str, payload: bytes) -> tuple[str, str]:
        """Sign what is no frame with the key of a status; return its keyid and the signature in base64.

        Raises:
            NotReleasableError: There is none at hand, or it was taken back.
        """
        key = self.key_for(status)
        return key.keyid, key.sign(payload_type, payload)


def chain_of(record: Record) -> ChainId:
    """Return the chain that a record travels in once it is released."""
    return ChainId(record.originator, record.marking.audience, record.status, record.precedence)


class Encoded(NamedTuple):
    """A record as it will stand in a frame."""

    kind: str
    data: bytes


@dataclass
class Batch:
    """Records that go into one frame."""

    kind: str
    """Of the first."""
    records: list[bytes]


def encoded(record: Record, policy: Policy) -> Encoded:
    """Write a record as it will stand in a frame.

    Raises:
        NotReleasableError: It alone is larger than a frame may be.
    """
    data = encode(record)
    if len(data) + _RECORD_OVERHEAD > _room(policy):
        raise NotReleasableError(f"{record.id} has {len(data)} bytes; a frame holds {policy.max_frame_bytes}")
    return Encoded(record.kind, data)


BULK_RECORDS = 50
"""In a frame of bulk at most: a receiver takes a frame in one go, and no warning should wait long for its turn."""


def most_records(policy: Policy, *, bulk: bool) -> int:
    """Return how many records a frame holds."""
    return min(policy.max_frame_records, BULK_RECORDS) if bulk else policy.max_frame_records


def batches(records: Iterable[Encoded], policy: Policy, *, bulk: bool = False) -> Iterator[Batch]:
    """Cut records into frames of the size that policy allows."""
    most = most_records(policy, bulk=bulk)
    batch = Batch("", [])
    size = 0
    for kind, data in records:
        cost = len(data) + _RECORD_OVERHEAD
        if not batch.records or size + cost > _room(policy) or len(batch.records) == most:
            if batch.records:
                yield batch
            batch, size = Batch(kind, []), 0
        batch.records.append(data)
        size += cost
    if batch.records:
        yield batch


class Tray:
    """Accepted records that are in no frame yet, by chain, in the order in which they came."""

    def __init__(self) -> None:
        self._chains: dict[ChainId, list[Encoded]] = {}
        self._counts = {False: 0, True: 0}

    def count(self, *, bulk: bool) -> int:
        """Return how many lie ready, of bulk or of all else."""
        return self._counts[bulk]

    def add(self, records: Sequence[tuple[ChainId, Encoded]]) -> None:
        """Lay records ready."""
        for chain, record in records:
            self._chains.setdefault(chain, []).append(record)
            self._counts[chain.precedence is Precedence.BULK] += 1

    def take(self, policy: Policy, *, wanted: Callable[[ChainId], bool]) -> Iterator[tuple[ChainId, Batch]]:
        """Take out what lies ready for some chains, frame by frame, the most urgent first."""
        for chain in sorted(filter(wanted, self._chains), key=lambda chain: _URGENCY[chain.precedence]):
            records = self._chains.pop(chain)
            bulk = chain.precedence is Precedence.BULK
            self._counts[bulk] -= len(records)
            for batch in batches(records, policy, bulk=bulk):
                yield chain, batch


_RECORD_OVERHEAD = 160
"""Bytes of salt, digest and punctuation that come with each record."""

_URGENCY = {precedence: place for place, precedence in enumerate(Precedence)}


def _room(policy: Policy) -> int:
    return policy.max_frame_bytes - 4096  # header and envelope
