"""What people ask of a running node: released, recalled and downgraded on real servers, or refused with the reason."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.nodes import CODES, House, Local, numbered, record_id, running
from tests.servers import eventually, on_loop

from tocsin.claims import read_ledger, standing_of
from tocsin.errors import ConfigError, DomainError
from tocsin.exchange import sign_downgrade
from tocsin.markings import Tlp, marking_for
from tocsin.node import ControlSocket
from tocsin.node.claiming import Tell, read_claims
from tocsin.node.control import SOCKET, Announce, CallOff, DowngradeOrder, RecallOrder, Release, ask
from tocsin.node.sharing import Share, objects_held
from tocsin.records import Detection, Downgrade, LaunchNotice, Outlet, Person, Position
from tocsin.signing import KeyRole, PrivateKey

pytestmark = pytest.mark.servers

RELEASE, ASK = 'action = "release"', 'action = "ask"'


def holds(node: Local, record: str) -> bool:
    return node.node.store.find(record) is not None


async def kept(node: Local, record: str) -> bool:
    await node.node.keeper.flush()
    return holds(node, record)


def lies_on_disk(home: Path, record: str) -> bool:
    """Tell whether a plot's bytes lie in any file of a member; the order that recalls it names its id, too."""
    plot = f'"kind":"warning.detection","id":"{record}"'.encode()
    return any(plot in file.read_bytes() for file in home.rglob("*") if file.is_file())


async def shares_objects(kor: Local, jpn: Local) -> None:
    """An object goes to whom its markings let it go, to the byte; the same or an older version is not told again."""
    red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

    def version(modified: str, number: int = 1, marking: str = "") -> msgspec.Raw:
        markings = f', "object_marking_refs": ["{marking}"]' if marking else ""
        id_ = f"malware--5cb65e2f-f502-5620-96c2-66f62e2b9e1{number}"
        times = f'"created": "2026-01-01T00:00:00Z", "modified": "2026-01-0{modified}T00:00:00Z"'
        return msgspec.Raw(f'{{ "type":"malware", "id": "{id_}", {times}, "x": 1.50{markings} }}'.encode())

    async def frames(*objects: msgspec.Raw) -> int:
        done = await ask(kor.home, Share(objects=objects, to=("JPN",), status="test"))
        assert not done.error
        return done.frames

    assert await frames(version("1"), version("1", 2, red)) == 2  # an audience each
    assert await frames(version("1"), version("1", 2, red)) == 0
    assert await frames(version("2")) == 1
    assert await frames(version("1")) == 0

    async def arrived() -> bool:
        await jpn.node.keeper.flush()
        return [held.raw for held in objects_held(jpn.node.config, status="test")] == [bytes(version("2"))]

    await eventually(arrived)
    assert len(objects_held(kor.node.config, status="test")) == 2
    leaving = objects_held(kor.node.config, status="test", outlet=Outlet("cyber.stix", ("JPN",)))
    assert [(held.tlp, held.told_by) for held in leaving] == [(Tlp.AMBER, ("KOR",))]


