"""Checks that a dossier is what its frames give: made anew from what was proved, byte for byte."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from tocsin.claims.dossier import SCHEMA, Dossier, DossierHead, dossier_of
from tocsin.codec import decode, encode
from tocsin.dossier import page
from tocsin.errors import FeedError, MalformedRecordError, SignatureError, TocsinError
from tocsin.exchange import Break, Reader
from tocsin.exchange.frames import OpenFrame
from tocsin.markings import status_class
from tocsin.node.archives import Archive
from tocsin.node.dossiers import ABOUT, DATA, FRAMES, PAGE, SEAL, SEAL_TYPE
from tocsin.paper import base_map
from tocsin.records import Admitted
from tocsin.signing import ROLE_OF_STATUS, Roster, SignedDocument

_MOST_TEXT = 64_000_000
_MOST_FRAMES = 4_000_000_000
_MOST_FILE = 2_000_000_000
_ALLOWED = {
    PAGE: _MOST_TEXT, DATA: _MOST_TEXT, FRAMES: _MOST_FRAMES, ABOUT: 100_000, SEAL: 10_000_000,
    r"files/[0-9a-f]{64}": _MOST_FILE
}  # fmt: skip


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What one member signed of it."""

    member: str
    records: int
    first_at: datetime
    last_at: datetime


class DossierProof(msgspec.Struct, frozen=True, kw_only=True):
    """What is proved of a dossier."""

    title: str
    head: DossierHead
    signed: tuple[Signed, ...]
    is_same_data: bool
    """Made anew from the frames it gives the same ``dossier.json``."""
    is_same_page: bool
    """And the same ``dossier.html``."""
    files: int
    """Whose bytes are those that an item of the dossier names."""


class _Proved(msgspec.Struct, frozen=True):
    frame: str
    index: int
    admitted_at: datetime


class _Data(msgspec.Struct, frozen=True):
    schema: str
    head: DossierHead
    title: str
    records: tuple[_Proved, ...]


class DossierCheck:
    """Takes the records that are proved, and then says whether the dossier is what they give.

    Args:
        file: The archive.

    Raises:
        FeedError: It is no dossier, or holds what it may not.
    """

    def __init__(self, file: Path) -> None:
        self.archive = Archive(file, _ALLOWED)
        self._data = self.archive.read(DATA)
        try:
            self._told = decode(self._data, _Data, max_bytes=_MOST_TEXT)
        except MalformedRecordError as error:
            raise FeedError(f"holds no dossier: {error}", source=f"{file}: {DATA}") from error
        if self._told.schema != SCHEMA:
            raise FeedError(f"is of {self._told.schema[:40]!r}, we read {SCHEMA}", source=f"{file}: {DATA}")
        self._came_in = {(each.frame, each.index): each.admitted_at for each in self._told.records}
        self._taken: list[Admitted] = []
        self.reader = Reader(take=self._take, admitted_at=self._admitted_at)

    def _admitted_at(self, frame: OpenFrame, index: int) -> datetime:
        return self._came_in.get((frame.ref.hash, index), frame.header.sealed_at)

    def _take(self, admitted: Admitted) -> None:
        self._taken.append(admitted)

    def finish(self, breaks: list[Break], rosters: Sequence[Roster]) -> DossierProof:
        """Return what is proved, once every frame was looked at.

        Args:
            breaks: Grows by what is wrong.
            rosters: Whose keys count.
        """
        breaks += self._unsealed(rosters)
        made: Dossier | None = None
        try:
            made = dossier_of(self._taken, self._told.head)
        except TocsinError as error:
            breaks.append(Break(DATA, f"cannot be made from the frames: {error}"))
        is_same_data = made is not None and encode(made) == self._data
        is_same_page = made is not None and page(made, base_map()).encode() == self.archive.read(PAGE)
        if made is not None and not is_same_data:
            breaks.append(Break(DATA, "is not what the frames give: it was changed, or made by another version"))
        if made is not None and not is_same_page:
            breaks.append(Break(PAGE, "is not what the frames give: it was changed, or made by another version"))
        return DossierProof(
            title=self._told.title, head=self._told.head, signed=tuple(self._signed()), is_same_data=is_same_data,
            is_same_page=is_same_page, files=self._files(made, breaks),
        )  # fmt: skip

    def _unsealed(self, rosters: Sequence[Roster]) -> Iterator[Break]:
        """Yield what the seal of whoever made it does not cover."""
        head = self._told.head
        try:
            seal = decode(self.archive.read(SEAL), SignedDocument, max_bytes=10_000_000)
            digests = decode(seal.payload.encode(), dict[str, str], max_bytes=10_000_000)
        except MalformedRecordError as error:
            yield Break(SEAL, f"is none: {error}")
            return
        role = ROLE_OF_STATUS[status_class(head.status)]
        keys = tuple(
            key
            for roster in rosters
            if (member := roster.member(head.made_by)) is not None
            for key in member.keys
            if key.role is role
        )
        try:
            is_theirs = seal.payload_type == SEAL_TYPE and head.made_by in seal.signers({head.made_by: keys})
        except SignatureError as error:
            yield Break(SEAL, str(error))
            return
        if not is_theirs:
            yield Break(
                SEAL, f"bears no signature of a {role.value} key of {head.made_by}, which is said to have made it"
            )
        for name in sorted({*digests, *self.archive.names()} - {SEAL}):
            if name not in self.archive.names():
                yield Break(name, "was sealed, and is not there")
            elif self._digest(name) != digests.get(name):
                yield Break(name, "is not what was sealed")

    def _digest(self, name: str) -> str:
        with self.archive.open(name) as source:
            return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]

    def _signed(self) -> list[Signed]:
        counts = Counter(each.record.originator for each in self._taken)
        found = []
        for member in sorted(counts):
            at = [each.sealed_at for each in self._taken if each.record.originator == member]
            found.append(Signed(member=member, records=counts[member], first_at=min(at), last_at=max(at)))
        return found

    def _files(self, made: Dossier | None, breaks: list[Break]) -> int:
        known = {told.body.sha256 for told in made.items} if made is not None else set()
        right = 0
        for name in self.archive.names():
            if not name.startswith("files/"):
                continue
            digest = self._digest(name)
            if digest != name.partition("/")[2]:
                breaks.append(Break(name, f"has the SHA-256 {digest}"))
            elif digest not in known:
                breaks.append(Break(name, "is of no item of the dossier"))
            else:
                right += 1
        return right
