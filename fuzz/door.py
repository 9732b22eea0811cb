"""The door and the roster: frames and documents that are signed again after they were spoilt, read by both readers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from conformance.receiver.reader import Receiver, digest_of
from conformance.receiver.reader import Trust as OtherTrust
from conformance.receiver.shapes import RefusedError

from fuzz.choices import Choices, example, example_of, spoilt
from fuzz.examples import RECORDS, vector
from fuzz.target import need
from tocsin.clock import ManualClock
from tocsin.codec import decode, encode
from tocsin.errors import RecordError, TocsinError, TrustError
from tocsin.exchange import FRAME_TYPE, Exchange, Policy
from tocsin.signing import KeyRole, PrivateKey, SignedDocument, Trust
from tocsin.testing.conformance import told

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
READER = "USA"
CODES = ("KOR", "JPN", "USA", "AUS")
ROLES = ("test", "live", "exercise", "roster")


@cache
def key(member: str, role: str, generation: int = 1) -> PrivateKey:
    """Return a key of the test vectors."""
    seed = hashlib.sha256(f"tocsin vector {member} {role} {generation}".encode()).digest()
    return PrivateKey.from_seed(KeyRole(role), seed)


OWNERS = {key(code, role, age).keyid: (code, role) for code in CODES for role in ROLES for age in (1, 2)}

ROSTER = json.loads(json.loads(vector("roster", "document1.json"))["payload"])
FIRST = vector("roster", "document1.json")


def _signed(kind: str, payload: bytes, signers: Sequence[tuple[str, PrivateKey]]) -> bytes:
    document = SignedDocument(payload_type=f"application/vnd.tocsin.{kind}.v1+json", payload=payload.decode())
    for member, signer in signers:
        document = document.signed_by(member, signer)
    return encode(document)


def _hash(document: bytes) -> str:
    return decode(document, SignedDocument).hash


def _next(changes: dict[str, Any], *, drops: tuple[str, str] | None = None, renews: bool = False) -> dict[str, Any]:
    """Return the second roster: a key dropped, and its successor in its place or not."""
    members = json.loads(json.dumps(ROSTER["members"]))
    for member in members:
        for at, role in enumerate(("live", "exercise", "test", "roster")):
            if drops == (member["code"], role):
                new = {"role": role, "public": key(member["code"], role, 2).public.public}
                member["keys"] = [*member["keys"][:at], *([new] if renews else []), *member["keys"][at + 1 :]]
    return {**ROSTER, "version": 2, "previous": _hash(FIRST), "members": members, **changes}


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


ALL = [(code, key(code, "roster")) for code in ("JPN", "KOR", "USA")]
_LAST = {"audience": "JPN-KOR-USA", "status": "test", "precedence": "flash", "epoch": "E1", "number": 2}
_TAKEN_BACK = {
    "member": "KOR", "keyid": key("KOR", "test").keyid, "revoked_at": "2026-01-15T11:59:00Z", "last_heads": [_LAST],
}  # fmt: skip
RETIRING = _next({"issued_at": "2026-01-15T12:00:00Z"}, drops=("KOR", "test"), renews=True)
HISTORIES: tuple[tuple[bytes, ...], ...] = (
    (FIRST,),
    (FIRST, _signed("revocation", _compact(_TAKEN_BACK), [("KOR", key("KOR", "roster"))])),
    (FIRST, _signed("roster", _compact(RETIRING), ALL)),
)
"""What the reader was given before the frames come: nothing more, a key taken back, a key retired."""


@cache
def _trusts(which: int) -> tuple[Trust, OtherTrust]:
    documents = HISTORIES[which]
    mine, other = Trust(decode(documents[0], SignedDocument)), OtherTrust()
    other.take(documents[0], NOW)
    for data in documents[1:]:
        document = decode(data, SignedDocument)
        if "revocation" in document.payload_type:
            mine.revoke(document)
        else:
            mine.apply(document, now=NOW)
        other.take(data, NOW)
    return mine, other


# -- frames ---------------------------------------------------------------------------------------------------

_SEALED = ("2026-01-15T12:00:00Z", "2026-01-15T11:59:59.999999Z", "2026-01-15T12:00:06Z", "2026-01-14T00:00:00Z")
_AUDIENCES = ("JPN-KOR-USA", "KOR-USA", "PUBLIC", "KOR", "JPN-KOR", "USA-KOR-JPN", "JPN-KOR-USA-USA", "JPN-USA")
_STATUSES = ("test", "actual", "exercise:spring")
_HEADS = {"clock_at": "2026-01-15T12:00:00Z"}
_OTHER_HASH = hashlib.sha256(b"another frame").hexdigest()


def _spoilt_again(frame: bytes, choices: Choices) -> bytes:
    """Spoil a frame after it was signed; one whose header is no JSON any more stays as it is."""
    try:
        json.loads(frame)
    except (ValueError, RecursionError):
        return frame
    return spoilt(example_of(frame.decode()), choices)


class _Sealer:
    """Makes frames that may follow from each other, as the bytes decide."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.made: list[bytes] = []
        self._hashes = [""]

    def frame(self) -> bytes:
        """Return the next frame."""
        choices = self._choices
        kind = choices.below(16)
        if kind == 0 and self.made:
            return choices.of(self.made)
        if kind == 1 and self.made:
            return _spoilt_again(choices.of(self.made), choices)
        header = self._header()
        records = [self._record(header) for _ in range(1 + (choices.below(4) == 0))]
        salts = [f"{at:032x}" for at in range(len(records))]
        header["digests"] = [digest_of(salt, record) for salt, record in zip(salts, records, strict=True)]
        text = spoilt(example(header), choices) if choices.below(6) == 0 else _compact(header)
        slips = [b'{"salt":"%s","record":%s}' % (s.encode(), record) for s, record in zip(salts, records, strict=True)]
        if choices.below(12) == 0:
            slips[0] = b'{"recalled":true}'
        data = self._sealed(text, slips, header)
        self.made.append(data)
        self._hashes.append(hashlib.sha256(text).hexdigest())
        return data

    def _header(self) -> dict[str, Any]:
        choices = self._choices
        number = choices.below(5)
        header: dict[str, Any] = {
            "protocol": "tocsin/1", "originator": choices.of(("KOR", "KOR", "KOR", "JPN", "USA", "AUS")),
            "audience": _AUDIENCES[0] if choices.below(3) else choices.of(_AUDIENCES),
            "status": choices.of(("test", "test", *_STATUSES)), "precedence": choices.of(("flash", "routine")),
            "epoch": choices.of(("E1", "E1", "E2")), "number": number, "sealed_at": choices.of(_SEALED),
        }  # fmt: skip
        if number > 1:
            header["previous"] = choices.of((*self._hashes[-2:], *self._hashes))
        if number == 1 and choices.below(3) == 0:
            header["resumes"] = [
                choices.of(("E1", "E0")),
                1 + choices.below(3),
                choices.of((*self._hashes[1:], _OTHER_HASH)),
            ]
        return header

    def _record(self, header: dict[str, Any]) -> bytes:
        choices = self._choices
        audience = header["audience"].split("-")
        record = {
            "kind": "harbour.tide", "id": f"{header['originator']}-{choices.below(4)}",
            "originator": header["originator"], "marking": {"releasable_to": audience},
            "status": header["status"], "precedence": header["precedence"],
            "issued_at": "2026-01-15T12:00:00Z", "body": {},
        }  # fmt: skip
        if header["number"] == 0 and choices.below(8):
            head = {
                "originator": choices.of(("KOR", "JPN")), "precedence": "flash", "epoch": choices.of(("E1", "E2")),
                "number": choices.below(4), "hash": choices.of((*self._hashes, _OTHER_HASH)),
            }  # fmt: skip
            lists = {choices.of(("heads", "held")): [head], "count": choices.below(3)}
            record |= {"kind": "exchange.heads", "body": {"heads": [], **_HEADS, **lists}}
        match choices.below(6):
            case 0:
                return spoilt(example(record), choices)
            case 1:
                return spoilt(choices.of(RECORDS), choices)
            case 2:
                record |= {choices.of(("status", "precedence", "originator")): choices.of(("actual", "bulk", "JPN"))}
            case _:
                pass
        return _compact(record)

    def _sealed(self, header: bytes, slips: list[bytes], said: dict[str, Any]) -> bytes:
        choices = self._choices
        role = {"test": "test", "actual": "live"}.get(said["status"], "exercise")
        signer = key(said["originator"], role)
        if choices.below(6) == 0:
            signer = key(choices.of(CODES), choices.of(ROLES), 1 + choices.below(2))
        keyid = key(said["originator"], role).keyid if choices.below(12) == 0 else signer.keyid
        signature = signer.sign(FRAME_TYPE, header)
        blank = choices.of((b"", b"", b" ", b"\n"))
        return b'{"header":%s%s,"keyid":"%s",%s"signature":"%s","records":[%s]}' % (
            blank, header, keyid.encode(), blank, signature.encode(), b",".join(slips),
        )  # fmt: skip


