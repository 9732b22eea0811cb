"""Frames, the roster, and what a frame has to be to come in (4, 5, 6, 7, 10, 11)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from conformance.receiver.shapes import MAX_BYTES, RefusedError, check_record, fits, moment, need, parts, read_json

FRAME_TYPE = "application/vnd.tocsin.frame.v1+json"
ROSTER_TYPE, REVOCATION_TYPE = (f"application/vnd.tocsin.{kind}.v1+json" for kind in ("roster", "revocation"))
NEVER = datetime.min.replace(tzinfo=UTC)
RECALLED = object()
CONTROL = ("exchange.heads", "exchange.request")


# -- frames (4) ----------------------------------------------------------------------------------------------


def verified(public: str, kind: str, payload: bytes, signature: str) -> bool:
    """Check Ed25519 over the pre-authentication encoding of DSSE (4.5)."""
    encoding = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), encoding)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=1000)
def keyid_of(public: str) -> str:
    """Return the id of a key (4.5)."""
    return hashlib.sha256(base64.b64decode(public, validate=True)).hexdigest()


def digest_of(salt: str, record: bytes) -> str:
    """Return the digest of a record (4.4)."""
    return hashlib.sha256(b"tocsin/1 record " + salt.encode() + b" " + record).hexdigest()


class Frame:
    """A frame taken apart, its digests checked (4.1 to 4.6)."""

    def __init__(self, data: bytes, most: int = MAX_BYTES) -> None:
        whole, text = read_json(data, most)
        need(isinstance(whole, dict))
        header = self.header = whole.get("header")
        protocol: Any = header.get("protocol") if isinstance(header, dict) else None
        need(isinstance(protocol, str))
        if protocol != "tocsin/1" and not protocol.startswith("tocsin/1."):
            raise RefusedError("unknown_version")
        need(isinstance(whole.get("keyid"), str), isinstance(whole.get("signature"), str), fits(header, "header"))
        need(isinstance(whole.get("records"), list))
        raw = dict(parts(text))
        self.data, self.signed, self.is_copy = data, raw["header"].encode(), False
        self.keyid, self.signature = whole["keyid"], whole["signature"]
        self.number, self.previous, self.resumes = header["number"], header.get("previous", ""), header.get("resumes")
        need(self.number >= 2 or not self.previous, self.number == 1 or not self.resumes)
        need(len(whole["records"]) == len(header["digests"]))
        self.slips: list[Any] = []
        for slip, slip_text, digest in zip(whole["records"], parts(raw["records"]), header["digests"], strict=True):
            need(isinstance(slip, dict))
            need(isinstance(slip.get("recalled", False), bool))
            if slip.get("recalled"):
                need(not slip.get("salt"), "record" not in slip)
                self.slips.append(RECALLED)
                continue
            need("record" in slip, isinstance(slip.get("salt"), str))
            record = dict(parts(slip_text[1]))["record"].encode()
            need(digest_of(slip["salt"], record) == digest)
            self.slips.append(slip["record"])
        self.originator, self.members = header["originator"], header["audience"].split("-")
        self.chain = (self.originator, header["audience"], header["status"], header["precedence"])
        self.hash, self.sealed_at = hashlib.sha256(self.signed).hexdigest(), moment(header["sealed_at"]) or NEVER

    def agrees(self, record: dict[str, Any]) -> bool:
        """Tell whether a record is of this frame's originator, status, precedence and audience (6.2)."""
        audience = "-".join(record["marking"]["releasable_to"])
        own = (record["originator"], record["status"], record["precedence"])
        return own == (self.originator, *self.chain[2:]) and self.chain[1] in (audience, self.originator)


def role_of(status: str) -> str:
    """Return the role of the key that signs frames of a status (11.3)."""
    return {"actual": "live", "test": "test"}.get(status, "exercise")


# -- trust (11) ----------------------------------------------------------------------------------------------


