"""Looks a member's store over: room on the disk for a file; reach, version, rights and clock for a server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tocsin.errors import StoreError
from tocsin.node.config import MemberConfig
from tocsin.node.findings import Finding
from tocsin.node.wiring import open_store
from tocsin.store import look_over

_LITTLE_BYTES = 1024**3
_ABOUT = "store"


def store_findings(config: MemberConfig, *, now: datetime) -> Iterator[Finding]:
    """Yield what there is to say of the store.

    Args:
        config: The member's.
        now: UTC, to compare a server's clock with.
    """
    if config.store.url is not None:
        secret = config.store.password_file
        where = config.store.url
        try:
            found = look_over(where, password_file=None if secret is None else config.path(secret), now=now)
        except StoreError as error:
            yield _failed(error, where)
            return
        yield from (
            Finding(
                level="error" if trouble.is_serious else "warning", about=_ABOUT, what=trouble.what, where=where,
                advice=trouble.advice,
            )
            for trouble in found.troubles
        )  # fmt: skip
        yield Finding(level="ok", about=_ABOUT, what=f"PostgreSQL {found.version} answers", where=where)
        if not found.holds_store:
            yield Finding(level="ok", about=_ABOUT, what="is made when the node first runs", where=where)
            return
    else:
        path = config.path(config.store.file)
        where = str(path)
        yield from _room(path)
        if not path.exists():
            yield Finding(level="ok", about=_ABOUT, what="is made when the node first runs", where=where)
            return
    try:
        with open_store(config, read_only=True) as store:
            held = store.links.held()
    except StoreError as error:
        yield _failed(error, where)
        return
    waiting = sum(item.held.reason == "needs_person" for item in held)
    more = f"; {waiting} records wait for a person" if waiting else ""
    yield Finding(level="ok", about=_ABOUT, what=f"opens{more}", where=where)


def _room(path: Path) -> Iterator[Finding]:
    folder = next((parent for parent in path.parents if parent.exists()), path.parent)
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _LITTLE_BYTES:
        yield Finding(
            level="warning", about=_ABOUT, what=f"{free_bytes // 1024**2} MB are free", where=str(folder),
            advice="Make room, or set store.file",
        )  # fmt: skip


def _failed(error: StoreError, where: str) -> Finding:
    return Finding(level="error", about=_ABOUT, what=str(error.args[0]), where=where, advice=error.advice)
