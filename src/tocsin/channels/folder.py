"""A file for each message, for whatever picks files up: complete when it appears, and never changed after."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tocsin.channels.carrying import CapFile, require_own
from tocsin.errors import ChannelError
from tocsin.records import PublicChannel, Released


class Folder:
    """Writes messages into a folder.

    Args:
        name: Of the channel.
        path: Of the folder; made if it is not there.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    async def carry(self, released: Released[PublicChannel], message: CapFile) -> str:
        """Write a message. See ``Channel.carry``."""
        require_own(self.name, released)
        try:
            file = await asyncio.to_thread(write_whole, self._path, message)
        except OSError as error:
            raise ChannelError(f"{self._path}: {error.strerror}", channel=self.name) from error
        return f"written to {file.name}"


def write_whole(folder: Path, message: CapFile) -> Path:
    """Write a message so that nobody ever sees half of it; one that is there already stays.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / message.name
    if file.exists() and file.read_bytes() == message.data:
        return file
    draft = folder / f".{message.name}.new"
    with draft.open("wb") as opened:
        opened.write(message.data)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    return file
