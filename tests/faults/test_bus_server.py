"""The embedded server as a process: found, started, refused, reloaded, gone with its node."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.servers import (
    Member,
    all_linked,
    eventually,
    frame,
    make_federation,
    on_loop,
    running,
    without_peer,
    write_seed,
)

from tocsin.bus.client import Bus
from tocsin.bus.fragment import write_server_files
from tocsin.bus.keys import new_nkey
from tocsin.bus.server import Server, find_server
from tocsin.clock import SystemClock
from tocsin.errors import BusError, ConfigError

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


@on_loop
async def test_start_stop_and_start_again(tmp_path: Path) -> None:
    server = Server(make_federation(tmp_path, ("USA",)).configs["USA"])
    await server.start()
    await server.start()  # nothing the second time
    first = server.pid
    await server.stop()
    assert server.pid is None
    await server.stop()
    await server.start()
    assert server.pid not in (None, first)
    await server.stop()


@on_loop
async def test_a_server_that_dies_is_noticed(tmp_path: Path) -> None:
    codes: list[int] = []
    died = asyncio.Event()

    def on_exit(code: int) -> None:
        codes.append(code)
        died.set()

    server = Server(make_federation(tmp_path, ("USA",)).configs["USA"], on_exit=on_exit)
    await server.start()
    server.kill()
    await died.wait()
    assert codes == [-signal.SIGKILL]
    assert await server.wait_ended() == -signal.SIGKILL


@on_loop
async def test_a_server_that_dies_is_started_again_until_it_is_stopped(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    server = Server(config)
    await server.start()
    keeper = asyncio.ensure_future(server.keep())
    bus = Bus(config, clock=SystemClock(), on_up=(up := asyncio.Event()).set)
    await bus.connect()
    for _ in range(2):
        up.clear()
        server.kill()
        await up.wait()
    await bus.close()
    await server.stop()
    await keeper


@pytest.mark.parametrize("which", ["client_listen", "leaf_listen"])
def test_a_port_in_use_is_named(tmp_path: Path, which: str) -> None:
    @on_loop
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            config = msgspec.structs.replace(make_federation(tmp_path, ("USA",)).configs["USA"], **{which: address})
            server = Server(config)
            async with asyncio.timeout(10):
                with pytest.raises(BusError, match=f"cannot listen on {address}: the port is in use"):
                    await server.start()
            assert server.pid is None

    scenario()


@on_loop
async def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    federation.authorities["USA"].key_file.unlink()
    with pytest.raises(ConfigError, match=r"refused its configuration.*leaf\.key"):
        await Server(federation.configs["USA"]).start()


def test_a_file_in_place_of_the_store_directory_is_named(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    Path(config.store_dir).write_text("a file where a directory belongs")
    with pytest.raises(ConfigError, match="files cannot be written"):
        write_server_files(config)


def test_no_server_at_the_configured_path(tmp_path: Path) -> None:
    config = msgspec.structs.replace(make_federation(tmp_path, ("USA",)).configs["USA"], binary="/nowhere/nats-server")
    with pytest.raises(ConfigError, match=r"bus\.binary: /nowhere/nats-server is not an executable file"):
        find_server(config)


def test_no_server_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no nats-server was found"):
        find_server(config)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'nats-server: v2.10.25'", "v2.10.25.*too old"),
        ("echo 'something else'", "too old"),
        ("exit 3", "does not run"),
    ],
)
def test_a_server_that_will_not_do(tmp_path: Path, script: str, message: str) -> None:
    binary = tmp_path / "nats-server"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    config = msgspec.structs.replace(make_federation(tmp_path, ("USA",)).configs["USA"], binary=str(binary))
    with pytest.raises(ConfigError, match=message):
        find_server(config)


@on_loop
async def test_a_server_that_is_killed_while_it_starts_is_started_again(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    binary, mark = tmp_path / "nats-server", tmp_path / "killed-once"
    binary.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] || [ -e {mark} ] || {{ touch {mark}; kill -9 $$; }}\n'
        f'exec {find_server(config)} "$@"\n'
    )
    binary.chmod(0o755)
    server = Server(msgspec.structs.replace(config, binary=str(binary)))
    await server.start()
    try:
        assert mark.exists()
        assert server.pid is not None
    finally:
        await server.stop()


@on_loop
async def test_a_server_that_is_always_killed_is_given_up(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    binary = tmp_path / "nats-server"
    binary.write_text(f'#!/bin/sh\n[ "$1" = --version ] || kill -9 $$\nexec {find_server(config)} "$@"\n')
    binary.chmod(0o755)
    with pytest.raises(BusError, match="ended at once"):
        await Server(msgspec.structs.replace(config, binary=str(binary))).start()


def test_the_server_goes_with_its_node(tmp_path: Path) -> None:
    """The node is killed and cannot clean up."""
    script = tmp_path / "node.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.servers import make_federation\n"
        "from tocsin.bus.server import Server\n"
        "async def main():\n"
        "    server = Server(make_federation(Path(sys.argv[1]), ('USA',)).configs['USA'])\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    node = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert node.stdout is not None
    with node.stdout:
        handle = os.pidfd_open(int(node.stdout.readline()))
        try:
            node.kill()
            node.wait()
            ended, _, _ = select.select([handle], [], [], 20)
            assert ended == [handle]
        finally:
            os.close(handle)


@on_loop
async def test_a_member_joins_by_a_reload_and_the_others_notice_nothing(tmp_path: Path) -> None:
    federation = make_federation(tmp_path)
    full = dict(federation.configs)
    federation.configs |= {code: without_peer(full[code], "KOR") for code in ("USA", "JPN")}
    async with running(federation, "USA", "JPN") as members:
        usa, jpn = members["USA"], members["JPN"]
        before = (await usa.bus.links())["JPN"].main.since
        kor = Member(full["KOR"])
        try:
            for member in (usa, jpn):
                await member.server.reload(full[member.code])
                member.config = full[member.code]
                await member.bus.close()
                await member.connect_only()
            await kor.server.start()
            await kor.connect_only()
            everyone = {**members, "KOR": kor}
            await asyncio.gather(*(member.listen() for member in everyone.values()))
            await all_linked(everyone)
            for one in everyone.values():
                for to in everyone:
                    if to != one.code:
                        await one.bus.publish(frame(one.code, to, 1), hop=to)
            for member in everyone.values():
                inbox = member.inbox
                await inbox.until(lambda inbox=inbox: len(inbox.live) >= 2 and len(inbox.durable) >= 2)
            assert before is not None
            lines = usa.server.log_file.read_text().splitlines()
            assert not [line for line in lines if "Remote: JPN" in line and "closed" in line]
        finally:
            await kor.down()


@on_loop
async def test_a_reload_that_is_refused_leaves_the_old_configuration_in_force(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa = members["USA"]
        path = write_server_files(usa.config)
        text = path.read_text()
        broken = msgspec.structs.replace(usa.config, certificate_file=str(tmp_path / "nothing.pem"))
        with pytest.raises(ConfigError, match=r"refused the new configuration.*nothing\.pem"):
            await usa.server.reload(broken)
        assert usa.server.config is usa.config
        assert path.read_text() == text
        await usa.bus.publish(frame("USA", "JPN", 1), hop="JPN")
        await members["JPN"].inbox.until(lambda: bool(members["JPN"].inbox.live))


@on_loop
async def test_a_reload_needs_a_server(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA",)).configs["USA"]
    with pytest.raises(BusError, match="does not run"):
        await Server(config).reload(config)


@on_loop
async def test_the_bus_outlives_its_server(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    usa = federation.configs["USA"]
    server = Server(usa)
    down, up = asyncio.Event(), asyncio.Event()
    reasons: list[str] = []

    def on_down(reason: str) -> None:
        reasons.append(reason)
        down.set()

    bus = Bus(usa, clock=SystemClock(), on_up=up.set, on_down=on_down)
    await server.start()
    try:
        await bus.connect()
        await bus.prepare()
        up.clear()
        server.kill()
        await down.wait()
        assert not bus.is_up
        with pytest.raises(BusError, match="no connection"):
            await bus.links()
        assert not bus.publish_control(frame("USA", "JPN", 0, is_control=True), hop="JPN")
        waiting = bus.submit(frame("USA", "JPN", 1), hop="JPN")
        await server.wait_ended()
        await server.start()
        await up.wait()
        assert (await waiting).seq == 1
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_what_is_not_acknowledged_fails_when_the_bus_is_closed(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server = Server(config)
    bus = Bus(config, clock=SystemClock())
    await server.start()
    await bus.connect()
    await bus.prepare()
    await server.stop()
    waiting = bus.submit(frame("USA", "JPN", 1), hop="JPN")
    await bus.close(drain_s=0.1)
    with pytest.raises(BusError, match="the bus is closed"):
        await waiting
    with pytest.raises(BusError, match="the bus is closed"):
        bus.submit(frame("USA", "JPN", 2), hop="JPN")


@on_loop
async def test_more_than_the_server_may_store_is_an_error_at_once(tmp_path: Path) -> None:
    config = make_federation(tmp_path, ("USA", "JPN")).configs["USA"]
    server = Server(config)
    await server.start()
    small = msgspec.structs.replace(
        config,
        max_file_bytes=2**50,
        peers=tuple(msgspec.structs.replace(peer, max_bytes=2**40) for peer in config.peers),
    )
    bus = Bus(small, clock=SystemClock())
    try:
        await bus.connect()
        async with asyncio.timeout(10):
            with pytest.raises(BusError, match="insufficient storage"):
                await bus.prepare(timeout_s=60)
    finally:
        await bus.close()
        await server.stop()


@on_loop
async def test_retention_is_changed_in_place(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path, ("USA", "JPN"))) as members:
        usa = members["USA"]
        await usa.bus.publish(frame("USA", "JPN", 1), hop="JPN")
        usa.config = msgspec.structs.replace(
            usa.config, peers=tuple(msgspec.structs.replace(peer, max_age_s=3600.0) for peer in usa.config.peers)
        )
        await usa.bus.close()
        await usa.connect()
        assert [data async for data, _ in usa.bus.shelf.tail("OUT_USA_JPN")] == [frame("USA", "JPN", 1).data]
        await usa.bus.publish(frame("USA", "JPN", 2), hop="JPN")
        await members["JPN"].inbox.until(lambda: len(members["JPN"].inbox.durable) == 2)


@on_loop
async def test_a_link_key_is_changed_without_an_outage_of_the_other_link(tmp_path: Path) -> None:
    async with running(make_federation(tmp_path)) as members:
        usa, jpn = members["USA"], members["JPN"]
        fresh = new_nkey()
        seed_file = write_seed(tmp_path / "fresh.nk", fresh.seed)
        since = (await usa.bus.links())["KOR"].main.since

        def keys(config: object, code: str, **change: object) -> object:
            return msgspec.structs.replace(
                config,
                peers=tuple(
                    msgspec.structs.replace(peer, main=msgspec.structs.replace(peer.main, **change))
                    if peer.code == code
                    else peer
                    for peer in config.peers  # type: ignore[attr-defined]
                ),
            )

        old = usa.config.peer("JPN").main.peer_publics
        await usa.server.reload(keys(usa.config, "JPN", peer_publics=(*old, fresh.public)))
        await jpn.server.reload(keys(jpn.config, "USA", seed_file=seed_file))
        await usa.server.reload(keys(usa.config, "JPN", peer_publics=(fresh.public,)))
        await usa.bus.kick_link("JPN")
        await all_linked(members)
        await usa.bus.publish(frame("USA", "JPN", 5), hop="JPN")
        await jpn.inbox.until(lambda: bool(jpn.inbox.durable))
        assert (await usa.bus.links())["KOR"].main.since == since

        async def up() -> bool:
            return await usa.bus.link_problem("JPN") == ""

        await eventually(up)
