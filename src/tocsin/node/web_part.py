"""The watch floor of a member: follows what is admitted, shows it, and hands in what people do.

In a process of its own (``tocsin up --part web``) or beside the exchange, it is a part like any other: it reads the
store, and what it shows has passed the door.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Literal

import msgspec
import structlog

from tocsin.clock import Clock, SystemClock
from tocsin.errors import ConfigError, TocsinError
from tocsin.markings import PUBLIC
from tocsin.node.alerts_office import office_of
from tocsin.node.asking import ask_status
from tocsin.node.attached import AttachedPart, serve_part
from tocsin.node.config import MemberConfig, OutletTable, SensorTable
from tocsin.node.desks import known_here
from tocsin.node.part_words import WEB
from tocsin.node.public_warning import is_open
from tocsin.node.status import LinkStatus, MemberStatus
from tocsin.records import Outlet, Record
from tocsin.store import Store
from tocsin.web import (
    Access,
    Account,
    CotListen,
    CotStream,
    Coverage,
    DeclaredSensor,
    Floor,
    Gateway,
    LinkItem,
    LinkState,
    Listen,
    Passkeys,
    People,
    RelyingParty,
    Sessions,
    Vouching,
    serve_floor,
)

_ASK_TIMEOUT_S = 5.0
SHORTEST_TOKEN = 32
"""Characters of an outlet's token."""

log = structlog.get_logger()


