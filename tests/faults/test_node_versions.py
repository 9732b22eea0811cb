"""A newer member among present ones: what they do not know they keep byte for byte, relay, and list."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.nodes import CODES, ROOT, House, Local, Remote, audit, read_disk, record_id, running, until_level
from tests.servers import eventually, on_loop

from tocsin.cli.app import run

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

DESK = """
import msgspec
from tocsin.markings import Marking
from tocsin.records import Precedence, Record

DETECTION = (
    b'{"sensor_id": "east", "sensor": {"lat_deg": 37.5, "lon_deg": 127.0, "altitude_m": 100.0, "datum": "ITRF2030"},'
    b' "range_m": 250000.0, "range_sigma_m": 50.0, "azimuth_deg": 12.5, "elevation_deg": 20.25,'
    b' "angle_sigma_deg": 0.1, "doppler_mps": -3.5}'
)


class Newer(Record, frozen=True, kw_only=True):
    doctrine: str
    confidence: msgspec.Raw


class Desk:
    def __init__(self, context):
        pass

    def take(self, admitted, now):
        if not any(entry.record.id == "KOR-00000" for entry in admitted):
            return []
        return [
            self.make("swarm.sighting", "new-kind", now, b'{"count": 12, "of": ["a", "b"]}'),
            self.make("warning.detection", "new-fields", now, DETECTION),
            self.make("swarm.sighting", "new-caveat", now, b'{"count": 13}', caveats=("EYES-2031",)),
        ]

    def tick(self, now):
        return []

    def make(self, kind, id, now, body, caveats=()):
        return Newer(
            kind=kind, id=id, originator="KOR", status="test", precedence=Precedence.ROUTINE, issued_at=now,
            synthetic=True, body=msgspec.Raw(body), doctrine="of 2031",
            confidence=msgspec.Raw(b'{"grade": 7.50, "nested": [1, {"x": null}]}'),
            marking=Marking(releasable_to=("JPN", "KOR", "USA"), caveats=caveats),
        )
"""
NEW = {"new-kind": "swarm.sighting", "new-fields": "warning.detection", "new-caveat": "swarm.sighting"}


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A source tree of tomorrow: it knows one caveat more, and a desk that writes fields and a kind of its own."""
    root = tmp_path / "newer"
    shutil.copytree(ROOT / "src", root / "src")
    (root / "tests").symlink_to(ROOT / "tests")
    markings = root / "src/tocsin/markings.py"
    text = markings.read_text()
    assert "KNOWN_CAVEATS = frozenset({ORCON})" in text
    markings.write_text(
        text.replace("KNOWN_CAVEATS = frozenset({ORCON})", 'KNOWN_CAVEATS = frozenset({ORCON, "EYES-2031"})')
    )
    info = root / "src/newer_desk-1.0.dist-info"
    info.mkdir()
    (root / "src/newer_desk.py").write_text(DESK)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: newer-desk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tocsin.desks]\nnewer = newer_desk:Desk\n")
    return root


def test_what_a_newer_member_writes_is_kept_relayed_and_listed(
    tmp_path: Path, newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """KOR is newer; JPN hears it over USA alone; both are of today."""
    house = House(tmp_path, topology="hub")
    house.edit("KOR", 'kinds = ["warning.*",', 'kinds = ["*",')

    @on_loop
    async def scenario() -> None:
        async with running(house, without=["KOR"]) as nodes:
            kor = Remote(house, "KOR", root=newer)
            await kor.start()
            try:
                usa: Local = nodes["USA"]
                kor.begin(range(60), CODES)
                await usa.issue(range(30), CODES)
                await kor.until_acked(record_id("KOR", 59))
                everything = [kor.told, *(node.told for node in nodes.values())]
                await until_level(house, everything)

                async def has_come() -> bool:
                    return all(slips(home).keys() >= NEW.keys() for home in house.homes.values())

                await eventually(has_come)
            finally:
                await kor.stop()
            assert all(not node.node.desks.waiting for node in nodes.values())
        audit(house, everything)

    scenario()
    kept = {code: slips(home) for code, home in house.homes.items()}
    for one, kind in NEW.items():
        assert kept["USA"][one] == kept["JPN"][one] == kept["KOR"][one]  # byte for byte
        assert b'"doctrine":"of 2031"' in kept["JPN"][one]
        assert b'"grade": 7.50, "nested": [1, {"x": null' in kept["JPN"][one]
        assert f'"kind":"{kind}"'.encode() in kept["JPN"][one]
    assert b'"doppler_mps": -3.5' in kept["JPN"]["new-fields"]
    for code in ("JPN", "USA"):
        capsys.readouterr()
        assert run(["records", "list", "--json", "--limit", "0", "--config", str(house.homes[code])]) == 0
        listed = {entry["record"]["id"]: entry["record"] for entry in lines(capsys.readouterr().out)}
        assert listed["new-kind"]["body"] == {"count": 12, "of": ["a", "b"]}
        assert listed["new-fields"]["confidence"] == {"grade": 7.5, "nested": [1, {"x": None}]}
        assert listed["new-caveat"]["marking"]["caveats"] == ["EYES-2031"]
        assert run(["verify", str(house.homes[code])]) == 0


def slips(home: Path) -> dict[str, bytes]:
    """Return the bytes of the new records as a store holds them, by id."""
    found = {}
    for data in read_disk(home).frames:
        for one in NEW:
            mark = f'"id":"{one}"'.encode()
            if mark in data:
                begin = data.rindex(b'{"salt"', 0, data.index(mark))
                end = data.find(b'{"salt"', data.index(mark))
                found[one] = data[begin : end if end > 0 else len(data)].rstrip(b",]}")
    return found


def lines(text: str) -> Iterator[dict[str, Any]]:
    """Read one JSON object a line."""
    for line in text.splitlines():
        yield json.loads(line)
