"""Who is let in, who is not, and whether the reason is named: keys, certificates, a rogue peer with valid papers."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from pathlib import Path

import msgspec
import nats
import pytest
from tests.servers import (
    DAY,
    Authority,
    Federation,
    Member,
    all_linked,
    eventually,
    frame,
    free_ports,
    make_federation,
    on_loop,
    running,
    write_seed,
)

from tocsin.bus.client import Bus
from tocsin.bus.config import LANES, BusConfig, LaneKeys
from tocsin.bus.fragment import MOST_SUBSCRIPTIONS
from tocsin.bus.keys import new_nkey, read_seed
from tocsin.bus.server import Server
from tocsin.clock import SystemClock
from tocsin.errors import BusAuthError, BusUnavailableError

pytestmark = pytest.mark.servers

REFUSED = "refuse(s)? our certificate"
"""How much a dialler hears of it depends on who closes first."""


@on_loop
async def test_a_wrong_key_of_our_own_is_an_error_within_seconds(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    server = Server(config)
    await server.start()
    try:
        write_seed(Path(config.app_seed_file), new_nkey().seed)
        async with asyncio.timeout(5):
            with pytest.raises(BusAuthError, match="refuses the key of USA main: Authorization Violation"):
                await Bus(config, clock=SystemClock()).connect(timeout_s=60)
    finally:
        await server.stop()


@on_loop
async def test_a_server_that_waited_for_our_key_in_vain_has_not_refused_it(tmp_path: Path) -> None:
    """As when this process was stopped while it connected; the next try succeeds."""
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    host, _, port = config.client_listen.rpartition(":")
    told = asyncio.Event()

    async def lose_patience(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"X","version":"2.15.1","proto":1,"max_payload":1048576,"nonce":"bm9uY2U"}\r\n')
        await reader.readline()
        writer.write(b"-ERR 'Authentication Timeout'\r\n")
        await writer.drain()
        writer.close()
        told.set()

    impatient = await asyncio.start_server(lose_patience, host, int(port))
    bus, server = Bus(config, clock=SystemClock()), Server(config)
    connecting = asyncio.create_task(bus.connect(timeout_s=30))
    await told.wait()
    impatient.close()
    try:
        await server.start()
        await connecting
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_no_server_is_an_error_that_says_where(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    with pytest.raises(BusUnavailableError, match=rf"{config.client_listen}: nothing listens there"):
        await Bus(config, clock=SystemClock()).connect(timeout_s=0.5)


@on_loop
async def test_a_key_taken_away_while_running_ends_the_bus_with_the_cause(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    async with running(federation) as members:
        usa = members["USA"]
        other = write_seed(tmp_path / "other.nk", new_nkey().seed)
        await usa.server.reload(msgspec.structs.replace(usa.config, app_seed_file=other))
        with pytest.raises(BusAuthError, match="Authorization Violation"):
            await usa.bus.wait_failed()
        with pytest.raises(BusAuthError):
            await usa.bus.publish(frame("USA", "JPN", 1), hop="JPN")


@on_loop
async def test_a_wrong_link_key_is_named_at_both_ends(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    seed_file = federation.configs["JPN"].peer("USA").main.seed_file
    assert seed_file is not None
    wrong = new_nkey()
    write_seed(Path(seed_file), wrong.seed)
    await problems(
        federation,
        dialler="the peer refuses our link key",
        listener=f"a caller's link key is unknown to us: {wrong.public}",
    )


@on_loop
async def test_a_certificate_of_another_authority_is_named_at_both_ends(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    stranger = Authority(tmp_path / "stranger", "JPN")
    for source, target in (("certificate_file", "certificate_file"), ("key_file", "key_file")):
        shutil.copy(getattr(stranger, source), getattr(federation.authorities["JPN"], target))
    await problems(
        federation,
        dialler=REFUSED,
        listener="the peer's certificate is not the one that we know",
    )


@on_loop
async def test_an_authority_is_believed_for_its_own_member_alone(tmp_path: Path) -> None:
    """KOR's listener answers at USA's address, with a certificate of KOR's own authority, which JPN knows, for KOR."""
    federation = make_federation(tmp_path)
    for source, target in (("certificate_file", "certificate_file"), ("key_file", "key_file")):
        shutil.copy(getattr(federation.authorities["KOR"], source), getattr(federation.authorities["USA"], target))
    await problems(
        federation,
        dialler="the peer's certificate is not the one that we know",
        listener=REFUSED,
    )


