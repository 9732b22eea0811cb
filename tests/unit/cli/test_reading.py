"""Records at a terminal and in bundles: who may see them, that nobody takes one for another, and what proves them."""

from __future__ import annotations

import base64
import json
import sqlite3
from datetime import timedelta

import msgspec
import pytest
from tests.sealed import START, Federation, make_record

from tocsin.cli.records_view import _words
from tocsin.codec import encode
from tocsin.markings import marking_for
from tocsin.node import put_in_force, read_config
from tocsin.records import GEOCENTRIC, Contributor, Launch, LaunchNotice, MemberTrack, Position
from tocsin.signing import RETIREMENT_GRACE, KeyRole, PrivateKey, unsigned
from tocsin.store import Batch, Store


def _ids(out: str) -> list[str]:
    return [json.loads(line)["record"]["id"] for line in out.splitlines()]


def test_the_newest_stand_last(tocsin, folder) -> None:
    assert _ids(tocsin("records", "--config", folder, "--json")[1]) == ["first", "second", "third", "fourth", "fifth"]
    assert _ids(tocsin("records", "list", "--config", folder, "--json", "--limit", 2)[1]) == ["fourth", "fifth"]
    assert len(_ids(tocsin("records", "--config", folder, "--json", "--limit", 0)[1])) == 5


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (("--kind", "warning.*"), ["fourth"]),
        (("--kind", "warning.launch", "--kind", "new-room.thing"), ["fourth", "fifth"]),
        (("--event", "E-1"), ["fourth"]),
        (("--originator", "usa"), ["fifth"]),
        (("--status", "exercise:bell-1"), ["third"]),
        (("--audience", "USA"), ["first", "fourth", "fifth"]),
        (("--since", "2026-03-01T06:02Z", "--until", "2026-03-01T06:04Z"), ["third", "fourth"]),
        (("--since", "2026-03-01T15:03:00+09:00"), ["fourth", "fifth"]),
        (("--since", "1s"), []),
    ],
)
def test_filters(tocsin, folder, options, ids) -> None:
    assert _ids(tocsin("records", "--config", folder, "--json", *options)[1]) == ids


