"""Members with real servers for tests: certificates, keys, ports, a mesh or a hub, and a wire that can be cut."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import hashlib
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tocsin.bus.client import Bus, OnDurable
from tocsin.bus.config import LANES, BusConfig, LaneKeys, PeerLink
from tocsin.bus.copies import Cursor
from tocsin.bus.keys import new_nkey
from tocsin.bus.server import Server
from tocsin.clock import SystemClock
from tocsin.records.record import Precedence
from tocsin.records.trusted import ChainId, FrameRef, Peer, Released

DAY = dt.timedelta(days=1)
MEBIBYTE = 1024**2


class Authority:
    """A certificate authority of one member, with one leaf certificate."""

    def __init__(self, directory: Path, member: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._member = member
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{member} authority")])
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 30 * DAY)
            .not_valid_after(now + 30 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file = directory / "ca.pem"
        self.certificate_file = directory / "leaf.pem"
        self.key_file = directory / "leaf.key"
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self.known_file = directory / "known.pem"
        shutil.copy(self.ca_file, self.known_file)
        self.issue()

    def introduce(self) -> None:
        """Let the peers know the present leaf certificate in place of the authority: only if it signs itself."""
        shutil.copy(self.certificate_file, self.known_file)

    def issue(self, *, until: dt.timedelta = 7 * DAY, signs_itself: bool = False) -> None:
        """Write a leaf certificate that is valid from 20 days ago until now plus ``until``."""
        key = ec.generate_private_key(ec.SECP256R1())
        own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._member)])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(own_name)
            .issuer_name(own_name if signs_itself else self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 20 * DAY)
            .not_valid_after(now + until)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
            .sign(key if signs_itself else self._key, hashes.SHA256())
        )
        self.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Wire:
    """A TCP proxy that can be cut, frozen and healed."""

    target_port: int
    delay_s: float = 0.0
    port: int = 0
    _server: asyncio.Server | None = None
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Drop every connection and take no new one until ``start``."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._flowing.set()
        for end in tuple(self._ends):
            end.transport.abort()
        if self._pumps:
            await asyncio.gather(*self._pumps, return_exceptions=True)

    def freeze(self) -> None:
        """Keep the connections open and carry nothing."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Carry again, what was held first."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._ends.add(sink)
            pump = asyncio.ensure_future(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._flowing.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.transport.abort()
            self._ends.discard(sink)


@dataclass
class Federation:
    """Configurations of some members, each with keys and an authority of its own, and the wires between them."""

    configs: dict[str, BusConfig]
    authorities: dict[str, Authority]
    wires: dict[tuple[str, str], Wire]
    """By (dialler, listener)."""

    async def start_wires(self) -> None:
        """Open every wire."""
        for wire in self.wires.values():
            await wire.start()

    async def stop_wires(self) -> None:
        """Cut every wire."""
        for wire in self.wires.values():
            await wire.cut()


def make_federation(
    directory: Path, members: tuple[str, ...] = ("USA", "JPN", "KOR"), *, hub: str | None = None, wired: bool = False
) -> Federation:
    """Make a mesh, or a star around ``hub``; the member named first in a pair listens, the other dials.

    With ``wired`` every link goes through a ``Wire``; ``start_wires`` comes before the servers then.
    """
    client_ports, leaf_ports, wire_ports = (
        dict(zip(members, free_ports(len(members)), strict=True)),
        dict(zip(members, free_ports(len(members)), strict=True)),
        iter(free_ports(len(members) ** 2)),
    )
    authorities = {member: Authority(directory / member, member) for member in members}
    pairs = [
        (dialler, listener)
        for place, listener in enumerate(members)
        for dialler in members[place + 1 :]
        if hub is None or hub in (dialler, listener)
    ]
    wires = {(dialler, listener): Wire(leaf_ports[listener], port=next(wire_ports)) for dialler, listener in pairs}
    links: dict[str, list[PeerLink]] = {member: [] for member in members}
    for dialler, listener in pairs:
        seeds, publics = {}, {}
        for lane in LANES:
            key = new_nkey()
            seeds[lane] = write_seed(directory / dialler / f"to-{listener}-{lane}.nk", key.seed)
            publics[lane] = key.public
        port = wires[dialler, listener].port if wired else leaf_ports[listener]
        links[dialler].append(
            PeerLink(
                code=listener,
                dial=f"127.0.0.1:{port}",
                certificate_file=str(authorities[listener].known_file),
                main=LaneKeys(seed_file=seeds["main"]),
                bulk=LaneKeys(seed_file=seeds["bulk"]),
                max_bytes=MEBIBYTE * 512,
                bulk_max_bytes=MEBIBYTE * 512,
            )
        )
        links[listener].append(
            PeerLink(
                code=dialler,
                certificate_file=str(authorities[dialler].known_file),
                main=LaneKeys(peer_publics=(publics["main"],)),
                bulk=LaneKeys(peer_publics=(publics["bulk"],)),
                max_bytes=MEBIBYTE * 512,
                bulk_max_bytes=MEBIBYTE * 512,
            )
        )
    configs = {
        member: BusConfig(
            member=member,
            client_listen=f"127.0.0.1:{client_ports[member]}",
            leaf_listen=f"127.0.0.1:{leaf_ports[member]}",
            store_dir=str(directory / member / "nats"),
            app_seed_file=write_seed(directory / member / "app.nk", new_nkey().seed),
            system_seed_file=write_seed(directory / member / "system.nk", new_nkey().seed),
            certificate_file=str(authorities[member].certificate_file),
            key_file=str(authorities[member].key_file),
            max_file_bytes=MEBIBYTE * 8192,
            peers=tuple(links[member]),
        )
        for member in members
    }
    return Federation(configs, authorities, wires)


def write_seed(path: Path, seed: str) -> str:
    """Write a seed, readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(seed)
    path.chmod(0o600)
    return str(path)


def without_peer(config: BusConfig, code: str) -> BusConfig:
    """Return the configuration as if that peer had not joined yet."""
    return msgspec.structs.replace(config, peers=tuple(peer for peer in config.peers if peer.code != code))


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test that is a coroutine, on the loop that the node uses."""

    @functools.wraps(test)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        uvloop.run(test(*args, **kwargs))

    return wrapper


@dataclass
class Inbox:
    """What a member was handed, and a way to wait for it."""

    live: list[tuple[bytes, str]] = field(default_factory=list)
    durable: list[tuple[bytes, str]] = field(default_factory=list)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def on_live(self, data: bytes, via: str) -> None:
        self.live.append((data, via))
        self._changed.set()

    async def on_durable(self, data: bytes, via: str, cursor: Cursor) -> None:
        if not self.may_go_on.is_set():
            await self.may_go_on.wait()
        self.durable.append((data, via))
        self.cursors[cursor.stream] = cursor
        self._changed.set()

    def durable_from(self, via: str) -> list[bytes]:
        return [data for data, peer in self.durable if peer == via]

    async def until(self, is_true: Callable[[], bool], *, timeout_s: float = 40.0) -> None:
        """Wait until what has arrived makes ``is_true`` true."""
        async with asyncio.timeout(timeout_s):
            while not is_true():
                self._changed.clear()
                await self._changed.wait()


class Member:
    """One member's server and bus."""

    def __init__(self, config: BusConfig) -> None:
        self.config = config
        self.code = config.member
        self.server = Server(config)
        self.inbox = Inbox()
        self._bus: Bus | None = None

    @property
    def bus(self) -> Bus:
        assert self._bus is not None
        return self._bus

    async def up(self, *, cursors: tuple[Cursor, ...] = ()) -> None:
        """Start the server, connect and listen."""
        await self.server.start()
        await self.connect(cursors=cursors)

    async def connect(self, *, cursors: tuple[Cursor, ...] = ()) -> None:
        """Connect to a server that runs, and listen."""
        await self.connect_only()
        await self.listen(cursors=cursors)

    async def connect_only(self) -> None:
        """Connect to a server that runs, with the outboxes ready and nothing heard yet."""
        self._bus = Bus(self.config, clock=SystemClock())
        await self._bus.connect()
        await self._bus.prepare_outboxes()

    async def listen(self, *, cursors: tuple[Cursor, ...] = ()) -> None:
        """Begin to receive."""
        await self.bus.prepare()
        await self.bus.listen(self.inbox.on_live, self.inbox.on_durable, cursors=cursors)

    async def connect_with(self, on_durable: OnDurable) -> None:
        """Connect to a server that runs, and listen with another receiver."""
        self._bus = Bus(self.config, clock=SystemClock())
        await self._bus.connect()
        await self._bus.listen(self.inbox.on_live, on_durable)

    async def down(self) -> None:
        """Stop all."""
        if self._bus is not None:
            await self._bus.close(drain_s=0.0)
            self._bus = None
        await self.server.stop()

    async def crash(self) -> None:
        """Kill the server with SIGKILL and wait until it is gone; the bus stays."""
        self.server.kill()
        await self.server.wait_ended()


@asynccontextmanager
async def running(federation: Federation, *codes: str) -> AsyncIterator[dict[str, Member]]:
    """Run the members named, or all, until the links of every one of them are up."""
    members = {code: Member(federation.configs[code]) for code in codes or federation.configs}
    await federation.start_wires()
    try:
        await asyncio.gather(*(member.server.start() for member in members.values()))
        await asyncio.gather(*(member.connect_only() for member in members.values()))
        await asyncio.gather(*(member.listen() for member in members.values()))
        await all_linked(members)
        yield members
    finally:
        await asyncio.gather(*(member.down() for member in members.values()))
        await federation.stop_wires()


async def all_linked(members: dict[str, Member], *, timeout_s: float = 20.0) -> None:
    """Wait until each member sees both lanes of its links to the others up and each copy hears its outbox."""

    async def linked() -> bool:
        for member in members.values():
            for code, link in (await member.bus.links()).items():
                if code not in members:
                    continue
                for lane in (link.main, link.bulk):
                    if not lane.connected or lane.source_active_s is None:
                        return False
        return True

    await eventually(linked, timeout_s=timeout_s)


async def eventually(is_true: Callable[[], Awaitable[bool]], *, timeout_s: float = 20.0) -> None:
    """Ask again and again: for what a server knows and tells nobody."""
    async with asyncio.timeout(timeout_s):
        while not await is_true():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


def frame(
    originator: str,
    to: str,
    number: int,
    *,
    precedence: Precedence = Precedence.FLASH,
    size: int = 400,
    is_control: bool = False,
) -> Released[Peer]:
    """Make something in the form of a frame that policy let go."""
    data = f"{originator}>{to}#{number}|".encode().ljust(size, b".")
    ref = FrameRef(
        chain=ChainId(originator, "JPN-KOR-USA", "test", precedence),
        epoch="e",
        number=number,
        hash=hashlib.sha256(data + precedence.value.encode()).hexdigest(),
    )
    return Released(Peer(to), data, ref, "warning.detection", is_control)
