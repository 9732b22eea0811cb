"""The checker can fail: stores and logs of a good run, doctored in one place each."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.campaign.checker import check
from tests.campaign.frames import take_apart
from tests.campaign.scheduler import CODES, Fault, Schedule
from tests.campaign.test_campaign import run

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

EVERYONE = "JPN-KOR-USA"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is left of a run in which a node was killed once: epochs that resume others, and nothing wrong."""
    folder = tmp_path_factory.mktemp("good")
    fault = Fault(at_s=0.8, kind="kill", where="KOR", for_s=0.2, part="node")
    schedule = Schedule(0, "mesh", 2.0, dict.fromkeys(CODES, 40.0), (fault,))
    (folder / "schedule.json").write_text(schedule.to_json())
    result = run("--schedule", str(folder / "schedule.json"), "--keep", "--evidence", str(folder / "run"))
    assert result["violations"] == []
    assert result["kept"] > 100
    return folder / "run"


def test_a_good_run_is_good(good: Path) -> None:
    checked = check(good)
    assert checked.violations == []
    assert checked.counts["frames"] > 50


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "run")


def broken_laws(run: Path) -> set[str]:
    return {violation.partition(":")[0] for violation in check(run).violations}


def change(run: Path, code: str, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(run / code / "data/store.db")) as database, database:
        assert database.execute(statement, values).rowcount > 0


def rows(run: Path, code: str, statement: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(run / code / "data/store.db")) as database:
        return database.execute(statement, values).fetchall()


def shared_frame(run: Path, *, originator: str = "USA") -> str:
    """Return the hash of the second frame of a chain for everyone that has at least three."""
    (found,) = rows(
        run, "JPN",
        "SELECT a.hash FROM frames a JOIN frames b USING (originator, audience, status, precedence, epoch) "
        "WHERE audience = ? AND originator = ? AND a.number = 2 AND b.number = 3 LIMIT 1", EVERYONE, originator,
    )  # fmt: skip
    return found[0]


def drop(run: Path, code: str, hash_: str) -> None:
    change(
        run, code, "DELETE FROM records WHERE frame_order = (SELECT admission_order FROM journal WHERE hash = ?)", hash_
    )
    change(run, code, "DELETE FROM journal WHERE hash = ?", hash_)
    change(run, code, "DELETE FROM frames WHERE hash = ?", hash_)


def rewrite(run: Path, code: str, hash_: str, doctor: Callable[[bytes], bytes]) -> None:
    ((data,),) = rows(run, code, "SELECT data FROM frames WHERE hash = ?", hash_)
    doctored = doctor(data)
    assert doctored != data
    change(run, code, "UPDATE frames SET data = ? WHERE hash = ?", doctored, hash_)


def test_a_frame_that_one_member_lacks(copy: Path) -> None:
    drop(copy, "JPN", shared_frame(copy))
    assert broken_laws(copy) == {"promises_are_kept", "chains_are_whole", "members_agree"}


def test_a_frame_that_everyone_lacks(copy: Path) -> None:
    hash_ = shared_frame(copy)
    for code in CODES:
        drop(copy, code, hash_)
    assert broken_laws(copy) == {"promises_are_kept", "chains_are_whole"}


def test_what_a_lost_disk_took_is_no_excuse_once_a_peer_had_it(copy: Path) -> None:
    hash_ = shared_frame(copy)
    ((data,),) = rows(copy, "JPN", "SELECT data FROM frames WHERE hash = ?", hash_)
    ids = [record.id for record in take_apart(data).records if record is not None]
    with (copy / "events.jsonl").open("a") as events:
        events.write(json.dumps({"at_s": 1, "lost": "USA", "part": "both", "ids": ids, "peers_had": [hash_]}) + "\n")
    assert broken_laws(copy) == set()
    drop(copy, "KOR", hash_)
    assert broken_laws(copy) == {"promises_are_kept", "chains_are_whole", "members_agree"}


def test_a_record_that_cannot_be_asked_for(copy: Path) -> None:
    hash_ = shared_frame(copy)
    change(
        copy, "KOR", "DELETE FROM records WHERE frame_order = (SELECT admission_order FROM journal WHERE hash = ?)",
        hash_,
    )  # fmt: skip
    assert broken_laws(copy) == {"promises_are_kept"}


def test_a_record_altered_in_one_store(copy: Path) -> None:
    rewrite(copy, "JPN", shared_frame(copy), lambda data: data.replace(b'"synthetic":true', b'"synthetic":null', 1))
    assert broken_laws(copy) == {"frames_hold", "promises_are_kept", "members_agree"}


def test_a_digest_swapped(copy: Path) -> None:
    def doctor(data: bytes) -> bytes:
        digest = take_apart(data).header["digests"][0].encode()
        return data.replace(digest, digest[::-1], 1)

    rewrite(copy, "USA", shared_frame(copy), doctor)
    assert "frames_hold" in broken_laws(copy)


def test_a_signature_of_something_else(copy: Path) -> None:
    other = rows(copy, "USA", "SELECT data FROM frames WHERE originator = 'USA' AND number = 3 LIMIT 1")[0][0]
    hash_ = shared_frame(copy)
    for code in CODES:
        rewrite(copy, code, hash_, lambda data: data.replace(signature(data), signature(other), 1))
    assert broken_laws(copy) == {"frames_hold"}


def signature(data: bytes) -> bytes:
    return take_apart(data).signature.encode()