def check_door(data: bytes) -> None:
    """What a member lets in the second reader lets in, with the same marks and relays; and it keeps the rules."""
    choices = Choices(data)
    mine, other = _trusts(choices.below(len(HISTORIES)))
    exchange = Exchange(
        READER, trust=mine, keys={}, policy=Policy(max_received_bytes=20_000, clock_tolerance_s=5.0),
        clock=ManualClock(NOW),
    )  # fmt: skip
    receiver = Receiver(READER, max_frame_bytes=20_000)
    receiver.trust = other
    sealer = _Sealer(choices)
    for _ in range(1 + choices.below(4)):
        frame = sealer.frame()
        via, path = choices.of(("KOR", "JPN")), choices.of(("live", "durable"))
        found = told(exchange.receive(frame, via=via, path=path))
        there = receiver.receive(frame, via=via, path=path, now=NOW)
        need(found == there, f"{found} here, {there} there: {frame!r}")
        if found["result"] == "admitted":
            _keeps_the_rules(frame, found)


def _keeps_the_rules(frame: bytes, found: dict[str, Any]) -> None:
    """Check by hand what must hold of anything that is let in, whichever reader is right."""
    whole = json.loads(frame)
    header, audience = whole["header"], whole["header"]["audience"].split("-")
    owner, role = OWNERS[whole["keyid"]]
    need(owner == header["originator"], "a key of another member")
    need(role == {"test": "test", "actual": "live"}.get(header["status"], "exercise"), "a key of another role")
    need(audience == ["PUBLIC"] or READER in audience, "not for us")
    inside = dict(zip(header["digests"], whole["records"], strict=True))
    for record in (inside[each["digest"]]["record"] for each in found["records"]):
        members = record["marking"]["releasable_to"]
        need((record["originator"], record["status"]) == (header["originator"], header["status"]), "another's record")
        need(members == audience or audience == [header["originator"]], "a record for others")
        need(members == ["PUBLIC"] or READER in members or audience == [READER], "a record that is not for us")
    for code in found["relay_to"]:
        need(audience == ["PUBLIC"] or code in audience, f"passed on to {code}, who may not have it")


