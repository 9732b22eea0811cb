"""Proves a store or a bundle offline: every signature, digest, audience and chain, and where one breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from tocsin.codec import MAX_BYTES, decode
from tocsin.errors import ConfigError, RecordError, StoreError, TocsinError
from tocsin.exchange import Break, verify_frames
from tocsin.markings import PUBLIC
from tocsin.node.archives import MAGIC
from tocsin.node.bundles import read_frames, read_head, revocations_in
from tocsin.node.config import read_config
from tocsin.node.dossier_check import DossierCheck, DossierProof
from tocsin.node.dossiers import FRAMES
from tocsin.node.rosters import load_rosters
from tocsin.node.wiring import open_store
from tocsin.signing import KeyRevocation, SignedDocument, Trust, chained, read_roster
from tocsin.store import RecordQuery, Store, reread

_SQLITE = b"SQLite format 3\x00"


class ProvedBy(msgspec.Struct, frozen=True, kw_only=True):
    """A roster whose keys counted."""

    federation: str
    version: int
    fingerprint: str
    """SHA-256 of what its members signed; compare it with your own."""
    source: str


class BreakFound(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the proof fails."""

    where: str
    what: str


class GapFound(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a chain that are not there."""

    chain: str
    epoch: str
    after: int
    up_to: int


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof found."""

    schema: str = "tocsin.verify/1"
    source: str
    kind: str
    """``store``, ``bundle`` or ``dossier``."""
    is_sound: bool
    """Every signature, digest, audience and link holds; gaps alone break nothing."""
    frames: int
    records: int
    recalled: int
    chains: int
    rosters: tuple[ProvedBy, ...]
    breaks: tuple[BreakFound, ...]
    gaps: tuple[GapFound, ...]
    dossier: DossierProof | None = None
    """Of a dossier, what is proved besides."""


_Named = tuple[str, SignedDocument]
"""Where a roster was found, and it."""


@dataclass(frozen=True)
class _Evidence:
    kind: str
    size: int
    frames: Callable[[list[Break]], Iterator[tuple[int, bytes]]]
    rosters: Sequence[_Named]
    revocations: Sequence[SignedDocument]
    check: DossierCheck | None = None


def prove(source: Path, *, roster: Path | None, on_progress: Callable[[int, int], None]) -> Proof:
    """Check all frames of a store, a bundle, or the store of a member's folder.

    Args:
        source: A store's file, a bundle, a member's TOML or the folder that holds it.
        roster: The signed roster to check by; those found beside it that lead to it by hash count too. Else the
            member's own, or those inside the bundle.
        on_progress: Told how far it is, and of how much.

    Raises:
        ConfigError: There is nothing there, or no roster to check by.
        StoreError: The store cannot be read.
        FeedError: The bundle cannot be read.
    """
    evidence = _evidence(source, roster)
    trust = _trust(evidence.rosters)
    found: list[Break] = []

    def counted() -> Iterator[bytes]:
        for reached, data in evidence.frames(found):
            on_progress(reached, evidence.size)
            yield data

    taken_back = [one for document in evidence.revocations if (one := _revocation(document, trust, found))]
    check = evidence.check
    report = verify_frames(counted(), trust.rosters, taken_back, check.reader if check is not None else None)
    dossier = check.finish(found, trust.rosters) if check is not None else None
    breaks = [*report.breaks, *found]
    return Proof(
        source=str(source),
        kind=evidence.kind,
        is_sound=not breaks,
        frames=report.frames,
        records=report.records,
        recalled=report.recalled,
        chains=report.chains,
        rosters=tuple(
            ProvedBy(
                federation=roster.federation, version=roster.version, fingerprint=document.hash,
                source=name,
            )
            for roster, (name, document) in zip(trust.rosters, evidence.rosters, strict=True)
        ),
        breaks=tuple(BreakFound(where=each.where, what=each.what) for each in breaks),
        gaps=tuple(
            GapFound(
                chain=f"{gap.chain.originator} to {gap.chain.audience}, {gap.chain.status}, "
                f"{gap.chain.precedence.value}", epoch=gap.epoch, after=gap.after, up_to=gap.up_to,
            )
            for gap in report.gaps
        ),
        dossier=dossier,
    )  # fmt: skip


def _evidence(source: Path, roster: Path | None) -> _Evidence:
    given = [(str(roster), _document(roster))] if roster is not None else []
    if source.is_dir() or source.suffix == ".toml":
        config = read_config(source / "member.toml" if source.is_dir() else source)
        return _of_store(
            partial(open_store, config, read_only=True), _with_earlier(given, config.path(config.roster.file))
        )
    try:
        with source.open("rb") as opened:
            begin = opened.read(len(_SQLITE))
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", path=str(source),
            advice="Name a store, a bundle or a member's folder",
        ) from error  # fmt: skip
    if begin.startswith(MAGIC):
        check = DossierCheck(source)
        return replace(_of_bundle(partial(check.archive.open, FRAMES), source, given), kind="dossier", check=check)
    if begin != _SQLITE:
        return _of_bundle(lambda: source.open("rb"), source, given)
    beside = source.resolve().parent.parent / "member.toml"
    if beside.exists():
        config = read_config(beside)
        return _of_store(
            partial(Store.open, source, read_only=True), _with_earlier(given, config.path(config.roster.file))
        )
    if not given:
        raise ConfigError(
            "there is no roster to check this store by", path=str(source),
            advice="Name the member's folder instead, or add --roster FILE",
        )  # fmt: skip
    return _of_store(partial(Store.open, source, read_only=True), given)


