"""Whole nodes that change while traffic flows from every member: nothing lost, nothing doubled, nothing leaked."""

from __future__ import annotations

import os
import secrets
import signal
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from tests.nodes import (
    CODES,
    House,
    Local,
    Told,
    audit,
    issue,
    read_disk,
    record_id,
    running,
    until,
    until_level,
)
from tests.rosters import in_force, next_roster
from tests.servers import eventually, on_loop
from tests.traffic import flowing

from tocsin.bus import NKey, Server, new_nkey
from tocsin.bus.fragment import SERVER_FILE
from tocsin.codec import encode
from tocsin.errors import BusUnavailableError, ConfigError, NotReleasableError, RollbackError
from tocsin.exchange.frames import Place, seal_frame
from tocsin.node import bus_config, put_in_force, read_config, status_of
from tocsin.node.wiring import LANES
from tocsin.records import ChainId, Precedence
from tocsin.signing import (
    KeyRevocation,
    KeyRole,
    LastHead,
    Link,
    PrivateKey,
    RosterMember,
    SignedDocument,
    issue_certificates,
    unsigned,
)
from tocsin.testing.federation import make_detection

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

FOUR = ("AUS", *CODES)


@on_loop
async def test_a_fourth_member_joins(tmp_path: Path) -> None:
    house = House(tmp_path, later=["AUS"])
    async with running(house, without=["AUS"]) as nodes:
        # marked for AUS before anybody knows it: sealed for all four, and held for want of a route
        early = Told()
        await issue(nodes["USA"].node, range(9000, 9010), FOUR, early, rate=1000.0)
        assert {item.member for item in (await status_of(nodes["USA"].node)).held} == {"AUS"}
        async with flowing(nodes, FOUR) as traffic:
            await traffic.more(nodes)
            links = (*house.links, *(Link(dialler="AUS", listener=code) for code in CODES))
            document = next_roster(house, members=[*house.roster.members, house.introductions["AUS"]], links=links)
            for node in nodes.values():
                told = await node.changes.apply_roster(document)
                assert any(words.startswith("AUS (AUS) joins, with live key") for words in told)
                await traffic.more(nodes, 10)
            assert in_force(house.homes["USA"]) == document
            (house.homes["AUS"] / "roster.json").write_bytes(encode(document))
            aus = nodes["AUS"] = Local(house, "AUS")
            await aus.start()
            traffic.begin(aus)
            await traffic.more(nodes)
            for node in nodes.values():
                await eventually(lambda node=node: is_sound(node))
            await traffic.more(nodes)
        everything = [early, *(node.told for node in nodes.values())]
        await until_level(house, everything)
        assert (await status_of(nodes["USA"].node)).held == ()
        await aus.stop()
        del nodes["AUS"]
    audit(house, everything)


@on_loop
async def test_a_member_leaves_and_comes_back(tmp_path: Path) -> None:
    """JPN dials KOR and KOR dials USA, so one end of each kind is taken out and put back."""
    house = House(tmp_path)
    async with running(house) as nodes:
        usa, jpn, kor = nodes["USA"], nodes["JPN"], nodes["KOR"]
        stay = {"USA": usa, "JPN": jpn}
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes)
            await traffic.end("KOR")
            without = [member for member in house.roster.members if member.code != "KOR"]
            links = [link for link in house.links if "KOR" not in (link.dialler, link.listener)]
            document = next_roster(house, members=without, links=links, signers=["JPN", "USA"])
            with pytest.raises(ConfigError, match=r"KOR is not in this roster any more.*Stop the node"):
                await kor.changes.apply_roster(document)
            for node in stay.values():
                told = await node.changes.apply_roster(document)
                assert "KOR leaves; its keys are retired" in told
                assert "the link to KOR is cut, its copy was read to its end, its outbox is emptied" in told
            await eventually(lambda: says(kor, "USA: "))
            await traffic.more(stay)
            await until_level(house, [node.told for node in nodes.values()], without=["KOR"])
            for node in stay.values():
                assert await is_sound(node)
            await kor.stop()
            left = {one for node in stay.values() for one, audience in node.told.acked.items() if "KOR" not in audience}
            assert left
            assert not left & set(read_disk(kor.home).ids)
            again = next_roster(house, members=house.roster.members, links=house.links)
            for node in stay.values():
                await node.changes.apply_roster(again)
            put_in_force(kor.node.config, document)
            put_in_force(kor.node.config, again)
            await kor.start()
            traffic.begin(kor)
            await traffic.more(nodes)
            for node in nodes.values():
                await eventually(lambda node=node: is_sound(node))
            await traffic.more(nodes)
        everything = [node.told for node in nodes.values()]
        await until_level(house, everything)
    audit(house, everything)