# -- documents ------------------------------------------------------------------------------------------------

_SECOND = tuple(
    example(value)
    for value in (
        _next({}),
        RETIRING,
        _next({}, drops=("KOR", "roster"), renews=True),
        _next({"members": ROSTER["members"][:2], "links": ROSTER["links"][:0]}),
        {**ROSTER, "version": 3, "previous": _hash(FIRST)},
        _TAKEN_BACK,
        {**_TAKEN_BACK, "keyid": key("KOR", "roster").keyid},
        {**_TAKEN_BACK, "member": "JPN", "keyid": key("JPN", "live").keyid, "last_heads": []},
    )
)


def check_trust(data: bytes) -> None:
    """Rosters and revocations are taken or refused as by the second reader, with the same keys in force after."""
    choices = Choices(data)
    founded, there_founded = _trusts(0)
    mine, other = copy(founded), OtherTrust()
    mine._revocations = {}  # noqa: SLF001 - to found it anew costs six signatures
    other.rosters = list(there_founded.rosters)
    for _ in range(1 + choices.below(3)):
        which = choices.below(len(_SECOND))
        kind = "revocation" if which > 4 else "roster"
        payload = spoilt(_SECOND[which], choices) if choices.below(3) == 0 else _SECOND[which].text.encode()
        if kind == "roster" and choices.below(2):
            payload = _following(payload, mine.document.hash, mine.roster.version)
        age = 1 + (choices.below(4) == 0)
        document = _document(kind, payload, choices, age)
        now = NOW + timedelta(days=400) if choices.below(8) == 0 else NOW
        found, there = _taken(mine, document, now), True
        try:
            other.take(document, now)
        except RefusedError:
            there = False
        need(found == there, f"{found} here, {there} there: {document!r}")
        need(mine.document.hash == other.rosters[-1]["hash"], "different rosters are in force")
        for keyid, (code, _role) in OWNERS.items() if found else ():
            held, retired_at = other.key(code, keyid)
            need(mine.retired_at(code, keyid) == retired_at, "a key is retired at different times")
            usable = held is not None and held["role"] != "roster"
            need((mine.key(code, keyid) is not None) == usable, "one knows a key that the other does not")
            need(mine.is_revoked(keyid) == (keyid in other.revoked), "one took a key back, the other did not")


def _following(payload: bytes, previous: str, version: int) -> bytes:
    """Put a roster behind the one in force."""
    try:
        roster = json.loads(payload)
    except (ValueError, RecursionError):
        return payload
    return _compact({**roster, "previous": previous, "version": version + 1}) if isinstance(roster, dict) else payload


def _document(kind: str, payload: bytes, choices: Choices, age: int) -> bytes:
    """Sign as the bytes decide, and spoil the document itself now and then."""
    text = payload.decode("utf-8", "replace")
    document = SignedDocument(payload_type=f"application/vnd.tocsin.{kind}.v1+json", payload=text)
    chosen = choices.byte()
    try:
        for at, code in enumerate(CODES):
            if chosen >> at & 1:
                role = "live" if chosen >> 4 == 1 else "roster"
                document = document.signed_by(code, key(code, role, age))
        data = encode(document)
    except UnicodeEncodeError:  # half a surrogate pair cannot be signed
        return payload
    if chosen >> 4 == 2:
        return spoilt(example_of(data.decode()), choices)
    if chosen >> 4 == 3:
        return data.replace(b'"signature":"', b'"signature":"' + base64.b64encode(b"x" * 63)[:4], 1)
    return data


def _taken(trust: Trust, data: bytes, now: datetime) -> bool:
    try:
        document = decode(data, SignedDocument)
        if "revocation" in document.payload_type:
            trust.revoke(document)
        else:
            trust.apply(document, now=now)
    except (TrustError, RecordError) as error:
        need(isinstance(error, TocsinError), "an error of ours")
        return False
    return True
