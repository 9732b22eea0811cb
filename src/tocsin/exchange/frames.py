"""What travels: 1 to N records of one originator, audience, status and precedence, signed once (spec 4).

The signature covers the header's bytes, and the header lists a salted digest of each record. So one signature
holds for many records, and a record that was recalled can be taken out of a frame that still verifies.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec

from tocsin.clock import require_utc
from tocsin.codec import decode, encode, is_written_back
from tocsin.errors import MalformedRecordError, UnsupportedVersionError
from tocsin.markings import status_class
from tocsin.records import MAX_NUMBER, ChainId, FrameRef, Precedence, Record, require_epoch
from tocsin.signing import LastHead, PrivateKey

FRAME_TYPE = "application/vnd.tocsin.frame.v1+json"
PROTOCOL = "tocsin/1"
MAX_RECORDS = 1000
SALT_BYTES = 16

_MEMBER = re.compile(r"[A-Z]{3}")
_AUDIENCE = re.compile(r"PUBLIC|[A-Z]{3}(-[A-Z]{3})*")
_HASH = re.compile(r"[0-9a-f]{64}")


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a frame that is signed."""

    protocol: str
    originator: str
    audience: str
    """``JPN-KOR-USA``, ``PUBLIC``, or the originator alone."""
    status: str
    precedence: Precedence
    epoch: str
    number: int
    """From 1 upwards within the epoch; 0 for a control frame, which stands outside every chain."""
    previous: str = ""
    """Hash of the frame before in this epoch; empty for the first and for control frames."""
    resumes: tuple[str, int, str] | None = None
    """In the first frame of an epoch: epoch, number and hash of the last durable head before it."""
    sealed_at: datetime
    digests: tuple[str, ...]

    def __post_init__(self) -> None:
        require_utc(self.sealed_at)
        status_class(self.status)
        require_epoch(self.epoch)
        if not (0 <= self.number <= MAX_NUMBER and 1 <= len(self.digests) <= MAX_RECORDS):
            raise ValueError(f"a frame has a number from 0 to {MAX_NUMBER} and 1 to {MAX_RECORDS} records")
        if not (_MEMBER.fullmatch(self.originator) and _AUDIENCE.fullmatch(self.audience)):
            raise ValueError("originator and audience are codes of three capital letters, the audience's with hyphens")
        if self.number < 2 and self.previous:
            raise ValueError("only the second and later frames of an epoch name the one before")
        if self.number != 1 and self.resumes is not None:
            raise ValueError("only the first frame of an epoch says what it resumes")
        if self.resumes is not None:
            require_epoch(self.resumes[0])
            if not 1 <= self.resumes[1] <= MAX_NUMBER:
                raise ValueError(f"what a frame resumes has a number from 1 to {MAX_NUMBER}")
        for hash_ in (self.previous, self.resumes[2] if self.resumes else ""):
            if hash_ and not _HASH.fullmatch(hash_):
                raise ValueError("a frame names others by the SHA-256 of their headers, in hexadecimal")
        if self.resumes is not None:
            require_epoch(self.resumes[0])

    @property
    def chain(self) -> ChainId:
        """The chain that the frame belongs to."""
        return ChainId(self.originator, self.audience, self.status, self.precedence)

    @property
    def place(self) -> LastHead:
        """The frame's place as a revocation names it."""
        return LastHead(
            audience=self.audience, status=self.status, precedence=self.precedence.value, epoch=self.epoch,
            number=self.number,
        )  # fmt: skip

    @property
    def members(self) -> tuple[str, ...]:
        """The audience as single members."""
        return tuple(self.audience.split("-"))


_NOTHING = msgspec.Raw()


