"""Looks into the members' stores while they run: only to see when nothing moves any more. The checker has its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path


def hashes(home: Path) -> set[str]:
    """Return the hashes of all frames that a member's store holds."""
    return {hash_ for hash_, _ in _rows(home / "data/store.db", "SELECT hash, audience FROM frames")}


def record_ids(store: Path) -> set[str]:
    """Return the ids of all records that a store holds."""
    return {id_ for (id_,) in _rows(store, "SELECT id FROM records")}


def unequal(homes: Mapping[str, Path]) -> str:
    """Say where two members differ in what both may have, or what is still on its way; empty if nothing is."""
    held = {
        code: dict(_rows(home / "data/store.db", "SELECT hash, audience FROM frames")) for code, home in homes.items()
    }
    for code, home in homes.items():
        ((waiting,),) = _rows(home / "data/store.db", "SELECT count(*) FROM outbox")
        if waiting:
            return f"{waiting} frames of {code} wait for an outbox"
    everything = {hash_: audience for frames in held.values() for hash_, audience in frames.items()}
    for code, frames in held.items():
        missing = [
            hash_ for hash_, audience in everything.items() if code in audience.split("-") and hash_ not in frames
        ]
        if missing:
            return f"{code} lacks {len(missing)} frames, such as {missing[0]}"
    return ""


def _rows(store: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(statement).fetchall()
