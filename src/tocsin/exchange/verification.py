"""Proves frames that lie in a store or a bundle, offline: signatures, digests, audiences, chains (spec 12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError, SignatureError, UnsupportedVersionError
from tocsin.exchange.frames import FRAME_TYPE, OpenFrame, open_frame
from tocsin.markings import status_class
from tocsin.records import MAX_BYTES, ChainId, Record
from tocsin.signing import ROLE_OF_STATUS, Roster


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
    chains: int = 0
    breaks: list[Break] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether every signature, digest, audience and link holds; gaps alone break nothing."""
        return not self.breaks


def verify_frames(frames: Iterable[bytes], rosters: Iterable[Roster]) -> Report:
    """Check every frame on its own and every chain as a whole.

    Args:
        frames: As received; in any order.
        rosters: All versions that were in force; a key of any of them counts.
    """
    report = Report()
    keys = {
        (member.code, key.keyid): key.verifier()
        for roster in rosters
        for member in roster.members
        for key in member.keys
    }
    chains: dict[tuple[ChainId, str], dict[int, tuple[str, str]]] = {}
    for position, data in enumerate(frames, start=1):
        try:
            frame = open_frame(data, max_bytes=MAX_BYTES)
        except (MalformedRecordError, UnsupportedVersionError) as error:
            report.breaks.append(Break(f"frame {position} in the file", str(error)))
            continue
        report.frames += 1
        header = frame.header
        key = keys.get((header.originator, frame.keyid))
        if key is None:
            report.breaks.append(Break(_where(frame), f"no roster gives {header.originator} key {frame.keyid[:16]}"))
            continue
        if key.role is not ROLE_OF_STATUS[status_class(header.status)]:
            report.breaks.append(Break(_where(frame), f"a {key.role.value} key signed status {header.status}"))
        try:
            key.verify(FRAME_TYPE, frame.header_bytes, frame.signature)
        except SignatureError as error:
            report.breaks.append(Break(_where(frame), str(error)))
            continue
        _check_records(frame, report)
        held = chains.setdefault((header.chain, header.epoch), {})
        ref = frame.ref
        if header.number in held and held[header.number][0] != ref.hash:
            report.breaks.append(Break(_where(frame), "another frame has the same number: the originator equivocates"))
        held[header.number] = (ref.hash, header.previous)
    report.chains = len(chains)
    for (chain, epoch), held in chains.items():
        _check_chain(chain, epoch, held, report)
    return report


def _check_records(frame: OpenFrame, report: Report) -> None:
    header = frame.header
    for index, slip in enumerate(frame.slips):
        if slip.recalled:
            report.recalled += 1
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


def _check_chain(chain: ChainId, epoch: str, held: dict[int, tuple[str, str]], report: Report) -> None:
    before = 0
    for number in sorted(held):
        if number > before + 1:
            report.gaps.append(Gap(chain, epoch, before, number - 1))
        elif number > 1 and held[number][1] != held[number - 1][0]:
            report.breaks.append(Break(_place(chain, epoch, number), f"does not link to frame {number - 1}"))
        before = number


def _where(frame: OpenFrame) -> str:
    return _place(frame.header.chain, frame.header.epoch, frame.header.number)


def _place(chain: ChainId, epoch: str, number: int) -> str:
    world = f"{chain.originator} to {chain.audience}, {chain.status}, {chain.precedence.value}"
    return f"{world}, epoch {epoch}, frame {number}"