@on_loop
async def test_an_expired_certificate_of_the_dialler_is_named(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    federation.authorities["JPN"].issue(until=-DAY)
    await problems(
        federation,
        dialler=REFUSED,
        listener="the peer's certificate has expired or is not valid yet",
    )


@on_loop
async def test_an_expired_certificate_of_the_listener_is_named(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    federation.authorities["USA"].issue(until=-DAY)
    await problems(
        federation,
        dialler="the peer's certificate has expired or is not valid yet",
        listener=REFUSED,
    )


@pytest.mark.parametrize(("changed", "other"), [("USA", "JPN"), ("JPN", "USA")])
def test_a_certificate_that_signs_itself_is_pinned(tmp_path: Path, changed: str, other: str) -> None:
    @on_loop
    async def scenario() -> None:
        federation = make_federation(tmp_path, ("USA", "JPN"))
        for authority in federation.authorities.values():
            authority.issue(signs_itself=True)
            authority.introduce()
        async with running(federation):
            pass  # they link
        federation.authorities[changed].issue(signs_itself=True)
        await one_problem(federation, at=other, said="the peer's certificate is not the one that we know")

    scenario()


@on_loop
async def test_an_authority_that_is_known_may_renew_a_certificate(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    for authority in federation.authorities.values():
        authority.issue()
    async with running(federation) as members:
        await members["USA"].bus.publish(frame("USA", "JPN", 1), hop="JPN")
        await members["JPN"].inbox.until(lambda: bool(members["JPN"].inbox.live))


@on_loop
async def test_nothing_at_the_peers_address_is_named(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    jpn = Member(federation.configs["JPN"])
    try:
        await jpn.up()
        await eventually(lambda: says(jpn, "USA", "nothing listens at the peer's address"))
        assert not (await jpn.bus.links())["USA"].connected
    finally:
        await jpn.down()


@on_loop
async def test_a_problem_is_gone_once_the_link_is_up(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    members = {code: Member(config) for code, config in federation.configs.items()}
    try:
        await members["JPN"].up()
        await eventually(lambda: says(members["JPN"], "USA", "nothing listens at the peer's address"))
        await members["USA"].up()
        await all_linked(members)
        assert await members["JPN"].bus.link_problem("USA") == ""
        link = (await members["JPN"].bus.links())["USA"]
        assert link.problem == ""
        assert link.main.since is not None
        assert link.main.rtt_ms is not None
    finally:
        await asyncio.gather(*(member.down() for member in members.values()))


@on_loop
async def test_a_revoked_link_is_cut_and_stays_cut(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path)) as members:
        usa, jpn, kor = members["USA"], members["JPN"], members["KOR"]
        before = (await usa.bus.links())["KOR"].main.since
        config = with_new_keys(usa.config, "JPN")
        await usa.server.reload(config)
        assert await usa.bus.kick_link("JPN") == 2
        await eventually(lambda: says(jpn, "USA", "the peer refuses our link key"))
        states = await usa.bus.links()
        assert not states["JPN"].connected
        assert states["KOR"].main.since == before
        await usa.bus.publish(frame("USA", "JPN", 1), hop="JPN")
        await kor.bus.publish(frame("KOR", "USA", 2), hop="USA")
        await usa.inbox.until(lambda: bool(usa.inbox.durable))
        assert jpn.inbox.live == []


@pytest.mark.parametrize("rogue_code", ["JPN", "USA"])
def test_a_rogue_peer_with_valid_papers_gets_its_own_frames_and_nothing_else(tmp_path: Path, rogue_code: str) -> None:
    """The rogue rebuilds its server without walls: as the end that dials (JPN) and as the end that listens (USA)."""

    @on_loop
    async def scenario() -> None:
        federation = make_federation(tmp_path)
        victim_code = "USA" if rogue_code == "JPN" else "JPN"
        async with running(federation, "KOR", victim_code) as members:
            victim, kor = members[victim_code], members["KOR"]
            await victim.bus.publish(frame(victim_code, "KOR", 1), hop="KOR")
            await kor.inbox.until(lambda: bool(kor.inbox.durable))
            rogue = Rogue(federation.configs[rogue_code], victim_code)
            try:
                await rogue.start()

                async def linked() -> bool:
                    return (await victim.bus.links())[rogue_code].connected

                await eventually(linked)
                before = await state_of(victim)
                await rogue.attack()
                # its own frames still come: the wall is a wall, not a cut
                await victim.bus.publish(frame(victim_code, rogue_code, 7), hop=rogue_code)
                await victim.bus.publish(frame(victim_code, "KOR", 8), hop="KOR")
                await eventually(rogue.heard_a_frame)
                allowed = (
                    f"tocsin.v1.{rogue_code}.",
                    f"dlv.{victim_code}.{rogue_code}.",
                    f"tocsin.control.v1.{rogue_code}",
                    "_INBOX.rogue",
                )
                foreign = {subject for subject, _ in rogue.heard if not subject.startswith(allowed)}
                assert foreign == set()
                assert all(b">KOR#" not in data for _, data in rogue.heard)
                assert rogue.answers == {}
                after = await state_of(victim)
                own = f"OUT_{victim_code}_{rogue_code}"
                for stream, messages in before.items():
                    grown = 1 if stream in (own, f"OUT_{victim_code}_KOR") else 0
                    assert after[stream] == messages + grown, stream
                held = await rogues_subscriptions(victim, rogue_code)
                assert min(held) > 0
                assert max(held) <= MOST_SUBSCRIPTIONS
                assert victim.inbox.durable_from("KOR") == []
                assert all(via == rogue_code for _, via in victim.inbox.live)
            finally:
                await rogue.stop()

    scenario()


async def rogues_subscriptions(victim: Member, rogue_code: str) -> list[int]:
    """Return how many subscriptions the victim's server holds for each connection of the rogue's link."""
    answer = json.loads(await victim.bus._system.request("$SYS.REQ.SERVER.PING.LEAFZ"))
    return [leaf["subscriptions"] for leaf in answer["data"]["leafs"] if leaf["account"].startswith(f"X_{rogue_code}")]


class Rogue:
    """A peer's server with one open account instead of walls; its link keys and certificate are genuine."""

    def __init__(self, config: BusConfig, victim: str) -> None:
        [port] = free_ports(1)
        self.config = msgspec.structs.replace(config, client_listen=f"127.0.0.1:{port}")
        self.code = config.member
        self.victim = victim
        self.server = OpenServer(self.config)
        self.heard: list[tuple[str, bytes]] = []
        self.asked: dict[str, str] = {}
        self.answers: dict[str, bytes] = {}
        self._client: nats.NATS | None = None

    async def start(self) -> None:
        await self.server.start()
        self._client = await nats.connect(self.config.url, inbox_prefix="_INBOX.rogue", no_echo=True)
        await self._client.subscribe(">", cb=self._hear)

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.close()
        await self.server.stop()

    async def heard_a_frame(self) -> bool:
        return any(subject.startswith(f"tocsin.v1.{self.code}.") for subject, _ in self.heard)

    async def attack(self) -> None:
        assert self._client is not None
        me, you = self.code, self.victim
        wishes = ["$JS.API", f"$JS.{you}.API", f"{you}.api"]
        verbs = {
            "INFO": {},
            "STREAM.LIST": {},
            "STREAM.NAMES": {},
            f"STREAM.INFO.OUT_{you}_KOR": {},
            f"STREAM.PURGE.OUT_{you}_KOR": {},
            f"STREAM.DELETE.OUT_{you}_KOR": {},
            f"STREAM.PURGE.OUT_{you}_{me}": {},
            f"STREAM.DELETE.IN_{me}": {},
            f"STREAM.MSG.GET.OUT_{you}_KOR": {"seq": 1},
            f"DIRECT.GET.OUT_{you}_KOR": {"seq": 1},
            f"CONSUMER.RESET.OUT_{you}_KOR.peer": {"seq": 1},
            f"CONSUMER.DELETE.OUT_{you}_{me}.peer": {},
            f"CONSUMER.CREATE.OUT_{you}_KOR": consumer(f"OUT_{you}_KOR", "loot"),
            f"CONSUMER.CREATE.OUT_{you}_KOR.loot": consumer(f"OUT_{you}_KOR", f"dlv.{you}.{me}.main"),
            f"CONSUMER.CREATE.OUT_{you}_{me}.loot": consumer(f"OUT_{you}_{me}", f"$JS.API.STREAM.PURGE.OUT_{you}_KOR"),
        }
        asks = [(f"{prefix}.{verb}", body) for prefix in wishes for verb, body in verbs.items()]
        asks += [(f"$SYS.REQ.SERVER.PING.{what}", {}) for what in ("VARZ", "LEAFZ", "CONNZ", "JSZ")]
        asks += [(f"$SYS.REQ.ACCOUNT.{you}.CONNZ", {}), ("$SYS.REQ.USER.INFO", {}), ("$SYS.REQ.ACCOUNT.PING.STATZ", {})]

        # asked with an inbox and not as a request: the rogue's own server may answer first, the victim second
        for number, (subject, body) in enumerate(asks):
            payload = json.dumps(body).encode() if body else b""
            await self._client.publish(subject, payload, reply=f"_INBOX.rogue.loot.{number}")
            self.asked[f"_INBOX.rogue.loot.{number}"] = subject
        forged = [
            f"tocsin.v1.KOR.test.flash.{you}.warning.detection",
            f"tocsin.v1.{me}.test.flash.{you}.warning.detection",
            f"from.KOR.tocsin.v1.{you}.test.flash.KOR.warning.detection",
            f"tocsin.v1.{you}.test.bulk.KOR.warning.detection",
            "tocsin.control.v1.KOR",
            f"dlv.{you}.KOR.main",
            f"dlv.KOR.{you}.main",
            f"OUT_{you}_KOR",
            f"IN_{me}",
        ]
        for subject in forged:
            await self._client.publish(subject, b"rogue")
            await self._client.publish(f"from.{me}.{subject}", b"rogue")
        for number in range(4 * MOST_SUBSCRIPTIONS):
            await self._client.subscribe(f"_R_.loot.{number}", cb=self._hear)
        await self._client.flush()
        await asyncio.sleep(1.5)  # that nothing comes cannot be awaited

    async def _hear(self, message: nats.aio.msg.Msg) -> None:
        # its own server answers some of these about itself, and all those without an answer with "no responders"
        if message.subject in self.asked and b'"name":"rogue"' not in message.data and message.data:
            self.answers[self.asked[message.subject]] = message.data
        self.heard.append((message.subject, message.data))


class OpenServer(Server):
    """A server whose links end in one open account."""

    async def start(self, *, timeout_s: float = 30.0) -> None:
        await start_with(self, open_config(self.config), timeout_s=timeout_s)


def open_config(config: BusConfig) -> str:
    [peer] = [peer for peer in config.peers if peer.code != "KOR"]
    users = [f"{{nkey: {public}}}" for lane in LANES if peer.dial is None for public in peer.keys(lane).peer_publics]
    remotes = []
    if peer.dial is not None:
        for lane in LANES:
            seed_file = peer.keys(lane).seed_file
            assert seed_file is not None
            remotes.append(
                f'{{urls: ["tls://{peer.dial}"], account: OPEN, nkey: "{read_seed(seed_file).seed}", tls {{cert_file: '
                f'"{config.certificate_file}", key_file: "{config.key_file}", ca_file: "{peer.certificate_file}"}}}}'
            )
    return f"""
        server_name: rogue
        listen: "{config.client_listen}"
        accounts {{ OPEN {{ users: [ {", ".join(["{user: rogue, password: rogue}", *users])} ] }} }}
        no_auth_user: rogue
        leafnodes {{
          listen: "{config.leaf_listen}"
          tls {{
            cert_file: "{config.certificate_file}", key_file: "{config.key_file}", ca_file: "{peer.certificate_file}"
            verify: true
          }}
          remotes: [ {", ".join(remotes)} ]
        }}
    """


async def start_with(server: Server, text: str, *, timeout_s: float) -> None:
    """Start a server on another configuration than the generated one."""
    path = Path(server.config.store_dir) / "rogue.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    await server._start_on(path, timeout_s=timeout_s)


def consumer(stream: str, deliver: str) -> dict[str, object]:
    return {
        "stream_name": stream,
        "config": {"deliver_subject": deliver, "deliver_policy": "all", "ack_policy": "none", "name": "loot"},
    }


async def state_of(member: Member) -> dict[str, int]:
    """Return how many messages each stream of a member holds."""
    answer = await member.bus._main.request("$JS.API.STREAM.LIST")
    return {stream["config"]["name"]: stream["state"]["messages"] for stream in json.loads(answer)["streams"]}


def with_new_keys(config: BusConfig, peer: str) -> BusConfig:
    main, bulk = (LaneKeys(peer_publics=(new_nkey().public,)) for _ in LANES)
    return msgspec.structs.replace(
        config,
        peers=tuple(
            msgspec.structs.replace(link, main=main, bulk=bulk) if link.code == peer else link for link in config.peers
        ),
    )


async def says(member: Member, peer: str, words: str) -> bool:
    return re.search(words, await member.bus.link_problem(peer)) is not None


async def problems(federation: Federation, *, dialler: str, listener: str) -> None:
    """Run USA (listens) and JPN (dials) and wait until each names its side of the trouble."""
    members = {code: Member(federation.configs[code]) for code in ("USA", "JPN")}
    try:
        await asyncio.gather(*(member.up() for member in members.values()))
        async with asyncio.timeout(10):
            await eventually(lambda: says(members["JPN"], "USA", dialler))
            await eventually(lambda: says(members["USA"], "JPN", listener))
        assert not (await members["JPN"].bus.links())["USA"].connected
        assert not (await members["USA"].bus.links())["JPN"].connected
    finally:
        await asyncio.gather(*(member.down() for member in members.values()))


async def one_problem(federation: Federation, *, at: str, said: str) -> None:
    members = {code: Member(federation.configs[code]) for code in ("USA", "JPN")}
    peer = "JPN" if at == "USA" else "USA"
    try:
        await asyncio.gather(*(member.up() for member in members.values()))
        async with asyncio.timeout(10):
            await eventually(lambda: says(members[at], peer, said))
        assert not (await members[at].bus.links())[peer].connected
    finally:
        await asyncio.gather(*(member.down() for member in members.values()))
