"""Every vector of spec/vectors against this implementation, and the vectors against their script."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path

import pytest

from tocsin.clock import ManualClock
from tocsin.errors import TocsinError
from tocsin.exchange import Exchange, Incoming, Policy
from tocsin.records import Opaque, decode
from tocsin.signing import SignedDocument, Trust

SPEC = Path(__file__).parents[2] / "spec"
VECTORS = SPEC / "vectors"


def _expected(door: str) -> list[str]:
    found = [path.parent for path in sorted(VECTORS.glob("*/expected.json"))]
    return [folder.name for folder in found if json.loads((folder / "expected.json").read_text())["door"] == door]


def _document(path: Path) -> SignedDocument:
    return decode(path.read_bytes(), SignedDocument)


def _told(incoming: Incoming) -> dict[str, object]:
    if incoming.frame is None:
        if incoming.is_duplicate:
            return {"result": "duplicate"}
        (rejected,) = incoming.refused
        return {"result": "rejected", "reason": rejected.reason.value}
    told: dict[str, object] = {"result": "admitted", "records": len(incoming.frame.records)}
    if incoming.refused:
        told["refused"] = [rejected.reason.value for rejected in incoming.refused]
    return told


@pytest.mark.parametrize("name", _expected("frames"))
def test_frames(name: str) -> None:
    folder = VECTORS / name
    expected = json.loads((folder / "expected.json").read_text())
    trust = Trust(_document(folder / "roster.json"))
    for file in expected.get("revocations", ()):
        trust.revoke(_document(folder / file))
    exchange = Exchange(
        expected["reader"],
        trust=trust,
        keys={},
        policy=Policy(max_frame_bytes=expected.get("max_frame_bytes", 512_000)),
        clock=ManualClock(datetime.fromisoformat(expected["now"])),
    )
    for step in expected["frames"]:
        data = (folder / step["file"]).read_bytes()
        incoming = exchange.receive(data, via="KOR", path=step["path"])
        marks = {"file", "path", "clock_suspect", "chain_open", "opaque", "control"}
        assert _told(incoming) == {key: value for key, value in step.items() if key not in marks}
        if incoming.frame is None:
            continue
        assert incoming.frame.data == data
        assert incoming.frame.clock_suspect is step.get("clock_suspect", False)
        if "chain_open" in step:
            assert incoming.frame.chain_open is step["chain_open"]
        assert all(isinstance(each.body, Opaque) is step.get("opaque", False) for each in incoming.frame.records)
        assert (incoming.frame.ref.number == 0) is step.get("control", False)
        assert all(each.raw in data for each in incoming.frame.records)


@pytest.mark.parametrize("name", _expected("roster"))
def test_rosters_and_revocations(name: str) -> None:
    folder = VECTORS / name
    expected = json.loads((folder / "expected.json").read_text())
    trust: Trust | None = None
    for step in expected["documents"]:
        document = _document(folder / step["file"])
        code = ""
        try:
            if trust is None:
                trust = Trust(document)
            elif "roster" in document.payload_type:
                trust.apply(document, now=datetime.fromisoformat(expected["now"]))
            else:
                trust.revoke(document)
        except TocsinError as error:
            code = error.code
        assert code == step.get("error", "")
        assert (code == "") is (step["result"] == "accepted")


def test_every_vector_has_a_door_and_says_why() -> None:
    folders = [path for path in VECTORS.iterdir() if path.is_dir()]
    assert {folder.name for folder in folders} == {*_expected("frames"), *_expected("roster")}
    assert len(folders) >= 15
    for folder in folders:
        assert (folder / "README").read_text().endswith(")\n")


def test_fail_in_the_name_means_that_something_is_refused() -> None:
    for folder in (path.parent for path in VECTORS.glob("*/expected.json")):
        text = (folder / "expected.json").read_text()
        fails = any(word in text for word in ('"rejected"', '"refused"'))
        assert fails is folder.name.endswith("_fail"), folder.name


def test_the_script_makes_what_is_committed() -> None:
    found = importlib.util.spec_from_file_location("make_vectors", SPEC / "make_vectors.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    import sys  # noqa: PLC0415 - dataclasses look their module up by name

    sys.modules["make_vectors"] = module
    try:
        found.loader.exec_module(module)
        made = module.files()
    finally:
        del sys.modules["make_vectors"]
    committed = {
        path.relative_to(VECTORS): path.read_bytes()
        for path in VECTORS.rglob("*")
        if path.is_file() and path.name != ".gitattributes"
    }
    assert sorted(made) == sorted(committed)
    assert [path for path, data in made.items() if committed[path] != data] == []
