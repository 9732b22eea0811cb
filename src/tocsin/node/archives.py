"""Archives from outside, read without unpacking: nothing is written, and nothing is larger than it may be."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from tocsin.errors import FeedError

MOST_ENTRIES = 10_000
MAGIC = b"PK\x03\x04"

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A zip file whose entries have the names and sizes that they may have.

    Args:
        file: The zip file.
        allowed: By a pattern of whole names, how many bytes such an entry has at most when it is unpacked.

    Raises:
        FeedError: It is none, or holds what it may not.
    """

    def __init__(self, file: Path, allowed: Mapping[str, int]) -> None:
        self.name = str(file)
        self.size = file.stat().st_size
        try:
            self._zip = zipfile.ZipFile(file)
        except (OSError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError) as error:
            raise FeedError(f"is no archive that can be read: {error}", source=self.name) from error
        entries = self._zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise self._refused(f"it holds {len(entries)} entries, of at most {MOST_ENTRIES}")
        patterns = {re.compile(pattern): most for pattern, most in allowed.items()}
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            self._check(entry, patterns)
            if entry.filename in self._entries:
                raise self._refused(f"{entry.filename} stands in it twice")
            self._entries[entry.filename] = entry

    def _check(self, entry: zipfile.ZipInfo, patterns: Mapping[re.Pattern[str], int]) -> None:
        shown = repr(entry.filename[:80])
        most = next((most for pattern, most in patterns.items() if pattern.fullmatch(entry.filename)), None)
        if most is None:
            raise self._refused(f"it holds {shown}, which has no place there")
        if entry.file_size > most:
            raise self._refused(f"{shown} would be {entry.file_size} bytes unpacked, of at most {most}")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise self._refused(f"{shown} is no plain file")
        if entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
            raise self._refused(f"{shown} is encrypted, or compressed in a way that is not read here")

    def _refused(self, why: str) -> FeedError:
        return FeedError(f"is refused: {why}", source=self.name, advice="Nothing of it was unpacked; ask for another")

    def names(self) -> list[str]:
        """Return the names of the entries, sorted."""
        return sorted(self._entries)

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open an entry; it gives no more than its declared size.

        Raises:
            FeedError: It is not there, cannot be opened, or turns out to be damaged while it is read.
        """
        if name not in self._entries:
            raise self._refused(f"it holds no {name}")
        try:
            with self._zip.open(self._entries[name]) as source:
                yield cast("BinaryIO", source)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            raise self._refused(f"{name} is damaged: {error}") from error

    def read(self, name: str) -> bytes:
        """Return an entry whole.

        Raises:
            FeedError: It is not there, or is damaged.
        """
        with self.open(name) as source:
            return source.read()
