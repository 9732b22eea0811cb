"""One writer per store: a lock on a file beside the database, which the system lets go of when the process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tocsin.errors import StoreError


class WriterLock:
    """The right to write to one store, held until it is released."""

    def __init__(self, database: Path) -> None:
        """Take the lock.

        Raises:
            StoreError: Somebody else has it, or the lock file cannot be made.
        """
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"cannot open the lock file {path}: {error.strerror}",
                advice="The folder must exist and be writable; to look only, open the store read-only",
            ) from error
        try:
            # flock, not lockf: it also holds between two stores of one process
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 20).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StoreError(
                f"{database} is open for writing already (process {holder})",
                advice="One node writes to a store; stop the other, or open it read-only",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; the file stays, since removing it could take it from under the next writer."""
        os.close(self._descriptor)
