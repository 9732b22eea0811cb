"""What comes live, over a connection for each peer: one that sends too much never stands before another's warning."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tocsin.bus import names
from tocsin.bus.connection import Connection
from tocsin.clock import Clock

OnLive = Callable[[bytes, str], None]
"""Called in the read loop with a frame and the peer whose link it came by; must be quick and must not wait."""


class LivePaths:
    """Receives frames and control frames as they come, none of them for certain.

    Args:
        member: Our code.
        connect: Makes a connection to the own server for a peer's frames.
        clock: Tells when a peer was last heard of.
    """

    def __init__(self, member: str, connect: Callable[[str], Connection], clock: Clock) -> None:
        self._member = member
        self._connect = connect
        self._clock = clock
        self._on_live: OnLive | None = None
        self._connections: dict[str, Connection] = {}
        self._heard_s: dict[str, float] = {}

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that are open."""
        return tuple(self._connections.values())

    def heard_s(self, peer: str) -> float | None:
        """Return when something came from a peer last, by the monotonic clock."""
        return self._heard_s.get(peer)

    async def open(self, peers: Iterable[str], *, timeout_s: float) -> None:
        """Connect for each of some peers.

        Raises:
            BusAuthError: The server refuses the credentials.
            BusUnavailableError: No server answers within ``timeout_s`` seconds.
        """
        for peer in peers:
            if peer not in self._connections:
                self._connections[peer] = connection = self._connect(peer)
                await connection.open(timeout_s=timeout_s)
                await self._subscribe(peer, connection)

    async def begin(self, on_live: OnLive) -> None:
        """Say who takes the frames; nothing is received before."""
        self._on_live = on_live
        for peer, connection in self._connections.items():
            await self._subscribe(peer, connection)

    async def drop(self, peer: str) -> None:
        """Receive from a peer no more."""
        self._heard_s.pop(peer, None)
        connection = self._connections.pop(peer, None)
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        """Receive nothing more."""
        for peer in tuple(self._connections):
            await self.drop(peer)

    async def _subscribe(self, peer: str, connection: Connection) -> None:
        on_live = self._on_live
        if on_live is None:
            return

        def live(_subject: bytes, _reply: bytes, data: bytes, _headers: bytes | None) -> None:
            self._heard_s[peer] = self._clock.monotonic_s()
            on_live(data, peer)

        prefix = names.received_prefix(peer)
        for subject in (f"{prefix}.tocsin.v1.{self._member}.>", f"{prefix}.{names.control_subject(self._member)}"):
            await connection.subscribe(subject, live)
