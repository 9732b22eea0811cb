"""Takes frames and rosters apart by spec/tocsin.md alone, for the checker: nothing of Tocsin is imported here."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FRAME_TYPE = "application/vnd.tocsin.frame.v1+json"
_BLANKS = " \t\n\r"
_DECODER = json.JSONDecoder()

Chain = tuple[str, str, str, str]
"""Originator, audience, status, precedence."""


@dataclass(frozen=True)
class Record:
    """A record as it stands in a frame."""

    raw: bytes
    values: dict[str, Any]

    @property
    def id(self) -> str:
        return self.values["id"]


@dataclass(frozen=True)
class Frame:
    """A frame, taken apart."""

    data: bytes
    header: dict[str, Any]
    header_bytes: bytes
    keyid: str
    signature: str
    salts: tuple[str, ...]
    records: tuple[Record | None, ...]
    """None where one was recalled."""

    @property
    def hash(self) -> str:
        """Clause 4.6."""
        return hashlib.sha256(self.header_bytes).hexdigest()

    @property
    def chain(self) -> Chain:
        header = self.header
        return (header["originator"], header["audience"], header["status"], header["precedence"])

    @property
    def place(self) -> tuple[str, int]:
        return (self.header["epoch"], self.header["number"])

    def digest_faults(self) -> list[str]:
        """Say which records do not fit their digests (clause 4.4)."""
        digests = self.header["digests"]
        if len(digests) != len(self.records):
            return [f"{len(digests)} digests for {len(self.records)} records"]
        return [
            f"record {index} does not fit its digest"
            for index, (record, salt, digest) in enumerate(zip(self.records, self.salts, digests, strict=True))
            if record is not None
            and hashlib.sha256(b"tocsin/1 record " + salt.encode() + b" " + record.raw).hexdigest() != digest
        ]


def take_apart(data: bytes) -> Frame:
    """Read a frame, keeping the bytes of header and records as they stand."""
    members = _members(data.decode())
    salts, records = [], []
    for slip in _items(members["records"]):
        parts = _members(slip)
        if parts.get("recalled") == "true":
            salts.append("")
            records.append(None)
        else:
            salts.append(json.loads(parts["salt"]))
            records.append(Record(parts["record"].encode(), json.loads(parts["record"])))
    return Frame(
        data=data, header=json.loads(members["header"]), header_bytes=members["header"].encode(),
        keyid=json.loads(members["keyid"]), signature=json.loads(members["signature"]), salts=tuple(salts),
        records=tuple(records),
    )  # fmt: skip


@dataclass(frozen=True)
class Keys:
    """The signing keys that the rosters of a federation name, by member and key id, with their roles."""

    roles: dict[tuple[str, str], str]
    publics: dict[tuple[str, str], Ed25519PublicKey]
    links: frozenset[frozenset[str]]

    def signature_fault(self, frame: Frame) -> str:
        """Say what is wrong with a frame's signature (clauses 4.5 and 11.3); empty if nothing is."""
        named = (frame.header["originator"], frame.keyid)
        if named not in self.publics:
            return f"{named[0]} has no key {frame.keyid[:16]}"
        needed = {"actual": "live", "test": "test"}.get(frame.header["status"], "exercise")
        if self.roles[named] != needed:
            return f"a key of role {self.roles[named]} signed status {frame.header['status']}"
        kind, header = FRAME_TYPE.encode(), frame.header_bytes
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(header), header)
        try:
            self.publics[named].verify(base64.b64decode(frame.signature), signed)
        except InvalidSignature:
            return "the signature does not verify"
        return ""

    def reached(self, originator: str, audience: frozenset[str]) -> frozenset[str]:
        """Return the members of an audience that its own links join to the originator (clause 10.2)."""
        found, edge = {originator}, [originator]
        while edge:
            near = edge.pop()
            for link in self.links:
                for far in link - {near} if near in link else ():
                    if far in audience and far not in found:
                        found.add(far)
                        edge.append(far)
        return frozenset(found)


def read_keys(documents: list[Path]) -> Keys:
    """Read the keys and links out of signed rosters (clause 11.1)."""
    roles, publics, links = {}, {}, set()
    for document in documents:
        roster = json.loads(json.loads(document.read_text())["payload"])
        links |= {frozenset((link["dialler"], link["listener"])) for link in roster["links"]}
        for member in roster["members"]:
            for key in member["keys"]:
                raw = base64.b64decode(key["public"])
                named = (member["code"], hashlib.sha256(raw).hexdigest())
                roles[named] = key["role"]
                publics[named] = Ed25519PublicKey.from_public_bytes(raw)
    return Keys(roles, publics, frozenset(links))


def _members(text: str) -> dict[str, str]:
    """Return the values of an object as the texts that they are."""
    found = {}
    place = _skip(text, 0, "{")
    while text[place] != "}":
        name, place = _DECODER.raw_decode(text, place)
        begin = _skip(text, place, ":")
        _, end = _DECODER.raw_decode(text, begin)
        found[name] = text[begin:end]
        place = _skip(text, end, ",") if text[_blank(text, end)] == "," else _blank(text, end)
    return found


def _items(text: str) -> list[str]:
    found = []
    place = _skip(text, 0, "[")
    while text[place] != "]":
        _, end = _DECODER.raw_decode(text, place)
        found.append(text[place:end])
        place = _skip(text, end, ",") if text[_blank(text, end)] == "," else _blank(text, end)
    return found


def _blank(text: str, place: int) -> int:
    while text[place] in _BLANKS:
        place += 1
    return place


def _skip(text: str, place: int, mark: str) -> int:
    place = _blank(text, place)
    if text[place] != mark:
        raise ValueError(f"{mark!r} is not at {place} of {text[:80]!r}")
    return _blank(text, place + 1)