def test_a_key_of_another_role(copy: Path) -> None:
    """Nothing but the key's id is altered, to that of the same member's key for another status."""
    hash_ = shared_frame(copy)
    ((data,),) = rows(copy, "USA", "SELECT data FROM frames WHERE hash = ?", hash_)
    frame = take_apart(data)
    ((other,),) = rows(
        copy, "USA", "SELECT data FROM frames WHERE originator = 'USA' AND substr(status, 1, 4) != ? LIMIT 1",
        frame.header["status"][:4],
    )  # fmt: skip
    for code in CODES:
        rewrite(copy, code, hash_, lambda data: data.replace(frame.keyid.encode(), take_apart(other).keyid.encode()))
    assert any("a key of role" in violation for violation in check(copy).violations)


def test_a_leak(copy: Path) -> None:
    ((hash_,),) = rows(copy, "KOR", "SELECT hash FROM frames WHERE audience = 'KOR-USA' LIMIT 1")
    row = rows(copy, "KOR", "SELECT * FROM frames WHERE hash = ?", hash_)[0]
    change(copy, "JPN", f"INSERT INTO frames VALUES ({', '.join('?' * len(row))})", *row)
    order = rows(copy, "JPN", "SELECT max(admission_order) + 10 FROM journal")[0][0]
    row = rows(copy, "KOR", "SELECT * FROM journal WHERE hash = ?", hash_)[0]
    change(copy, "JPN", f"INSERT INTO journal VALUES ({', '.join('?' * len(row))})", order, *row[1:])
    assert any(violation.startswith("nothing_leaks: JPN holds a frame") for violation in check(copy).violations)


def test_statuses_mixed(copy: Path) -> None:
    log = copy / "USA/produced.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = next(line for line in lines if line.get("status") == "test")
    told["status"] = "actual"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert broken_laws(copy) == {"nothing_leaks"}


def test_a_record_twice(copy: Path) -> None:
    log = (copy / "KOR/produced.jsonl").read_text().splitlines()
    promised = {id_ for line in log for id_ in json.loads(line).get("kept", ())}
    found = rows(copy, "USA", "SELECT * FROM records WHERE originator = 'KOR' ORDER BY admission_order")
    ids = rows(copy, "USA", "SELECT id FROM records WHERE originator = 'KOR' ORDER BY admission_order")
    row = next(row for row, (id_,) in zip(found, ids, strict=True) if id_ in promised)  # a desk promises nothing
    order = rows(copy, "USA", "SELECT max(admission_order) + 1 FROM records")[0][0]
    change(copy, "USA", f"INSERT INTO records VALUES ({', '.join('?' * len(row))})", order, *row[1:])
    assert broken_laws(copy) == {"promises_are_kept", "nothing_twice"}


def test_a_record_that_nobody_handed_over(copy: Path) -> None:
    log = copy / "KOR/produced.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    first = next(line for line in lines if '"handed"' in line)
    id_ = json.loads(first)["handed"]
    log.write_text("".join(line for line in lines if id_ not in line))
    assert broken_laws(copy) == {"nothing_leaks"}


def test_a_link_and_a_resumption_that_name_another_frame(copy: Path) -> None:
    """The signatures break with it, and so do hashes; the law of chains must see it by itself."""
    rewrite(copy, "JPN", shared_frame(copy), lambda data: data.replace(b'"previous":"', b'"previous":"00', 1))
    ((hash_,),) = rows(copy, "USA", "SELECT hash FROM frames WHERE originator = 'KOR' AND resumes_hash != '' LIMIT 1")
    ((resumed,),) = rows(copy, "USA", "SELECT resumes_hash FROM frames WHERE hash = ?", hash_)
    rewrite(copy, "USA", hash_, lambda data: data.replace(resumed.encode(), resumed[::-1].encode(), 1))
    found = check(copy).violations
    assert any("2 does not name 1" in violation for violation in found)
    assert any(violation.startswith("chains_are_whole") and "resumes" in violation for violation in found)


def test_a_refusal(copy: Path) -> None:
    change(
        copy, "KOR", "INSERT INTO quarantine VALUES (1, 1, 'USA', 'live', 'bad_signature', 'doctored', ?, NULL, 1)",
        "0" * 64,
    )  # fmt: skip
    assert broken_laws(copy) == {"nothing_is_refused"}


def test_a_suspect_clock_that_is_not_shown(copy: Path) -> None:
    change(copy, "KOR", "UPDATE journal SET admitted_at = admitted_at - 60000000 WHERE hash = ?", shared_frame(copy))
    assert broken_laws(copy) == {"clocks_are_shown"}


@pytest.mark.parametrize(
    ("event", "law"),
    [
        ({"memory_mb": {"KOR node": 9000.0}}, "bounds_hold"),
        ({"disk_bytes": {"KOR": 9_000_000_000}}, "bounds_hold"),
        ({"ended": "USA", "code": 1}, "ends_are_clean"),
        ({"left": {"USA": None}}, "ends_are_clean"),
        ({"restarted": "JPN", "code": None}, "ends_are_clean"),
    ],
)
def test_processes_that_swell_or_end_badly(copy: Path, event: dict, law: str) -> None:
    with (copy / "events.jsonl").open("a") as events:
        events.write(json.dumps({"at_s": 1.0, **event}) + "\n")
    assert broken_laws(copy) == {law}


def test_members_that_never_became_level(copy: Path) -> None:
    events = copy / "events.jsonl"
    events.write_text("".join(line for line in events.read_text().splitlines(True) if '"quiet"' not in line))
    assert broken_laws(copy) == {"ends_are_clean"}
