"""Three whole nodes at what people and policies decide: released, held, sanitised, recalled, revoked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from tests.authenticators import ORIGIN, RP_ID, Authenticator
from tests.nodes import CODES, House, gathered, read_disk, running, until, until_level
from tests.servers import on_loop

from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.errors import NotReleasableError
from tocsin.exchange import Exchange, challenge_of, digest_of, verify_frames
from tocsin.markings import marking_for
from tocsin.node import Node, load_keys, load_trust, read_config, status_of
from tocsin.records import (
    Approval,
    Credential,
    Detection,
    Person,
    Position,
    Precedence,
    Record,
    Revocation,
    Source,
    with_body,
)
from tocsin.signing import KeyRevocation, KeyRole, PrivateKey, to_base64url, unsigned
from tocsin.store import standing_in

pytestmark = pytest.mark.servers

RULES = """
[[exchange.release]]
kinds = ["warning.detection"]
statuses = ["actual"]
action = "ask"

[[exchange.release]]
kinds = ["warning.detection"]
statuses = ["exercise"]
action = "hold"

[[exchange.release]]
kinds = ["warning.detection"]
action = "release"
sanitise = { releasable_to = ["JPN", "KOR", "USA"], position_grid_m = 5000.0, time_grid_s = 1.0 }

[[exchange.release]]
"""


def detection(id_: str, audience: tuple[str, ...], *, status: str = "test", sensor: str = "radar-a") -> Record:
    body = Detection(
        sensor_id=sensor, sensor=Position(lat_deg=38.0, lon_deg=138.5), range_m=700_000.0, range_sigma_m=50.0,
        azimuth_deg=301.0, elevation_deg=12.0, angle_sigma_deg=0.1, independence_group=f"group {id_}",
    )  # fmt: skip
    now = SystemClock().now()
    return with_body(
        "warning.detection", body, id=id_, originator=audience[0], marking=marking_for(*audience), status=status,
        precedence=Precedence.FLASH, issued_at=now, observed_at=now, synthetic=True,
    )  # fmt: skip


async def decided_by_people(house: House, jpn: Node, kor: Node) -> None:
    """Refuse one and release one, where policy wants a releaser's passkey for what goes."""
    jpn.exchange.policy = msgspec.structs.replace(jpn.exchange.policy, release_by="passkey")
    jpn.issue([detection("refused", CODES, status="actual"), detection("signed", CODES, status="actual")])
    await jpn.keeper.flush()
    key = Authenticator()
    told, refusal, unsigned_release, release = (
        decision(jpn, *each, key=key) for each in (("told",), ("refuse", "refused"), ("release", "signed", False),
        ("release", "signed"))
    )  # fmt: skip
    jpn.issue([told, refusal, unsigned_release])
    await until(lambda: {item.held.record_id for item in jpn.store.links.held()} == {"kept", "signed"})
    await until(lambda: kor.store.find(unsigned_release.id) is not None)
    assert "signed" not in detections(house, "KOR")  # nobody's passkey stood behind it
    jpn.issue([release])
    await until(lambda: all("signed" in detections(house, code) for code in ("KOR", "USA")))
    await until(lambda: kor.store.find(release.id) is not None)
    worth = [
        standing_in(kor.store, kor.store.find(each.id).admitted).code for each in (unsigned_release, release)
    ]  # fmt: skip
    assert worth == ["unsigned", "verified"]
    assert kor.store.find(refusal.id) is None
    assert "refused" not in detections(house, "KOR")


def decision(node: Node, act: str, record_id: str = "", is_signed: bool = True, *, key: Authenticator) -> Record:
    now, everybody = SystemClock().now(), marking_for(*CODES)
    common = {"status": "actual", "precedence": Precedence.IMMEDIATE, "issued_at": now, "originator": "JPN"}
    if act == "told":
        body = Credential(
            credential=to_base64url(key.id), pseudonym="R-1", roles=("releaser",), rp_id=RP_ID, origin=ORIGIN,
            public_key=to_base64url(key.public_info), valid_from=now,
        )  # fmt: skip
        return with_body("watch.credential", body, id="passkey", marking=everybody, synthetic=True, **common)
    body = Approval(
        act=act, originator="JPN", record=record_id, person=Person(role="releaser", pseudonym="R-1"),
        digest=digest_of(node.store.find(record_id).admitted.raw),
    )  # fmt: skip
    if is_signed and act == "release":
        body = msgspec.structs.replace(body, assertion=key.assertion(challenge_of(body, "JPN")))
    marking = marking_for("JPN") if act == "refuse" else everybody
    return with_body(
        "watch.approval", body, id=f"{act}-{record_id}-{is_signed}", marking=marking, synthetic=True,
        sources=(Source(record=record_id, originator="JPN"),), **common,
    )  # fmt: skip


