"""Whole nodes and those who should not be believed: wrong keys, an expired certificate, a rogue with valid papers."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from tests.nodes import CODES, House, Local, audit, gathered, read_disk, record_id, running, until, until_level
from tests.rogue import ALL, Rogue
from tests.servers import eventually, on_loop

from tocsin.bus import new_nkey
from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.markings import marking_for
from tocsin.node import status_of
from tocsin.records import (
    ChainId,
    Detection,
    Head,
    Heads,
    Position,
    Precedence,
    Recall,
    Record,
    Request,
    Revocation,
    with_body,
)
from tocsin.signing import KeyRevocation, KeyRole, PrivateKey, unsigned
from tocsin.testing.federation import make_detection

pytestmark = pytest.mark.servers

FAR = 2**53 - 1


@on_loop
async def test_wrong_keys_and_an_expired_certificate_are_named_and_cost_no_frame(tmp_path: Path) -> None:
    """JPN's link keys to USA are not those that USA knows; KOR's certificate has expired; then both set it right."""
    house = House(tmp_path)
    keys = {path: path.read_bytes() for path in (house.homes["JPN"] / "keys").glob("link-USA-*.nk")}
    assert len(keys) == 2
    for path in keys:
        path.write_text(new_nkey().seed)
    certificate = expire(house.homes["KOR"])
    async with running(house) as nodes:
        await gathered(*(node.issue(range(10), CODES) for node in nodes.values()))
        async with asyncio.timeout(10):
            await eventually(lambda: says(nodes["JPN"], "USA: the peer refuses our link key"))
            await eventually(lambda: says(nodes["USA"], "JPN: a caller's link key is unknown to us"))
            for code in ("JPN", "USA"):
                await eventually(lambda code=code: says(nodes[code], "KOR: the peer's certificate has expired"))
            await eventually(lambda: says(nodes["KOR"], "our link certificate expired at"))
        await gathered(*(nodes[code].stop() for code in ("JPN", "KOR")))
        for path, seed in keys.items():
            path.write_bytes(seed)
        (house.homes["KOR"] / "tls/link.pem").write_bytes(certificate)
        await gathered(*(nodes[code].start() for code in ("JPN", "KOR")))
        await until_level(house, [node.told for node in nodes.values()])
        for node in nodes.values():
            await eventually(lambda node=node: is_sound(node))
    audit(house, [node.told for node in nodes.values()])


def expire(home: Path) -> bytes:
    """Put a certificate in place that ended yesterday, of the same key and authority; return the good one."""
    file = home / "tls/link.pem"
    good = file.read_bytes()
    old = x509.load_pem_x509_certificate(good)
    authority = load_pem_private_key((home / "tls/authority.key").read_bytes(), None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=30))
        .not_valid_after(datetime.now(UTC) - timedelta(days=1))
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    file.write_bytes(builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    return good


async def says(node: Local, words: str) -> bool:
    return any(re.search(words, problem) for problem in (await status_of(node.node)).problems)


async def is_sound(node: Local) -> bool:
    return (await status_of(node.node)).problems == []


# -- a rogue member -------------------------------------------------------------------------------------------------


@on_loop
async def test_a_rogue_member_with_valid_papers_gains_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    rogue = Rogue(house)
    async with running(house, without=["JPN"]) as nodes:
        await rogue.start()
        try:
            honest = [node.told for node in nodes.values()]
            await gathered(*(node.issue(range(20), CODES) for node in nodes.values()))
            await gathered(*(node.issue(range(20, 40), ("KOR", "USA")) for node in nodes.values()))
            await until(lambda: len({data for data in rogue.heard if b'"KOR-000' in data}) >= 20)
            expected = await misbehave(rogue)
            for code in ("KOR", "USA"):
                await until(lambda code=code: not expected - refused(house, code))
            await gathered(*(node.issue(range(40, 60), CODES) for node in nodes.values()))
            await gathered(*(node.issue(range(60, 80), ("KOR", "USA")) for node in nodes.values()))
            await until_level(house, honest, without=["JPN"])
            await until(lambda: all(record_id(c, 59) in str(rogue.heard) for c in ("KOR", "USA")))
            for node in nodes.values():
                status = await status_of(node.node)
                assert (status.store_problem, status.desks) == ("", {})
                assert not node.node.exchange.trust.is_revoked(own_key(house, "KOR"))
        finally:
            await rogue.stop()
    audit(house, honest, refused_by=("KOR", "USA"), without=["JPN"])
    bilateral = [record_id(code, number) for code in ("KOR", "USA") for number in (*range(20, 40), *range(60, 80))]
    assert [one for one in bilateral if any(one.encode() in data for data in rogue.heard)] == []
    for code in ("KOR", "USA"):
        disk = read_disk(house.homes[code])
        assert {via for via, _, _ in disk.refused} == {"JPN"}
        assert expected - Counter(reason for _, reason, _ in disk.refused) == Counter()
        rogues = {one for one in disk.believed if one.startswith("rogue")}
        assert rogues == {"rogue-good", "rogue-late", "rogue-from-the-future", "rogue-poison"} | {
            f"rogue-extreme-{number}" for number in range(len(EXTREMES))
        }


EXTREMES: tuple[dict[str, object], ...] = (
    {"range_m": 1e308, "range_sigma_m": 1e308},
    {"range_m": 5e-324, "range_sigma_m": 5e-324},
    {"angle_sigma_deg": 1e308, "bias_sigma_deg": 1e308},
    {"angle_sigma_deg": 5e-324, "bias_sigma_deg": -1e308},
    {"sensor": Position(lat_deg=90.0, lon_deg=180.0, altitude_m=1e308)},
    {"sensor": Position(lat_deg=-90.0, lon_deg=-180.0, altitude_m=-1e308)},
    {"elevation_deg": -90.0, "azimuth_deg": 359.99999999999994},
)


def extreme(number: int, **change: object) -> Record:
    now = SystemClock().now()
    fields = {
        "sensor_id": "radar-x", "sensor": Position(lat_deg=38.0, lon_deg=138.5), "range_m": 700_000.0,
        "range_sigma_m": 50.0, "azimuth_deg": 301.0, "elevation_deg": 12.0, "angle_sigma_deg": 0.1,
        "independence_group": f"extreme-{number}", **change,
    }  # fmt: skip
    return with_body(
        "warning.detection", Detection(**fields), id=f"rogue-extreme-{number}", originator="JPN",
        marking=marking_for(*CODES), status="test", precedence=Precedence.FLASH, issued_at=now, observed_at=now,
    )  # fmt: skip


async def misbehave(rogue: Rogue) -> Counter[str]:
    """Try everything; return what both others are to refuse, by reason, at least so often."""
    house, now = rogue.house, SystemClock().now()
    good = make_detection("rogue-good", "JPN", CODES, issued_at=now)
    first = rogue.seal([good])
    await rogue.say(first, first)
    stolen = next(data for data in rogue.heard if b'"KOR-00000"' in data)
    header = json.loads(stolen)["header"]
    own = ChainId("JPN", ALL, "test", Precedence.FLASH)

    def forged(id_: str, originator: str = "JPN", audience: Sequence[str] = CODES, **fields: object) -> Record:
        return make_detection(id_, originator, audience, issued_at=now, **fields)

    await rogue.say(
        stolen,  # a replay of another's: by a way that it may have come, and held already
        b"", b"{}", b"[" * 100_000, b'{"header":' * 5_000, b"\xff" * 300, b"null", b"x" * 1_000_001,
        first.data.replace(b'"keyid"', b'"keyid":"x","keyid"', 1),
        stolen.replace(b"radar-a", b"radar-b", 1), stolen.replace(header["epoch"].encode(), b"20990101T000000Z", 1),
        stolen.replace(b"tocsin/1", b"tocsin/2", 1),
        first.data.replace(b'"signature":"', b'"signature":"AAAA', 1),
        rogue.seal([forged("rogue-as-kor", "KOR")], chain=rogue.chain(originator="KOR"), number=1),
        rogue.seal([forged("rogue-as-prk", "PRK")], chain=rogue.chain(originator="PRK"), number=1),
        rogue.seal([forged("rogue-actual", status="actual")], chain=rogue.chain(status="actual"), number=1),
        rogue.seal([forged("rogue-unsorted")], chain=rogue.chain("USA-KOR-JPN"), number=1),
        rogue.seal([forged("rogue-without-jpn", "KOR")], chain=rogue.chain("KOR-USA"), number=1),
        rogue.seal([forged("rogue-own", audience=("JPN",))], chain=rogue.chain("JPN"), number=1),
        rogue.seal([forged("rogue-good")], number=1),  # another frame with the first one's number
    )  # fmt: skip
    # one chain, whole and well signed; what is in its frames is not
    await rogue.say(
        rogue.seal([forged("rogue-as-kor-inside", "KOR")]),
        rogue.seal([forged("rogue-for-two", audience=("JPN", "USA"))]),
        rogue.seal([forged("rogue-exercise", status="exercise:x")]),
        rogue.seal([forged("rogue-slow", precedence=Precedence.ROUTINE)]),
        rogue.seal([b"{}"]), rogue.seal([b'{"kind":"warning.detection","kind":"warning.detection"}']),
        rogue.seal([heads_record(rogue, "rogue-heads-in-chain")]),
        rogue.seal([forged("rogue-late")], sealed_at=now - timedelta(days=400)),
        rogue.seal([forged("rogue-from-the-future")], sealed_at=now + timedelta(days=400)),
    )  # fmt: skip
    await rogue.say(*(rogue.seal([extreme(number, **change)]) for number, change in enumerate(EXTREMES)))
    await rogue.say(
        rogue.seal([make_detection("rogue-poison", "JPN", CODES, issued_at=datetime.max.replace(tzinfo=UTC))]),
        rogue.seal([order("exchange.recall", Recall(record_id=record_id("KOR", 0), reason="spite"), "rogue-recall")]),
        rogue.seal([order("exchange.revocation", Revocation(document=revocation(house)), "rogue-revocation")]),
    )  # fmt: skip
    # outside the chains
    rogue.say_live(rogue.seal([forged("rogue-control")], number=0))
    fakes = Head(originator="KOR", precedence=Precedence.FLASH, epoch=header["epoch"], number=1, hash="0" * 64)
    rogue.control("exchange.heads", Heads(clock_at=now, heads=(), held=(fakes,), count=1))
    absurd = [
        Head(originator="KOR", precedence=Precedence.FLASH, epoch=f"never-{n}", number=FAR, hash="0" * 64)
        for n in range(500)
    ]
    rogue.control(
        "exchange.heads",
        Heads(clock_at=datetime.max.replace(tzinfo=UTC), heads=tuple(absurd), held=tuple(absurd), count=2),
    )
    for audience in (ALL, "JPN-KOR", "JPN-USA", "KOR-USA"):
        for originator in CODES:
            rogue.control(
                "exchange.request",
                Request(originator=originator, precedence=Precedence.FLASH, epoch=header["epoch"], after=0, up_to=FAR),
                audience=audience,
            )
    chain = ChainId("KOR", ALL, "test", Precedence.ROUTINE)
    rogue.say_live(rogue.seal([heads_record(rogue, "rogue-heads-of-kor", "KOR")], chain=chain, number=0))
    assert own in rogue.ends
    return Counter(
        malformed=9, unknown_version=1, too_large=1, bad_signature=2, unknown_key=2, unknown_member=1, key_role=1,
        not_for_us=4, equivocation=2, record_against_frame=6,
    )  # fmt: skip


def heads_record(rogue: Rogue, id_: str, originator: str = "JPN") -> Record:
    body = Heads(clock_at=SystemClock().now(), heads=(), count=99)
    return with_body(
        "exchange.heads", body, id=id_, originator=originator, marking=marking_for(*CODES), status="test",
        precedence=Precedence.FLASH if originator == "JPN" else Precedence.ROUTINE, issued_at=SystemClock().now(),
    )  # fmt: skip


def order(kind: str, body: msgspec.Struct, id_: str) -> Record:
    return with_body(
        kind, body, id=id_, originator="JPN", marking=marking_for(*CODES), status="test", precedence=Precedence.FLASH,
        issued_at=SystemClock().now(),
    )  # fmt: skip


def revocation(house: House) -> str:
    """KOR's key taken back, on the word of JPN."""
    document = unsigned(
        KeyRevocation(member="KOR", keyid=own_key(house, "KOR"), revoked_at=SystemClock().now(), last_heads=())
    )
    key = PrivateKey.load(KeyRole.ROSTER, house.homes["JPN"] / "keys/roster.pem")
    return encode(document.signed_by("JPN", key).signed_by("KOR", key)).decode()


def own_key(house: House, code: str) -> str:
    return PrivateKey.load(KeyRole.TEST, house.homes[code] / "keys/test.pem").keyid


def refused(house: House, code: str) -> Counter[str]:
    return Counter(reason for _, reason, _ in read_disk(house.homes[code]).refused)