class Slip(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record with the salt of its digest; or the mark that it was recalled."""

    salt: str = ""
    record: msgspec.Raw = _NOTHING
    recalled: bool = False

    def __post_init__(self) -> None:
        if self.recalled == bool(bytes(self.record)) or self.recalled == bool(self.salt):
            raise ValueError("a slip holds a record with its salt, or says that it was recalled")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A frame as it travels."""

    header: msgspec.Raw
    keyid: str
    signature: str
    records: tuple[Slip, ...]


class _Version(msgspec.Struct, frozen=True):
    protocol: str


class _Versioned(msgspec.Struct, frozen=True):
    header: _Version


@dataclass(frozen=True)
class OpenFrame:
    """A frame taken apart, its digests checked; nothing says yet that it can be trusted."""

    data: bytes
    header: Header
    header_bytes: bytes
    keyid: str
    signature: str
    slips: tuple[Slip, ...]
    records: tuple[Record | None, ...] = ()
    """Read already, as far as they could be; empty for a frame that was sealed here."""

    @cached_property
    def ref(self) -> FrameRef:
        """The frame's place in its chain, with its hash."""
        return FrameRef(self.header.chain, self.header.epoch, self.header.number, frame_hash(self.header_bytes))

    @property
    def lacking(self) -> frozenset[int]:
        """Places of the records that were taken out."""
        return frozenset(index for index, slip in enumerate(self.slips) if slip.recalled)


def frame_hash(header_bytes: bytes) -> str:
    """Return the hash by which a frame is known: SHA-256 of the signed header's bytes (spec 4.6)."""
    return hashlib.sha256(header_bytes).hexdigest()


def salted_digest(salt: str, record: bytes) -> str:
    """Return the digest of a record that stands in the header (spec 4.4)."""
    return hashlib.sha256(b"tocsin/1 record %s " % salt.encode() + record).hexdigest()


@dataclass(frozen=True)
class Place:
    """Where a frame that is about to be sealed stands."""

    chain: ChainId
    epoch: str
    number: int
    previous: str
    resumes: tuple[str, int, str] | None
    sealed_at: datetime


def seal_frame(
    place: Place, records: Sequence[bytes], key: PrivateKey, random_bytes: Callable[[int], bytes]
) -> OpenFrame:
    """Salt, digest and sign.

    Args:
        place: Chain, number and links of the frame.
        records: Encoded records, 1 to ``MAX_RECORDS``.
        key: The originator's key whose role fits the status.
        random_bytes: Source of the salts.
    """
    slips = tuple(Slip(salt=random_bytes(SALT_BYTES).hex(), record=msgspec.Raw(record)) for record in records)
    header = Header(
        protocol=PROTOCOL, originator=place.chain.originator, audience=place.chain.audience,
        status=place.chain.status, precedence=place.chain.precedence, epoch=place.epoch, number=place.number,
        previous=place.previous, resumes=place.resumes, sealed_at=place.sealed_at,
        digests=tuple(salted_digest(slip.salt, record) for slip, record in zip(slips, records, strict=True)),
    )  # fmt: skip
    header_bytes = encode(header)
    signature = key.sign(FRAME_TYPE, header_bytes)
    data = encode(Envelope(header=msgspec.Raw(header_bytes), keyid=key.keyid, signature=signature, records=slips))
    return OpenFrame(data, header, header_bytes, key.keyid, signature, slips)


def open_frame(data: bytes, *, max_bytes: int) -> OpenFrame:
    """Take a frame apart and check its records against the digests in its header.

    Raises:
        MalformedRecordError: It is no frame, too large, or a digest does not fit.
        UnsupportedVersionError: It is of another major version.
    """
    try:
        envelope = decode(data, Envelope, max_bytes=max_bytes, outermost=False)
    except MalformedRecordError:
        _require_version(decode(data, _Versioned, max_bytes=max_bytes).header)  # another major has frames of its own
        raise
    try:
        _require_version(decode(envelope.header, _Version, outermost=False))
    except UnsupportedVersionError:
        decode(data, msgspec.Raw)
        raise
    header = decode(envelope.header, Header, outermost=False)
    if len(header.digests) != len(envelope.records):
        raise MalformedRecordError(f"{len(header.digests)} digests for {len(envelope.records)} records")
    records = _without_repeated_keys(data, envelope, header)
    for index, (slip, digest) in enumerate(zip(envelope.records, header.digests, strict=True)):
        if slip.recalled:
            if not _HASH.fullmatch(digest):
                raise MalformedRecordError("the digest is none", path=f"$.header.digests[{index}]")
        elif salted_digest(slip.salt, bytes(slip.record)) != digest:
            raise MalformedRecordError("the record does not fit its digest", path=f"$.records[{index}]")
    return OpenFrame(
        data, header, bytes(envelope.header), envelope.keyid, envelope.signature, envelope.records, records
    )  # fmt: skip


def _without_repeated_keys(data: bytes, envelope: Envelope, header: Header) -> tuple[Record | None, ...]:
    """Return the records of a frame in which no key stands twice in one object.

    What gives the same bytes when it is written again has no repeated key, save in the parts that are kept as they
    came; so frame, header and records are written again, and only the bodies are read as any JSON. That takes half the
    time of reading it all so, which is done where something differs.

    Raises:
        MalformedRecordError: A key stands twice.
    """
    records: list[Record | None] = []
    is_plain = encode(envelope) == data and encode(header) == bytes(envelope.header)
    for slip in envelope.records:
        record = None
        if not slip.recalled:
            try:
                record = decode(slip.record, Record, outermost=False)
            except MalformedRecordError:  # said of it later, record by record
                is_plain = False
            else:
                is_plain = is_plain and encode(record) == bytes(slip.record) and is_written_back(record.body)
        records.append(record)
    if not is_plain:
        decode(data, msgspec.Raw)
    return tuple(records)


def _require_version(version: _Version) -> None:
    protocol = version.protocol
    if protocol != PROTOCOL and not protocol.startswith(PROTOCOL + "."):
        raise UnsupportedVersionError(f"this frame speaks {protocol[:40]!r}, we speak {PROTOCOL}")


def without_records(data: bytes, indexes: set[int]) -> bytes:
    """Return the frame with some records taken out and marked as recalled; its signature still holds (spec 9.5)."""
    envelope = decode(data, Envelope, outermost=False)
    slips = tuple(
        Slip(recalled=True) if index in indexes else slip for index, slip in enumerate(envelope.records)
    )  # fmt: skip
    return encode(msgspec.structs.replace(envelope, records=slips))


def only_records(data: bytes, indexes: AbstractSet[int]) -> bytes:
    """Return the frame with these records alone; of the others the digests stay, and its signature holds."""
    envelope = decode(data, Envelope, outermost=False)
    return without_records(data, set(range(len(envelope.records))) - indexes)


def with_records(data: bytes, copy: bytes) -> bytes:
    """Return a frame with those records that it lacks and another copy of it holds; its signature still holds."""
    envelope, other = decode(data, Envelope, outermost=False), decode(copy, Envelope, outermost=False)
    slips = tuple(
        theirs if ours.recalled else ours for ours, theirs in zip(envelope.records, other.records, strict=True)
    )  # fmt: skip
    return encode(msgspec.structs.replace(envelope, records=slips))
