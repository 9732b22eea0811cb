"""Bundles: frames in a file, word for word, with the roster that proves them; for members named beforehand.

The first line is ``{"bundle": "tocsin/1", "rosters": [...], "audience": [...], "revocations": [...]}``, each further
line one frame. A frame whose JSON holds a line break, which a signature may cover, stands as ``{"base64": "..."}``.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from tocsin.codec import MAX_BYTES, decode, encode
from tocsin.errors import ConfigError, FeedError, RecordError
from tocsin.exchange import PROTOCOL, release_frame, release_record
from tocsin.records import BundleFile, Released, Revocation
from tocsin.signing import SignedDocument
from tocsin.store import RecordQuery, Store, reread

_MAX_LINE = 2 * MAX_BYTES


class BundleHead(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a bundle."""

    bundle: str
    rosters: tuple[SignedDocument, ...]
    audience: tuple[str, ...]
    revocations: tuple[SignedDocument, ...] = ()
    """Keys taken back, as far as whoever made the bundle knew and may tell."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What an export did."""

    file: str
    audience: tuple[str, ...]
    frames: int
    records: int
    stayed: int
    """Frames that were asked for and whose marking does not let them go to all of that audience."""


class _Wrapped(msgspec.Struct, frozen=True):
    base64: str


def export_bundle(
    store: Store, query: RecordQuery, *, rosters: Sequence[SignedDocument], outlet: BundleFile, file: Path
) -> Exported:
    """Write the frames of the records that a query asks for, as far as their marking lets them go.

    Args:
        store: The member's store.
        query: Which records; a frame goes as a whole, since it is signed as a whole.
        rosters: Those by which the frames are proved.
        outlet: For whom the bundle is.
        file: Where to; a new file.

    Raises:
        ConfigError: The file is there already, cannot be written, or nothing may go into it.
        StoreError: The store cannot be read.
    """
    counts = {"frames": 0, "records": 0, "stayed": 0}
    part = file.with_name(f".{file.name}.part")
    if file.exists():
        raise ConfigError("is there already", path=str(file), advice="Name a new file")
    try:
        with part.open("wb") as sink:
            head = BundleHead(
                bundle=PROTOCOL, rosters=tuple(rosters), audience=outlet.audience,
                revocations=tuple(revocations_in(store, outlet)),
            )  # fmt: skip
            sink.write(encode(head) + b"\n")
            for frame in _frames(store, query, outlet, counts):
                sink.write(line_of(frame) + b"\n")
            sink.flush()
            os.fsync(sink.fileno())
        if not counts["frames"]:
            stayed = f"; {counts['stayed']} frames are not for all of them" if counts["stayed"] else ""
            raise ConfigError(
                f"nothing was found that may go to {', '.join(outlet.audience)}{stayed}", path=str(file),
                advice="Widen the filters, or name fewer members",
            )  # fmt: skip
        part.rename(file)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file)) from error
    finally:
        part.unlink(missing_ok=True)
    return Exported(file=str(file), audience=outlet.audience, **counts)


def revocations_in(store: Store, outlet: BundleFile | None = None) -> Iterator[SignedDocument]:
    """Yield the revocations of keys that a store holds; with an outlet, those that may go to it.

    Raises:
        StoreError: The store cannot be read.
    """
    for stored in store.records(RecordQuery(kinds=("exchange.revocation",))):
        body = stored.admitted.body
        may_go = outlet is None or isinstance(release_record(stored.admitted, outlet), Released)
        if may_go and isinstance(body, Revocation):
            yield decode(body.document.encode(), SignedDocument)


def _frames(
    store: Store, query: RecordQuery, outlet: BundleFile, counts: dict[str, int]
) -> Iterator[Released[BundleFile]]:
    seen = set()
    for stored in store.records(replace(query, copies=True)):
        frame_hash = stored.admitted.frame.hash
        if frame_hash in seen:
            continue
        seen.add(frame_hash)
        kept = store.chains.frame(frame_hash)
        if kept is None:  # recalled whole since the query began
            continue
        frame = reread(kept)
        released = release_frame(frame, outlet)
        if not isinstance(released, Released):
            counts["stayed"] += 1
            continue
        counts["frames"] += 1
        counts["records"] += len(frame.records)
        yield released


def line_of(released: Released[BundleFile]) -> bytes:
    """Return a frame as its line of a bundle."""
    if b"\n" in released.data or b"\r" in released.data:
        return encode(_Wrapped(base64.b64encode(released.data).decode()))
    return released.data


def read_head(source: BinaryIO, name: str) -> BundleHead:
    """Return the first line of a bundle.

    Args:
        source: The bundle, at its beginning.
        name: Of the file, for what is said of it.

    Raises:
        FeedError: It is no bundle.
    """
    try:
        line = source.readline(64 * MAX_BYTES)
    except OSError as error:
        raise FeedError(error.strerror or "cannot be read", source=name) from error
    try:
        head = decode(line, BundleHead, max_bytes=64 * MAX_BYTES)
    except RecordError as error:
        raise FeedError(
            f"is no bundle: {error}", source=name, line=1, advice="Make one with: tocsin records export"
        ) from error
    if head.bundle.partition(".")[0] != PROTOCOL:
        raise FeedError(f"is a bundle of {head.bundle[:40]!r}, we read {PROTOCOL}", source=name, line=1)
    return head


def read_frames(source: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the frames of a bundle, each with the file's position after it, bytes.

    What is no frame is yielded as it stands: the proof tells what is wrong with it.

    Args:
        source: The bundle, at its beginning.
        name: Of the file, for what is said of it.

    Raises:
        FeedError: The file cannot be read.
    """
    try:
        source.readline(64 * MAX_BYTES)
        while line := source.readline(_MAX_LINE):
            if data := line.rstrip(b"\r\n"):
                yield source.tell(), _unwrapped(data)
    except OSError as error:
        raise FeedError(error.strerror or "cannot be read", source=name) from error


def _unwrapped(data: bytes) -> bytes:
    if not data.startswith(b'{"base64":'):
        return data
    try:
        return base64.b64decode(decode(data, _Wrapped, max_bytes=_MAX_LINE).base64, validate=True)
    except (RecordError, ValueError):  # binascii.Error is one; so is what is not ASCII
        return data
