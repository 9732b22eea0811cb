"""Tocsin's own side of the contract by which ``conformance/`` drives an implementation.

``python -m tocsin.testing.conformance`` answers each line of JSON on the standard input with one. It decides nothing:
every answer is that of the door, the roster, the labels and the proof that a node uses.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from tocsin.clock import ManualClock
from tocsin.errors import TocsinError
from tocsin.exchange import (
    Exchange,
    Incoming,
    Policy,
    next_hops,
    open_frame,
    reachable,
    verify_frames,
    without_records,
)
from tocsin.exchange.frames import frame_hash, salted_digest
from tocsin.markings import Marking, combine, combine_status, derive
from tocsin.records import MAX_BYTES, ChainId, Opaque, Precedence, decode
from tocsin.signing import KeyRevocation, Link, LinkIdentity, Roster, RosterMember, SignedDocument, Trust

CONTRACT = 1
_START = datetime.fromisoformat("2000-01-01T00:00:00Z")

Request = dict[str, Any]


class Reader:
    """The member that a test speaks to: its trust, and once that is founded its exchange."""

    def __init__(self, request: Request) -> None:
        self._member: str = request["member"]
        self._policy = Policy(
            max_received_bytes=request.get("max_frame_bytes", 512_000),
            clock_tolerance_s=request.get("clock_tolerance_s", 5.0),
        )
        self._clock = ManualClock(_START)
        self._trust: Trust | None = None
        self._exchange: Exchange | None = None

    def document(self, request: Request) -> dict[str, Any]:
        """Take in a roster or a revocation."""
        now = datetime.fromisoformat(request["now"])
        try:
            document = decode(_bytes(request["data"]), SignedDocument)
            if self._trust is None:
                self._trust = Trust(document)
            elif "revocation" in document.payload_type:
                self._trust.revoke(document)
            else:
                self._trust.apply(document, now=now)
        except TocsinError as error:
            return {"result": "refused", "error": error.code}
        return {"result": "accepted", "roster": self._trust.document.hash}

    def frame(self, request: Request) -> dict[str, Any]:
        """Take in a frame."""
        if self._exchange is None:
            if self._trust is None:
                return {"result": "rejected", "reason": "unknown_member"}
            self._exchange = Exchange(
                self._member, trust=self._trust, keys={}, policy=self._policy, clock=self._clock
            )  # fmt: skip
        self._clock.step_to(datetime.fromisoformat(request["now"]))
        return told(self._exchange.receive(_bytes(request["data"]), via=request["via"], path=request["path"]))


def told(incoming: Incoming) -> dict[str, Any]:
    """Return what came of a frame in the words of the contract."""
    frame = incoming.frame
    if incoming.is_duplicate:
        return {"result": "duplicate"}
    refused = [rejected.reason.value for rejected in incoming.refused]
    if frame is None:
        return {"result": "rejected", "reason": refused[0]}
    return {
        "result": "admitted",
        "hash": frame.ref.hash,
        "kept": hashlib.sha256(frame.data).hexdigest(),
        "records": [
            {"id": each.record.id, "digest": each.digest, "opaque": isinstance(each.body, Opaque)}
            for each in frame.records
        ],
        "refused": refused,
        "control": frame.ref.number == 0,
        "chain_open": frame.chain_open,
        "clock_suspect": frame.clock_suspect,
        "relay_to": [released.destination.code for released in incoming.relays],
    }


def _purge(request: Request) -> dict[str, Any]:
    data = _bytes(request["data"])
    purged = without_records(data, set(request["indexes"]))
    return {"data": base64.b64encode(purged).decode(), "hash": open_frame(purged, max_bytes=MAX_BYTES).ref.hash}


def _prove(request: Request) -> dict[str, Any]:
    documents = [decode(_bytes(each), SignedDocument) for each in request["documents"]]
    rosters, revocations = [], []
    for document in documents:
        if "revocation" in document.payload_type:
            revocations.append(decode(document.payload.encode(), KeyRevocation))
        else:
            rosters.append(decode(document.payload.encode(), Roster))
    report = verify_frames([_bytes(each) for each in request["frames"]], rosters, revocations)
    gaps = sorted([gap.epoch, gap.after, gap.up_to] for gap in report.gaps)
    return {"sound": report.is_sound, "recalled": report.recalled, "gaps": gaps}


def _combine(request: Request) -> dict[str, Any]:
    return {"result": _plain(combine(_marking(request["first"]), _marking(request["second"])))}


def _derive(request: Request) -> dict[str, Any]:
    try:
        return {"result": _plain(derive(request["member"], [_marking(each) for each in request["sources"]]))}
    except TocsinError:
        return {"result": None}


def _status(request: Request) -> dict[str, Any]:
    try:
        return {"result": combine_status(request["first"], request["second"])}
    except TocsinError:
        return {"result": None}


def _reached(request: Request) -> dict[str, Any]:
    audience = tuple(request["audience"].split("-"))
    return {"result": sorted(reachable(_network(request["links"]), request["member"], audience))}


def _next_hops(request: Request) -> dict[str, Any]:
    chain = ChainId(request["originator"], request["audience"], "test", Precedence.FLASH)
    return {"result": list(next_hops(_network(request["links"]), request["member"], chain, request["via"]))}


def _network(links: list[list[str]]) -> Roster:
    members = (
        RosterMember(code=code, name=code, keys=(), link=LinkIdentity(certificate=""))
        for code in sorted({code for link in links for code in link})
    )
    return Roster(
        federation="conformance", version=1, previous="", issued_at=_START, expires_at=_START, members=tuple(members),
        links=tuple(Link(dialler=one, listener=other) for one, other in links),
    )  # fmt: skip


_WITHOUT_STATE: dict[str, Callable[[Request], dict[str, Any]]] = {
    "hello": lambda _: {"contract": CONTRACT, "name": "tocsin", "protocol": "1.0"},
    "purge": _purge,
    "prove": _prove,
    "digest": lambda request: {"digest": salted_digest(request["salt"], _bytes(request["record"]))},
    "hash": lambda request: {"hash": frame_hash(_bytes(request["header"]))},
    "combine": _combine,
    "derive": _derive,
    "status": _status,
    "reached": _reached,
    "next_hops": _next_hops,
}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _marking(value: object) -> Marking:
    return msgspec.convert(value, Marking)


def _plain(marking: Marking) -> Any:
    return msgspec.to_builtins(marking)


def main() -> None:
    """Answer until the input ends."""
    reader = Reader({"member": "USA"})
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line, type=Request)
        kind = request["do"]
        if kind == "begin":
            reader, answer = Reader(request), dict[str, Any]()
        elif kind == "document":
            answer = reader.document(request)
        elif kind == "frame":
            answer = reader.frame(request)
        else:
            answer = _WITHOUT_STATE[kind](request) if kind in _WITHOUT_STATE else {"unknown": True}
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