class WebPart:
    """Runs a member's watch floor.

    Args:
        config: The member's TOML.
        clock: Tells the time of the page.
        mode: ``replay`` for a federation of simulated data that is thrown away.
        links: Asks how the node is; its health address is asked without one.
    """

    def __init__(
        self,
        config: MemberConfig,
        *,
        clock: Clock | None = None,
        mode: Literal["live", "replay"] = "live",
        links: Callable[[], Awaitable[LinkState]] | None = None,
    ) -> None:
        self._config = config
        self._clock = clock if clock is not None else SystemClock()
        self.part = AttachedPart(config, WEB, clock=SystemClock(), is_urgent=True)
        web = config.web
        certificate, key = (None if path is None else config.path(path) for path in (web.certificate, web.key))
        self.listen = Listen(address=web.listen, certificate=certificate, key=key)
        self._member = _Member(config, self.part, links=links)
        self._people = People(config.path(web.people))
        self._sessions = Sessions(self._people, SystemClock())
        self._mode: Literal["live", "replay"] = mode
        self.is_served = asyncio.Event()
        """Whether the page can be opened."""

    def invite(self, account: Account) -> str:
        """Return an address that signs somebody in once."""
        return f"{self.listen.url}enter?once={self._sessions.invite(account)}"

    def issue(self, records: Sequence[Record]) -> None:
        """Hand records to the node, as the floor does with what people do on its page."""
        self._member.issue(records)

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            ConfigError: The page cannot be served there.
            ReplacedError: Another process shows this member's watch floor now.
            StoreError: The store cannot be read.
        """
        await serve_part(self.part, [self._show], stop)

    async def _show(self) -> None:
        self._member.opened = await self.part.attached()
        outlets = {table.name: Outlet(table.name, table.audience) for table in self._config.web.outlets}
        gateway = Gateway(
            self._member, clock=self._clock, new_id=lambda: secrets.token_hex(16), mode=self._mode,
            outlets=tuple(outlets.values()), sensors=[self._sensor(table) for table in self._config.web.sensors],
            settings=self._config.warning.settings,
            office=None if self._config.alerts.run == "off" else office_of(self._config),
            is_open=partial(is_open, self._config),
        )  # fmt: skip
        order = await asyncio.to_thread(gateway.load)
        floor = Floor(
            gateway, self._sessions, version("tocsin"), is_secure=self.listen.is_secure,
            outlets=self._accesses(outlets), naming=msgspec.structs.asdict(self._config.web.naming),
            passkeys=self._passkeys(), release_by=self._config.exchange.release_by, known=known_here,
        )  # fmt: skip
        log.info("watch floor", member=self._member.code, url=self.listen.url)
        streams = [
            CotStream(gateway, outlets[table.name]).serve(self._cot_listen(table, table.listen))
            for table in self._config.web.outlets
            if table.listen is not None
        ]
        await asyncio.gather(
            self._follow(gateway, order), gateway.run(), Vouching(gateway, self._people).run(),
            serve_floor(floor, self.listen, self.is_served), *streams,
        )  # fmt: skip

    def _accesses(self, outlets: Mapping[str, Outlet]) -> dict[str, Access]:
        found = {}
        for table in self._config.web.outlets:
            if table.token_file is None:
                continue
            path = self._config.path(table.token_file)
            try:
                token = path.read_text("utf-8").partition("\n")[0].strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"token of the outlet {table.name} cannot be read: {error}", path=str(path)
                ) from error
            if len(token) < SHORTEST_TOKEN:
                advice = f"Make one: openssl rand -hex 32 > {path}"
                raise ConfigError(f"has a token of {len(token)} characters", path=str(path), advice=advice)
            found[table.name] = Access(outlets[table.name], token)
        return found

    def _sensor(self, table: SensorTable) -> DeclaredSensor:
        code = self._config.member.code
        to_deg = table.to_deg if table.to_deg > table.from_deg else table.to_deg + 360.0
        return DeclaredSensor(
            sensor_id=table.id, lat_deg=table.lat_deg, lon_deg=table.lon_deg, altitude_m=table.altitude_m,
            coverage=Coverage(range_km=table.range_km, from_deg=table.from_deg, to_deg=to_deg),
            audience=table.audience if table.audience == (PUBLIC,) else tuple(sorted({code, *table.audience})),
        )  # fmt: skip

    def _passkeys(self) -> Passkeys | None:
        web = self._config.web
        if not web.page_origin:
            return None
        party = RelyingParty(web.rp_id or web.host, web.page_origin, f"Tocsin {self._member.code}")
        return Passkeys(self._people, party, SystemClock())

    def _cot_listen(self, table: OutletTable, address: str) -> CotListen:
        certificate, key, clients = (
            None if path is None else self._config.path(path) for path in (table.certificate, table.key, table.clients)
        )
        return CotListen(address=address, certificate=certificate, key=key, clients=clients)

    async def _follow(self, gateway: Gateway, order: int) -> None:
        self.part.progress(order)
        async for found in self.part.follow(order):
            gateway.take(found)
            self.part.progress(found[-1].order)


class _Member:
    """The node's side of the watch floor."""

    def __init__(
        self, config: MemberConfig, part: AttachedPart, *, links: Callable[[], Awaitable[LinkState]] | None
    ) -> None:
        self._config = config
        self._part = part
        self._links = links
        self._known = LinkState(at=None, problem="not asked yet", links=(), problems=())
        self._clock = SystemClock()
        self.opened: Store | None = None

    @property
    def code(self) -> str:
        return self._config.member.code

    @property
    def name(self) -> str:
        return self._config.member.name or self.code

    @property
    def store(self) -> Store:
        if self.opened is None:
            raise RuntimeError("the store is opened before anything is shown")
        return self.opened

    def issue(self, records: Sequence[Record]) -> None:
        self._part.submit_soon(records)

    async def links(self) -> LinkState:
        """Ask the node; while it does not answer, what it said last stands, with its age."""
        if self._links is not None:
            return await self._links()
        try:
            status, _ = await asyncio.to_thread(ask_status, self._config.health.listen, timeout_s=_ASK_TIMEOUT_S)
        except TocsinError as error:
            self._known = LinkState(
                at=self._known.at, problem=error.args[0], links=self._known.links, problems=self._known.problems
            )  # fmt: skip
        else:
            self._known = _state_of(status)
        return self._known


def _state_of(status: MemberStatus) -> LinkState:
    return LinkState(
        at=status.at, problem="", links=tuple(_item(link) for link in status.links), problems=tuple(status.problems)
    )  # fmt: skip


def _item(link: LinkStatus) -> LinkItem:
    return LinkItem(
        member=link.member, is_neighbour=link.is_neighbour, connected=link.connected, problem=link.problem,
        lag=link.lag, unsent=link.unsent, clock_offset_s=link.clock_offset_s, clock_suspect=link.clock_suspect,
        last_heads_at=link.last_heads_at,
    )  # fmt: skip
