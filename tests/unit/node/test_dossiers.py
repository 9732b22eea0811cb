"""Dossiers made for their readers, packed, and proved by nothing but the archive."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from tests.dossier_room import LEDGER, NOW, SAILED, DossierRoom
from tests.sealed import START

from tocsin.codec import encode
from tocsin.errors import ConfigError, DomainError, FeedError, NotReleasableError
from tocsin.markings import marking_for
from tocsin.node.dossiers import DATA, FRAMES, PAGE, SEAL

HIDDEN = """
[[item]]
key = "secret"
title = "TOPSECRETIMAGE"
media = "image/png"
basis = "own"
[[link]]
key = "l9"
of = "secret"
relation = "contradicts"
to = "KOR/KOR-claims-sailed"
reason = "TOPSECRETREASON"
"""


@pytest.fixture
def room(tmp_path: Path) -> DossierRoom:
    made = DossierRoom(tmp_path)
    made.tell(LEDGER)
    return made


def broken(room: DossierRoom) -> set[str]:
    proof = room.prove()
    assert proof.is_sound == (not proof.breaks)
    return {each.where.partition(",")[0] for each in proof.breaks}


def test_a_dossier_is_proved_by_the_archive_alone(room):
    packed = room.pack("JPN", "USA")
    proof = room.prove()
    assert proof.is_sound, proof.breaks
    assert (proof.kind, proof.records) == ("dossier", packed.records)
    assert proof.dossier.is_same_data
    assert proof.dossier.is_same_page
    assert [(each.member, each.records) for each in proof.dossier.signed] == [("KOR", packed.records)]


def test_the_page_tells_who_says_so_on_what_and_who_denies_it(room):
    room.pack("JPN")
    page = room.unpacked()[PAGE].decode()
    for said in (
        "A ship with 300 containers sailed", "A government", "2 reports, 1 origin, 2 sources", "Nothing sailed",
        "Another government", "likely, 55 to 80 %", "nobody has seen the content", "A navy", "usually reliable",
    ):  # fmt: skip
        assert said in page


def test_what_its_readers_may_not_have_is_counted_and_nothing_more(room):
    room.tell(HIDDEN, marking=marking_for("KOR", "USA"))
    packed = room.pack("JPN")
    assert packed.withheld == 2
    everything = b"".join(room.unpacked().values())
    assert b"TOPSECRET" not in everything
    assert b"KOR-claims-l9" not in everything
    assert room.prove().is_sound
    section = room.select("KOR", "USA").claims[0]
    assert (section.contradiction.reports, room.select("JPN").claims[0].contradiction.reports) == (1, 0)


def test_leaving_out_what_joins_two_origins_makes_no_support(room):
    token = "cd" * 32
    copied = f"""
[[item]]
key = "bought"
title = "Bought image"
media = "image/png"
basis = "derived"
origins = ["{token}"]
[[link]]
key = "l3"
of = "bought"
relation = "supports"
to = "KOR/KOR-claims-sailed"
"""
    joining = f"""
