"""The door inward: bytes become ``Admitted`` records, or a reason (spec 6). The only place that makes ``Admitted``.

What is refused: what is too large or no frame, another major version, an unknown member or key, a key of another
role, a wrong signature, a key taken back, what is not for us, and a second frame with a number that is taken.
What is never refused: a warning for a gap before it, for a clock that is off, or because its originator has told others
something else before. It is marked and shown so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError, SignatureError, UnsupportedVersionError
from tocsin.exchange.chains import ForeignChains, Standing
from tocsin.exchange.frames import FRAME_TYPE, Header, OpenFrame, open_frame, without_records
from tocsin.markings import PUBLIC, status_class
from tocsin.records import CONTROL_KINDS, Admitted, AdmittedFrame, FrameRef, Record, check_body
from tocsin.signing import ROLE_OF_STATUS, Trust


class Reason(Enum):
    """Why something was refused."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    VERSION = "unknown_version"
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_KEY = "unknown_key"
    KEY_ROLE = "key_role"
    SIGNATURE = "bad_signature"
    REVOKED = "revoked_key"
    RETIRED = "retired_key"
    NOT_FOR_US = "not_for_us"
    EQUIVOCATION = "equivocation"
    MISMATCH = "record_against_frame"
    QUOTA = "quota"
    """More distinct things (kinds, worlds, epochs) than one peer may bring; nothing is wrong with it otherwise."""
    DESK = "desk_failed"
    """No refusal at the door: the record came in, and a desk of this member could not take it."""


@dataclass(frozen=True)
class Rejected:
    """A frame, or one record of an admitted frame, that did not come in."""

    reason: Reason
    detail: str
    hash: str
    """SHA-256 of the bytes."""
    via: str
    path: str
    at: datetime
    data: bytes
    """What to keep as evidence; empty for what was never meant for us."""
    ref: FrameRef | None = None


@dataclass(frozen=True)
class Duplicate:
    """A frame that is held already: the other path was faster."""

    ref: FrameRef


@dataclass(frozen=True)
class Ahead:
    """A live frame beyond more gaps than are remembered: its durable copy, which comes in order, is waited for."""

    ref: FrameRef


@dataclass(frozen=True)
class Entry:
    """Circumstances of a frame's arrival."""

    member: str
    """Who we are."""
    via: str
    path: str
    now: datetime
    max_bytes: int
    clock_tolerance_s: float
    sealed: OpenFrame | None = None
    """The frame itself, if this process has sealed it a moment ago: then it was checked before it was signed."""


@dataclass(frozen=True)
class Inside:
    """An admitted frame with those of its records that were refused one by one."""

    frame: AdmittedFrame
    refused: tuple[Rejected, ...]


def admit(data: bytes, trust: Trust, chains: ForeignChains, entry: Entry) -> Inside | Duplicate | Ahead | Rejected:
    """Verify a frame and let it in; its place in the chain is taken note of.

    Args:
        data: The bytes as received.
        trust: The roster in force.
        chains: What is held; grows by this frame if it comes in.
        entry: Circumstances of its arrival.
    """
    if len(data) > entry.max_bytes:
        return _rejected(
            Reason.TOO_LARGE, f"{len(data)} bytes, of at most {entry.max_bytes}", data[:4096], entry, original=data
        )
    try:
        frame = entry.sealed or open_frame(data, max_bytes=entry.max_bytes)
    except UnsupportedVersionError as error:
        return _rejected(Reason.VERSION, str(error), data, entry)
    except MalformedRecordError as error:
        return _rejected(Reason.MALFORMED, str(error), data, entry)
    ref, header = frame.ref, frame.header
    if entry.path == "live" and not chains.has_room_for(ref):
        return Ahead(ref)
    refusal = _refusal(frame, trust, entry)
    if refusal is not None:
        return refusal
    is_open = is_forked = False
    if header.number > 0:
        standing = chains.standing(ref, header.previous)
        misplaced = _misplaced(standing, frame, chains, entry)
        if misplaced is not None:
            return misplaced
        is_forked = standing is Standing.FORKED
        is_open = is_forked or chains.is_open(ref, header.resumes)
        chains.take(ref, header.previous, header.resumes)
        if lacking := frame.lacking:
            chains.stripped.note(ref.hash, lacking)
    inside = _records(frame, ref, entry, is_open=is_open)
    if not is_forked:
        return inside
    # it comes in, for it may be a warning; that what it follows is another frame than ours is proof and alarm
    detail = f"frame {header.number} of epoch {header.epoch} is not of the chain that {header.originator} signed before"
    return Inside(inside.frame, (*inside.refused, _rejected(Reason.EQUIVOCATION, detail, data, entry, ref)))


def _misplaced(
    standing: Standing, frame: OpenFrame, chains: ForeignChains, entry: Entry
) -> Inside | Duplicate | Rejected | None:
    """Say what a verified frame is whose place in the chain is not free; None if it is."""
    ref, header = frame.ref, frame.header
    if standing is Standing.HELD:
        return _completing(frame, chains, entry) or Duplicate(ref)
    if standing is Standing.TOO_MANY:
        detail = f"{header.originator} begins more epochs, or worlds such as {header.audience[:80]}, than it may"
        return _rejected(Reason.QUOTA, detail, frame.data, entry, ref)
    if standing is Standing.CONFLICT:
        detail = f"frame {header.number} of epoch {header.epoch} contradicts what {header.originator} signed before"
        return _rejected(Reason.EQUIVOCATION, detail, frame.data, entry, ref)
    return None