def test_status_and_marking_stand_in_every_row(tocsin, folder) -> None:
    code, out, err = tocsin("records", "--config", folder)
    assert (code, err) == (0, "")
    rows = {
        name: next(line for line in out.splitlines() if f" {name}" in line) for name in ("first", "second", "third")
    }
    assert " ACTUAL " in rows["first"]
    assert "JPN-KOR-USA" in rows["first"]
    assert " TEST " in rows["second"]
    assert "EXERCISE bell-1" in rows["third"]
    assert "JPN-KOR ORCON" in rows["third"]
    assert "SYNTHETIC" in out
    assert "at risk JP-01" in " ".join(out.split())
    assert "opaque" in out


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_width_hides_status_or_marking(tocsin, folder, monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = tocsin("records", "--config", folder)[1]
    assert max(map(len, out.splitlines())) <= width
    for word in ("ACTUAL", "EXERCISE", "bell-1", "TEST", "SYNTHETIC", "ORCON"):
        assert word in out


def test_a_record_that_is_not_for_this_member_stays_hidden(tocsin, folder) -> None:
    (folder / "member.toml").write_text('[member]\ncode = "USA"\n')
    code, out, err = tocsin("records", "--config", folder, "--json")
    assert code == 0
    assert _ids(out) == ["first", "fourth", "fifth"]
    assert "2 records are not for USA" in err
    code, out, err = tocsin("records", "show", "second", "--config", folder)
    assert (code, out) == (1, "")
    assert "JPN-KOR does not cover it" in err


def test_one_record_whole(tocsin, folder) -> None:
    code, out, _ = tocsin("records", "show", "fou", "--config", folder)
    assert code == 0
    for word in ("warning.launch fourth", "TEST", "SYNTHETIC", "JPN-KOR-USA", "launch_point", "order 4"):
        assert word in out
    told = json.loads(tocsin("records", "show", "fourth", "--config", folder, "--json")[1])
    assert (told["order"], told["record"]["body"]["areas"]) == (4, ["JP-01"])


def test_a_beginning_that_fits_two_and_one_that_fits_none(tocsin, folder) -> None:
    assert tocsin("records", "show", "fi", "--config", folder)[0] == 2
    assert tocsin("records", "show", "nothing", "--config", folder)[0] == 1


def test_another_store_file(tocsin, folder, tmp_path) -> None:
    moved = (folder / "data/store.db").rename(tmp_path / "old.db")
    assert tocsin("records", "--config", folder)[0] == 1
    assert len(_ids(tocsin("records", "--config", folder, "--store", moved, "--json")[1])) == 5


def test_words_of_a_peer_are_no_markup(tocsin, folder, federation) -> None:
    with Store.open(folder / "data/store.db") as store:
        sly = make_record(
            "sly", kind="warning.same_event", body={"event_id": "[red]a", "alias": "b", "gate": "\x1b[2J"}
        )
        store.commit(Batch(frames=(federation.admitted(sly),)))
    out = tocsin("records", "--config", folder)[1] + tocsin("records", "show", "sly", "--config", folder)[1]
    assert "[red]a" in out
    assert "\x1b" not in out


@pytest.fixture
def bundle(tocsin, folder, tmp_path):
    file = tmp_path / "out.bundle"
    code, out, _ = tocsin("records", "export", "--to", file, "--for", "jpn,usa", "--config", folder)
    assert code == 0
    assert "3 records in 3 frames for JPN, USA" in out
    assert "2 frames stayed" in out
    return file


def test_a_bundle_holds_what_all_of_its_audience_may_have(bundle) -> None:
    head, *lines = bundle.read_bytes().splitlines()
    told = json.loads(head)
    assert (told["bundle"], told["audience"], len(told["rosters"])) == ("tocsin/1", ["JPN", "USA"], 1)
    assert {json.loads(line)["header"]["audience"] for line in lines} == {"JPN-KOR-USA"}


def test_a_bundle_proves_itself(tocsin, bundle) -> None:
    code, out, err = tocsin("verify", bundle, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["schema"], told["kind"], told["is_sound"]) == ("tocsin.verify/1", "bundle", True)
    assert (told["frames"], told["records"], told["breaks"]) == (3, 3, [])
    assert "compare it with your own" in tocsin("verify", bundle)[1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"note":"first"', b'"note":"worst"', "does not fit its digest"),
        (b'"status":"actual"', b'"status":"test"', ""),
        (b'"audience":["JPN","USA"]', b'"audience":["GBR","JPN"]', "the bundle for GBR-JPN"),
    ],
)
def test_a_changed_bundle_is_broken_and_the_place_is_told(tocsin, bundle, old, new, told) -> None:
    data = bundle.read_bytes()
    assert old in data
    bundle.write_bytes(data.replace(old, new))
    code, out, _ = tocsin("verify", bundle)
    assert code == 1
    assert out.startswith("BROKEN")
    assert told in out
    assert "frame " in out


def test_a_missing_frame_is_a_gap_and_no_break(tocsin, folder, federation, tmp_path) -> None:
    with Store.open(folder / "data/store.db") as store:
        frames = [federation.admitted(make_record(f"n{i}")) for i in range(3)]
        store.commit(Batch(frames=tuple(frames)))
    file = tmp_path / "gap.bundle"
    assert tocsin("records", "export", "--to", file, "--for", "USA", "--config", folder)[0] == 0
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(line for line in lines if b'"id":"n1"' not in line))
    code, out, _ = tocsin("verify", file, "--json")
    assert code == 0
    assert len(json.loads(out)["gaps"]) == 1


def test_a_frame_with_line_breaks_goes_into_a_bundle_and_comes_out_the_same(
    tocsin, folder, federation, tmp_path
) -> None:
    data = federation.seal(make_record("spaced", body={"note": "x"})).replace(b'{"header":', b'{\n"header":\r\n')
    frame = federation.receive(data).frame
    with Store.open(folder / "data/store.db") as store:
        store.commit(Batch(frames=(frame,)))
    file = tmp_path / "b.bundle"
    assert tocsin("records", "export", "--to", file, "--for", "USA", "--config", folder)[0] == 0
    assert b"base64" in file.read_bytes()
    told = json.loads(tocsin("verify", file, "--json")[1])
    assert (told["is_sound"], told["frames"]) == (True, 4)


