"""One member as a process of its own: started, killed, started again; and its server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
_RESTART_S = 0.3
_AGAIN_S = 0.1
_SERVER_ENDS_S = 5.0


class MemberProcess:
    """Keeps a member running, as a service manager does.

    Args:
        code: The member.
        home: Its folder.
        note: Told what happens.
        greet: Returns the order for a node that has just joined.
    """

    def __init__(
        self, code: str, home: Path, *, note: Callable[..., None], greet: Callable[[str], dict[str, object]]
    ) -> None:
        self.code = code
        self.home = home
        self.starts = 0
        self.is_up = asyncio.Event()
        self.has_rested = asyncio.Event()
        self.turn = asyncio.Lock()
        """Held by whatever takes the process down and up again."""
        self._note = note
        self._greet = greet
        self._may_run = asyncio.Event()
        self._may_run.set()
        self._is_killed = False
        self._process: asyncio.subprocess.Process | None = None
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def pid(self) -> int | None:
        """The node's process, if it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def servers(self) -> list[int]:
        """Return the processes of its server."""
        mark = str(self.home / "data/nats").encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if b"--config" in words and any(word.startswith(mark) for word in words):
                        found.append(int(entry.name))
        return found

    async def keep(self) -> None:
        """Run the node, and again whenever it ends, until cancelled."""
        while True:
            await self._may_run.wait()
            if not self._may_run.is_set():  # forbidden again before it came to it
                continue
            self._ended.clear()
            await self._run_once()
            if not self._is_killed:
                await asyncio.sleep(_RESTART_S)

    async def kill(self, *, server_too: bool) -> None:
        """End the node at once, and its server with it or as the system does; it stays down until ``allow``."""
        self._may_run.clear()
        while not self._ended.is_set():
            if self.pid is not None:
                self._is_killed = True
                send(self.pid, signal.SIGKILL)
            for pid in self.servers() if server_too else ():
                send(pid, signal.SIGKILL)
            with suppress(TimeoutError):  # it may just be starting
                async with asyncio.timeout(_AGAIN_S):
                    await self._ended.wait()

    def allow(self) -> None:
        """Let it start again."""
        self._may_run.set()

    def order(self, **order: object) -> None:
        """Send an order, if there is anyone to take it."""
        if self.pid is not None and self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it may have ended this moment
                self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def stop(self, *, timeout_s: float) -> int | None:
        """Ask the node to leave; return its exit code, or None if it had to be killed."""
        self._may_run.clear()
        process = self._process
        if process is None or self.pid is None:
            return process.returncode if process is not None else None
        self._is_killed = True
        process.terminate()
        try:
            async with asyncio.timeout(timeout_s):
                await self._ended.wait()
        except TimeoutError:
            process.send_signal(signal.SIGUSR2)  # its tasks go to its log, and its threads
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGUSR1)
            await asyncio.sleep(0.5)
            process.kill()
            await self._ended.wait()
            return None
        return process.returncode

    async def _run_once(self) -> None:
        self._is_killed = False
        self.starts += 1
        with (self.home / "node.log").open("ab") as log:
            process = self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.campaign.member", str(self.home),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "up" in said:
                self._note(up=self.code, epoch=said["up"])
                self.order(**self._greet(self.code))
                self.is_up.set()
            elif "left" in said:
                self._note(leaving=self.code)
            elif "rested" in said:
                self.has_rested.set()
        code = await process.wait()
        self.is_up.clear()
        if not self._is_killed:
            self._note(ended=self.code, code=code)
        elif code >= 0:
            self._note(exited=self.code)
        await self._until_server_ended()
        self._ended.set()

    async def _until_server_ended(self) -> None:
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + _SERVER_ENDS_S
        while servers := self.servers():
            if loop.time() > patient_until:
                for pid in servers:
                    send(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def memory_mb(pid: int) -> float:
    """Return how much memory a process has held at most; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