[[item]]
key = "same"
title = "It is the same image"
media = "image/png"
basis = "own"
sha256 = "{"ab" * 32}"
origins = ["{token}"]
"""
    room.tell(copied)
    assert len(room.select("JPN").claims[0].support.origins) == 2
    room.tell(joining, marking=marking_for("KOR"))
    dossier = room.select("JPN")
    assert len(dossier.claims[0].support.origins) == 2
    assert dossier.head.origins_known == {"KOR/KOR-claims-sailed": 1}
    room.pack("JPN")
    assert "of 1 origin at most" in room.unpacked()[PAGE].decode()
    assert room.prove().is_sound


def test_a_subject_that_may_not_go_is_not_handed_out(tmp_path):
    room = DossierRoom(tmp_path)
    room.tell(LEDGER, marking=marking_for("KOR", "USA"))
    with pytest.raises(NotReleasableError, match="may not go to JPN"):
        room.select("JPN")
    with pytest.raises(NotReleasableError, match="may not go to PUBLIC"):
        room.select("PUBLIC", subject="the-ship")


def test_a_topic_that_is_none_is_said(room):
    with pytest.raises(DomainError, match="no claim or movement of topic 'x'"):
        room.select("JPN", subject="x")


def test_a_dossier_of_an_earlier_day_holds_nothing_later(room):
    room.federation.clock.advance(3600.0)
    room.tell(LEDGER.replace("300 containers sailed", "250 containers sailed"), number=2)
    room.tell(HIDDEN)
    then = START + timedelta(minutes=30)
    assert "300" in room.select("JPN", as_of=then).title
    assert "250" in room.select("JPN").title
    room.pack("JPN", as_of=then)
    everything = b"".join(room.unpacked().values())
    assert b"250 containers sailed" not in everything
    assert b"TOPSECRET" not in everything
    assert room.prove().is_sound


def test_a_revised_claim_is_proved_with_all_that_it_was(room):
    room.federation.clock.advance(60.0)
    room.tell(LEDGER.replace("300 containers sailed", "250 containers sailed"), number=2)
    room.pack("JPN")
    proof = room.prove()
    assert proof.is_sound, proof.breaks
    assert b"300 containers sailed" in room.unpacked()[FRAMES]


def test_an_exercise_says_so_on_every_page(tmp_path):
    room = DossierRoom(tmp_path)
    room.tell(LEDGER, status="exercise:autumn")
    room.pack("JPN", status="exercise:autumn")
    page = room.unpacked()[PAGE].decode()
    assert page.count("EXERCISE EXERCISE EXERCISE") >= 3
    assert room.prove().is_sound


def test_a_file_goes_with_its_item_and_no_other_file_does(tmp_path):
    room = DossierRoom(tmp_path)
    image, other = tmp_path / "image.png", tmp_path / "other.png"
    image.write_bytes(b"an image")
    other.write_bytes(b"another")
    room.tell(LEDGER.replace("ab" * 32, hashlib.sha256(b"an image").hexdigest()))
    with pytest.raises(ConfigError, match="is of no item of this dossier"):
        room.pack("JPN", files=[other])
    assert room.pack("JPN", files=[image]).files == 1
    proof = room.prove()
    assert proof.is_sound, proof.breaks
    assert proof.dossier.files == 1


@pytest.mark.parametrize(
    ("entry", "before", "after"),
    [
        (PAGE, b"Another government", b"A third government"),
        (DATA, b'"withheld":[]', b'"withheld":["' + b"0" * 64 + b'"]'),
        (DATA, b"A navy", b"A N***"),
        (SEAL, b"dossier.html", b"dossier.htmx"),
        (FRAMES, b"300 containers", b"900 containers"),
    ],
)
def test_a_changed_letter_is_found(room, entry, before, after):
    room.pack("JPN")
    entries = room.unpacked()
    assert before in entries[entry]
    room.packed_anew(entries | {entry: entries[entry].replace(before, after, 1)})
    assert broken(room)


def test_a_seal_of_somebody_else_is_none(room):
    room.pack("JPN")
    entries = room.unpacked()
    seal = json.loads(entries[SEAL])
    seal["signatures"][0]["member"] = "USA"
    room.packed_anew(entries | {SEAL: json.dumps(seal).encode()})
    assert broken(room) == {SEAL}


def test_a_frame_that_is_left_out_is_found(room):
    room.federation.clock.advance(60.0)
    room.tell(HIDDEN)
    room.pack("JPN")
    entries = room.unpacked()
    lines = entries[FRAMES].splitlines(keepends=True)
    room.packed_anew(entries | {FRAMES: b"".join(lines[:-1])})
    assert {DATA, PAGE, FRAMES} <= broken(room)


def archive(*entries: tuple[str, bytes], mode: int = 0) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            made.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def claiming(size: int) -> bytes:
    """Return an archive whose page claims to be larger than anything may be."""
    data = bytearray(archive(("dossier.html", b"x")))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", size)
    return bytes(data)


@pytest.mark.parametrize("entry", [PAGE, DATA, FRAMES, SEAL])
def test_an_entry_that_is_damaged_is_refused(room, entry):
    room.pack("JPN")
    with zipfile.ZipFile(room.file) as packed:
        found = packed.getinfo(entry)
    data = bytearray(room.file.read_bytes())
    data[found.header_offset + 30 + len(entry) + found.compress_size // 2] ^= 0xFF
    room.file.write_bytes(data)
    with pytest.raises(FeedError, match=f"{entry} is damaged"):
        room.prove()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: archive(("../../etc/passwd", b"x")), "has no place there"),
        (lambda: archive(("/etc/passwd", b"x")), "has no place there"),
        (lambda: archive(("files/../../x", b"x")), "has no place there"),
        (lambda: archive(("files/" + "a" * 63, b"x")), "has no place there"),
        (lambda: archive((DATA, b"{}"), (DATA, b"{}")), "stands in it twice"),
        (lambda: archive((DATA, b"/etc/passwd"), mode=0o120777), "is no plain file"),
        (lambda: archive((DATA, b"0" * 70_000_000)), "would be 70000000 bytes unpacked"),
        (lambda: claiming(4_000_000_000), "would be 4000000000 bytes unpacked"),
        (lambda: archive(*((f"files/{n:064x}", b"") for n in range(10_001))), "10001 entries, of at most 10000"),
        (lambda: archive(("dossier.html", b"x")), "holds no dossier.json"),
        (lambda: archive((DATA, b"[" * 100_000)), "holds no dossier"),
        (lambda: archive((DATA, b"\xff")), "holds no dossier"),
        (lambda: b"PK\x03\x04 and rubbish", "is no archive"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_archives_are_refused_and_nothing_is_written(tmp_path, made, why):
    room = DossierRoom(tmp_path)
    room.file.write_bytes(made())
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FeedError, match=why):
        room.prove()
    assert sorted(tmp_path.rglob("*")) == before


def test_markup_in_any_field_stays_text(tmp_path):
    room = DossierRoom(tmp_path)
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    room.tell(LEDGER.replace("A government", evil).replace("Nothing sailed", evil).replace("A navy", evil))
    room.pack("JPN")
    page = room.unpacked()[PAGE].decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_a_record_that_is_taken_back_counts_no_more(room):
    room.federation.clock.advance(60.0)
    told = room.select("JPN")
    assert told.claims[0].support.reports == 2
    room.take_back("KOR-claims-l1", kind="claims.link")
    dossier = room.select("JPN")
    assert dossier.claims[0].support.reports == 1
    assert "taken back" in {change.what for change in dossier.claims[0].changes}
    room.pack("JPN")
    assert room.prove().is_sound


def test_what_is_written_is_what_was_made(room):
    room.pack("JPN")
    assert room.unpacked()[DATA] == encode(room.select("JPN"))
    assert room.select("JPN").head.as_of == NOW
    assert SAILED[1] in room.select("JPN").claims[0].claim.id


def test_a_movement_stands_on_the_map_by_the_codes_of_its_ports(tmp_path):
    room = DossierRoom(tmp_path)
    movement = """
[[movement]]
key = "voyage"
title = "A voyage"
origin = { name = "The harbour", unlocode = "KRPUS" }
destination = { name = "Nowhere", unlocode = "KRZZZ" }
rests_on = ["sailed"]
"""
    room.tell(LEDGER.replace('places = [{ name = "Rajin", lat_deg = 42.24, lon_deg = 130.29 }]', "") + movement)
    room.pack("JPN", subject=("KOR", "KOR-claims-voyage"))
    drawn = room.unpacked()[PAGE].decode().partition("Places that are named")[2]
    assert "Busan" in drawn.partition("</svg>")[0]
    assert room.prove().is_sound