def _refusal(frame: OpenFrame, trust: Trust, entry: Entry) -> Rejected | None:
    header = frame.header
    if not trust.has_known(header.originator):
        return _rejected(Reason.UNKNOWN_MEMBER, f"{header.originator[:40]} is not in the roster", frame.data, entry)
    if not _is_for(entry.member, header):
        detail = f"audience {header.audience[:80]} of {header.originator}"
        return _rejected(Reason.NOT_FOR_US, detail, b"", entry, original=frame.data)
    key = trust.key(header.originator, frame.keyid)
    if key is None:
        detail = f"{header.originator} has no key {frame.keyid[:16]}"
        return _rejected(Reason.UNKNOWN_KEY, detail, frame.data, entry)
    if key.role is not ROLE_OF_STATUS[status_class(header.status)]:
        detail = f"a {key.role.value} key of {header.originator} signed a frame of status {header.status}"
        return _rejected(Reason.KEY_ROLE, detail, frame.data, entry)
    try:
        if entry.sealed is None:
            key.verify(FRAME_TYPE, frame.header_bytes, frame.signature)
    except SignatureError as error:
        return _rejected(Reason.SIGNATURE, str(error), frame.data, entry)
    if trust.is_void(frame.keyid, header.place):
        detail = f"key {frame.keyid[:16]} of {header.originator} was taken back before this frame"
        return _rejected(Reason.REVOKED, detail, frame.data, entry, frame.ref)
    retired_at = trust.retired_at(header.originator, frame.keyid)
    if retired_at is not None and (header.number == 0 or header.sealed_at >= retired_at):
        detail = f"key {frame.keyid[:16]} of {header.originator} is retired since {retired_at:%Y-%m-%d %H:%MZ}"
        return _rejected(Reason.RETIRED, detail, frame.data, entry)
    return None


def _completing(frame: OpenFrame, chains: ForeignChains, entry: Entry) -> Inside | None:
    """Let in what the held copy lacks and nobody recalled: somebody took it out on the way (spec 6.3)."""
    ref, stripped = frame.ref, chains.stripped
    lacking = stripped.lacking(ref.hash)
    if lacking <= frame.lacking:
        return None
    recalled = {
        index
        for index, record in enumerate(frame.records)
        if record is not None and stripped.is_recalled(record.id, record.originator)
    }
    late = lacking - frame.lacking - recalled
    if not late:
        return None
    stripped.note(ref.hash, lacking - late)
    inside = _records(frame, ref, entry, is_open=chains.is_open(ref, frame.header.resumes), only=late)
    kept = without_records(frame.data, recalled) if recalled else frame.data
    return Inside(replace(inside.frame, data=kept, completes=True), inside.refused)


def _records(
    frame: OpenFrame, ref: FrameRef, entry: Entry, *, is_open: bool, only: frozenset[int] | None = None
) -> Inside:
    header = frame.header
    ahead_s = (header.sealed_at - entry.now) / timedelta(seconds=1)
    late_is_odd = entry.path == "live"  # a durable copy may be as old as the outage that it outlived
    suspect = ahead_s > entry.clock_tolerance_s or (late_is_odd and -ahead_s > entry.clock_tolerance_s)
    admitted, refused = [], []
    for index, slip in enumerate(frame.slips):
        if slip.recalled or (only is not None and index not in only):
            continue
        raw = bytes(slip.record)
        try:
            read = frame.records[index] if frame.records else None
            record = read or decode(slip.record, Record, outermost=False)
            if entry.sealed is None:
                check_body(record)
        except MalformedRecordError as error:
            refused.append(_rejected(Reason.MALFORMED, f"record {index}: {error}", raw, entry, ref))
            continue
        against = _against_frame(record, header)
        if against:
            refused.append(_rejected(Reason.MISMATCH, f"record {index}: {against}", raw, entry, ref))
            continue
        admitted.append(
            Admitted(
                record=record, raw=raw, digest=header.digests[index], frame=ref, index=index, admitted_at=entry.now,
                sealed_at=header.sealed_at, via=entry.via, clock_suspect=suspect, chain_open=is_open,
            )
        )  # fmt: skip
    inside = AdmittedFrame(
        ref=ref, data=frame.data, previous=header.previous, resumes=header.resumes, records=tuple(admitted),
        admitted_at=entry.now, sealed_at=header.sealed_at, via=entry.via, path=entry.path,
        clock_suspect=suspect, chain_open=is_open,
    )  # fmt: skip
    return Inside(inside, tuple(refused))


def _is_for(member: str, header: Header) -> bool:
    members = header.members
    if members == (PUBLIC,):
        return True
    return member in members and header.originator in members and _is_in_order(members)


@lru_cache(maxsize=256)
def _is_in_order(members: tuple[str, ...]) -> bool:
    return list(members) == sorted(set(members))


def _against_frame(record: Record, header: Header) -> str:
    """Return in what a record contradicts the frame that carries it; empty if in nothing."""
    if record.originator != header.originator:
        return f"originator {record.originator} in a frame of {header.originator}"
    if record.status != header.status:
        return f"status {record.status} in a frame of status {header.status}"
    if record.precedence is not header.precedence:
        return f"precedence {record.precedence.value} in a frame of {header.precedence.value}"
    own = header.audience == header.originator  # the {self} chain also holds what is not released yet
    if record.marking.audience != header.audience and not (own and record.marking.allows([header.originator])):
        return f"audience {record.marking.audience} in a frame for {header.audience}"
    if (header.number == 0) != (record.kind in CONTROL_KINDS):
        return f"{record.kind} in a frame with number {header.number}"
    return ""


def _rejected(
    reason: Reason, detail: str, data: bytes, entry: Entry, ref: FrameRef | None = None, *, original: bytes = b""
) -> Rejected:
    digest = hashlib.sha256(original or data).hexdigest()
    return Rejected(reason, detail, digest, entry.via, entry.path, entry.now, data, ref)
