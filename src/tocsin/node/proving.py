"""Proves a store or a bundle offline: every signature, digest, audience and chain, and where one breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tocsin.codec import MAX_BYTES, decode
from tocsin.errors import ConfigError, RecordError, StoreError, TocsinError
from tocsin.exchange import Break, verify_frames
from tocsin.markings import PUBLIC
from tocsin.node.bundles import BundleHead, read_frames, read_head, revocations_in
from tocsin.node.config import read_config
from tocsin.signing import KeyRevocation, SignedDocument, Trust
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
    """``store`` or ``bundle``."""
    is_sound: bool
    """Every signature, digest, audience and link holds; gaps alone break nothing."""
    frames: int
    records: int
    recalled: int
    chains: int
    rosters: tuple[ProvedBy, ...]
    breaks: tuple[BreakFound, ...]
    gaps: tuple[GapFound, ...]


@dataclass(frozen=True)
class _Evidence:
    kind: str
    size: int
    frames: Callable[[list[Break]], Iterator[tuple[int, bytes]]]
    rosters: Sequence[tuple[str, SignedDocument]]
    revocations: Sequence[SignedDocument]


def prove(source: Path, *, roster: Path | None, on_progress: Callable[[int, int], None]) -> Proof:
    """Check all frames of a store, a bundle, or the store of a member's folder.

    Args:
        source: A store's file, a bundle, a member's TOML or the folder that holds it.
        roster: Signed rosters by which to check, one file; else the member's own, or those inside the bundle.
        on_progress: Told how far it is, and of how much.

    Raises:
        ConfigError: There is nothing there, or no roster to check by.
        StoreError: The store cannot be read.
        FeedError: The bundle cannot be read.
    """
    evidence = _evidence(source, roster)
    trusts = [(name, _trust(document, name)) for name, document in evidence.rosters]
    found: list[Break] = []

    def counted() -> Iterator[bytes]:
        for reached, data in evidence.frames(found):
            on_progress(reached, evidence.size)
            yield data

    taken_back = [one for document in evidence.revocations if (one := _revocation(document, trusts, found))]
    report = verify_frames(counted(), [trust.roster for _, trust in trusts], taken_back)
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
                federation=trust.roster.federation, version=trust.roster.version, fingerprint=trust.document.hash,
                source=name,
            )
            for name, trust in trusts
        ),
        breaks=tuple(BreakFound(where=each.where, what=each.what) for each in breaks),
        gaps=tuple(
            GapFound(
                chain=f"{gap.chain.originator} to {gap.chain.audience}, {gap.chain.status}, "
                f"{gap.chain.precedence.value}", epoch=gap.epoch, after=gap.after, up_to=gap.up_to,
            )
            for gap in report.gaps
        ),
    )  # fmt: skip


def _evidence(source: Path, roster: Path | None) -> _Evidence:
    given = [(str(roster), _document(roster))] if roster is not None else []
    if source.is_dir() or source.suffix == ".toml":
        config = read_config(source / "member.toml" if source.is_dir() else source)
        file = config.path(config.roster.file)
        return _of_store(config.path(config.store.file), given or [(str(file), _document(file))])
    try:
        with source.open("rb") as opened:
            is_store = opened.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", path=str(source),
            advice="Name a store, a bundle or a member's folder",
        ) from error  # fmt: skip
    if not is_store:
        head = read_head(source)
        inside = [(f"inside {source.name}", document) for document in head.rosters]
        return _of_bundle(source, head, given or inside)
    if not given:
        beside = source.resolve().parent.parent / "member.toml"
        if not beside.exists():
            raise ConfigError(
                "there is no roster to check this store by", path=str(source),
                advice="Name the member's folder instead, or add --roster FILE",
            )  # fmt: skip
        config = read_config(beside)
        given = [(str(config.path(config.roster.file)), _document(config.path(config.roster.file)))]
    return _of_store(source, given)


def _of_store(file: Path, rosters: Sequence[tuple[str, SignedDocument]]) -> _Evidence:
    with Store.open(file, read_only=True) as store:
        newest = next(store.records(RecordQuery(newest_first=True, copies=True, limit=1)), None)
        revocations = tuple(revocations_in(store))

    def frames(found: list[Break]) -> Iterator[tuple[int, bytes]]:
        with Store.open(file, read_only=True) as store:
            for stored in store.chains.admitted_frames():
                try:
                    reread(stored)
                except StoreError as error:  # the journal and the frame tell different things
                    found.append(Break(f"admission {stored.order}", str(error.args[0])))
                yield stored.order, stored.data

    return _Evidence("store", newest.order if newest is not None else 0, frames, rosters, revocations)


def _of_bundle(file: Path, head: BundleHead, rosters: Sequence[tuple[str, SignedDocument]]) -> _Evidence:
    audience = head.audience

    def frames(found: list[Break]) -> Iterator[tuple[int, bytes]]:
        for number, (reached, data) in enumerate(read_frames(file), start=1):
            members = _members(data)
            if members and members != [PUBLIC] and not set(audience) <= set(members):
                found.append(
                    Break(
                        f"frame {number} in the file",
                        f"is for {'-'.join(members)}, the bundle for {'-'.join(audience)}",
                    )
                )
            yield reached, data

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


def _revocation(
    document: SignedDocument, trusts: Sequence[tuple[str, Trust]], found: list[Break]
) -> KeyRevocation | None:
    why = "no roster"
    for _, trust in trusts:
        try:
            return trust.revoke(document)
        except TocsinError as error:
            why = str(error)
    found.append(Break("a revocation", why))
    return None


def _trust(document: SignedDocument, name: str) -> Trust:
    try:
        return Trust(document)
    except TocsinError as error:
        raise ConfigError(str(error), path=name) from error
