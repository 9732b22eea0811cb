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
    return {
        **_labels(),
        **_routes(),
        **_good_frames(),
        **_chains(),
        **_bad_frames(),
        **_bad_records(),
        **_rosters(),
        **_forms(),
        **_worlds(),
        **_heads(),
        **_relays(),
        **_stripped(),
        **_versions(),
        **_more_rosters(),
        **_retired_keys(),
        **_digests(),
        **_purges(),
        **_proofs(),
    }


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
        "frame_source_originator": frames(
            "A source names a record by its id alone, or by originator and id.",
            "1.6",
            (draft(record(sources=[{"record": "a"}, {"record": "a", "originator": "JPN"}])).seal(), ADMITTED),
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


def _track(**changes: Any) -> dict[str, Any]:
    """Return the body of a track (1.9)."""
    triangle = [float(column == row) for row in range(7) for column in range(row, 7)]
    return {
        "track_id": "t", "event_id": "e", "at": "2026-01-15T11:59:59Z", "frame": "EPSG:4978",
        "position_m": [-3.0e6, 4.0e6, 4.0e6], "velocity_mps": [10.0, 20.0, 1500.0], "log_drag": -8.5,
        "covariance": triangle, "highest_m": 9.0e4, "free_probability": 0.99, "is_free": True,
        "sensors": 2, "detections": 8, "own_sensors": 1, "own_detections": 4,
        "first_detection_at": "2026-01-15T11:59:00Z", "last_detection_at": "2026-01-15T11:59:59Z", **changes,
    }  # fmt: skip


def _forms() -> dict[str, Vector]:
    """Return frames whose one record, or whose header, has not the form of clauses 1 to 4."""

    def bad(clause: str, why: str, **changes: Any) -> Vector:
        return refused_record(why, clause, draft(record(**changes)).seal(), "malformed")

    def bad_body(why: str, kind: str = "warning.detection", **changes: Any) -> Vector:
        body = {**(record()["body"] if kind == "warning.detection" else {}), **changes}
        body = {name: value for name, value in body.items() if value is not None}
        return refused_record(why, "1.9 1.5", draft(record(kind=kind, body=body)).seal(), "malformed")

    def bad_marking(why: str, clause: str, **marking: Any) -> Vector:
        return bad(clause, why, marking={"releasable_to": ["JPN", "KOR", "USA"], **marking})

    launch = {"event_id": "e", "revision": 1}
    repeated = compact(record()).replace(b'"sensor_id":', b'"sensor_id":"x","sensor_id":')
    unknown = compact(record()).replace(b'"synthetic":true', b'"synthetic":true,"shade":[1e999]')
    half = compact(record()).replace(b'"synthetic":true', b'"synthetic":true,"shade":["\\ud800x"]')
    slip = {"salt": salt(0), "record": record(), "recalled": True}
    good_bytes = draft().seal()
    good = json.loads(good_bytes)
    return {
        "kind_fail": bad("1.3", "A kind without a noun.", kind="warning"),
        "kind_capitals_fail": bad("1.3", "A kind in capitals.", kind="Warning.detection"),
        "id_fail": bad("1.3", "An id with a blank in it.", id="KOR 1"),
        "id_too_long_fail": bad("1.3", "An id of 129 characters.", id="a" * 129),
        "id_line_end_fail": bad("1.3", "An id with an end of line behind it.", id="KOR-1\n"),
        "source_both_fail": bad(
            "1.6", "A source that names a record and cites.", sources=[{"record": "a", "cites": "b"}]
        ),
        "source_neither_fail": bad("1.6", "A source that names nothing.", sources=[{}]),
        "source_originator_alone_fail": bad(
            "1.6", "An originator beside what is cited.", sources=[{"cites": "b", "originator": "JPN"}]
        ),
        "source_originator_fail": bad(
            "1.6", "A source whose originator is no member code.", sources=[{"record": "a", "originator": "jpn"}]
        ),
        "expires_not_utc_fail": bad(
            "1.4", "A time to come that is not in UTC.", expires_at="2026-01-15T20:59:59+09:00"
        ),
        "time_forms": frames(
            "Times near to the form are times: small letters, a blank, an offset of zero, nine digits.",
            "1.4",
            (
                draft(
                    record(1, issued_at="2026-01-15t11:59:59z", observed_at="2026-01-15 11:59:59Z"),
                    record(2, issued_at="2026-01-15T11:59:59+00:00", observed_at="2026-01-15T11:59:59.123456789Z"),
                ).seal(),
                {"result": "admitted", "records": 2},
            ),
        ),
        "leap_second_fail": bad("1.4", "A second 60 is no time here.", observed_at="2026-01-15T23:59:60Z"),
        "synthetic_null_fail": bad("1.1", "synthetic is true or false.", synthetic="yes"),
        "body_no_object_fail": refused_record(
            "The body of a kind that nobody knows is an object all the same.",
            "1.5",
            draft(record(kind="harbour.tide", body=[1.25])).seal(),
            "malformed",
        ),
        "azimuth_fail": bad_body("An azimuth of 360 degrees.", azimuth_deg=360.0),
        "sigma_fail": bad_body("A sigma of zero.", angle_sigma_deg=0),
        "latitude_fail": bad_body("A sensor beyond the pole.", sensor={"lat_deg": 90.5, "lon_deg": 0.0}),
        "detection_two_ways_fail": bad_body(
            "A detection that is a measurement and a coarse position.",
            position={"lat_deg": 37.0, "lon_deg": 127.0},
            position_sigma_m=5000.0,
        ),
        "range_alone_fail": bad_body("A range without its sigma.", range_sigma_m=None),
        "rate_alone_fail": bad_body("A range rate without its sigma.", range_rate_mps=-700.0),
        "number_too_big_fail": bad_body("A range that no double holds.", range_m=10**400),
        "launch_outcome_fail": bad_body(
            "An outcome before the end.", "warning.launch", **launch, stage="assessed", outcome="lost"
        ),
        "launch_closed_fail": bad_body("An end without an outcome.", "warning.launch", **launch, stage="closed"),
        "launch_predicted_fail": bad_body(
            "A prediction without an impact.", "warning.launch", **launch, stage="predicted"
        ),
        "same_event_fail": bad_body(
            "The higher id stands first.", "warning.same_event", event_id="b", alias="a", gate="2 km"
        ),
        "track_covariance_fail": bad_body(
            "A track without its last covariance.", "warning.track", **_track(covariance=[1.0] * 27)
        ),
        "track_probability_fail": bad_body(
            "A track that is more than sure to fly free.", "warning.track", **_track(free_probability=1.5)
        ),
        "track_sensors_fail": bad_body("A track that rests on no sensor.", "warning.track", **_track(sensors=0)),
        "notice_window_fail": bad_body(
            "A window that closes before it opens.",
            "orbit.launch_notice",
            authority="a",
            opens_at="2026-01-15T12:00:00Z",
            closes_at="2026-01-15T11:00:00Z",
            site={"lat_deg": 34.5, "lon_deg": 127.5},
        ),
        "marking_unsorted_fail": bad_marking("Members out of order.", "2.2", releasable_to=["KOR", "JPN", "USA"]),
        "marking_public_fail": bad_marking("PUBLIC beside others.", "2.2", releasable_to=["KOR", "PUBLIC"]),
        "marking_without_originator_fail": bad_marking(
            "A record that its originator may not have.", "2.2", releasable_to=["USA"]
        ),
        "marking_tlp_fail": bad_marking("A label of another vocabulary.", "2.1 14.4", tlp="TLP:WHITE"),
        "marking_public_warning_fail": bad_marking(
            "A value that a reader must not guess.", "2.1 14.4", public_warning="maybe"
        ),
        "caveat_form_fail": bad_marking("A caveat in small letters.", "2.1", caveats=["orcon"]),
        "record_new_status_fail": bad("3.1 14.4", "A status that is none.", status="drill"),
        "record_new_precedence_fail": bad("1.7 14.4", "A precedence that is none.", precedence="urgent"),
        "header_new_status_fail": refused(
            "A status that is none.", "3.1 14.4", draft(status="drill").seal(), "malformed"
        ),
        "header_exercise_without_id_fail": refused(
            "An exercise without a name.", "3.1", draft(status="exercise:").seal(), "malformed"
        ),
        "header_new_precedence_fail": refused(
            "A precedence that is none.", "1.7 14.4", draft(precedence="urgent").seal(), "malformed"
        ),
        "header_audience_form_fail": refused(
            "An audience that is no list of codes.", "4.2", draft(audience="JPN-KOR-USA-").seal(), "malformed"
        ),
        "header_previous_form_fail": refused(
            "What is no hash.", "4.2", draft(number=2, previous="abc").seal(), "malformed"
        ),
        "header_digest_form_fail": refused(
            "A digest in capitals, of a record that was recalled.",
            "4.2 4.3",
            _recalled_with("A" * 64),
            "malformed",
        ),
        "header_epoch_form_fail": refused(
            "The name of an epoch with a blank in it.", "4.2", draft(epoch="an epoch").seal(), "malformed"
        ),
        "number_fraction_fail": refused(
            "An integer has no fraction.",
            "1.2 4.2",
            good_bytes.replace(b'"number":1,', b'"number":1.0,'),
            "malformed",
        ),
        "previous_of_first_fail": refused(
            "The first frame of an epoch names none before it.", "4.2 5.2", draft(previous="0" * 64).seal(), "malformed"
        ),
        "resumes_later_fail": refused(
            "Only the first frame of an epoch resumes.",
            "4.2 5.4",
            draft(number=2, previous="0" * 64, resumes=[EARLIER, 1, "0" * 64]).seal(),
            "malformed",
        ),
        "control_resumes_fail": refused(
            "A control frame stands in no chain.",
            "5.9",
            draft(number=0, precedence="routine", resumes=[EARLIER, 1, "0" * 64]).seal(),
            "malformed",
        ),
        "slip_both_fail": refused(
            "A slip that holds a record and says that it was recalled.",
            "4.3",
            compact({**good, "records": [slip]}),
            "malformed",
        ),
        "slip_neither_fail": refused(
            "A slip without a record that does not say why.", "4.3", compact({**good, "records": [{}]}), "malformed"
        ),
        "too_many_records_fail": refused(
            "A frame of 1001 records.",
            "4.1",
            draft(*[b"{}"] * 1001).seal(),
            "malformed",
        ),
        "repeated_key_in_body_fail": refused(
            "A name that stands twice deep in a body.", "1.2", draft(repeated).seal(), "malformed"
        ),
        "infinite_in_unknown_fail": refused(
            "A number beyond what a double holds, in a member that nobody knows.",
            "1.2",
            draft(unknown).seal(),
            "malformed",
        ),
        "half_surrogate_fail": refused(
            "Half a surrogate pair, in a member that nobody knows.", "1.2", draft(half).seal(), "malformed"
        ),
        "first_fault_fail": refused(
            "Wrong in many ways: the first fault of the table is the reason.",
            "6.1",
            Draft(
                (compact(record(marking={"releasable_to": ["JPN", "KOR"]})),),
                {"audience": "JPN-KOR"},
                key("JPN", "live"),
            ).seal(),
            "not_for_us",
        ),
        "key_before_signature_fail": refused(
            "A key of another role, and a signature that is none.",
            "6.1",
            draft(signer=key("KOR", "live")).seal().replace(b'"signature":"', b'"signature":"AAAA'),
            "key_role",
        ),
        "record_alone_fail": frames(
            "One record of three is none: the others come in.",
            "6.2",
            (
                draft(record(1), record(2, id="no id"), record(3)).seal(),
                {"result": "admitted", "records": 2, "refused": ["malformed"]},
            ),
        ),
    }


def _recalled_with(digest: str) -> bytes:
    """Return a frame whose one record was recalled, with whatever its header says of the digest."""
    draft_ = draft(digests=[digest])
    return without_records(draft_.seal(), {0})


def _worlds() -> dict[str, Vector]:
    """Return frames of several statuses, precedences and epochs: each chain stands alone."""
    first = draft(record(1))
    exercise = draft(record(1, status="exercise:spring"), status="exercise:spring", signer=key("KOR", "exercise"))
    other = draft(record(1, status="exercise:autumn"), status="exercise:autumn", signer=key("KOR", "exercise"))
    actual = draft(record(1, status="actual"), status="actual", signer=key("KOR", "live"))
    routine = draft(record(1, precedence="routine"), precedence="routine")
    two = draft(record(1, marking={"releasable_to": ["KOR", "USA"]}), audience="KOR-USA")
    before = draft(record(8), epoch=EARLIER)
    lost = draft(record(9), epoch=EARLIER, number=2, previous=before.hash)
    resumed = draft(record(1), resumes=[EARLIER, 1, before.hash])
    ahead = draft(record(1), resumes=[EARLIER, 2, lost.hash])
    old = {"sealed_at": "2026-01-15T11:00:00Z"}
    late = draft(**old)
    own = draft(audience="KOR")
    return {
        "statuses_apart": frames(
            "One number and one id in four worlds: none is a duplicate of another, and none equivocates.",
            "3.1 3.3",
            *((each.seal(), {**ADMITTED, "chain_open": False}) for each in (first, exercise, other, actual)),
        ),
        "chains_apart": frames(
            "Each precedence and each audience has a chain of its own.",
            "5.1",
            *((each.seal(), {**ADMITTED, "chain_open": False}) for each in (first, routine, two)),
        ),
        "chain_resumes_unknown": frames(
            "What the epoch resumes is not held: the chain is open, until what was lost has come.",
            "5.4 5.5 5.7",
            (ahead.seal(), {**ADMITTED, "chain_open": True}),
            (before.seal(), {**ADMITTED, "chain_open": False}),
            (lost.seal(), {**ADMITTED, "chain_open": False, "path": "durable"}),
        ),
        "chain_lost_frame_returns": frames(
            "A frame that its writer lost comes back into its old epoch, after the new one has begun.",
            "5.3 5.7",
            (before.seal(), ADMITTED),
            (resumed.seal(), {**ADMITTED, "chain_open": False}),
            (lost.seal(), {**ADMITTED, "chain_open": False}),
        ),
        "epoch_name_is_free": frames(
            "A reader trusts nothing in the name of an epoch.",
            "5.2",
            (draft(record(1), epoch="z").seal(), ADMITTED),
            (draft(record(2), epoch="a").seal(), {**ADMITTED, "chain_open": False}),
        ),
        "two_paths": frames(
            "The durable path brings what the live one has brought already.",
            "6.3 13.7",
            (first.seal(), ADMITTED),
            (first.seal(), {"result": "duplicate", "path": "durable"}),
        ),
        "clock_late_live": frames(
            "On the live path an hour ago is odd, and shown.",
            "6.4",
            (late.seal(), {**ADMITTED, "clock_suspect": True}),
        ),
        "clock_late_durable": frames(
            "On the durable path an hour ago is an outage that was survived.",
            "6.4",
            (late.seal(), {**ADMITTED, "path": "durable"}),
        ),
        "own_frame": frames(
            "A member's own frame passes the same door.",
            "6.6",
            (first.seal(), {**ADMITTED, "via": "KOR", "path": "self", "relay_to": []}),
            reader="KOR",
        ),
        "own_frame_forged_fail": frames(
            "Nobody gets a frame past the member whose name it bears.",
            "6.6",
            (
                draft(signer=key("KOR", "test", 2)).seal(),
                {"result": "rejected", "reason": "unknown_key", "path": "self"},
            ),
            reader="KOR",
        ),
        "self_chain_leaks_fail": frames(
            "The {self} chain of another is not for us.",
            "5.8",
            (own.seal(), {"result": "rejected", "reason": "not_for_us"}),
        ),
        "roster_expired_frame": _at_late(
            frames("An expired roster keeps no frame out.", "6.7 11.4", (_sealed_late().seal(), ADMITTED))
        ),
    }


LATE = NOW + timedelta(days=400)


def _sealed_late() -> Draft:
    return draft(sealed_at=LATE.isoformat().replace("+00:00", "Z"))


def _at_late(vector: Vector) -> Vector:
    vector.expected["now"] = LATE.isoformat()
    return vector


def control(number: int, body: dict[str, Any], *, kind: str = "exchange.heads") -> Draft:
    """Return a control frame with one record."""
    fields = {"kind": kind, "precedence": "routine", "observed_at": None, "body": body}
    return draft(record(number, **fields), number=0, precedence="routine")


def _heads() -> dict[str, Vector]:
    def heads(place: int, count: int, *, field_: str = "heads", **head: Any) -> Draft:
        entry = {"originator": "KOR", "precedence": "flash", "epoch": EPOCH, "number": 1, "hash": "0" * 64, **head}
        lists = {"heads": [], field_: [entry] if head else []}
        return control(place, {"clock_at": "2026-01-15T12:00:00Z", **lists, "count": count})

    japanese = draft(record(originator="JPN"), originator="JPN", signer=key("JPN", "test"))
    asked = {"originator": "KOR", "precedence": "flash", "epoch": EPOCH, "after": 2, "up_to": 9}
    passed = {**ADMITTED, "control": True}
    alarm = {**passed, "refused": ["equivocation"]}
    return {
        "heads_count": frames(
            "Heads whose count is not above the last are passed over, whatever their clock says.",
            "7.2 7.3",
            (heads(1, 5).seal(), passed),
            (heads(2, 4).seal(), {"result": "duplicate"}),
            (heads(3, 5).seal(), {"result": "duplicate"}),
            (heads(4, 6).seal(), passed),
        ),
        "heads_again": frames(
            "The same heads again are passed over.",
            "7.3 10.3",
            (heads(1, 1).seal(), passed),
            (heads(1, 1).seal(), {"result": "duplicate"}),
        ),
        "heads_tick": frames(
            "Heads of a replay count in ticks.",
            "7.6",
            (
                control(1, {"clock_at": "2026-01-15T12:00:00Z", "heads": [], "count": 1, "tick": 7}).seal(),
                passed,
            ),
        ),
        "heads_of_others_unheeded": frames(
            "In heads a reader heeds chains of their originator alone: what KOR says of one of JPN is nothing.",
            "7.3",
            (japanese.seal(), ADMITTED),
            (heads(1, 1, originator="JPN").seal(), passed),
        ),
        "held_contradicts_fail": frames(
            "What KOR holds of a chain of JPN is another frame than ours: JPN told it otherwise.",
            "5.6 7.2",
            (japanese.seal(), ADMITTED),
            (heads(1, 1, originator="JPN", field_="held").seal(), alarm),
        ),
        "heads_beyond": frames(
            "A head beyond what is held shows a lost tail: no alarm, and nothing refused.",
            "7.3",
            (draft(record(1)).seal(), ADMITTED),
            (heads(1, 1, number=7).seal(), passed),
        ),
        "request": frames(
            "A request for frames that are missing.",
            "7.1 7.4",
            (control(1, asked, kind="exchange.request").seal(), passed),
        ),
        "request_backwards_fail": frames(
            "A request for frames up to one that is not beyond.",
            "7.4",
            (
                control(1, {**asked, "up_to": 2}, kind="exchange.request").seal(),
                {"result": "admitted", "records": 0, "refused": ["malformed"], "control": True},
            ),
        ),
        "request_numbered_fail": refused_record(
            "A request in a numbered frame.",
            "7.1",
            draft(record(kind="exchange.request", body=asked)).seal(),
            "record_against_frame",
        ),
    }


def _relays() -> dict[str, Vector]:
    first = draft(record(1))
    alone = draft(record(2, marking={"releasable_to": ["KOR", "USA"]}), audience="KOR-USA")
    public = draft(record(3, marking={"releasable_to": ["PUBLIC"]}), audience="PUBLIC")
    body = {"clock_at": "2026-01-15T12:00:00Z", "heads": [], "count": 1}
    heads = control(1, body)
    opaque = draft(record(4, kind="harbour.tide", body={"level_m": 1}), number=2, previous=first.hash)
    return {
        "relay": frames(
            "The hub passes on what its other neighbour may have, unchanged.",
            "4.7 10.1 10.3",
            (first.seal(), {**ADMITTED, "relay_to": ["JPN"]}),
        ),
        "relay_audience": frames(
            "It passes nothing on to whom the audience does not name.",
            "10.2 10.3",
            (alone.seal(), {**ADMITTED, "relay_to": []}),
        ),
        "relay_public": frames("PUBLIC is for all.", "10.3", (public.seal(), {**ADMITTED, "relay_to": ["JPN"]})),
        "relay_opaque": frames(
            "What nobody here knows is relayed as well.",
            "1.5 10.3 14.3",
            (first.seal(), {**ADMITTED, "relay_to": ["JPN"]}),
            (opaque.seal(), {**ADMITTED, "opaque": True, "relay_to": ["JPN"]}),
        ),
        "relay_control": frames(
            "Control frames are relayed, and not once more if they bring nothing new.",
            "7.1 10.3",
            (heads.seal(), {**ADMITTED, "control": True, "relay_to": ["JPN"]}),
            (heads.seal(), {"result": "duplicate"}),
        ),
        "relay_end": frames(
            "JPN is linked to nobody but the hub, and passes nothing on.",
            "10.3",
            (first.seal(), {**ADMITTED, "via": "USA", "relay_to": []}),
            reader="JPN",
        ),
        "relay_refused_fail": frames(
            "What was not admitted is not passed on; what follows it is.",
            "10.4",
            (draft(signer=key("KOR", "test", 2)).seal(), {"result": "rejected", "reason": "unknown_key"}),
            (first.seal(), {**ADMITTED, "relay_to": ["JPN"]}),
        ),
    }


def _stripped() -> dict[str, Vector]:
    """Return copies of a frame out of which somebody on the way took records, or their originator did."""
    whole = draft(record(1), record(2), record(3)).seal()

    def recall(member: str) -> bytes:
        order = {"record_id": "KOR-vector-2", "reason": "names a sensor"}
        made = record(
            7, kind="exchange.recall", id=f"{member}-recall", originator=member, precedence="routine", observed_at=None,
            body=order,
        )  # fmt: skip
        return draft(made, signer=key(member, "test"), originator=member, precedence="routine").seal()

    def admitted(records: int) -> dict[str, Any]:
        return {"result": "admitted", "records": records, "relay_to": ["JPN"]}

    without_second = (without_records(whole, {1}), admitted(2))
    return {
        "stripped": frames(
            "What a copy lacks and nobody recalled comes in with the next that has it; nothing comes in twice.",
            "6.3 4.7 10.3",
            (without_records(whole, {0, 2}), admitted(1)),
            (without_records(whole, {2}), admitted(1)),
            (without_records(whole, {0}), admitted(1)),
            (whole, {"result": "duplicate"}),
        ),
        "stripped_and_recalled": frames(
            "What its originator recalled stays out.",
            "6.3 9.4",
            without_second,
            (recall("KOR"), admitted(1)),
            (whole, {"result": "duplicate"}),
        ),
        "stripped_and_recalled_by_another": frames(
            "A recall by anybody else keeps nothing out.",
            "6.3 9.4",
            without_second,
            (recall("JPN"), {**ADMITTED, "via": "JPN", "relay_to": ["KOR"]}),
            (whole, admitted(1)),
        ),
    }


def _versions() -> dict[str, Vector]:
    """Return what a newer member writes, of the same major version and of another."""
    newer = record(1, kind="warning.plume", body={"hot": True}, handling={"retain_days": 3})
    newer["marking"] |= {"caveats": ["VECTOR-1"], "handling": "x"}
    heads = {"clock_at": "2026-01-15T12:00:00Z", "heads": [], "count": 1, "load": 0.5}
    control_ = record(2, kind="exchange.heads", precedence="routine", observed_at=None, body=heads)
    known = record(1)
    known["body"]["doppler_mps"] = -1200.5
    known["sources"] = [{"cites": "test vector", "licence": "CC0"}]
    strange = {"protocol": "tocsin/2", "from": "KOR"}
    return {
        "newer_minor_everything_new": frames(
            "A member of version 1.1: a new kind, new members everywhere, a new caveat. All is kept, byte for byte.",
            "14.1 14.2 14.3",
            (
                Draft((compact(newer),), {"protocol": "tocsin/1.1", "weather": {}}, extra={"postmark": [1]}).seal(),
                {**ADMITTED, "opaque": True},
            ),
        ),
        "newer_minor_known_kind": frames(
            "A kind that both know, with members that one does not.",
            "14.2 14.3",
            (draft(known, protocol="tocsin/1.1").seal(), ADMITTED),
        ),
        "newer_minor_heads": frames(
            "Heads of a newer member are heads.",
            "14.2 14.3",
            (
                draft(control_, protocol="tocsin/1.1", number=0, precedence="routine").seal(),
                {**ADMITTED, "control": True},
            ),
        ),
        "kind_of_another_room": frames(
            "A kind in a room of its own.",
            "14.5",
            (draft(record(kind="kosmos-2.re_entry", body={})).seal(), {**ADMITTED, "opaque": True}),
        ),
        "another_major_of_other_form_fail": refused(
            "Another major version may have frames of another form: the version is seen first.",
            "6.1 14.2",
            compact({"header": strange, "payload": "AAAA"}),
            "unknown_version",
        ),
        "major_ten_fail": refused(
            "Ten is not one.", "14.1 14.2", draft(protocol="tocsin/10").seal(), "unknown_version"
        ),
    }


def _more_rosters() -> dict[str, Vector]:
    def altered(**changes: Any) -> SignedDocument:
        whole = {**json.loads(FIRST.payload), **changes}
        return signed(SignedDocument(payload_type=FIRST.payload_type, payload=compact(whole).decode()), *CODES)

    whole = json.loads(FIRST.payload)
    members = whole["members"]
    shared = [members[0], {**members[1], "keys": members[0]["keys"]}, members[2]]
    malformed = "tocsin.record.malformed"
    second = roster(2, previous=FIRST.hash)
    early = msgspec.structs.replace(second, issued_at=NOW - timedelta(days=15))
    swapped = msgspec.structs.replace(
        second,
        members=tuple(
            msgspec.structs.replace(member, keys=(*member.keys[:3], key("USA", "roster", 2).public))
            if member.code == "JPN"
            else member
            for member in second.members
        ),
    )
    stolen = msgspec.structs.replace(
        roster(3, previous=signed(unsigned(swapped), *CODES).hash),
        members=tuple(
            msgspec.structs.replace(member, keys=(*member.keys, key("JPN", "roster").public))
            if member.code == "KOR"
            else msgspec.structs.replace(member, keys=member.keys[:3])
            if member.code == "JPN"
            else member
            for member in second.members
        ),
    )
    renewed = msgspec.structs.replace(
        second,
        members=tuple(
            msgspec.structs.replace(member, keys=(*member.keys[:3], key("KOR", "roster", 2).public))
            if member.code == "KOR"
            else member
            for member in second.members
        ),
    )
    other = msgspec.structs.replace(FIRST, payload_type="application/vnd.tocsin.roster.v2+json")
    newer = {**whole, "motto": "x", "members": [{**member, "language": "en"} for member in members]}
    live = KeyRevocation(member="KOR", keyid=key("KOR", "live").keyid, revoked_at=NOW, last_heads=())
    again = KeyRevocation(
        member="KOR",
        keyid=key("KOR", "live").keyid,
        revoked_at=NOW,
        last_heads=(LastHead(audience="KOR", status="actual", precedence="flash", epoch=EPOCH, number=9),),
    )
    foreign = KeyRevocation(member="KOR", keyid=key("JPN", "live").keyid, revoked_at=NOW, last_heads=())
    newcomer = signed(unsigned(roster(2, previous=FIRST.hash, codes=("AUS", *CODES))), "AUS", "JPN", "USA")
    return {
        "roster_unsorted_fail": rosters("Members out of order.", "11.1", (altered(members=members[::-1]), malformed)),
        "roster_shared_key_fail": rosters("Two members with one key.", "11.1", (altered(members=shared), malformed)),
        "roster_link_to_nobody_fail": rosters(
            "A link to somebody who is no member.",
            "11.1 10.1",
            (altered(links=[{"dialler": "JPN", "listener": "FRA"}]), malformed),
        ),
        "roster_link_to_itself_fail": rosters(
            "A link from a member to itself.",
            "11.1",
            (altered(links=[{"dialler": "JPN", "listener": "JPN"}]), malformed),
        ),
        "roster_key_form_fail": rosters(
            "A key of 31 bytes.",
            "11.1",
            (
                altered(
                    members=[
                        {**members[0], "keys": [{"role": "live", "public": "AAAA" * 10 + "AA=="}]},
                        *members[1:],
                    ]
                ),
                malformed,
            ),
        ),
        "roster_first_with_previous_fail": rosters(
            "A first roster that follows from another.", "11.4", (altered(previous="0" * 64), malformed)
        ),
        "roster_other_type_fail": rosters("A document of another type.", "11.2", (other, "tocsin.record.version")),
        "roster_newer_members": rosters(
            "Members of a roster that nobody knows yet are signed like the rest.",
            "11.2 14.3",
            (signed(SignedDocument(payload_type=FIRST.payload_type, payload=compact(newer).decode()), *CODES), ""),
        ),
        "roster_other_federation_fail": rosters(
            "The second roster of another federation.",
            "11.4",
            (FIRST, ""),
            (
                signed(unsigned(msgspec.structs.replace(second, federation="others")), *CODES),
                "tocsin.trust.rollback",
            ),
        ),
        "roster_issued_before_fail": rosters(
            "A second roster that was issued before the first.",
            "11.4",
            (FIRST, ""),
            (signed(unsigned(early), *CODES), "tocsin.trust.rollback"),
        ),
        "roster_key_changes_hands_fail": rosters(
            "A key that a roster before gave to another member.",
            "11.4",
            (FIRST, ""),
            (signed(unsigned(swapped), *CODES), ""),
            (signed(unsigned(stolen), "KOR", "USA"), "tocsin.trust"),
        ),
        "revocation_again": rosters(
            "Of two for one key the first counts; the second is no fault.",
            "11.6",
            (FIRST, ""),
            (signed(unsigned(live), "KOR"), ""),
            (signed(unsigned(again), "KOR"), ""),
        ),
        "revocation_by_retired_key": rosters(
            "A roster key that a later roster no longer lists still takes back keys of its member.",
            "11.6 11.7",
            (FIRST, ""),
            (signed(unsigned(renewed), *CODES), ""),
            (signed(unsigned(live), "KOR"), ""),
        ),
        "roster_by_retired_key_fail": rosters(
            "A retired roster key signs no roster.",
            "11.4 11.7",
            (FIRST, ""),
            (signed(unsigned(renewed), *CODES), ""),
            (
                signed(unsigned(roster(3, previous=unsigned(renewed).hash)), "KOR", "JPN"),
                "tocsin.trust.threshold",
            ),
        ),
        "revocation_of_foreign_key_fail": rosters(
            "A key that is another member's.",
            "11.6",
            (FIRST, ""),
            (signed(unsigned(foreign), "KOR"), "tocsin.trust.signature"),
        ),
        "revocation_expired_roster": rosters(
            "An expired roster keeps no revocation out.",
            "11.4 11.6",
            (FIRST, ""),
            (signed(unsigned(live), "KOR"), ""),
            now=LATE,
        ),
        "roster_newcomer_signs_next_fail": rosters(
            "Once in, a newcomer counts like the others: two of four are not more than half.",
            "11.4",
            (FIRST, ""),
            (newcomer, ""),
            (
                signed(unsigned(roster(3, previous=newcomer.hash, codes=("AUS", *CODES))), "AUS", "KOR"),
                "tocsin.trust.threshold",
            ),
            (signed(unsigned(roster(3, previous=newcomer.hash, codes=("AUS", *CODES))), "AUS", "KOR", "JPN"), ""),
        ),
    }


def _retired_keys() -> dict[str, Vector]:
    """Return what becomes of frames under a key that a later roster no longer lists."""
    issued = NOW - timedelta(minutes=65)  # so that the old key retires five minutes ago
    plain = roster(2, previous=FIRST.hash)
    second = msgspec.structs.replace(
        plain,
        issued_at=issued,
        members=tuple(
            msgspec.structs.replace(
                member,
                keys=tuple(
                    key("KOR", "test", 2).public if entry.role is KeyRole.TEST else entry for entry in member.keys
                ),
            )
            if member.code == "KOR"
            else member
            for member in plain.members
        ),
    )
    document = signed(unsigned(second), *CODES)
    left = msgspec.structs.replace(
        plain,
        issued_at=issued,
        members=tuple(member for member in plain.members if member.code != "KOR"),
        links=(Link(dialler="JPN", listener="USA"),),
    )
    parting = signed(unsigned(left), "JPN", "USA")
    again = signed(unsigned(msgspec.structs.replace(plain, version=3, previous=document.hash, issued_at=NOW)), *CODES)
    early = draft(sealed_at="2026-01-15T11:54:59Z")
    late = draft(record(2), number=2, previous=early.hash, sealed_at="2026-01-15T11:55:00Z")
    renewed = draft(record(2), number=2, previous=early.hash, signer=key("KOR", "test", 2))
    heads = {"clock_at": "2026-01-15T12:00:00Z", "heads": [], "count": 1}
    body = record(3, kind="exchange.heads", precedence="routine", observed_at=None, body=heads)
    old_control = draft(body, number=0, precedence="routine", sealed_at="2026-01-15T11:00:00Z")
    durable = {"path": "durable"}
    retired = {"result": "rejected", "reason": "retired_key"}

    def after(document: SignedDocument, why: str, clause: str, *steps: tuple[bytes, dict[str, Any]]) -> Vector:
        made = frames(why, clause, *steps, rosters=["second.json"])
        made.files["second.json"] = msgspec.json.encode(document)
        return made

    returned = after(
        document,
        "A key that a later roster lists again is in force again.",
        "11.7",
        (late.seal(), ADMITTED | durable | {"clock_suspect": False}),
    )
    returned.expected["rosters"] = ["second.json", "third.json"]
    returned.files["third.json"] = msgspec.json.encode(again)
    return {
        "retired_key": after(
            document,
            "What was sealed before its key retired counts; the next frame of the chain comes under the new key.",
            "11.7",
            (early.seal(), ADMITTED | durable),
            (renewed.seal(), ADMITTED | durable | {"chain_open": False}),
        ),
        "retired_key_fail": after(
            document,
            "What was sealed an hour after the roster that dropped the key, or later, does not come in.",
            "11.7 6.1",
            (early.seal(), ADMITTED | durable),
            (late.seal(), retired | durable),
        ),
        "retired_key_control_fail": after(
            document,
            "No control frame comes in under a retired key, of any time.",
            "11.7",
            (old_control.seal(), retired),
        ),
        "retired_key_returns": returned,
        "member_left": after(
            parting,
            "A member left: what it sealed before counts.",
            "11.7",
            (early.seal(), ADMITTED | durable),
        ),
        "member_left_fail": after(
            parting, "A member left: what it seals after does not count.", "11.7", (late.seal(), retired | durable)
        ),
    }


def _digests() -> dict[str, Vector]:
    texts = ["{}", '{ "a": 1 }', '{"a":"\u00e9"}', compact(record()).decode()]
    headers = [draft().header_bytes.decode(), Draft((b"{}",), blanks=True).header_bytes.decode()]
    told = {
        "digests": [
            {"salt": salt(at), "record": text, "result": salted_digest(salt(at), text.encode())}
            for at, text in enumerate(texts)
        ],
        "hashes": [{"header": text, "result": hashlib.sha256(text.encode()).hexdigest()} for text in headers],
    }
    why = "Digests of records and hashes of headers, of the bytes as they stand."
    return {"digests": Vector(why, "4.4 4.6", {"door": "digests", **told}, {})}


def _purges() -> dict[str, Vector]:
    def purge(why: str, made: Draft, indexes: list[int]) -> Vector:
        raws = [raw.decode() for raw in made.records]
        told = {
            "file": "frame.json",
            "indexes": indexes,
            "hash": made.hash,
            "kept": [made.header_bytes.decode(), *(raw for at, raw in enumerate(raws) if at not in indexes)],
            "gone": [*(raws[at] for at in indexes), *(salt(at) for at in indexes)],
        }
        return Vector(why, "9.5 4.3 4.6", {"door": "purge", **told}, {"frame.json": made.seal()})

    many = draft(record(1), record(2), record(3))
    blanks = Draft(tuple(json.dumps(record(number), indent=2).encode() for number in (1, 2)), blanks=True)
    return {
        "purge": purge("The second of three records is recalled, salt and all; the rest stays.", many, [1]),
        "purge_all": purge("All records are recalled.", many, [0, 1, 2]),
        "purge_blanks": purge("A frame that was written with blanks: what is signed stays as it was.", blanks, [0]),
    }


def _proofs() -> dict[str, Vector]:
    first = draft(record(1))
    second = draft(record(2), number=2, previous=first.hash)
    third = draft(record(3), number=3, previous=second.hash)
    other = draft(record(9))
    before = draft(record(8), epoch=EARLIER)
    resumed = draft(record(1), resumes=[EARLIER, 1, before.hash])
    forked = draft(record(1), resumes=[EARLIER, 1, other.hash])
    strange = draft(record(2, kind="harbour.tide", body={"level_m": 1}), protocol="tocsin/1.4")
    last = LastHead(audience="JPN-KOR-USA", status="test", precedence="flash", epoch=EPOCH, number=1)
    taken_back = KeyRevocation(member="KOR", keyid=key("KOR", "test").keyid, revoked_at=NOW, last_heads=(last,))

    def proof(
        why: str, clause: str, *made: bytes, sound: bool = True, gaps: tuple[list[Any], ...] = (), recalled: int = 0
    ) -> Vector:
        names = [f"frame{at}.json" for at, _ in enumerate(made, start=1)]
        told = {"documents": ["roster.json"], "frames": names, "sound": sound, "recalled": recalled, "gaps": list(gaps)}
        files = {"roster.json": msgspec.json.encode(FIRST), **dict(zip(names, made, strict=True))}
        if not sound:
            told["result"] = "refused"
        return Vector(why, clause, {"door": "proof", **told}, files)

    revoked = proof(
        "A frame beyond the last heads of a key that was taken back.", "12.2", first.seal(), second.seal(), sound=False
    )
    revoked.files["revocation.json"] = msgspec.json.encode(signed(unsigned(taken_back), "KOR"))
    revoked.expected["documents"] = ["roster.json", "revocation.json"]
    wrong = draft(record(2, marking={"releasable_to": ["KOR", "USA"]}))
    two = draft(record(1), record(2))
    return {
        "proof": proof("A chain in any order is sound.", "12.1 12.2", third.seal(), first.seal(), second.seal()),
        "proof_gap": proof(
            "A gap is told and proves no fault.", "12.3", first.seal(), third.seal(), gaps=([EPOCH, 1, 2],)
        ),
        "proof_head_gap": proof("A gap before the first frame.", "12.3", second.seal(), gaps=([EPOCH, 0, 1],)),
        "proof_copies": proof(
            "What one copy of a frame lacks and another holds was not recalled.",
            "12.3 6.3",
            without_records(two.seal(), {0}),
            without_records(two.seal(), {1}),
        ),
        "proof_recalled": proof(
            "What was recalled is counted, and the proof holds.",
            "12.3 9.5",
            without_records(first.seal(), {0}),
            second.seal(),
            recalled=1,
        ),
        "proof_resumes": proof("An epoch that resumes what is there.", "12.2", before.seal(), resumed.seal()),
        "proof_unknown": proof(
            "A kind and a minor version that nobody knows are proved like others.", "12.2 14.2", strange.seal()
        ),
        "proof_resumes_fail": proof(
            "An epoch that resumes another frame than the one that is there.",
            "12.2",
            before.seal(),
            forked.seal(),
            sound=False,
        ),
        "proof_two_frames_fail": proof("One number, two frames.", "12.2", first.seal(), other.seal(), sound=False),
        "proof_link_fail": proof(
            "A frame that does not name the one before.", "12.2", other.seal(), second.seal(), sound=False
        ),
        "proof_role_fail": proof(
            "A key of another role.", "12.2", draft(signer=key("KOR", "live")).seal(), sound=False
        ),
        "proof_signature_fail": proof(
            "A header that was changed.", "12.2", first.seal().replace(b'"number":1,', b'"number":7,'), sound=False
        ),
        "proof_record_fail": proof("A record for others than its frame.", "12.2", wrong.seal(), sound=False),
        "proof_revoked_fail": revoked,
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