def test_the_bytes_of_a_bundle(tocsin, folder, federation, tmp_path) -> None:
    """One is read, and another made, by the text of spec 12.5 alone."""
    spaced = federation.seal(make_record("spaced", body={"note": "x"})).replace(b'{"header":', b'{\n"header":\r\n')
    with Store.open(folder / "data/store.db") as store:
        store.commit(Batch(frames=(federation.receive(spaced).frame,)))
        held = {each.data for each in store.chains.frames()}
    file, made = tmp_path / "read.bundle", tmp_path / "made.bundle"
    assert tocsin("records", "export", "--to", file, "--for", "USA", "--config", folder)[0] == 0
    head, *lines, rest = file.read_bytes().split(b"\n")
    frames = [
        base64.b64decode(json.loads(line)["base64"]) if line.startswith(b'{"base64":"') else line for line in lines
    ]
    assert rest == b""
    assert len(frames) == 4
    assert spaced in frames
    assert set(frames) <= held
    told = json.loads(head)
    assert (told["bundle"], told["audience"]) == ("tocsin/1", ["USA"])
    del told["revocations"]
    newer = json.dumps({**told, "bundle": "tocsin/1.7", "colour": "red"}).encode()
    made.write_bytes(b"\n".join([newer, b"", *reversed(lines), lines[0], b""]))
    found = json.loads(tocsin("verify", made, "--json")[1])
    assert (found["is_sound"], found["records"], found["gaps"]) == (True, 5, [])
    made.write_bytes(b"\n".join([newer, lines[0], b'{"neither":1}', lines[1], b""]))
    code, out, _ = tocsin("verify", made, "--json")
    assert code == 1
    assert [each["where"] for each in json.loads(out)["breaks"]] == ["frame 2 in the file"]


