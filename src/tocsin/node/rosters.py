"""The rosters on this member's disk: the one in force in its file, those before it in ``rosters/`` beside the file.

An earlier roster is kept because frames that were sealed under its keys still verify (spec 11.7).
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, RollbackError, TocsinError
from tocsin.node.config import MemberConfig
from tocsin.signing import SignedDocument, Trust, chained, read_roster

MAX_DOCUMENT_BYTES = 16_000_000
_ARCHIVED = re.compile(r"\d{4,}\.json")


def load_trust(config: MemberConfig) -> Trust:
    """Read the roster that is in force here, and those before it that are kept without a hole.

    Raises:
        ConfigError: It cannot be read, is not signed as it must be, does not follow from those that were in force
            before it, or does not hold this member.
    """
    path = config.path(config.roster.file)
    trust = _trust(path)
    if trust.roster.member(config.member.code) is None:
        raise ConfigError(f"{config.member.code} is not in this roster", path=str(path))
    return trust


def load_rosters(file: Path) -> tuple[SignedDocument, ...]:
    """Return a roster and those before it that are kept beside it without a hole, oldest first.

    Raises:
        ConfigError: One of them cannot be read, or the file is older than what is kept or another branch of it.
    """
    in_force = read_document(file)
    version = _version(in_force, file)
    kept = {path: each for path, each in archived(file).items() if each.hash != in_force.hash}  # a crash leaves both
    for path, document in kept.items():
        found = _version(document, path)
        if found >= version:
            raise ConfigError(
                f"version {version} is not newer than what was in force before it", path=str(file),
                advice=f"Put the roster back that was in force, or compare it with {path}",
            )  # fmt: skip
        if found == version - 1 and read_roster(in_force).previous != document.hash:
            raise ConfigError(
                f"version {version} does not follow from version {found} that was in force", path=str(file),
                advice=f"Somebody put another roster there; compare it with {path}",
            )  # fmt: skip
    return chained(tuple(kept.values()), anchor=in_force)


def archived(file: Path) -> dict[Path, SignedDocument]:
    """Return the earlier rosters that are kept beside the one in force, by path, oldest first.

    Raises:
        ConfigError: One of them cannot be read.
    """
    folder = archive_of(file)
    try:
        paths = sorted((path for path in folder.iterdir() if _ARCHIVED.fullmatch(path.name)), key=_by_number)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(folder)) from error
    return {path: read_document(path) for path in paths}


def archive_of(file: Path) -> Path:
    """Return the folder that keeps the rosters that were in force before the one in a file."""
    return file.parent / "rosters"


def read_document(file: Path) -> SignedDocument:
    """Read a signed document.

    Raises:
        ConfigError: It cannot be read or is none.
    """
    try:
        return decode(file.read_bytes(), SignedDocument, max_bytes=MAX_DOCUMENT_BYTES)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", path=str(file), advice="Put the federation's signed roster there"
        ) from error
    except TocsinError as error:
        raise ConfigError(f"is no signed document: {error}", path=str(file)) from error


def put_in_force(config: MemberConfig, document: SignedDocument) -> None:
    """Keep the roster in force beside its file and put its successor in place, so that a crash leaves one of them.

    Who signed is for ``Trust.apply`` to judge, before. The same roster again changes nothing.

    Raises:
        ConfigError: A file cannot be read or written.
        RollbackError: It is not the successor of the one in force.
    """
    file = config.path(config.roster.file)
    if file.exists():
        former = read_document(file)
        if former.hash == document.hash:
            return
        version = _version(former, file)
        if read_roster(document).previous != former.hash:
            raise RollbackError(f"this roster does not follow from version {version} in {file}")
        write_document(archive_of(file) / f"{version:04}.json", former)
    write_document(file, document)


def write_document(file: Path, document: SignedDocument) -> None:
    """Write a signed document whole or not at all.

    Raises:
        ConfigError: It cannot be written.
    """
    write_file(file, encode(document))


def write_file(file: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all, also where the power fails.

    Args:
        file: Where to; put in the place of what is there.
        data: All of it.
        mode: Who may read it.

    Raises:
        ConfigError: It cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
        part.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _trust(file: Path) -> Trust:
    first, *later = load_rosters(file)
    try:
        return Trust(first, later)
    except TocsinError as error:
        raise ConfigError(str(error), path=str(file)) from error


def _version(document: SignedDocument, file: Path) -> int:
    try:
        return read_roster(document).version
    except TocsinError as error:
        raise ConfigError(str(error), path=str(file)) from error


def _by_number(path: Path) -> int:
    return int(path.stem)