class Trust:
    """The rosters that were in force, the last of which is, and the keys that were taken back."""

    def __init__(self) -> None:
        self.rosters: list[dict[str, Any]] = []
        self.revoked: dict[str, dict[str, Any]] = {}

    def take(self, data: bytes, now: datetime) -> None:
        """Take in a roster or a revocation."""
        document = read_json(data)[0]
        need(fits(document, "signed-document") and document["payload_type"] in (ROSTER_TYPE, REVOCATION_TYPE))
        take = self._take_roster if document["payload_type"] == ROSTER_TYPE else self._revoke
        take(document, document["payload"].encode(), now)

    def key(self, member: str, keyid: str) -> tuple[dict[str, Any] | None, datetime | None]:
        """Return a member's key, and since when it is retired if it is (11.7)."""
        retired_at = None
        for roster in reversed(self.rosters):
            for key in roster["members"].get(member, []):
                if keyid_of(key["public"]) == keyid:
                    return key, retired_at
            retired_at = roster["issued_at"] + timedelta(hours=1)
        return None, None

    def voids(self, frame: Frame) -> bool:
        """Tell whether a frame lies beyond the last heads of a key that was taken back (11.6)."""
        revocation = self.revoked.get(frame.keyid)
        place = (*frame.chain[1:], frame.header["epoch"])
        return revocation is not None and not any(
            place == tuple(head[name] for name in ("audience", "status", "precedence", "epoch"))
            and 1 <= frame.number <= head["number"]
            for head in revocation["last_heads"]
        )

    def neighbours(self, code: str) -> list[str]:
        """Return whom a member is linked to (10.1)."""
        links = [(link["dialler"], link["listener"]) for link in self.rosters[-1]["links"]]
        return sorted({b for a, b in links if a == code} | {a for a, b in links if b == code})

    def _take_roster(self, document: dict[str, Any], payload: bytes, now: datetime) -> None:
        roster = read_roster(payload)
        before = self.rosters[-1] if self.rosters else None
        signed = self._signers(document, payload, roster["members"])
        if before is None:
            need(roster["version"] == 1, signed == set(roster["members"]))
        else:
            mine = self._signers(document, payload, before["members"])
            need(roster["version"] == before["version"] + 1, roster["previous"] == before["hash"])
            need(roster["federation"] == before["federation"], roster["issued_at"] >= before["issued_at"])
            is_expired = now >= before["expires_at"]
            need(len(mine) == len(before["members"]) if is_expired else 2 * len(mine) > len(before["members"]))
            need(set(roster["members"]) - set(before["members"]) <= signed)
            owners = {(key["public"], code, key["role"]) for code, key in _keys([*self.rosters, roster])}
            need(len({public for public, _, _ in owners}) == len(owners))
        self.rosters.append(roster)

    def _revoke(self, document: dict[str, Any], payload: bytes, _: datetime) -> None:
        revocation = read_json(payload)[0]
        need(fits(revocation, "revocation"))
        member, keyid = revocation["member"], revocation["keyid"]
        if keyid in self.revoked:
            return  # of two for one key the first counts
        need(self.key(member, keyid)[0] is not None)
        keys = [key for code, key in _keys(self.rosters) if code == member]  # also those that are retired
        need(member in self._signers(document, payload, {member: keys}))
        self.revoked[keyid] = revocation

    def _signers(self, document: dict[str, Any], payload: bytes, members: dict[str, Any]) -> set[str]:
        found = set()
        for entry in document.get("signatures", []):
            for key in members.get(entry["member"], []):
                usable = key["role"] == "roster" and entry["keyid"] not in self.revoked
                if usable and keyid_of(key["public"]) == entry["keyid"]:
                    need(verified(key["public"], document["payload_type"], payload, entry["signature"]))
                    found.add(entry["member"])
        return found