@on_loop
async def test_a_signing_key_rotates_while_members_take_up_the_rosters_at_different_moments(tmp_path: Path) -> None:
    """KOR signs with its new key before USA, over which JPN hears it, knows that key: refused, then healed."""
    house = House(tmp_path, topology="hub")
    async with running(house) as nodes:
        usa, jpn, kor = nodes["USA"], nodes["JPN"], nodes["KOR"]
        fresh = PrivateKey.generate(KeyRole.TEST)
        fresh.save(kor.home / "keys/test-2.pem")
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            both = next_roster(house, members=with_keys(house, "KOR", add=fresh))
            await kor.changes.apply_roster(both)
            house.edit("KOR", "keys/test.pem", "keys/test-2.pem")
            assert await kor.changes.reload() == ['keys.test is now "keys/test-2.pem"']
            await eventually(lambda: refused(usa, "KOR", "unknown_key"))
            await traffic.more(nodes, 20)
            await jpn.changes.apply_roster(both)
            told = await usa.changes.apply_roster(both)
            assert f"KOR: new test key {fresh.keyid[:16]}" in told
            await until_level(house, [kor.told])
            await traffic.more(nodes, 20)
            await until_level(house, [node.told for node in nodes.values()])
            old = PrivateKey.load(KeyRole.TEST, kor.home / "keys/test.pem")
            one = next_roster(house, members=with_keys(house, "KOR", drop=old))
            for node in nodes.values():
                told = await node.changes.apply_roster(one)
                assert f"KOR: retired: test key {old.keyid[:16]}" in told
            await traffic.more(nodes, 20)
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()], refused_by=["USA"])
    assert {(via, reason) for via, reason, _ in read_disk(usa.home).refused} == {("KOR", "unknown_key")}


@on_loop
async def test_a_member_that_slept_through_two_rosters_takes_them_up_in_turn(tmp_path: Path) -> None:
    house = House(tmp_path, later=["AUS"])
    async with running(house, without=["AUS"]) as nodes:
        usa, jpn, kor = nodes["USA"], nodes["JPN"], nodes["KOR"]
        fresh = PrivateKey.generate(KeyRole.TEST)
        fresh.save(kor.home / "keys/test-2.pem")
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            await traffic.end("JPN")
            await jpn.stop()
            second = next_roster(house, members=with_keys(house, "KOR", add=fresh))
            links = (*house.links, Link(dialler="AUS", listener="USA"))
            third = next_roster(house, members=[*house.rosters[-1].members, house.introductions["AUS"]], links=links)
            for node in (usa, kor):
                await node.changes.apply_roster(second)
                await node.changes.apply_roster(third)
            house.edit("KOR", "keys/test.pem", "keys/test-2.pem")
            await kor.changes.reload()
            await traffic.more({"USA": usa, "KOR": kor}, 40)
            await jpn.start()
            traffic.begin(jpn)
            await eventually(lambda: refused(jpn, "KOR", "unknown_key"))
            with pytest.raises(RollbackError, match="version 3 does not follow from version 1 in force"):
                await jpn.changes.apply_roster(third)
            await jpn.changes.apply_roster(second)
            await jpn.changes.apply_roster(third)
            await traffic.more(nodes, 20)
            await until_level(house, [node.told for node in nodes.values()], without=["AUS"])
    audit(house, [node.told for node in nodes.values()], refused_by=["JPN"], without=["AUS"])


