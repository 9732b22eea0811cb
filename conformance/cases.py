"""Vectors of ``spec/vectors`` as questions to an implementation, and what its answers are held against."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parents[1] / "spec"
VECTORS = SPEC / "vectors"

Check = Callable[[dict[str, Any]], str]
"""Returns what is wrong with an answer; empty if nothing."""


@dataclass(frozen=True)
class Case:
    """One vector: its questions, in order."""

    name: str
    why: str
    clauses: tuple[str, ...]
    questions: tuple[tuple[dict[str, Any], Check], ...]


def read_cases(folder: Path = VECTORS) -> list[Case]:
    """Return every vector below a folder, by name."""
    cases = []
    for path in sorted(folder.glob("*/expected.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        why = (path.parent / "README").read_text(encoding="utf-8").rpartition(" (clause")[0]
        questions = tuple(DOORS[told["door"]](told, path.parent))
        cases.append(Case(path.parent.name, why, tuple(told["clauses"]), questions))
    return cases


def _bytes(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _same(expected: dict[str, Any]) -> Check:
    def check(answer: dict[str, Any]) -> str:
        return "; ".join(
            f"{name} is {answer.get(name)!r:.120}, not {value!r:.120}"
            for name, value in expected.items()
            if answer.get(name) != value
        )

    return check


def _anything(_: dict[str, Any]) -> str:
    return ""


# -- steps: documents and frames that one member is given in turn --------------------------------------------


def _steps(told: dict[str, Any], folder: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    limits = {name: told[name] for name in ("max_frame_bytes",) if name in told}
    yield {"do": "begin", "member": told["reader"], "clock_tolerance_s": 5.0, **limits}, _anything
    for file in ("roster.json", *told.get("rosters", ()), *told.get("revocations", ())):
        yield _document(folder / file, told["now"]), _same({"result": "accepted"})
    for step in told["frames"]:
        data = (folder / step["file"]).read_bytes()
        question = {
            "do": "frame", "data": _bytes(data), "via": step.get("via", "KOR"), "path": step["path"],
            "now": step.get("now", told["now"]),
        }  # fmt: skip
        yield question, _frame_check(step, data)


def _frame_check(step: dict[str, Any], data: bytes) -> Check:
    if step["result"] != "admitted":
        return _same({name: step[name] for name in ("result", "reason") if name in step})
    expected = {"result": "admitted", "kept": hashlib.sha256(data).hexdigest()}
    expected |= {name: step[name] for name in ("chain_open", "relay_to") if name in step}
    expected |= {name: step.get(name, False) for name in ("clock_suspect", "control")}
    frame = json.loads(data)
    inside = {
        (slip["record"]["id"], digest)
        for slip, digest in zip(frame["records"], frame["header"]["digests"], strict=True)
        if "record" in slip
    }

    def check(answer: dict[str, Any]) -> str:
        faults = [_same(expected)(answer)]
        records = answer.get("records", [])
        if len(records) != step["records"]:
            faults.append(f"{len(records)} records came in, not {step['records']}")
        if not {(record["id"], record["digest"]) for record in records} <= inside:
            faults.append("a record came in that the frame does not hold")
        if any(record.get("opaque", False) is not step.get("opaque", False) for record in records):
            faults.append("a record's kind is known, or is not known, against what is expected")
        if sorted(answer.get("refused", [])) != sorted(step.get("refused", [])):
            faults.append(f"refused is {answer.get('refused')}, not {step.get('refused', [])}")
        return "; ".join(fault for fault in faults if fault)

    return check


def _document(path: Path, now: str) -> dict[str, Any]:
    return {"do": "document", "data": _bytes(path.read_bytes()), "now": now}


def _rosters(told: dict[str, Any], folder: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    yield {"do": "begin", "member": "USA"}, _anything
    for step in told["documents"]:
        now = step.get("now", told["now"])
        yield _document(folder / step["file"], now), _same({"result": step["result"]})


# -- tables --------------------------------------------------------------------------------------------------


def _labels(told: dict[str, Any], _: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    for case in told["combine"]:
        for first, second in ((case["first"], case["second"]), (case["second"], case["first"])):
            yield {"do": "combine", "first": first, "second": second}, _marking(case["result"])
    for case in told["derive"]:
        yield {"do": "derive", "member": case["member"], "sources": case["sources"]}, _marking(case["result"])
    for case in told["status"]:
        for first, second in ((case["first"], case["second"]), (case["second"], case["first"])):
            yield {"do": "status", "first": first, "second": second}, _same({"result": case["result"]})


def _marking(expected: dict[str, Any] | None) -> Check:
    whole: dict[str, Any] = {"public_warning": "no", "tlp": None, "caveats": []}

    def check(answer: dict[str, Any]) -> str:
        found = answer.get("result", "nothing")
        same = found == expected if expected is None or found is None else {**whole, **found} == {**whole, **expected}
        return "" if same else f"result is {found}, not {expected}"

    return check


def _routes(told: dict[str, Any], _: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    networks = {name: [link.split("-") for link in links] for name, links in told["networks"].items()}
    for kind in ("reached", "next_hops"):
        for case in told[kind]:
            asked = {name: value for name, value in case.items() if name not in ("network", "result")}
            yield {"do": kind, "links": networks[case["network"]], **asked}, _same({"result": case["result"]})


def _digests(told: dict[str, Any], _: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    for case in told["digests"]:
        question = {"do": "digest", "salt": case["salt"], "record": _bytes(case["record"].encode())}
        yield question, _same({"digest": case["result"]})
    for case in told["hashes"]:
        yield {"do": "hash", "header": _bytes(case["header"].encode())}, _same({"hash": case["result"]})


# -- proofs --------------------------------------------------------------------------------------------------


def _proof(told: dict[str, Any], folder: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    frames = [_bytes((folder / name).read_bytes()) for name in told["frames"]]
    documents = [_bytes((folder / name).read_bytes()) for name in told["documents"]]
    expected = {name: told[name] for name in ("sound", "recalled", "gaps")}
    yield {"do": "prove", "frames": frames, "documents": documents}, _same(expected)


def _purge(told: dict[str, Any], folder: Path) -> Iterator[tuple[dict[str, Any], Check]]:
    data = (folder / told["file"]).read_bytes()
    yield {"do": "purge", "data": _bytes(data), "indexes": told["indexes"]}, _purge_check(told, data)


def _purge_check(told: dict[str, Any], data: bytes) -> Check:
    before = json.loads(data)

    def check(answer: dict[str, Any]) -> str:
        purged = base64.b64decode(answer["data"])
        after = json.loads(purged)
        faults = [_same({"hash": told["hash"]})(answer)]
        faults += [f"{name} is another" for name in ("keyid", "signature") if before[name] != after[name]]
        faults += [f"{text[:60]} is gone" for text in told["kept"] if text.encode() not in purged]
        faults += [f"{text[:60]} is still there" for text in told["gone"] if text.encode() in purged]
        if any(after["records"][index] != {"recalled": True} for index in told["indexes"]):
            faults.append("the slip does not say that it was recalled")
        return "; ".join(fault for fault in faults if fault)

    return check


DOORS: dict[str, Callable[[dict[str, Any], Path], Iterator[tuple[dict[str, Any], Check]]]] = {
    "frames": _steps, "roster": _rosters, "labels": _labels, "routes": _routes, "digests": _digests, "proof": _proof,
    "purge": _purge,
}  # fmt: skip
