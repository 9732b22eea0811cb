"""Write the test vectors of ``spec/vectors``: the same bytes at every run.

Keys come from seeds that everybody can read here: they sign nothing but vectors. Run by ``just spec``; a test compares
what is committed with what ``vectors`` returns, and runs each against this implementation.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tocsin.exchange import FRAME_TYPE, without_records
from tocsin.exchange.frames import salted_digest
from tocsin.signing import (
    KeyRevocation,
    KeyRole,
    LastHead,
    Link,
    LinkIdentity,
    PrivateKey,
    Roster,
    RosterMember,
    SignedDocument,
    unsigned,
)

FOLDER = Path(__file__).resolve().parent / "vectors"
NOW = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
EPOCH = "20260115T110000.000000Z-00000001"
EARLIER = "20260114T110000.000000Z-00000000"
CODES = ("JPN", "KOR", "USA")


def key(member: str, role: str, generation: int = 1) -> PrivateKey:
    """Return the key of a member in the vectors."""
    seed = hashlib.sha256(f"tocsin vector {member} {role} {generation}".encode()).digest()
    return PrivateKey.from_seed(KeyRole(role), seed)


def roster(version: int = 1, *, previous: str = "", codes: tuple[str, ...] = CODES, name: str = "Member") -> Roster:
    """Return a roster of the vectors; not signed yet."""
    members = tuple(
        RosterMember(
            code=code,
            name=f"{name} {code}",
            keys=tuple(key(code, role.value).public for role in KeyRole),
            link=LinkIdentity(certificate=""),
        )
        for code in sorted(codes)
    )
    return Roster(
        federation="vectors",
        version=version,
        previous=previous,
        issued_at=NOW - timedelta(days=14),
        expires_at=NOW + timedelta(days=351),
        members=members,
        links=(Link(dialler="JPN", listener="USA"), Link(dialler="KOR", listener="USA")),
    )


def signed(document: SignedDocument, *members: str) -> SignedDocument:
    """Return the document with the roster signatures of some members."""
    for member in members:
        document = document.signed_by(member, key(member, "roster"))
    return document


FIRST = signed(unsigned(roster()), *CODES)


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a detection as a JSON object, with some members put in place of others; None leaves one out."""
    fields: dict[str, Any] = {
        "kind": "warning.detection",
        "id": f"KOR-vector-{number}",
        "originator": "KOR",
        "marking": {"releasable_to": ["JPN", "KOR", "USA"], "public_warning": "no"},
        "status": "test",
        "precedence": "flash",
        "issued_at": "2026-01-15T11:59:59.500000Z",
        "observed_at": "2026-01-15T11:59:59.250000Z",
        "synthetic": True,
        "sources": [{"cites": "test vector"}],
        "body": {
            "sensor_id": "vector-radar",
            "sensor": {"lat_deg": 37.5, "lon_deg": 127.0, "altitude_m": 100.0},
            "range_m": 250000.0,
            "azimuth_deg": 12.5,
            "elevation_deg": 20.25,
            "range_sigma_m": 50.0,
            "angle_sigma_deg": 0.1,
        },
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def compact(value: object) -> bytes:
    """Write JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def salt(number: int) -> str:
    """Return a salt; a live writer draws it."""
    return hashlib.sha256(b"salt %d" % number).hexdigest()[:32]


@dataclass(frozen=True)
class Draft:
    """A frame before it is sealed, open to every fault."""

    records: tuple[bytes, ...]
    header: dict[str, Any] = field(default_factory=dict)
    """Members to put in place of the usual ones; None leaves one out."""
    signer: PrivateKey = field(default_factory=lambda: key("KOR", "test"))
    keyid: str = ""
    blanks: bool = False
    """Write header and envelope with blanks and line ends."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Further members of the envelope."""

    @property
    def header_bytes(self) -> bytes:
        """The header's bytes."""
        usual: dict[str, Any] = {
            "protocol": "tocsin/1",
            "originator": "KOR",
            "audience": "JPN-KOR-USA",
            "status": "test",
            "precedence": "flash",
            "epoch": EPOCH,
            "number": 1,
            "sealed_at": "2026-01-15T12:00:00.000000Z",
            "digests": [salted_digest(salt(index), raw) for index, raw in enumerate(self.records)],
        }
        header = {name: value for name, value in {**usual, **self.header}.items() if value is not None}
        return json.dumps(header, indent=1).encode() if self.blanks else compact(header)

    @property
    def hash(self) -> str:
        """The frame's hash."""
        return hashlib.sha256(self.header_bytes).hexdigest()

    def seal(self) -> bytes:
        """Return the frame's bytes."""
        envelope = {
            "header": msgspec.Raw(self.header_bytes),
            "keyid": self.keyid or self.signer.keyid,
            "signature": self.signer.sign(FRAME_TYPE, self.header_bytes),
            "records": [{"salt": salt(index), "record": msgspec.Raw(raw)} for index, raw in enumerate(self.records)],
            **self.extra,
        }
        data = msgspec.json.encode(envelope)
        return b"\n " + data.replace(b',"keyid":', b' ,\t"keyid" : ') + b"\r\n" if self.blanks else data


def draft(*records: dict[str, Any] | bytes, signer: PrivateKey | None = None, **header: Any) -> Draft:
    """Make a draft from records as objects or as bytes, with changes to its header."""
    raws = tuple(each if isinstance(each, bytes) else compact(each) for each in records or (record(),))
    return Draft(raws, header, signer or key("KOR", "test"))


@dataclass
class Vector:
    """One folder: why it is, its files, and what must come of them."""

    why: str
    clause: str
    """The clauses that it belongs to, the first of all in front, with a blank between."""
    expected: dict[str, Any]
    files: dict[str, bytes]


ADMITTED = {"result": "admitted", "records": 1}


def frames(why: str, clause: str, *steps: tuple[bytes, dict[str, Any]], reader: str = "USA", **more: Any) -> Vector:
    """Make a vector of frames that one member receives in turn."""
    files = {"roster.json": msgspec.json.encode(FIRST)}
    expected = []
    for index, (data, result) in enumerate(steps, start=1):
        name = "frame.json" if len(steps) == 1 else f"frame{index}.json"
        files[name] = data
        expected.append({"file": name, "path": "live", **result})
    told = {"door": "frames", "reader": reader, "now": NOW.isoformat(), "frames": expected, **more}
    return Vector(why, clause, told, files)


def refused(why: str, clause: str, data: bytes, reason: str, **more: Any) -> Vector:
    """Make a vector of one frame that is refused whole."""
    return frames(why, clause, (data, {"result": "rejected", "reason": reason}), **more)


def refused_record(why: str, clause: str, data: bytes, reason: str, **marks: Any) -> Vector:
    """Make a vector of one frame that comes in without its one record."""
    return frames(why, clause, (data, {"result": "admitted", "records": 0, "refused": [reason], **marks}))


def rosters(why: str, clause: str, *steps: tuple[SignedDocument, str], now: datetime = NOW) -> Vector:
    """Make a vector of rosters and revocations that one member is offered in turn, each with the error's code."""
    names = [f"document{index}.json" for index, _ in enumerate(steps, start=1)]
    files = {name: msgspec.json.encode(document) for name, (document, _) in zip(names, steps, strict=True)}
    offered = [
        {"file": name, "result": "refused" if code else "accepted", **({"error": code} if code else {})}
        for name, (_, code) in zip(names, steps, strict=True)
    ]
    return Vector(why, clause, {"door": "roster", "now": now.isoformat(), "documents": offered}, files)


def vectors() -> dict[str, Vector]:
    """Return all vectors by the name of their folder."""
    return {**_labels(), **_routes(), **_good_frames(), **_chains(), **_bad_frames(), **_bad_records(), **_rosters()}


def _labels() -> dict[str, Vector]:
    def marking(members: str, **more: Any) -> dict[str, Any]:
        return {"releasable_to": members.split(), **more}

    three, two, one = marking("JPN KOR USA"), marking("JPN KOR"), marking("KOR")
    ask, yes = marking("JPN KOR USA", public_warning="ask"), marking("JPN USA", public_warning="yes")
    green, red = marking("JPN USA", tlp="TLP:GREEN"), marking("JPN USA", tlp="TLP:RED")
    bound = marking("JPN KOR USA", caveats=["ORCON"], public_warning="yes")
    strange = marking("JPN KOR USA", caveats=["VECTOR-1"], public_warning="yes")
    combine = [
        (three, two, two),
        (marking("PUBLIC"), two, two),
        (marking("PUBLIC"), marking("PUBLIC"), marking("PUBLIC")),
        (marking("JPN USA"), two, marking("JPN")),
        (marking("JPN USA"), one, marking("")),
        (ask, yes, marking("JPN USA", public_warning="ask")),
        (green, red, red),
        (green, three, marking("JPN USA", tlp="TLP:GREEN")),
        (bound, strange, marking("JPN KOR USA", caveats=["ORCON", "VECTOR-1"], public_warning="yes")),
    ]
    derive: list[tuple[str, list[dict[str, Any]], dict[str, Any] | None]] = [
        ("KOR", [three, two], two),
        ("JPN", [three, bound], marking("JPN", caveats=["ORCON"])),
        ("JPN", [strange], marking("JPN", caveats=["VECTOR-1"])),
        ("USA", [three, two], None),
        ("USA", [], None),
    ]
    status = [
        ("actual", "actual", "actual"),
        ("actual", "exercise:spring", "exercise:spring"),
        ("exercise:spring", "exercise:spring", "exercise:spring"),
        ("exercise:spring", "exercise:autumn", None),
        ("test", "test", "test"),
        ("test", "actual", None),
        ("test", "exercise:spring", None),
        ("drill", "drill", None),
        ("exercise:", "actual", None),
    ]
    told = {
        "combine": [{"first": first, "second": second, "result": result} for first, second, result in combine],
        "derive": [{"member": who, "sources": sources, "result": result} for who, sources, result in derive],
        "status": [{"first": first, "second": second, "result": result} for first, second, result in status],
    }
    return {
        "labels": Vector(
            "How markings and statuses combine; null: not allowed.", "2.1 2.3 2.4 3.2", {"door": "labels", **told}, {}
        )
    }


def _routes() -> dict[str, Vector]:
    networks = {
        "mesh": ["JPN-KOR", "JPN-USA", "KOR-USA"],
        "hub": ["JPN-USA", "KOR-USA"],
        "line": ["AUS-JPN", "JPN-KOR", "KOR-USA"],
        "square": ["AUS-JPN", "JPN-KOR", "KOR-USA", "AUS-USA"],
    }
    reached = [
        ("mesh", "KOR", "JPN-KOR-USA", "JPN USA"),
        ("hub", "KOR", "JPN-KOR-USA", "JPN USA"),
        ("hub", "KOR", "JPN-KOR", ""),
        ("hub", "KOR", "PUBLIC", "JPN USA"),
        ("hub", "KOR", "FRA-KOR-USA", "USA"),
        ("line", "AUS", "AUS-JPN-USA", "JPN"),
        ("line", "AUS", "AUS-JPN-KOR-USA", "JPN KOR USA"),
    ]
    hops = [  # network, member, originator, audience, by whose link it came, to whom it goes
        ("mesh", "KOR", "KOR", "JPN-KOR-USA", "KOR", "JPN USA"),
        ("mesh", "USA", "KOR", "JPN-KOR-USA", "KOR", ""),
        ("hub", "KOR", "KOR", "JPN-KOR-USA", "KOR", "USA"),
        ("hub", "USA", "KOR", "JPN-KOR-USA", "KOR", "JPN"),
        ("hub", "USA", "KOR", "PUBLIC", "KOR", "JPN"),
        ("hub", "USA", "KOR", "KOR-USA", "KOR", ""),
        ("hub", "KOR", "KOR", "KOR", "KOR", ""),
        ("hub", "JPN", "KOR", "JPN-KOR-USA", "USA", ""),
        ("line", "JPN", "AUS", "AUS-JPN-KOR-USA", "AUS", "KOR"),
        ("line", "KOR", "AUS", "AUS-JPN-KOR-USA", "JPN", "USA"),
        ("square", "JPN", "AUS", "AUS-JPN-KOR-USA", "AUS", "KOR"),
        ("square", "KOR", "AUS", "AUS-JPN-KOR-USA", "JPN", ""),
    ]
    told = {
        "networks": networks,
        "reached": [
            {"network": network, "member": member, "audience": audience, "result": result.split()}
            for network, member, audience, result in reached
        ],
        "next_hops": [
            {
                "network": network,
                "member": member,
                "originator": originator,
                "audience": audience,
                "via": via,
                "result": result.split(),
            }
            for network, member, originator, audience, via, result in hops
        ],
    }
    return {
        "routes": Vector(
            "Whom frames reach, and to whom they are passed on.", "10.1 10.2 10.3", {"door": "routes", **told}, {}
        )
    }


def _good_frames() -> dict[str, Vector]:
    three = draft(record(1), record(2), record(3)).seal()
    unknown = record(6, marking={"releasable_to": ["JPN", "KOR", "USA"], "shade": 7}, colour="red")
    unknown["body"]["confidence"] = 0.5
    heads = {"clock_at": "2026-01-15T12:00:00Z", "heads": []}
    control = {"kind": "exchange.heads", "precedence": "routine", "observed_at": None, "body": heads}
    public = {"marking": {"releasable_to": ["PUBLIC"]}}
    caveat = {"marking": {"releasable_to": ["JPN", "KOR", "USA"], "caveats": ["ORCON", "VECTOR-1"]}}
    return {
        "frame": frames("A frame with one record comes in.", "4.1 4.2", (draft().seal(), ADMITTED)),
        "frame_many_records": frames(
            "Many records, one signature.", "4.2", (three, {"result": "admitted", "records": 3})
        ),
        "frame_recalled_record": frames(
            "The content of the second record is gone; signature and digests still hold.",
            "9.5",
            (without_records(three, {1}), {"result": "admitted", "records": 2}),
        ),
        "frame_unknown_kind": frames(
            "A kind that the reader does not know comes in opaque.",
            "1.5",
            (draft(record(kind="harbour.tide", body={"level_m": 1.25})).seal(), {**ADMITTED, "opaque": True}),
        ),
        "frame_unknown_fields": frames(
            "Unknown members in envelope, header, marking, record and body are passed over; the bytes are kept.",
            "14.3",
            (
                Draft((compact(unknown),), {"weather": {"wind_mps": 3}}, extra={"postmark": "x"}).seal(),
                ADMITTED,
            ),
        ),
        "frame_unknown_caveat": frames(
            "A caveat that the reader does not know does not keep a record out; it binds what derives from it.",
            "2.5",
            (draft(record(**caveat)).seal(), ADMITTED),
        ),
        "frame_newer_minor": frames(
            "A newer minor version is read.", "14.2", (draft(protocol="tocsin/1.7").seal(), ADMITTED)
        ),
        "frame_blanks": frames(
            "What is signed and digested are bytes as received: blanks count, and nobody writes them anew.",
            "4.5",
            (Draft((json.dumps(record(), indent=2).encode(),), blanks=True).seal(), ADMITTED),
        ),
        "frame_public": frames(
            "PUBLIC is for everybody.",
            "2.2",
            (draft(record(**public), audience="PUBLIC").seal(), ADMITTED),
        ),
        "frame_self": frames(
            "The {self} chain also holds what is marked for others and has not been released.",
            "5.8",
            (draft(audience="KOR").seal(), ADMITTED),
            reader="KOR",
        ),
        "control_heads": frames(
            "Heads travel in a control frame, number 0.",
            "7.1",
            (draft(record(**control), number=0, precedence="routine").seal(), {**ADMITTED, "control": True}),
        ),
        "frame_clock_suspect": frames(
            "A clock that is an hour ahead is shown; it keeps nothing out.",
            "6.4",
            (draft(sealed_at="2026-01-15T13:00:00Z").seal(), {**ADMITTED, "clock_suspect": True}),
        ),
    }


def _chains() -> dict[str, Vector]:
    first = draft(record(1))
    second = draft(record(2), number=2, previous=first.hash)
    third = draft(record(3), number=3, previous=second.hash)
    other = draft(record(9))
    before = draft(record(8), epoch=EARLIER)
    resumed = draft(record(1), resumes=[EARLIER, 1, before.hash])
    lone = draft(record(2), number=2, previous=other.hash)
    spoilt = draft(record(4), number=2, previous="")
    three = draft(record(1), record(2), record(3))
    head = {"originator": "KOR", "precedence": "flash", "epoch": EPOCH, "number": 1, "hash": other.hash}
    heads = {"clock_at": "2026-01-15T12:00:00Z", "heads": [head], "count": 1}
    contrary = draft(
        record(kind="exchange.heads", precedence="routine", observed_at=None, body=heads),
        number=0,
        precedence="routine",
    )
    duplicate = {"result": "duplicate"}
    clash = {"result": "rejected", "reason": "equivocation"}
    forked = {**ADMITTED, "chain_open": True, "refused": ["equivocation"]}
    last = LastHead(audience="JPN-KOR-USA", status="test", precedence="flash", epoch=EPOCH, number=1)
    taken_back = KeyRevocation(
        member="KOR", keyid=key("KOR", "test").keyid, revoked_at=NOW - timedelta(minutes=1), last_heads=(last,)
    )
    revoked = frames(
        "A key was taken back with last head 1: frame 1 holds, frame 2 is void.",
        "11.6",
        (first.seal(), ADMITTED),
        (second.seal(), {"result": "rejected", "reason": "revoked_key"}),
        revocations=["revocation.json"],
    )
    revoked.files["revocation.json"] = msgspec.json.encode(signed(unsigned(taken_back), "KOR"))
    return {
        "chain": frames(
            "Three frames in a chain.", "5.2", *((each.seal(), ADMITTED) for each in (first, second, third))
        ),
        "chain_open": frames(
            "A frame is never refused for a gap before it; the gap is shown, and closes when the frame comes.",
            "5.5",
            (first.seal(), {**ADMITTED, "chain_open": False}),
            (third.seal(), {**ADMITTED, "chain_open": True}),
            (second.seal(), {**ADMITTED, "chain_open": False}),
        ),
        "chain_new_epoch": frames(
            "The first frame of an epoch names the last durable head of the epoch before.",
            "5.4",
            (before.seal(), ADMITTED),
            (resumed.seal(), {**ADMITTED, "chain_open": False}),
        ),
        "chain_duplicate": frames(
            "A frame that is held already is passed over, also with a record recalled.",
            "6.3",
            (three.seal(), {"result": "admitted", "records": 3}),
            (three.seal(), duplicate),
            (without_records(three.seal(), {0}), duplicate),
        ),
        "equivocation_fail": frames(
            "Two frames with one number in one epoch: the second is refused and kept as proof.",
            "5.6",
            (first.seal(), ADMITTED),
            (other.seal(), clash),
        ),
        "equivocation_previous_fail": frames(
            "A frame that names another predecessor than the one that is held tells of another chain: an alarm.",
            "5.6",
            (first.seal(), ADMITTED),
            (lone.seal(), forked),
        ),
        "equivocation_next_fail": frames(
            "The same, the other way round: the frame that comes late is not the one that its successor names.",
            "5.6",
            (second.seal(), {**ADMITTED, "chain_open": True}),
            (other.seal(), clash),
        ),
        "heads_contradict_fail": frames(
            "Heads name another frame 1 than the one that is held: an alarm, though no second frame has come.",
            "5.6",
            (first.seal(), ADMITTED),
            (contrary.seal(), {**ADMITTED, "control": True, "refused": ["equivocation"]}),
        ),
        "previous_missing_fail": frames(
            "The second frame of an epoch names the first.",
            "5.2",
            (first.seal(), ADMITTED),
            (spoilt.seal(), forked),
        ),
        "revoked_key_fail": revoked,
    }


def _bad_frames() -> dict[str, Vector]:
    good = draft().seal()
    widened = compact(record()).replace(b'"releasable_to":', b'"releasable_to":["KOR"],"releasable_to":')
    nan = compact(record()).replace(b"12.5", b"NaN")
    deep = compact(record()).replace(b'"vector-radar"', b"[" * 10_000 + b"]" * 10_000)
    return {
        "altered_record_fail": refused(
            "One digit of a record was changed on the way.", "4.4", good.replace(b"12.5", b"12.6"), "malformed"
        ),
        "altered_header_fail": refused(
            "The number was changed on the way.",
            "4.5",
            good.replace(b'"number":1,', b'"number":7,'),
            "bad_signature",
        ),
        "wrong_role_fail": refused(
            "A live key signs no frame of status test.",
            "11.3",
            draft(signer=key("KOR", "live")).seal(),
            "key_role",
        ),
        "test_key_signs_actual_fail": refused(
            "A test key signs no frame of status actual.",
            "11.3",
            draft(record(status="actual"), status="actual").seal(),
            "key_role",
        ),
        "roster_key_signs_frame_fail": refused(
            "A roster key signs no frame at all.",
            "11.3",
            draft(signer=key("KOR", "roster")).seal(),
            "unknown_key",
        ),
        "unknown_member_fail": refused(
            "The originator is not in the roster.",
            "6.1",
            draft(originator="AUS", audience="AUS-USA", signer=key("AUS", "test")).seal(),
            "unknown_member",
        ),
        "unknown_key_fail": refused(
            "The key is in no roster.", "6.1", draft(signer=key("KOR", "test", 2)).seal(), "unknown_key"
        ),
        "borrowed_key_fail": refused(
            "The key is another member's.", "6.1", draft(signer=key("JPN", "test")).seal(), "unknown_key"
        ),
        "claimed_key_fail": refused(
            "The frame claims KOR's key and was signed with another.",
            "6.1",
            Draft((compact(record()),), signer=key("JPN", "test"), keyid=key("KOR", "test").keyid).seal(),
            "bad_signature",
        ),
        "wrong_audience_fail": refused(
            "The reader is not in the audience; only the hash is kept.",
            "6.1",
            draft(record(marking={"releasable_to": ["JPN", "KOR"]}), audience="JPN-KOR").seal(),
            "not_for_us",
        ),
        "audience_without_originator_fail": refused(
            "An originator is in every audience of its own.",
            "2.2",
            draft(audience="JPN-USA").seal(),
            "not_for_us",
        ),
        "audience_unsorted_fail": refused(
            "An audience has one form only, sorted.", "2.2", draft(audience="USA-KOR-JPN").seal(), "not_for_us"
        ),
        "duplicate_key_fail": refused(
            "releasable_to stands twice: a reader that takes the last would widen it.",
            "1.2",
            draft(widened).seal(),
            "malformed",
        ),
        "nan_fail": refused("NaN is not JSON.", "1.2", draft(nan).seal(), "malformed"),
        "deep_fail": refused("Nesting without end.", "1.2", draft(deep).seal(), "malformed"),
        "bad_digest_fail": refused(
            "The header is signed and its digest is of something else.",
            "4.4",
            draft(digests=["0" * 64]).seal(),
            "malformed",
        ),
        "digest_count_fail": refused(
            "A record more than the header has digests.",
            "4.2",
            draft(record(1), record(2), digests=[salted_digest(salt(0), compact(record(1)))]).seal(),
            "malformed",
        ),
        "wrong_major_fail": refused(
            "Another major version is another language.",
            "14.2",
            draft(protocol="tocsin/2").seal(),
            "unknown_version",
        ),
        "not_utc_fail": refused(
            "Times are in UTC.", "1.4", draft(sealed_at="2026-01-15T21:00:00+09:00").seal(), "malformed"
        ),
        "no_zone_fail": refused(
            "A time without a zone is no time.", "1.4", draft(sealed_at="2026-01-15T12:00:00").seal(), "malformed"
        ),
        "number_too_high_fail": refused(
            "A number that is no exact integer everywhere.",
            "4.2",
            draft(number=2**53, previous="0" * 64).seal(),
            "malformed",
        ),
        "too_large_fail": refused(
            "More bytes than the reader takes.",
            "6.1",
            draft(*(record(number) for number in range(1, 16))).seal(),
            "too_large",
            max_frame_bytes=8192,
        ),
        "not_json_fail": refused("Half a frame.", "1.2", good[: len(good) // 2], "malformed"),
        "empty_fail": refused("A frame without records.", "4.2", draft_without_records(), "malformed"),
    }


def draft_without_records() -> bytes:
    """Return a frame with neither digests nor records."""
    return Draft(()).seal()


def _bad_records() -> dict[str, Vector]:
    heads = {"clock_at": "2026-01-15T12:00:00Z", "heads": []}
    return {
        "record_not_utc_fail": refused_record(
            "A record whose time is not in UTC does not come in; the frame that carries it does.",
            "1.4",
            draft(record(observed_at="2026-01-15T20:59:59+09:00")).seal(),
            "malformed",
        ),
        "record_body_fail": refused_record(
            "A body that is not what its kind prescribes.",
            "1.5",
            draft(record(body={"sensor_id": "x"})).seal(),
            "malformed",
        ),
        "record_status_fail": refused_record(
            "A record of status actual in a frame of status test.",
            "4.1",
            draft(record(status="actual")).seal(),
            "record_against_frame",
        ),
        "record_precedence_fail": refused_record(
            "A bulk record in a flash frame.",
            "4.1",
            draft(record(precedence="bulk")).seal(),
            "record_against_frame",
        ),
        "record_originator_fail": refused_record(
            "A record of JPN in a frame of KOR.",
            "4.1",
            draft(record(originator="JPN")).seal(),
            "record_against_frame",
        ),
        "record_audience_fail": refused_record(
            "A record for two members in a frame for three.",
            "4.1",
            draft(record(marking={"releasable_to": ["KOR", "USA"]})).seal(),
            "record_against_frame",
        ),
        "record_heads_numbered_fail": refused_record(
            "Heads stand in control frames alone.",
            "7.1",
            draft(record(kind="exchange.heads", body=heads)).seal(),
            "record_against_frame",
        ),
        "record_control_fail": refused_record(
            "Control frames carry heads and requests alone.",
            "7.1",
            draft(number=0).seal(),
            "record_against_frame",
            control=True,
        ),
    }


def _rosters() -> dict[str, Vector]:
    second = unsigned(roster(2, previous=FIRST.hash, name="Ministry"))
    accepted = signed(second, "JPN", "USA")
    forked = signed(unsigned(roster(2, previous="0" * 64)), *CODES)
    skipped = signed(unsigned(roster(3, previous=FIRST.hash)), *CODES)
    wider = unsigned(roster(2, previous=FIRST.hash, codes=("AUS", *CODES)))
    altered = msgspec.structs.replace(FIRST, payload=FIRST.payload.replace("Member KOR", "Member XXX"))
    late = NOW + timedelta(days=400)
    last = LastHead(audience="KOR", status="actual", precedence="flash", epoch=EPOCH, number=4)
    revocation = unsigned(
        KeyRevocation(member="KOR", keyid=key("KOR", "live").keyid, revoked_at=NOW, last_heads=(last,))
    )
    own_roster_key = KeyRevocation(member="KOR", keyid=key("KOR", "roster").keyid, revoked_at=NOW, last_heads=())
    rollback, threshold, signature = "tocsin.trust.rollback", "tocsin.trust.threshold", "tocsin.trust.signature"
    return {
        "roster": rosters("The first roster, signed by all.", "11.4", (FIRST, "")),
        "roster_unsigned_fail": rosters(
            "The first roster lacks a signature.", "11.4", (signed(unsigned(roster()), "JPN", "KOR"), threshold)
        ),
        "roster_altered_fail": rosters("A name was changed after it was signed.", "11.2", (altered, signature)),
        "roster_succession": rosters(
            "The second roster names the hash of the first; two of three have signed.",
            "11.4",
            (FIRST, ""),
            (accepted, ""),
        ),
        "roster_threshold_fail": rosters(
            "One of three has signed.", "11.4", (FIRST, ""), (signed(second, "KOR"), threshold)
        ),
        "roster_outsider_fail": rosters(
            "A signature of somebody who is no member does not count.",
            "11.4",
            (FIRST, ""),
            (signed(second, "KOR", "AUS"), threshold),
        ),
        "roster_rollback_fail": rosters(
            "The first roster, offered again after the second.",
            "11.4",
            (FIRST, ""),
            (accepted, ""),
            (FIRST, rollback),
        ),
        "roster_fork_fail": rosters(
            "A second roster that follows from another first.", "11.4", (FIRST, ""), (forked, rollback)
        ),
        "roster_skip_fail": rosters("Version 3 right after version 1.", "11.4", (FIRST, ""), (skipped, rollback)),
        "roster_newcomer": rosters(
            "A newcomer signs the roster that it joins by.",
            "11.4",
            (FIRST, ""),
            (signed(wider, "AUS", "JPN", "USA"), ""),
        ),
        "roster_newcomer_fail": rosters(
            "A newcomer that has not signed.", "11.4", (FIRST, ""), (signed(wider, *CODES), threshold)
        ),
        "roster_expired": rosters(
            "After the first has expired, all sign the next.",
            "11.4",
            (FIRST, ""),
            (signed(second, *CODES), ""),
            now=late,
        ),
        "roster_expired_fail": rosters(
            "After the first has expired, a majority is not enough.",
            "11.4",
            (FIRST, ""),
            (accepted, "tocsin.trust.expired"),
            now=late,
        ),
        "revocation": rosters(
            "A member takes back a key of its own alone.", "11.6", (FIRST, ""), (signed(revocation, "KOR"), "")
        ),
        "revocation_of_roster_key_fail": rosters(
            "A roster key that was taken back signs nothing any more.",
            "11.4",
            (FIRST, ""),
            (signed(unsigned(own_roster_key), "KOR"), ""),
            (signed(second, "JPN", "KOR"), threshold),
        ),
        "revocation_by_other_fail": rosters(
            "Nobody takes back another's key.", "11.6", (FIRST, ""), (signed(revocation, "JPN", "USA"), signature)
        ),
    }


def files() -> dict[Path, bytes]:
    """Return every file of every vector, by path below ``spec/vectors``."""
    found = {}
    for name, vector in vectors().items():
        folder = Path(name)
        clauses = vector.clause.split()
        named = f"clause {clauses[0]}" if len(clauses) == 1 else f"clauses {', '.join(clauses)}"
        expected = {"door": vector.expected["door"], "clauses": clauses, **vector.expected}
        found[folder / "README"] = f"{vector.why} ({named})\n".encode()
        found[folder / "expected.json"] = json.dumps(expected, indent=2).encode() + b"\n"
        for file, data in vector.files.items():
            found[folder / file] = data
    return found


def main() -> None:
    """Write the vectors."""
    for path, data in files().items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(data)


if __name__ == "__main__":
    main()