@on_loop
async def test_asked_held_and_sanitised_records_go_where_policy_says(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.edit("JPN", "[[exchange.release]]", RULES.strip())
    async with running(house) as nodes:
        jpn = nodes["JPN"]
        jpn.node.issue([detection("asked", CODES, status="actual")])
        jpn.node.issue([detection("kept", CODES, status="exercise:spring")])
        jpn.node.issue([detection("fine", ("JPN", "USA"))])
        await jpn.node.keeper.flush()
        held = {(item.record_id, item.member, item.reason) for item in (await status_of(jpn.node)).held}
        assert held == {
            ("asked", "KOR", "needs_person"), ("asked", "USA", "needs_person"),
            ("kept", "KOR", "policy"), ("kept", "USA", "policy"),
        }  # fmt: skip
        await until(lambda: len(detections(house, "USA")) == 2 and len(detections(house, "KOR")) == 1)
        await jpn.stop()
        await jpn.start()
        jpn.node.approve("asked")
        await until(lambda: all("asked" in detections(house, code) for code in ("KOR", "USA")))
        await decided_by_people(house, jpn.node, nodes["KOR"].node)
        await jpn.node.keeper.flush()
        assert {item.record_id for item in (await status_of(jpn.node)).held} == {"kept"}
    let_go = {"asked", "signed"}
    [coarse] = set(detections(house, "KOR")) - let_go
    assert set(detections(house, "KOR")) == let_go | {coarse}
    assert set(detections(house, "USA")) == let_go | {coarse, "fine"}
    assert set(detections(house, "JPN")) == let_go | {coarse, "fine", "kept", "refused"}
    copy = detections(house, "KOR")[coarse]
    assert copy["body"]["independence_group"] == "group fine"
    assert "sensor" not in copy["body"]
    assert "fine" not in str(copy["sources"])
    for code in CODES:
        disk = read_disk(house.homes[code])
        assert disk.foreign == disk.refused == []
        assert max(disk.ids.values()) == (2 if code == "JPN" else 1)  # at home it also stands among what was held
        assert verify_frames(disk.frames, [house.roster]).is_sound


@on_loop
async def test_a_recalled_record_is_gone_from_every_members_files(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        spilled = detection("spilled", ("JPN", "KOR", "USA"), sensor="a-radar-that-nobody-should-know-of")
        nodes["JPN"].node.issue([detection("before", ("JPN", "KOR", "USA")), spilled])
        await until(lambda: all("spilled" in detections(house, code) for code in CODES))
        assert all(spills(house, code) for code in CODES)
        nodes["JPN"].node.recall(spilled, "names a sensor")
        await until(lambda: not any(spills(house, code) for code in CODES), timeout_s=30)
        await until(lambda: all(not node.node.orders.unfinished for node in nodes.values()))
        await gathered(*(node.stop() for node in nodes.values()))
        await gathered(*(node.start() for node in nodes.values()))
        await gathered(*(node.issue(range(5), CODES) for node in nodes.values()))
        await until_level(house, [node.told for node in nodes.values()])
    for code in CODES:
        disk = read_disk(house.homes[code])
        assert not spills(house, code)
        assert "spilled" not in disk.ids
        assert "before" in disk.ids
        report = verify_frames(disk.frames, [house.roster])
        assert report.is_sound
        assert report.recalled == 1


@on_loop
async def test_a_revoked_key_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with running(house) as nodes:
        jpn, kor = nodes["JPN"], nodes["KOR"]
        key = PrivateKey.load(KeyRole.TEST, jpn.home / "keys/test.pem")
        now = SystemClock().now()
        document = unsigned(KeyRevocation(member="JPN", keyid=key.keyid, revoked_at=now, last_heads=()))
        document = document.signed_by("JPN", PrivateKey.load(KeyRole.ROSTER, jpn.home / "keys/roster.pem"))
        order = with_body(
            "exchange.revocation", Revocation(document=encode(document).decode()), id="order", originator="JPN",
            marking=marking_for(*CODES), status="actual", precedence=Precedence.FLASH, issued_at=now,
        )  # fmt: skip
        jpn.node.issue([order])
        await until(lambda: kor.node.exchange.trust.is_revoked(key.keyid))
        await kor.node.keeper.flush()
        with pytest.raises(NotReleasableError, match="was taken back, so it signs nothing any more"):
            jpn.node.issue([detection("void-1", CODES)])
        thief = stolen_key(house)
        steal(thief, jpn.node, "void-2")
        await until(lambda: all(reasons(house, code)["revoked_key"] == 2 for code in ("KOR", "USA")))  # by both paths
        await kor.stop()
        await kor.start()
        assert kor.node.exchange.trust.is_revoked(key.keyid)
        before = reasons(house, "KOR")["revoked_key"]
        assert reasons(house, "USA")["revoked_key"] == 2  # JPN's heads under that key have ended, too
        steal(thief, jpn.node, "void-3")
        await until(lambda: reasons(house, "KOR")["revoked_key"] > before)
        jpn.node.issue([detection("good", CODES, status="actual")])
        await until(lambda: all("good" in detections(house, code) for code in CODES))
    for code in ("KOR", "USA"):
        assert set(detections(house, code)) == {"good"}
    assert not load_trust(read_config(house.homes["KOR"] / "member.toml")).is_revoked(key.keyid)


def stolen_key(house: House) -> Exchange:
    """JPN's keys in the hands of somebody who knows of no revocation."""
    config = read_config(house.homes["JPN"] / "member.toml")
    trust = load_trust(config)
    keys = load_keys(config, trust.roster)
    return Exchange("JPN", trust=trust, keys=keys, policy=config.exchange, clock=SystemClock())


def steal(thief: Exchange, node: Node, id_: str) -> None:
    """Send what was signed with stolen keys over the line of the member that they were stolen from."""
    for released in thief.submit([detection(id_, CODES)]).sends:
        node.bus.submit(released, hop=released.destination.code)


def detections(house: House, code: str) -> dict[str, dict]:
    """Return the detections in a member's store, by id."""
    found = {}
    for data in read_disk(house.homes[code]).frames:
        for slip in msgspec.json.decode(data)["records"]:
            record = slip.get("record")
            if record is not None and record["kind"] == "warning.detection":
                found[record["id"]] = record
    return found


def spills(house: House, code: str) -> bool:
    """Tell whether a member's store, its log or its lock file holds what was recalled."""
    files = (house.homes[code] / "data").glob("store.db*")
    return any(b"a-radar-that-nobody-should-know-of" in file.read_bytes() for file in files)


def reasons(house: House, code: str) -> dict[str, int]:
    """Return how often a member refused something, by reason."""
    return Counter(reason for _, reason, _ in read_disk(house.homes[code]).refused)