@on_loop
async def test_a_key_is_taken_back_by_its_owner(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        kor = nodes["KOR"]
        lost = PrivateKey.load(KeyRole.TEST, kor.home / "keys/test.pem")
        fresh = PrivateKey.generate(KeyRole.TEST)
        fresh.save(kor.home / "keys/test-2.pem")
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            await traffic.end("KOR")
            told = await kor.changes.revoke(revocation(house, kor, lost))
            assert told == [
                f"key {lost.keyid[:16]} of KOR counts no more beyond its last heads",
                "the revocation is on its way to JPN, USA",
            ]
            with pytest.raises(NotReleasableError, match="was taken back"):
                await kor.issue(range(9000, 9001), CODES)
            assert await says(kor, "our test key was taken back")
            for node in nodes.values():
                await until(lambda node=node: node.node.exchange.trust.is_revoked(lost.keyid))
            document = next_roster(house, members=with_keys(house, "KOR", add=fresh, drop=lost))
            house.edit("KOR", "keys/test.pem", "keys/test-2.pem")
            for node in (nodes["JPN"], nodes["USA"], kor):  # its own node last: the others know the key by then
                await node.changes.apply_roster(document)
            traffic.begin(kor)
            await traffic.more(nodes, 20)
            await until_level(house, [node.told for node in nodes.values()])
            thief = await void_frame(kor, lost)
            nodes["USA"].node.arriving.on_live(thief, "KOR")
            await eventually(lambda: refused(nodes["USA"], "KOR", "revoked_key"))
    audit(house, [node.told for node in nodes.values()], refused_by=["USA"])


@on_loop
async def test_link_certificates_are_replaced(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        kor = nodes["KOR"]
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            good = {name: (kor.home / "tls" / name).read_bytes() for name in ("link.pem", "link.key")}
            strange = issue_certificates("KOR", ("127.0.0.1",), now=datetime.now(UTC))
            (kor.home / "tls/link.pem").write_bytes(strange.certificate)
            with pytest.raises(ConfigError, match="not issued by the authority that the roster names for KOR"):
                await kor.changes.reload()
            reissue(kor.home, write_key=False)
            with pytest.raises(ConfigError, match="refused the new configuration"):
                await kor.changes.reload()
            for name, content in good.items():
                (kor.home / "tls" / name).write_bytes(content)
            assert await kor.changes.reload() == ["nothing changed"]
            reissue(kor.home)
            assert await kor.changes.reload() == [
                "the link certificate is new", "the link to JPN was made anew and is up",
                "the link to USA was made anew and is up",
            ]  # fmt: skip
            await traffic.more(nodes, 20)
        for node in nodes.values():
            await eventually(lambda node=node: is_sound(node))
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_the_keys_of_a_link_are_replaced(tmp_path: Path) -> None:
    """JPN dials USA with new keys: first both are known, then the new ones alone."""
    house = House(tmp_path)
    async with running(house) as nodes:
        usa, jpn = nodes["USA"], nodes["JPN"]
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            fresh = {lane: new_nkey() for lane in LANES}
            both = next_roster(house, members=with_nkeys(house, "JPN", "USA", fresh, keep=True))
            for node in nodes.values():
                await node.changes.apply_roster(both)
            for lane, key in fresh.items():
                (jpn.home / f"keys/link-USA-{lane}.nk").write_text(key.seed)
            assert await jpn.changes.reload() == ["the link to USA was made anew and is up"]
            await traffic.more(nodes, 20)
            only = next_roster(house, members=with_nkeys(house, "JPN", "USA", fresh, keep=False))
            for node in nodes.values():
                told = await node.changes.apply_roster(only)
                assert ("the link to JPN was made anew and is up" in told) == (node is usa)
            await traffic.more(nodes, 20)
            (jpn.home / "keys/link-USA-main.nk").write_text(new_nkey().seed)
            with pytest.raises(ConfigError, match="does not name this key for JPN to dial USA"):
                await jpn.changes.reload()
            await traffic.more(nodes, 10)
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_a_policy_changes_and_what_cannot_change_is_refused_whole(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        kor = nodes["KOR"]
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            house.edit("KOR", 'action = "release"', 'action = "hold"')
            house.edit("KOR", 'file = "data/store.db"', 'file = "data/other.db"')
            with pytest.raises(
                ConfigError, match=r"store\.file cannot change while the node runs; nothing was changed"
            ):
                await kor.changes.reload()
            assert kor.node.exchange.policy.release[0].action == "release"
            house.edit("KOR", 'file = "data/other.db"', 'file = "data/store.db"')
            await traffic.end("KOR")
            [told] = await kor.changes.reload()
            assert told.startswith("exchange.release is now ")
            await issue(kor.node, range(9000, 9010), CODES, Told(), rate=1000.0)
            house.edit("KOR", 'action = "hold"', 'action = "release"')
            house.edit("KOR", "[warning]\n", '[warning]\naudiences = [["JPN", "USA"]]\n# ')
            with pytest.raises(ConfigError, match="audience JPN-USA lacks KOR"):
                await kor.changes.reload()
            house.edit("KOR", '["JPN", "USA"]', '["JPN", "KOR"]')
            former = kor.node.desks.desks
            told = await kor.changes.reload()
            assert "the desk of warning began anew and went on with what was under way" in told
            assert kor.node.desks.desks[0] is not former[0]
            assert kor.node.desks.desks[0].desk.desk._audiences == (("JPN", "KOR"), ("KOR",))
            traffic.begin(kor)
            await traffic.more(nodes, 20)
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])
    held = {record_id("KOR", number) for number in range(9000, 9010)}
    assert held <= read_disk(house.homes["KOR"]).ids.keys()
    for code in ("JPN", "USA"):
        assert not held & read_disk(house.homes[code]).ids.keys()


@on_loop
async def test_a_member_with_a_server_of_its_own_takes_up_a_roster_and_is_told_what_to_do(tmp_path: Path) -> None:
    """USA's operator reloads the server by hand: after KOR joins, and, too late, after it left."""
    house = House(tmp_path, codes=("JPN", "USA"), later=["KOR"])
    house.edit("USA", 'server = "embedded"', 'server = "external"')
    usa_config = read_config(house.homes["USA"] / "member.toml")
    operator = Server(bus_config(usa_config, house.roster))
    await operator.start()
    try:
        async with running(house, without=["KOR"]) as nodes:
            usa = nodes["USA"]
            async with flowing(nodes, CODES) as traffic:
                await traffic.more(nodes, 20)
                both = [*house.roster.members, house.introductions["KOR"]]
                document = next_roster(house, members=both, links=[*house.links, Link(dialler="KOR", listener="USA")])
                await nodes["JPN"].changes.apply_roster(document)
                told = await usa.changes.apply_roster(document)
                assert any("`tocsin config nats`" in words for words in told)
                kor = Local(house, "KOR")
                (kor.home / "roster.json").write_bytes(encode(document))
                await kor.start()
                try:
                    traffic.begin(kor)
                    await eventually(lambda: says(usa, "KOR: the peer has not called"))
                    await operator.reload(bus_config(usa_config, house.rosters[-1]))
                    await traffic.end("KOR")  # before it leaves, all that it promised must have crossed
                    await until_level(house, [node.told for node in (*nodes.values(), kor)])
                    less = next_roster(house, members=house.roster.members, links=house.links, signers=["JPN", "USA"])
                    await usa.changes.apply_roster(less)
                    await nodes["JPN"].changes.apply_roster(less)
                    await eventually(lambda: came_back(operator, "KOR"))
                    await operator.reload(bus_config(usa_config, house.rosters[-1]))
                    await traffic.more(nodes, 20)
                finally:
                    await traffic.end()
                    await kor.stop()
            everything = [node.told for node in (*nodes.values(), kor)]
            await until_level(house, everything, without=["KOR"])
        for home in (house.homes["JPN"], house.homes["USA"]):
            assert read_disk(home).refused == []
    finally:
        await operator.stop()


@on_loop
async def test_a_link_that_is_up_and_silent_is_mended(tmp_path: Path) -> None:
    """USA's server loses what its home account imports from JPN, as a reload that did not take hold would leave it."""
    house = House(tmp_path, codes=("JPN", "USA"))
    async with running(house) as nodes:
        usa = nodes["USA"]
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            server = usa.node.server
            assert server is not None
            assert server.pid is not None
            file = Path(server.config.store_dir) / SERVER_FILE
            file.write_text("\n".join(line for line in file.read_text().split("\n") if "account: X_JPN" not in line))
            os.kill(server.pid, signal.SIGHUP)
            await eventually(lambda: says(usa, "JPN: the link is up, and "), timeout_s=40)
            await eventually(lambda: is_sound(usa), timeout_s=40)
            await traffic.more(nodes, 20)
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_a_mesh_becomes_a_hub_and_a_mesh_again(tmp_path: Path) -> None:
    """The link between JPN and KOR goes and comes; USA, which applies last, passes on what each says to the other."""
    house = House(tmp_path)
    async with running(house) as nodes:
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            spokes = [link for link in house.links if "USA" in (link.dialler, link.listener)]
            for links in (spokes, house.links):
                document = next_roster(house, links=links)
                for node in (nodes["JPN"], nodes["KOR"], nodes["USA"]):
                    await node.changes.apply_roster(document)
                    await traffic.more(nodes, 10)
                await until_level(house, [node.told for node in nodes.values()])
                for node in nodes.values():
                    await eventually(lambda node=node: is_sound(node))
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_a_peer_is_dialled_at_another_address(tmp_path: Path) -> None:
    house = House(tmp_path, codes=("JPN", "USA"), wired=True)
    async with running(house) as nodes:
        jpn = nodes["JPN"]
        async with flowing(nodes, CODES) as traffic:
            await traffic.more(nodes, 20)
            wire, direct = house.wire("JPN", "USA"), house.plans["USA"].addresses.leaf
            house.edit("JPN", f"127.0.0.1:{wire.port}", "nowhere")
            with pytest.raises(ConfigError, match=r"bus\.peers\.USA\.dial: 'nowhere' is not host:port"):
                await jpn.changes.reload()
            house.edit("JPN", "nowhere", direct)
            assert await jpn.changes.reload() == [
                f'bus.dial is now {{"USA":"{direct}"}}', "the link to USA was made anew and is up",
            ]  # fmt: skip
            await wire.cut()
            await traffic.more(nodes, 20)
            assert (await jpn.node.bus.links())["USA"].connected
        await until_level(house, [node.told for node in nodes.values()])
    audit(house, [node.told for node in nodes.values()])


@on_loop
async def test_who_left_while_a_node_was_stopped_is_parted_from_when_it_starts(tmp_path: Path) -> None:
    """What KOR said before lies unread in USA's copy of its outbox; USA reads it, and clears up."""
    house = House(tmp_path)
    async with running(house) as nodes:
        usa, jpn, kor = nodes["USA"], nodes["JPN"], nodes["KOR"]
        await kor.issue(range(20), CODES)
        await until_level(house, [kor.told])
        unread = usa.node.bus.readers
        await unread.drop("KOR")
        usa.node.bus._in_force.codes.clear()  # deaf at once too: what comes now lies in the copy alone
        await kor.issue(range(20, 40), ("KOR", "USA"))
        await eventually(lambda: copied(usa, "KOR"))
        await kor.stop()
        await usa.stop()
        assert record_id("KOR", 39) not in read_disk(usa.home).ids
        members = [member for member in house.roster.members if member.code != "KOR"]
        links = [link for link in house.links if "KOR" not in (link.dialler, link.listener)]
        less = next_roster(house, members=members, links=links, signers=["JPN", "USA"])
        put_in_force(usa.node.config, less)
        await jpn.changes.apply_roster(less)
        await usa.start()
        told = await usa.changes.part_from_left()
        assert told == ["the link to KOR is cut, its copy was read to its end, its outbox is emptied"]
        assert await usa.changes.part_from_left() == []
        await until_level(house, [kor.told])
    audit(house, [kor.told])


async def copied(node: Local, code: str) -> bool:
    """Tell whether a member's server has copied all that a peer's outbox holds, and all is on disk there."""
    state = (await node.node.bus.links())[code]
    return state.main.copy_last_seq >= 40 and not state.main.copy_lag


async def came_back(operator: Server, code: str) -> bool:
    """Tell whether both lanes of a member that left were cut twice, and so had come back."""
    return operator.log_file.read_text().count(f"Remote: {code}") >= 4


async def problems_of(node: Local) -> list[str]:
    """Return what a node says is wrong; that its server does not answer just now is one of these things."""
    try:
        return (await status_of(node.node)).problems
    except BusUnavailableError as error:
        return [str(error)]


async def is_sound(node: Local) -> bool:
    return await problems_of(node) == []


async def says(node: Local, words: str) -> bool:
    return any(words in problem for problem in await problems_of(node))


async def refused(node: Local, via: str, reason: str) -> bool:
    return any((peer, why) == (via, reason) for peer, why, _ in read_disk(node.home).refused)


def with_keys(
    house: House, code: str, *, add: PrivateKey | None = None, drop: PrivateKey | None = None
) -> list[RosterMember]:
    """Return the members of the last roster, one of them with other keys."""
    members = []
    for member in house.rosters[-1].members:
        keys = [key for key in member.keys if drop is None or key.keyid != drop.keyid]
        if add is not None:
            keys.append(add.public)
        members.append(msgspec.structs.replace(member, keys=tuple(keys)) if member.code == code else member)
    return members


def with_nkeys(house: House, code: str, peer: str, fresh: dict[str, NKey], *, keep: bool) -> list[RosterMember]:
    """Return the members of the last roster, one of them dialling a peer with new keys, beside the old or alone."""
    members = []
    for member in house.rosters[-1].members:
        if member.code == code:
            nkeys = dict(member.link.nkeys)
            for lane, key in fresh.items():
                nkeys[f"{peer}/{lane}"] = f"{nkeys[f'{peer}/{lane}']} {key.public}" if keep else key.public
            members.append(msgspec.structs.replace(member, link=msgspec.structs.replace(member.link, nkeys=nkeys)))
        else:
            members.append(member)
    return members


def revocation(house: House, node: Local, key: PrivateKey) -> SignedDocument:
    """Take a key back, with all that the node has sealed so far as what counts."""
    node.node.gather()
    heads = tuple(
        LastHead(
            audience=chain.audience, status=chain.status, precedence=chain.precedence.value, epoch=epoch,
            number=state.contiguous,
        )
        for chain, epoch, state in node.node.exchange.chains.items()
        if chain.originator == node.code
    )  # fmt: skip
    document = unsigned(
        KeyRevocation(member=node.code, keyid=key.keyid, revoked_at=datetime.now(UTC), last_heads=heads)
    )
    return document.signed_by(node.code, PrivateKey.load(KeyRole.ROSTER, house.homes[node.code] / "keys/roster.pem"))


async def void_frame(node: Local, key: PrivateKey) -> bytes:
    """Seal with a key that was taken back what whoever has it might seal."""
    chain = ChainId(node.code, "-".join(CODES), "test", Precedence.FLASH)
    place = Place(chain, "thief", 1, "", None, datetime.now(UTC))
    record = make_detection("thief-1", node.code, CODES, issued_at=datetime.now(UTC))
    return seal_frame(place, [encode(record)], key, secrets.token_bytes).data


def reissue(home: Path, *, write_key: bool = True) -> None:
    """Put a new link certificate with a new key in place, issued by the member's own authority."""
    authority = x509.load_pem_x509_certificate((home / "tls/authority.pem").read_bytes())
    authority_key = load_pem_private_key((home / "tls/authority.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, home.name)]))
        .issuer_name(authority.subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    )  # fmt: skip
    (home / "tls/link.pem").write_bytes(builder.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    if write_key:
        (home / "tls/link.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