def test_a_record_that_waits_goes_when_a_person_says_so_and_not_before(tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        house.edit("KOR", RELEASE, ASK)
        async with running(house) as nodes:
            kor, usa = nodes["KOR"], nodes["USA"]
            async with ControlSocket(kor.node):
                assert stat.S_IMODE((kor.home / SOCKET).stat().st_mode) == 0o600
                first, later = numbered("KOR", 1, CODES), numbered("USA", 2, CODES)
                kor.node.issue([first])
                usa.node.issue([later])
                await eventually(lambda: kept(kor, later.id))
                assert not holds(usa, first.id)
                done = await ask(kor.home, Release(record_id=first.id))
                assert (done.error, done.sent_to) == ("", ("JPN", "USA"))
                await eventually(lambda: kept(usa, first.id))
                again = await ask(kor.home, Release(record_id=first.id))
                assert "no record" in again.error
                now = kor.node.clock.now()
                notice = LaunchNotice(
                    authority="Coast Guard", opens_at=now, closes_at=now + timedelta(hours=8), azimuth_deg=110.0,
                    site=Position(lat_deg=34.4, lon_deg=127.5),
                )  # fmt: skip
                waiting = await ask(kor.home, Announce(notice=notice, to=("JPN", "USA"), status="test"))
                assert waiting.held == ("JPN: needs_person", "USA: needs_person")
                await ask(kor.home, Release(record_id=waiting.record_id))
                await eventually(lambda: kept(usa, waiting.record_id))
                await eventually(lambda: kept(kor, waiting.record_id))
                off = await ask(kor.home, CallOff(record_id=waiting.record_id))
                assert off.error == ""
                assert "not in the roster" in (await ask(kor.home, Announce(notice=notice, to=("AUS",)))).error
                assert "no announced launch" in (await ask(kor.home, CallOff(record_id=first.id))).error
                replaced = Announce(notice=notice, to=("JPN",), replaces=later.id)
                assert "has issued no record" in (await ask(kor.home, replaced)).error
            with pytest.raises(ConfigError, match="no node of this member runs"):
                await ask(kor.home, Release(record_id=first.id))

    scenario()


def test_a_recall_reaches_the_peers_and_another_members_record_cannot_be_recalled(tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        async with running(house) as nodes:
            kor, jpn = nodes["KOR"], nodes["JPN"]
            async with ControlSocket(kor.node):
                ours, theirs = numbered("KOR", 1, CODES), numbered("JPN", 2, CODES)
                kor.node.issue([ours])
                jpn.node.issue([theirs])
                await eventually(lambda: kept(jpn, ours.id))
                await eventually(lambda: kept(kor, theirs.id))
                refused = await ask(kor.home, RecallOrder(record_id=theirs.id, reason="not ours to recall"))
                assert "has issued no record" in refused.error
                done = await ask(kor.home, RecallOrder(record_id=ours.id, reason="a test plot"))
                assert done.error == ""

                async def nowhere() -> bool:
                    return not any(lies_on_disk(home, ours.id) for home in house.homes.values())

                async def gone() -> bool:
                    await jpn.node.keeper.flush()
                    return not holds(jpn, ours.id)

                await eventually(gone)
                await eventually(nowhere)
                assert holds(jpn, theirs.id)

    scenario()


def test_a_releaser_widens_named_fields_and_nobody_else_can(tmp_path: Path) -> None:
    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        releaser, stranger = PrivateKey.generate(KeyRole.LIVE), PrivateKey.generate(KeyRole.LIVE)
        table = f'pseudonym = "heron"\nkeyid = "{releaser.keyid}"\npublic = "{releaser.public.public}"\n'
        house.edit("KOR", "[warning]", f"[[exchange.releasers]]\n{table}\n[warning]")
        async with running(house) as nodes:
            kor, usa = nodes["KOR"], nodes["USA"]
            async with ControlSocket(kor.node):
                alone = numbered("KOR", 1, ("KOR",))
                kor.node.issue([alone])
                await eventually(lambda: kept(kor, alone.id))
                fields = ("sensor", "azimuth_deg", "elevation_deg", "angle_sigma_deg")
                order = Downgrade(
                    source_ids=(alone.id,), fields=fields, marking=marking_for(*CODES), reason="line of sight only",
                    releaser=Person(role="releaser", pseudonym="heron"), keyid="", signature="",
                )  # fmt: skip
                forged = await ask(kor.home, DowngradeOrder(order=sign_downgrade(order, stranger)))
                assert "no releaser" in forged.error
                done = await ask(kor.home, DowngradeOrder(order=sign_downgrade(order, releaser)))
                assert (done.error, done.sent_to) == ("", ("JPN", "USA"))

                def copies() -> list[Detection]:
                    return [stored.admitted.body for stored in usa.node.store.current("warning.detection")]

                async def arrived() -> bool:
                    return bool(copies())

                await eventually(arrived)
                (copy,) = copies()
                assert copy.range_m is None
                assert copy.azimuth_deg == 301.0
                assert not holds(usa, record_id("KOR", 1))

    scenario()


def test_a_ledger_is_told_once_revised_and_read_by_the_others_as_it_was_then(tmp_path: Path) -> None:
    text = """
        [[item]]
        key = "image"
        title = "image"
        media = "image/png"
        basis = "own"
        [[claim]]
        key = "c"
        proposition = "300 containers"
        speaker = "s"
        rests_on = ["image"]
    """

    @on_loop
    async def scenario() -> None:
        house = House(tmp_path)
        async with running(house) as nodes:
            kor, jpn = nodes["KOR"], nodes["JPN"]

            def told(text: str, to: tuple[str, ...] = CODES) -> Tell:
                return Tell(entries=tuple(read_ledger(text, name="f", member="KOR")), to=to, status="test")

            def proposition(as_of: datetime | None = None) -> tuple[str, int]:
                ledger = read_claims(jpn.node.config, "test")
                standing = standing_of(ledger, ("KOR", "KOR-claims-c"), as_of)
                return standing.claim.body.proposition, len(standing.support.origins)

            async with ControlSocket(kor.node):
                first = await ask(kor.home, told(text))
                assert first.told == (
                    "told claims.item KOR-claims-image", "told claims.claim KOR-claims-c",
                )  # fmt: skip
                await eventually(lambda: kept(jpn, "KOR-claims-c"))
                then = jpn.node.clock.now()
                assert proposition() == ("300 containers", 1)
                assert (await ask(kor.home, told(text))).told == ()
                again = await ask(kor.home, told(text.replace("300", "at least 300")))
                assert again.told == ("revised claims.claim KOR-claims-c.2",)
                await eventually(lambda: kept(jpn, "KOR-claims-c.2"))
                assert proposition() == ("at least 300 containers", 1)
                assert proposition(then) == ("300 containers", 1)
                alone = await ask(kor.home, told(text.replace("300", "301"), to=("KOR",)))
                assert [line.partition(" ")[0] for line in alone.told] == ["revised", "revised"]
                narrow = text.replace('["image"]', '["image", "JPN/unknown"]')
                refused = await ask(kor.home, told(narrow))
                assert "rests on unknown of JPN, which is not held" in refused.error
                long = "".join(f'[[claim]]\nkey = "m{n}"\nproposition = "p"\nspeaker = "s"\n' for n in range(600))
                many = await ask(kor.home, told(long))  # more than is told at once, or in one answer
                assert (many.error, many.told[-1]) == ("", "and 500 more")
                assert await kept(kor, "KOR-claims-m599")
                with pytest.raises(DomainError, match="Split it"):
                    await ask(kor.home, told(text, to=("JPN",) * 3_000_000))
                await shares_objects(kor, jpn)

    scenario()