def _keys(rosters: Iterable[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(code, key) for roster in rosters for code, keys in roster["members"].items() for key in keys]


def read_roster(payload: bytes) -> dict[str, Any]:
    """Return a roster with its hash, members as their keys by code (11.1)."""
    roster = read_json(payload)[0]
    need(fits(roster, "roster"))
    codes = [member["code"] for member in roster["members"]]
    keys = [key["public"] for member in roster["members"] for key in member["keys"]]
    need(all(re.fullmatch("[A-Za-z0-9+/]{43}=", key) for key in keys))
    need(codes == sorted(set(codes)), len({base64.b64decode(key) for key in keys}) == len(keys))
    need((roster["version"] == 1) == (roster["previous"] == ""))
    ends = [{link["dialler"], link["listener"]} for link in roster["links"]]
    need(all(len(pair) == 2 and pair <= set(codes) for pair in ends))
    roster |= {"members": {member["code"]: member["keys"] for member in roster["members"]}}
    roster |= {name: moment(roster[name]) for name in ("issued_at", "expires_at")}
    return {**roster, "hash": hashlib.sha256(payload).hexdigest()}


# -- routes (10) ---------------------------------------------------------------------------------------------


def next_hops(trust: Trust, member: str, originator: str, audience: Iterable[str], via: str) -> list[str]:
    """Return to whom a member passes on a frame (10.3)."""
    inside = set(trust.rosters[-1]["members"]) if list(audience) == ["PUBLIC"] else set(audience)
    hops = [code for code in trust.neighbours(member) if code in inside - {via, originator}]
    direct = set() if originator == member else set(trust.neighbours(originator))
    return [code for code in hops if code not in direct]


# -- admission (6) -------------------------------------------------------------------------------------------


class Receiver:
    """One member's receiving side.

    Args:
        member: Its code.
        max_frame_bytes: The most it takes.
        clock_tolerance_s: How far off an originator's clock may be before that is shown.
    """

    def __init__(self, member: str, *, max_frame_bytes: int = 512_000, clock_tolerance_s: float = 5.0) -> None:
        self.member, self.most, self.tolerance_s = member, max_frame_bytes, clock_tolerance_s
        self.is_forked = False
        self.trust = Trust()
        self.chains: dict[tuple[Any, str], dict[int, Frame]] = {}
        self.counts: dict[tuple[str, ...], int] = {}
        self.alarms, self.recalls = set[Any](), set[tuple[str, str]]()

    def receive(self, data: bytes, *, via: str, path: str, now: datetime) -> dict[str, Any]:
        """Take in a frame and say what came of it."""
        try:
            frame = Frame(data, self.most)
            self._verify(frame)
            self._place(frame)
        except RefusedError as refusal:
            return {"result": "rejected", "reason": str(refusal)}
        admitted, refused = self._records(frame)
        refused += ["equivocation"] * self.is_forked  # 5.6: it comes in, with an alarm
        is_new = bool(admitted or refused) or not frame.is_copy
        is_news = is_new and (frame.number > 0 or self._control(frame, admitted, refused))
        if not is_news and not refused:
            return {"result": "duplicate"}
        ahead_s = (frame.sealed_at - now).total_seconds()
        hops = next_hops(self.trust, self.member, frame.originator, frame.members, via)
        return {
            "result": "admitted", "hash": frame.hash, "kept": hashlib.sha256(frame.data).hexdigest(),
            "records": [
                {"id": record["id"], "digest": digest, "opaque": opaque} for record, digest, opaque in admitted
            ],
            "refused": refused, "control": frame.number == 0, "chain_open": self.is_forked or self._is_open(frame),
            "clock_suspect": ahead_s > self.tolerance_s or (path == "live" and -ahead_s > self.tolerance_s),
            "relay_to": hops if is_news and frame.originator != self.member else [],
        }  # fmt: skip

    def _verify(self, frame: Frame) -> None:
        trust, members = self.trust, frame.members
        key, retired_at = trust.key(frame.originator, frame.keyid)
        if not any(frame.originator in roster["members"] for roster in trust.rosters):
            raise RefusedError("unknown_member")
        is_listed = {self.member, frame.originator} <= set(members) and members == sorted(set(members))
        if members != ["PUBLIC"] and not is_listed:
            raise RefusedError("not_for_us")
        if key is None or key["role"] == "roster":
            raise RefusedError("unknown_key")
        if key["role"] != role_of(frame.chain[2]):
            raise RefusedError("key_role")
        if not verified(key["public"], FRAME_TYPE, frame.signed, frame.signature):
            raise RefusedError("bad_signature")
        if trust.voids(frame):
            raise RefusedError("revoked_key")
        if retired_at is not None and (frame.number == 0 or frame.sealed_at >= retired_at):
            raise RefusedError("retired_key")

    def _place(self, frame: Frame) -> None:
        """Number a frame (5), or let a copy complete the one that is held (6.3)."""
        epoch = frame.header["epoch"] if frame.number else frame.hash
        held = self.chains.setdefault((frame.chain, epoch), {})
        known, before, after = (held.get(frame.number + step) for step in (0, -1, 1))
        if known.hash != frame.hash if known else after and after.previous != frame.hash:
            raise RefusedError("equivocation")
        self.is_forked = bool(not known and before and before.hash != frame.previous)
        if known:  # what it lacks is all that counts of the copy
            pairs, frame.is_copy = list(zip(known.slips, frame.slips, strict=True)), True
            frame.slips = [theirs if ours is RECALLED else RECALLED for ours, theirs in pairs]
            known.slips = [theirs if ours is RECALLED else ours for ours, theirs in pairs]
        else:
            held[frame.number] = frame

    def _is_open(self, frame: Frame) -> bool:
        """Tell whether something before a frame is missing (5.5)."""
        if frame.number > 1:
            return self._whole(frame.chain, frame.header["epoch"]) < int(frame.number)
        if not frame.resumes:
            return False
        epoch, number, digest = frame.resumes
        resumed = self.chains.get((frame.chain, epoch), {})
        return self._whole(frame.chain, epoch) < number or bool(resumed[number].hash != digest)

    def _whole(self, chain: tuple[Any, ...], epoch: str) -> int:
        """Return the number up to which no frame is missing."""
        held, number = self.chains.get((chain, epoch), {}), 0
        while number + 1 in held:
            number += 1
        return number

    def _records(self, frame: Frame) -> tuple[list[tuple[Any, str, bool]], list[str]]:
        admitted, refused = [], []
        for record, digest in zip(frame.slips, frame.header["digests"], strict=True):
            if record is RECALLED:
                continue
            try:
                opaque = check_record(record)
                if not frame.agrees(record) or (frame.number == 0) != (record["kind"] in CONTROL):
                    raise RefusedError("record_against_frame")  # noqa: TRY301 - one place collects them
                if frame.is_copy and (record["id"], frame.originator) in self.recalls:
                    continue
                if record["kind"] == "exchange.recall":
                    self.recalls.add((record["body"]["record_id"], frame.originator))
                admitted.append((record, digest, opaque))
            except RefusedError as refusal:
                refused.append(str(refusal))
        return admitted, refused

    def _control(self, frame: Frame, admitted: list[tuple[Any, str, bool]], refused: list[str]) -> bool:
        """Take in heads and requests (7); tell whether they bring anything new."""
        is_news = any(record["kind"] == "exchange.request" for record, _, _ in admitted)
        for record, _, _ in admitted:
            body, world = record["body"], (*frame.chain[:3], frame.header["epoch"])
            if record["kind"] == "exchange.request" or body.get("count", 0) <= self.counts.get(world, -1):
                continue
            self.counts[world], is_news = body.get("count", 0), True
            own = [head for head in body["heads"] if head["originator"] == frame.originator]
            for head in (*own, *body.get("held", [])):  # 5.6: somebody was told otherwise
                chain = (head["originator"], *frame.chain[1:3], head["precedence"])
                held = self.chains.get((chain, head["epoch"]), {}).get(head["number"])
                case = (frame.originator, chain, head["epoch"])
                if held and head.get("hash", held.hash) not in ("", held.hash) and case not in self.alarms:
                    self.alarms.add(case)
                    refused.append("equivocation")
        return is_news