def test_another_roster_proves_nothing_of_it(tocsin, bundle, tmp_path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(encode(Federation().trust.document))
    code, out, _ = tocsin("verify", bundle, "--roster", other, "--json")
    assert code == 1
    assert len(json.loads(out)["breaks"]) == 3


def test_an_export_never_goes_over_a_file_nor_makes_an_empty_one(tocsin, folder, bundle, tmp_path) -> None:
    before = bundle.read_bytes()
    assert tocsin("records", "export", "--to", bundle, "--for", "JPN", "--config", folder)[0] == 1
    assert bundle.read_bytes() == before
    code, _, err = tocsin("records", "export", "--to", tmp_path / "new", "--for", "GBR", "--config", folder)
    assert code == 1
    assert "5 frames are not for all of them" in err
    assert list(tmp_path.glob("*new*")) + list(tmp_path.glob(".*part")) == []


def test_a_store_proves_itself(tocsin, folder) -> None:
    for source in (folder, folder / "member.toml", folder / "data/store.db"):
        code, out, _ = tocsin("verify", source, "--json")
        told = json.loads(out)
        assert (code, told["kind"], told["frames"], told["records"]) == (0, "store", 5, 5)


def test_a_changed_store_is_broken_and_the_place_is_told(tocsin, folder) -> None:
    with sqlite3.connect(folder / "data/store.db") as connection:
        (data,) = connection.execute("SELECT data FROM frames WHERE originator = 'USA'").fetchone()
        forged = data.replace(b'"fifth"', b'"filth"')
        assert forged != data
        connection.execute("UPDATE frames SET data = ? WHERE originator = 'USA'", (forged,))
    connection.close()
    code, out, _ = tocsin("verify", folder)
    assert code == 1
    assert "does not fit its digest" in out


def test_a_frame_put_in_anothers_place_is_found(tocsin, folder) -> None:
    with sqlite3.connect(folder / "data/store.db") as connection:
        rows = dict(connection.execute("SELECT status, data FROM frames WHERE originator = 'JPN'").fetchall())
        connection.execute("UPDATE frames SET data = ? WHERE status = 'actual'", (rows["exercise:bell-1"],))
    connection.close()
    code, out, _ = tocsin("verify", folder)
    assert code == 1
    assert "was altered" in out


def test_a_store_without_a_roster_says_what_to_do(tocsin, folder, tmp_path) -> None:
    moved = (folder / "data/store.db").rename(tmp_path / "alone.db")
    code, _, err = tocsin("verify", moved)
    assert code == 1
    assert "--roster" in err
    assert tocsin("verify", moved, "--roster", folder / "roster.json")[0] == 0


def test_what_is_neither_store_nor_bundle(tocsin, tmp_path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague")
    code, _, err = tocsin("verify", file)
    assert code == 1
    assert "is no bundle" in err


def test_a_record_for_two_is_not_in_a_bundle_for_three(tocsin, folder, tmp_path) -> None:
    file = tmp_path / "two.bundle"
    assert tocsin("records", "export", "--to", file, "--for", "JPN", "--config", folder, "--kind", "freight.*")[0] == 0
    assert b'"id":"second"' in file.read_bytes()
    assert marking_for("JPN", "KOR").audience.encode() in file.read_bytes()


@pytest.fixture
def rotated(folder, federation):
    """KOR's folder with a second roster in force, in which JPN has another test key and USA is gone."""
    new = PrivateKey.generate(KeyRole.TEST)
    first = federation.trust.document
    roster = federation.trust.roster
    jpn = roster.member("JPN")
    keys = (*(key for key in jpn.keys if key.role is not KeyRole.TEST), new.public)
    members = (msgspec.structs.replace(jpn, keys=keys), roster.member("KOR"))
    second = unsigned(
        msgspec.structs.replace(
            roster, version=2, previous=first.hash, members=members, links=(), issued_at=START + timedelta(minutes=1)
        )
    )
    for code in ("JPN", "KOR"):
        second = second.signed_by(code, federation.roster_keys[code])
    put_in_force(read_config(folder / "member.toml"), second)
    federation.trust.apply(second, now=START)
    return second


def test_a_store_is_proved_by_all_rosters_that_were_in_force(tocsin, folder, rotated) -> None:
    told = json.loads(tocsin("verify", folder, "--json")[1])
    assert (told["is_sound"], [by["version"] for by in told["rosters"]]) == (True, [1, 2])
    assert told["rosters"][1]["fingerprint"] == rotated.hash


def test_a_bundle_carries_all_rosters_and_one_of_them_is_enough_to_check_by(tocsin, folder, rotated, tmp_path) -> None:
    file, in_force = tmp_path / "b.bundle", tmp_path / "in-force.json"
    assert tocsin("records", "export", "--to", file, "--for", "USA", "--config", folder)[0] == 0
    in_force.write_bytes(encode(rotated))
    for words in ((), ("--roster", in_force), ("--roster", folder / "rosters/0001.json")):
        code, out, _ = tocsin("verify", file, *words, "--json")
        told = json.loads(out)
        assert (code, told["is_sound"], len(told["rosters"])) == (0, True, 2), words


def test_what_a_retired_key_signed_later_breaks_the_proof(tocsin, folder, federation, rotated) -> None:
    old = federation.trust
    federation.trust = type(old)(old.documents[0])
    federation.clock.advance(60.0 + RETIREMENT_GRACE.total_seconds())
    late = federation.admitted(make_record("late"))
    with Store.open(folder / "data/store.db") as store:
        store.commit(Batch(frames=(late,)))
    code, out, _ = tocsin("verify", folder)
    assert code == 1
    assert "is retired since 2026-03-01 07:01Z, before this frame was sealed" in " ".join(out.split())


def test_a_bundle_whose_rosters_do_not_hold_together_is_told(tocsin, folder, rotated, bundle) -> None:
    lines = bundle.read_bytes().splitlines(keepends=True)
    head = json.loads(lines[0])
    for rosters in ([], [head["rosters"][0] | {"signatures": []}], [head["rosters"][0] | {"payload": "{}"}]):
        lines[0] = encode(head | {"rosters": rosters}) + b"\n"
        bundle.write_bytes(b"".join(lines))
        code, _, err = tocsin("verify", bundle)
        assert code == 1
        assert "error:" in err


def test_a_track_and_a_notice_are_told_in_words():
    state = {"position_m": (-3e6, 4e6, 4e6), "velocity_mps": (0.0, 0.0, 1e3), "log_drag": -8.5, "highest_m": 9e4}
    track = MemberTrack(
        track_id="t", event_id="event-1", at=START, frame=GEOCENTRIC, **state, covariance=(1.0,) * 28,
        free_probability=0.99, is_free=True, sensors=2, detections=8, first_detection_at=START, last_detection_at=START,
    )  # fmt: skip
    assert _words(track) == "event event-1 track of 8 plots by 2 sensors, flies free"
    site = Position(lat_deg=30.4, lon_deg=131.0)
    notice = LaunchNotice(authority="Coast Guard", opens_at=START, closes_at=START, site=site, vehicle="H3")
    assert _words(notice).startswith("Coast Guard: 2026-")
    own = Contributor(member="USA", weight=0.2, detections=9)
    by_peers = (own, Contributor(member="KOR", record="t", weight=0.8, detections=8))
    launch = Launch(event_id="e", stage="assessed", revision=1, contributors=by_peers)
    assert "by tracks of KOR" in _words(launch)
