"""Every vector of spec/vectors against this implementation, and the vectors against their script."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tocsin.clock import ManualClock
from tocsin.errors import MarkingError, StatusMixError, TocsinError
from tocsin.exchange import Exchange, Incoming, Policy, Report, next_hops, reachable, verify_frames
from tocsin.markings import Marking, combine, combine_status, derive
from tocsin.records import ChainId, Opaque, Precedence, decode
from tocsin.signing import Link, LinkIdentity, Roster, RosterMember, SignedDocument, Trust

SPEC = Path(__file__).parents[2] / "spec"
VECTORS = SPEC / "vectors"


def _expected(door: str) -> list[str]:
    found = [path.parent for path in sorted(VECTORS.glob("*/expected.json"))]
    return [folder.name for folder in found if json.loads((folder / "expected.json").read_text())["door"] == door]


def _document(path: Path) -> SignedDocument:
    return decode(path.read_bytes(), SignedDocument)


def _told(incoming: Incoming) -> dict[str, object]:
    if incoming.is_duplicate:
        return {"result": "duplicate"}
    if incoming.frame is None:
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
    for file in expected.get("rosters", ()):
        trust.apply(_document(folder / file), now=datetime.fromisoformat(expected["now"]))
    for file in expected.get("revocations", ()):
        trust.revoke(_document(folder / file))
    exchange = Exchange(
        expected["reader"],
        trust=trust,
        keys={},
        policy=Policy(max_received_bytes=expected.get("max_frame_bytes", 512_000)),
        clock=ManualClock(datetime.fromisoformat(expected["now"])),
    )
    for step in expected["frames"]:
        data = (folder / step["file"]).read_bytes()
        incoming = exchange.receive(data, via=step.get("via", "KOR"), path=step["path"])
        marks = {"file", "path", "via", "clock_suspect", "chain_open", "opaque", "control", "relay_to"}
        assert _told(incoming) == {key: value for key, value in step.items() if key not in marks}
        if incoming.frame is None or incoming.is_duplicate:
            continue
        if "relay_to" in step:
            assert [released.destination.code for released in incoming.relays] == step["relay_to"]
            assert all(released.data == data for released in incoming.relays)
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


def test_labels() -> None:
    (name,) = _expected("labels")
    cases = json.loads((VECTORS / name / "expected.json").read_text())

    def marking(value: object) -> Marking:
        return msgspec.convert(value, Marking)

    for case in cases["combine"]:
        first, second = marking(case["first"]), marking(case["second"])
        assert combine(first, second) == combine(second, first) == marking(case["result"])
    for case in cases["derive"]:
        sources = [marking(source) for source in case["sources"]]
        if case["result"] is None:
            with pytest.raises(MarkingError):
                derive(case["member"], sources)
        else:
            assert derive(case["member"], sources) == marking(case["result"])
    for case in cases["status"]:
        for pair in ((case["first"], case["second"]), (case["second"], case["first"])):
            if case["result"] is None:
                with pytest.raises(StatusMixError):
                    combine_status(*pair)
            else:
                assert combine_status(*pair) == case["result"]


def test_routes() -> None:
    (name,) = _expected("routes")
    cases = json.loads((VECTORS / name / "expected.json").read_text())

    def network(links: list[str]) -> Roster:
        joined = [Link(dialler=link[:3], listener=link[4:]) for link in links]
        codes = sorted({code for link in joined for code in (link.dialler, link.listener)})
        return Roster(
            federation="routes",
            version=1,
            previous="",
            issued_at=datetime(2026, 1, 1, tzinfo=UTC),
            expires_at=datetime(2027, 1, 1, tzinfo=UTC),
            members=tuple(
                RosterMember(code=code, name=code, keys=(), link=LinkIdentity(certificate="")) for code in codes
            ),
            links=tuple(joined),
        )

    networks = {each: network(links) for each, links in cases["networks"].items()}
    for case in cases["reached"]:
        found = reachable(networks[case["network"]], case["member"], tuple(case["audience"].split("-")))
        assert sorted(found) == case["result"], case
    for case in cases["next_hops"]:
        chain = ChainId(case["originator"], case["audience"], "test", Precedence.FLASH)
        assert list(next_hops(networks[case["network"]], case["member"], chain, case["via"])) == case["result"], case


def test_offline_proof_of_the_vectors() -> None:
    """What the door lets in whole is sound offline; what it refuses for its bytes is not."""
    provable = {"malformed", "bad_signature", "key_role", "unknown_key", "unknown_member", "unknown_version"}
    for name in _expected("frames"):
        folder = VECTORS / name
        expected = json.loads((folder / "expected.json").read_text())
        names = ["roster.json", *expected.get("rosters", ())]
        rosters = [decode(_document(folder / file).payload.encode(), Roster) for file in names]
        for step in expected["frames"]:
            report = verify_frames([(folder / step["file"]).read_bytes()], rosters)
            if step["result"] == "admitted" and not step.get("refused"):
                assert report.is_sound, name
            if step.get("reason") in provable:
                assert not report.is_sound, name


def test_offline_proof_of_chains() -> None:
    roster = decode(_document(VECTORS / "chain" / "roster.json").payload.encode(), Roster)

    def proved(name: str) -> Report:
        return verify_frames([path.read_bytes() for path in sorted((VECTORS / name).glob("frame*.json"))], [roster])

    assert proved("chain").is_sound
    assert proved("chain").gaps == []
    assert proved("chain_new_epoch").is_sound
    assert not proved("equivocation_fail").is_sound
    assert not proved("equivocation_previous_fail").is_sound
    assert not proved("equivocation_next_fail").is_sound


def test_every_vector_has_a_door_and_says_why() -> None:
    folders = [path for path in VECTORS.iterdir() if path.is_dir()]
    assert {folder.name for folder in folders} == {
        *_expected("frames"),
        *_expected("roster"),
        *_expected("labels"),
        *_expected("routes"),
        *_expected("digests"),
        *_expected("proof"),
        *_expected("purge"),
    }
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
        if path.is_file() and path.parent != VECTORS
    }
    assert sorted(made) == sorted(committed)
    assert [str(path) for path, data in made.items() if committed[path] != data] == [], "run: just spec"
