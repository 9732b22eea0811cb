"""A second reader of frames, from clause 4 and 11 alone, without anything of tocsin: the text suffices."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
FRAME_TYPE = b"application/vnd.tocsin.frame.v1+json"
BLANKS = " \t\r\n"


def _skip(text: str, at: int) -> int:
    while text[at] in BLANKS:
        at += 1
    return at


def _span(text: str, at: int) -> tuple[int, int]:
    at = _skip(text, at)
    return at, json.JSONDecoder().raw_decode(text, at)[1]


def _members(text: str) -> dict[str, str]:
    """Split an object into its members' texts as they stand."""
    at = _skip(text, 0)
    assert text[at] == "{"
    found = {}
    while text[at := _skip(text, at + 1)] != "}":
        name, at = json.JSONDecoder().raw_decode(text, at)
        at = _skip(text, at)
        assert text[at] == ":"
        start, end = _span(text, at + 1)
        found[name] = text[start:end]
        at = _skip(text, end)
        if text[at] == "}":
            break
    return found


def _items(text: str) -> list[str]:
    found = []
    at = _skip(text, 0)
    while text[at := _skip(text, at + 1)] != "]":
        start, end = _span(text, at)
        found.append(text[start:end])
        at = _skip(text, end)
        if text[at] == "]":
            break
    return found


def _pae(kind: bytes, payload: bytes) -> bytes:
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def _verify(public: str, kind: bytes, payload: bytes, signature: str) -> None:
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(
        base64.b64decode(signature), _pae(kind, payload)
    )


def _roster(folder: Path) -> Any:
    document = json.loads((folder / "roster.json").read_bytes())
    roster = json.loads(document["payload"])
    members = {member["code"]: member for member in roster["members"]}
    for entry in document["signatures"]:
        (key,) = [key for key in members[entry["member"]]["keys"] if key["role"] == "roster"]
        assert hashlib.sha256(base64.b64decode(key["public"])).hexdigest() == entry["keyid"]
        _verify(key["public"], document["payload_type"].encode(), document["payload"].encode(), entry["signature"])
    assert {entry["member"] for entry in document["signatures"]} == members.keys()
    return members


def _read(data: bytes, members: Any) -> str:
    """Return the frame's hash.

    Raises:
        InvalidSignature: Clause 4.5.
        ValueError: Clause 4.4.
    """
    envelope = _members(data.decode())
    header = json.loads(envelope["header"])
    keys = {
        hashlib.sha256(base64.b64decode(key["public"])).hexdigest(): key["public"]
        for key in members[header["originator"]]["keys"]
    }
    keyid, signature = json.loads(envelope["keyid"]), json.loads(envelope["signature"])
    for digest, slip in zip(header["digests"], _items(envelope["records"]), strict=True):
        parts = _members(slip)
        if json.loads(parts.get("recalled", "false")):
            continue
        salted = b"tocsin/1 record " + json.loads(parts["salt"]).encode() + b" " + parts["record"].encode()
        if hashlib.sha256(salted).hexdigest() != digest:
            raise ValueError("the record does not fit its digest")
    _verify(keys[keyid], FRAME_TYPE, envelope["header"].encode(), signature)
    return hashlib.sha256(envelope["header"].encode()).hexdigest()


GOOD = sorted(
    path.parent.name
    for path in VECTORS.glob("*/expected.json")
    if '"door": "frames"' in path.read_text()
    and '"rosters"' not in path.read_text()
    and not path.parent.name.endswith("_fail")
)


@pytest.mark.parametrize("name", GOOD)
def test_every_good_frame_is_good_by_the_text(name: str) -> None:
    folder = VECTORS / name
    members = _roster(folder)
    expected = json.loads((folder / "expected.json").read_text())
    for step in expected["frames"]:
        assert len(_read((folder / step["file"]).read_bytes(), members)) == 64


def test_links_are_hashes_by_the_text() -> None:
    folder = VECTORS / "chain"
    members = _roster(folder)
    frames = [path.read_bytes() for path in sorted(folder.glob("frame*.json"))]
    hashes = [_read(frame, members) for frame in frames]
    named = [json.loads(frame)["header"].get("previous", "") for frame in frames]
    assert named == ["", *hashes[:-1]]


def test_what_is_recalled_does_not_change_the_hash() -> None:
    whole, purged = VECTORS / "frame_many_records", VECTORS / "frame_recalled_record"
    hashes = {_read((folder / "frame.json").read_bytes(), _roster(folder)) for folder in (whole, purged)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("altered_record_fail", ValueError),
        ("bad_digest_fail", ValueError),
        ("digest_count_fail", ValueError),
        ("altered_header_fail", InvalidSignature),
        ("claimed_key_fail", InvalidSignature),
        ("unknown_key_fail", KeyError),
    ],
)
def test_what_was_tampered_with_is_seen_by_the_text(name: str, fault: type[Exception]) -> None:
    folder = VECTORS / name
    with pytest.raises(fault):
        _read((folder / "frame.json").read_bytes(), _roster(folder))