def _with_earlier(given: list[_Named], file: Path) -> list[_Named]:
    """Return the rosters of a member's folder; with one given, those that lead to it."""
    try:
        return _led_to(given, [(str(file), document) for document in load_rosters(file)])
    except ConfigError:
        if given:
            return given
        raise


def _led_to(given: list[_Named], others: list[_Named]) -> list[_Named]:
    """Return a roster that was given with those of the others that are bound to it by hash; else the others."""
    if not others:
        return given
    name, anchor = given[0] if given else max(others, key=lambda each: _version(each[1], each[0]))
    names = {document.hash: source for source, document in others} | {anchor.hash: name}
    return [(names[each.hash], each) for each in chained([document for _, document in others], anchor=anchor)]


def _of_store(open_: Callable[[], Store], rosters: Sequence[_Named]) -> _Evidence:
    with open_() as store:
        newest = next(store.records(RecordQuery(newest_first=True, copies=True, limit=1)), None)
        revocations = tuple(revocations_in(store))

    def frames(found: list[Break]) -> Iterator[tuple[int, bytes]]:
        with open_() as store:
            for stored in store.chains.admitted_frames():
                try:
                    reread(stored)
                except StoreError as error:  # the journal and the frame tell different things
                    found.append(Break(f"admission {stored.order}", str(error.args[0])))
                yield stored.order, stored.data

    return _Evidence("store", newest.order if newest is not None else 0, frames, rosters, revocations)


def _of_bundle(open_: Callable[[], AbstractContextManager[BinaryIO]], file: Path, given: list[_Named]) -> _Evidence:
    with open_() as source:
        head = read_head(source, str(file))
    audience = head.audience

    def frames(found: list[Break]) -> Iterator[tuple[int, bytes]]:
        with open_() as source:
            for number, (reached, data) in enumerate(read_frames(source, str(file)), start=1):
                members = _members(data)
                if members and members != [PUBLIC] and not set(audience) <= set(members):
                    found.append(
                        Break(
                            f"frame {number} in the file",
                            f"is for {'-'.join(members)}, the bundle for {'-'.join(audience)}",
                        )
                    )
                yield reached, data

    rosters = _led_to(given, [(f"inside {file.name}", each) for each in head.rosters])
    return _Evidence("bundle", file.stat().st_size, frames, rosters, head.revocations)


class _Header(msgspec.Struct, frozen=True):
    audience: str


class _Envelope(msgspec.Struct, frozen=True):
    header: _Header


def _members(data: bytes) -> list[str]:
    try:
        return decode(data, _Envelope, outermost=False).header.audience.split("-")
    except RecordError:
        return []  # the proof of the frame itself tells what is wrong


def _document(file: Path) -> SignedDocument:
    try:
        return decode(file.read_bytes(), SignedDocument, max_bytes=16 * MAX_BYTES)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(file), advice="Name a signed roster") from error
    except RecordError as error:
        raise ConfigError(f"is no signed roster: {error}", path=str(file)) from error


def _revocation(document: SignedDocument, trust: Trust, found: list[Break]) -> KeyRevocation | None:
    try:
        return trust.revoke(document)
    except TocsinError as error:
        found.append(Break("a revocation", str(error)))
        return None


def _trust(rosters: Sequence[_Named]) -> Trust:
    if not rosters:
        raise ConfigError("the bundle holds no roster", advice="Add --roster FILE")
    try:
        return Trust(rosters[0][1], [document for _, document in rosters[1:]])
    except TocsinError as error:
        raise ConfigError(str(error), path=rosters[-1][0]) from error


def _version(document: SignedDocument, name: str) -> int:
    try:
        return read_roster(document).version
    except TocsinError as error:
        raise ConfigError(str(error), path=name) from error
