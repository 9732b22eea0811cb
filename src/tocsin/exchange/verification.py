"""Proves frames that lie in a store or a bundle, offline: signatures, digests, audiences, chains (spec 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError, SignatureError, UnsupportedVersionError
from tocsin.exchange.frames import FRAME_TYPE, OpenFrame, open_frame
from tocsin.markings import status_class
from tocsin.records import MAX_BYTES, Admitted, ChainId, Record
from tocsin.signing import ROLE_OF_STATUS, KeyRevocation, Roster, Verifier, retirements


@dataclass(frozen=True)
class Break:
    """One place where the proof fails."""

    where: str
    """Chain, epoch, number and, where it is one record, its place in the frame."""
    what: str


@dataclass(frozen=True)
class Gap:
    """Numbers of a chain that are not there: a lost frame, or one that is still under way."""

    chain: ChainId
    epoch: str
    after: int
    up_to: int


@dataclass
class Report:
    """What a verification found."""

    frames: int = 0
    records: int = 0
    recalled: int = 0
    """Records that no copy of their frame holds."""
    chains: int = 0
    breaks: list[Break] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether every signature, digest, audience and link holds; gaps alone break nothing."""
        return not self.breaks


class _Link(NamedTuple):
    hash: str
    previous: str
    resumes: tuple[str, int, str] | None
    lacking: frozenset[int]
    """Places of records that no copy of the frame holds."""


_Chains = dict[tuple[ChainId, str], dict[int, _Link]]
"""By chain and epoch, then by number."""


@dataclass(frozen=True)
class Reader:
    """Somebody who takes the records that were proved, to read on in them."""

    take: Callable[[Admitted], None]
    admitted_at: Callable[[OpenFrame, int], datetime]
    """When a record of a frame had come in wherever the frames are from; no signature says it."""


def verify_frames(
    frames: Iterable[bytes],
    rosters: Sequence[Roster],
    revocations: Iterable[KeyRevocation] = (),
    reader: Reader | None = None,
) -> Report:
    """Check every frame on its own and every chain as a whole.

    Args:
        frames: As received; in any order.
        rosters: All versions that were in force, oldest first; a key that a later one no longer lists counts for what
            was sealed before that one was issued.
        revocations: Keys taken back; what they signed beyond their last heads breaks the proof.
        reader: Takes each record whose frame is sound by itself.
    """
    report = Report()
    keys = {
        (member.code, key.keyid): key.verifier()
        for roster in rosters
        for member in roster.members
        for key in member.keys
    }
    retired = retirements(rosters)
    taken_back = {revocation.keyid: revocation for revocation in revocations}
    chains: _Chains = {}
    for position, data in enumerate(frames, start=1):
        try:
            frame = open_frame(data, max_bytes=MAX_BYTES)
        except (MalformedRecordError, UnsupportedVersionError) as error:
            report.breaks.append(Break(f"frame {position} in the file", str(error)))
            continue
        report.frames += 1
        broken = len(report.breaks)
        if not _check_signature(frame, keys.get((frame.header.originator, frame.keyid)), report):
            continue
        report.breaks += _of_key(
            frame, taken_back.get(frame.keyid), retired.get((frame.header.originator, frame.keyid))
        )
        records = _check_records(frame, report)
        if reader is not None and len(report.breaks) == broken:
            for index, record in records:
                reader.take(_proved(frame, index, record, reader))
        held = chains.setdefault((frame.header.chain, frame.header.epoch), {})
        number, hash_, lacking = frame.header.number, frame.ref.hash, frame.lacking
        if number in held and held[number].hash != hash_:
            report.breaks.append(Break(_where(frame), "another frame has the same number: the originator equivocates"))
        elif number in held:
            lacking &= held[number].lacking
        held[number] = _Link(hash_, frame.header.previous, frame.header.resumes, lacking)
    report.chains = len(chains)
    report.recalled = sum(len(link.lacking) for links in chains.values() for link in links.values())
    for chain, epoch in chains:
        _check_chain(chain, epoch, chains, report)
    return report


def _of_key(frame: OpenFrame, taken_back: KeyRevocation | None, retired_at: datetime | None) -> Iterator[Break]:
    if taken_back is not None and taken_back.voids(frame.header.place):
        yield Break(_where(frame), f"key {frame.keyid[:16]} was taken back before this frame")
    if retired_at is not None and frame.header.sealed_at >= retired_at:
        what = f"key {frame.keyid[:16]} is retired since {retired_at:%Y-%m-%d %H:%MZ}, before this frame was sealed"
        yield Break(_where(frame), what)


def _check_signature(frame: OpenFrame, key: Verifier | None, report: Report) -> bool:
    header = frame.header
    if key is None:
        report.breaks.append(Break(_where(frame), f"no roster gives {header.originator} key {frame.keyid[:16]}"))
        return False
    if key.role is not ROLE_OF_STATUS[status_class(header.status)]:
        report.breaks.append(Break(_where(frame), f"a {key.role.value} key signed status {header.status}"))
    try:
        key.verify(FRAME_TYPE, frame.header_bytes, frame.signature)
    except SignatureError as error:
        report.breaks.append(Break(_where(frame), str(error)))
        return False
    return True


def _proved(frame: OpenFrame, index: int, record: Record, reader: Reader) -> Admitted:
    return Admitted(
        record=record, raw=bytes(frame.slips[index].record), digest=frame.header.digests[index], frame=frame.ref,
        index=index, admitted_at=reader.admitted_at(frame, index), sealed_at=frame.header.sealed_at,
        via=frame.header.originator,
    )  # fmt: skip


def _check_records(frame: OpenFrame, report: Report) -> list[tuple[int, Record]]:
    """Return the records with their places in the frame."""
    header = frame.header
    records = []
    for index, slip in enumerate(frame.slips):
        if slip.recalled:
            continue
        report.records += 1
        where = f"{_where(frame)}, record {index}"
        try:
            record = decode(slip.record, Record, outermost=False)
        except MalformedRecordError as error:
            report.breaks.append(Break(where, str(error)))
            continue
        own = header.audience == header.originator
        if (record.originator, record.status, record.precedence) != (
            header.originator, header.status, header.precedence,
        ):  # fmt: skip
            report.breaks.append(Break(where, f"{record.id} contradicts its frame"))
        elif record.marking.audience != header.audience and not own:
            report.breaks.append(Break(where, f"{record.id} is for {record.marking.audience}"))
        else:
            records.append((index, record))
    return records


def _check_chain(chain: ChainId, epoch: str, chains: _Chains, report: Report) -> None:
    held = chains[chain, epoch]
    before = 0
    for number in sorted(held):
        link = held[number]
        if number > before + 1:
            report.gaps.append(Gap(chain, epoch, before, number - 1))
        elif number > 1 and link.previous != held[number - 1].hash:
            report.breaks.append(Break(_place(chain, epoch, number), f"does not link to frame {number - 1}"))
        if link.resumes is not None:
            former, end, hash_ = link.resumes
            resumed = chains.get((chain, former), {}).get(end)
            if resumed is not None and resumed.hash != hash_:
                what = f"resumes another frame {end} of epoch {former} than the one here"
                report.breaks.append(Break(_place(chain, epoch, number), what))
        before = number


def _where(frame: OpenFrame) -> str:
    return _place(frame.header.chain, frame.header.epoch, frame.header.number)


def _place(chain: ChainId, epoch: str, number: int) -> str:
    world = f"{chain.originator} to {chain.audience}, {chain.status}, {chain.precedence.value}"
    return f"{world}, epoch {epoch}, frame {number}"
