"""Small disks that fill up: memory file systems in a mount namespace of this process and its children alone."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

_NEW_MOUNTS = 0x00020000
_NEW_USERS = 0x10000000
_ROOM_KIB = 1024 * 1024
_PAGE_KIB = 4
_TRIES = 50


def isolate() -> bool:
    """Enter a mount namespace, as root or as one's own; tell whether file systems can be mounted now."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if user == 0:
        entered = libc.unshare(_NEW_MOUNTS) == 0
    else:
        entered = libc.unshare(_NEW_MOUNTS | _NEW_USERS) == 0
        if entered:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    return entered and _mount("--make-rprivate", "/")


class Disk:
    """A file system of its own under a folder, that can be filled to the last page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.is_there = _mount("-t", "tmpfs", "-o", f"mode=700,size={_ROOM_KIB}k", "tocsin", str(folder))

    def fill(self) -> bool:
        """Leave no room, and tell whether that succeeded: what is written this moment may need more."""
        for _ in range(_TRIES):
            size_kib = max(self.used_bytes // 1024, _PAGE_KIB)
            if _mount("-o", f"remount,size={size_kib}k", str(self._folder)):
                return True
        return False

    def free(self) -> None:
        """Give the room back."""
        _mount("-o", f"remount,size={_ROOM_KIB}k", str(self._folder))

    @property
    def used_bytes(self) -> int:
        """What lies on it."""
        state = os.statvfs(self._folder)
        return (state.f_blocks - state.f_bfree) * state.f_frsize


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def unmount(folder: Path) -> None:
    """Take a file system off a folder, with all that are mounted within."""
    subprocess.run(["umount", "--recursive", "--lazy", str(folder)], capture_output=True, check=False)
