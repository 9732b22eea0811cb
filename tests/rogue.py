"""A rogue member: valid keys, a true server, and a mind of its own in place of a node."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from tests.nodes import CODES, House

from tocsin.bus import Bus, Cursor, Server
from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.exchange.frames import OpenFrame, Place, seal_frame
from tocsin.markings import marking_for
from tocsin.node import bus_config, load_keys, load_trust, read_config
from tocsin.records import ChainId, FrameRef, Peer, Precedence, Record, Released, with_body
from tocsin.signing import KeyRole

ALL = "-".join(CODES)


@dataclass
class Rogue:
    """JPN with its true keys, its true server, and a mind of its own in place of a node."""

    house: House
    heard: list[bytes] = field(default_factory=list)
    epoch: str = "rogue"
    numbers: Counter[ChainId] = field(default_factory=Counter)
    ends: dict[ChainId, str] = field(default_factory=dict)
    count: int = 0

    async def start(self) -> None:
        config = read_config(self.house.homes["JPN"] / "member.toml")
        roster = load_trust(config).roster
        self.keys = load_keys(config, roster)
        wired = bus_config(config, roster)
        self.server = Server(wired)
        await self.server.start()
        self.bus = Bus(wired, clock=SystemClock())
        await self.bus.connect()
        await self.bus.prepare()
        await self.bus.listen(self._hear_live, self._hear)

    async def stop(self) -> None:
        await self.bus.close(drain_s=0.0)
        await self.server.stop()

    def _hear_live(self, data: bytes, _via: str) -> None:
        self.heard.append(data)

    def _hear(self, data: bytes, _via: str, _cursor: Cursor) -> None:
        self.heard.append(data)

    def chain(self, audience: str = ALL, status: str = "test", originator: str = "JPN") -> ChainId:
        return ChainId(originator, audience, status, Precedence.FLASH)

    def seal(
        self,
        records: Sequence[Record | bytes],
        *,
        chain: ChainId | None = None,
        role: KeyRole = KeyRole.TEST,
        number: int | None = None,
        **place: object,
    ) -> OpenFrame:
        """Seal as a member would, or nearly so."""
        chain = chain or self.chain()
        goes_on = number is None
        if number is None:
            self.numbers[chain] += 1
            number = self.numbers[chain]
            place.setdefault("previous", self.ends.get(chain, ""))
        fields = {"previous": "", "resumes": None, "sealed_at": SystemClock().now(), "epoch": self.epoch, **place}
        raw = [record if isinstance(record, bytes) else encode(record) for record in records]
        frame = seal_frame(Place(chain=chain, number=number, **fields), raw, self.keys[role], secrets.token_bytes)
        if goes_on:
            self.ends[chain] = frame.ref.hash
        return frame

    def control(self, kind: str, body: msgspec.Struct, *, audience: str = ALL) -> None:
        """Say something to everyone that stands outside the chains."""
        self.count += 1
        record = with_body(
            kind, body, id=f"rogue-control-{self.count}", originator="JPN", status="test",
            marking=marking_for("JPN", *audience.split("-")), precedence=Precedence.ROUTINE,
            issued_at=SystemClock().now(),
        )  # fmt: skip
        chain = ChainId("JPN", audience, "test", Precedence.ROUTINE)
        self.say_live(self.seal([record], chain=chain, number=0))

    async def reset(self, owner: str) -> None:
        """Have the own copy begin the owner's outbox anew, all that a peer may ask of another's server."""
        await self.bus._main.request(f"{owner}.api.CONSUMER.RESET.OUT_{owner}_JPN.peer", {"seq": 1})

    def say_live(self, frame: OpenFrame) -> None:
        for code in ("KOR", "USA"):
            self.bus.publish_control(Released(Peer(code), frame.data, frame.ref, "exchange.heads", True), hop=code)

    async def say(self, *frames: OpenFrame | bytes, to: Sequence[str] = ("KOR", "USA")) -> None:
        """Send frames by both paths, like good ones."""
        for frame in frames:
            data = frame if isinstance(frame, bytes) else frame.data
            ref = FrameRef(self.chain(), "rogue", 1, secrets.token_hex(32))
            for code in to:
                await self.bus.publish(Released(Peer(code), data, ref, "warning.detection"), hop=code)

    async def flood(self, frames: Sequence[OpenFrame | bytes], *, precedence: Precedence = Precedence.FLASH) -> None:
        """Send frames by both paths as fast as the own server takes them."""
        acks = []
        for number, frame in enumerate(frames):
            data = frame if isinstance(frame, bytes) else frame.data
            chain = ChainId("JPN", ALL, "test", precedence)
            for code in ("KOR", "USA"):
                ref = FrameRef(chain, "rogue", 1, secrets.token_hex(32))
                acks.append(self.bus.submit(Released(Peer(code), data, ref, "warning.detection"), hop=code))
            if number % 50 == 49:
                await asyncio.sleep(0)
        await asyncio.gather(*acks)
