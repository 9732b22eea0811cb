"""An exercise on members made for it: what the command says, what lies in their folders, what a cut keeps back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from tocsin.cli.app import run
from tocsin.records import Inject, body_of
from tocsin.store import RecordQuery, Store, StoredRecord

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]

SCENARIO = """
format: tocsin.exercise/1
id: short
name: Short
members: [USA, JPN, KOR]
topology: hub
hub: USA
clock: {starts_at: 2026-09-01T00:00:00Z, ends: "2:45", speed: 0}
inject:
  - {id: shot, at: 5, kind: launch, launch: NK-20191128-01}
  - {id: cut, at: 20, kind: link_cut, between: [USA, KOR], lasting: 100}
  - {id: ask, at: 130, kind: decision, question: "Over?", options: ["yes", "no"], to: [JPN]}
"""


def records(folder: Path, code: str, *kinds: str) -> list[StoredRecord]:
    with Store.open(folder / code / "data/store.db", read_only=True) as store:
        return list(store.records(RecordQuery(kinds=kinds)))


def test_an_exercise_is_played_to_its_end_and_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file, kept = tmp_path / "short.yaml", tmp_path / "kept"
    file.write_text(SCENARIO)
    report = tmp_path / "report.html"
    assert run(["exercise", "run", str(file), "--keep", str(kept), "--json", "--report", str(report)]) == 0
    assert "EXERCISE EXERCISE EXERCISE" in report.read_text(encoding="utf-8").upper()
    outcome = json.loads(capfd.readouterr().out)
    assert (outcome["status"], outcome["injects_made"], outcome["is_complete"]) == ("exercise:short", 3, True)
    assert (outcome["refused"], outcome["launches"]) == (0, {"JPN": 1, "KOR": 1, "USA": 1})

    made: dict[str, datetime] = {}
    for code in ("JPN", "KOR", "USA"):
        found = records(kept, code)
        assert {each.admitted.record.status for each in found} == {"exercise:short"}
        assert all(each.admitted.record.synthetic for each in found)
        kinds = [each.admitted.record.kind for each in found]
        assert kinds.count("exercise.consent") == 3
        assert kinds.count("exercise.end") == 1
        injects = [(each.admitted.record, body_of(each.admitted.record)) for each in found]
        made |= {b.inject: r.issued_at for r, b in injects if isinstance(b, Inject) and b.act == "made"}
    assert set(made) == {"shot", "cut", "ask"}

    foreign = [each for each in records(kept, "KOR", "warning.*") if each.admitted.record.originator != "KOR"]
    times = sorted((each.admitted.record.issued_at - made["cut"]).total_seconds() for each in foreign)
    assert any(0 < at < 100 for at in times)  # it was said while the link was cut, and came afterwards
    assert run(["exercise", "status", "--member", str(kept / "KOR"), "--json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert (row["id"], row["state"], row["director"]) == ("short", "over", "USA")
    assert run(["exercise", "show", "short", "--plan", "--member", str(kept / "JPN"), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert ([each["inject"] for each in told["decisions"]], {each["state"] for each in told["injects"]}) == (
        ["ask"],
        {"played"},
    )
    assert run(["exercise", "show", "short", "--member", str(kept / "KOR")]) == 0
    shown = capfd.readouterr().out
    assert "EXERCISE EXERCISE EXERCISE: Short, over" in shown
    assert "Over?" not in shown  # it was asked of JPN alone
