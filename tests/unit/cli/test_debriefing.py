"""``exercise report``: whose copy it is, what stands beside it, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from exercise_play import small_play
from tocsin.store import Batch, HeldItem, Store


@pytest.fixture
def homes(tmp_path):
    """The folders of KOR and USA after a small exercise."""
    play = small_play()
    found = {}
    for code in ("KOR", "USA"):
        home = found[code] = tmp_path / code
        (home / "data").mkdir(parents=True)
        (home / "member.toml").write_text(f'[member]\ncode = "{code}"\n')
        (holding,) = play.holdings(code)
        held = tuple(HeldItem(held=each.held, held_at=each.held_at) for each in holding.withheld)
        with Store.open(home / "data/store.db") as store:
            store.commit(Batch(frames=tuple(play.frames[code]), held=held))
    return found


def test_a_report_is_written_for_its_readers(tocsin, homes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kor = homes["KOR"]
    password = tmp_path / "password"
    password.write_text("a long enough password")
    with password.open() as given:
        monkeypatch.setattr("sys.stdin", given)
        assert tocsin("people", "add", "Kim", "--pseudonym", "WO-7", "--role", "watch_officer", "--config", kor)[0] == 0
    code, out, err = tocsin("exercise", "report", "--member", kor)
    assert (code, err) == (0, "")
    assert "The report is in after-action-small.html" in out
    own = (tmp_path / "after-action-small.html").read_text()
    assert "WO-7" in own
    assert "(Kim)" not in own
    assert tocsin("exercise", "report", "small", "--names", "--config", kor, "--to", "named.html")[0] == 0
    assert "(Kim)" in (tmp_path / "named.html").read_text()
    code, out, _ = tocsin("exercise", "report", "exercise:small", "--for", "JPN,KOR,USA", "--config", kor, "--json")
    shared = json.loads(out)
    assert (code, shared["copy"], "Kim" in out, "WO-7" in out) == (0, "shared", False, False)
    jsonschema.validate(shared, json.loads(_schema()))
    (tmp_path / "first.json").write_text(out)
    both = ["--member", kor, "--member", homes["USA"]]
    code, out, _ = tocsin("exercise", "report", *both, "--compare", "first.json", "--json", "--to", "both.html")
    made = json.loads(out)
    assert (code, made["copies_of"]) == (0, ["KOR", "USA"])
    assert made["comparison"]["differences"]
    jsonschema.validate(made, json.loads(_schema()))
    assert "Beside an earlier run" in (tmp_path / "both.html").read_text()


def _schema():
    return (Path(__file__).parents[3] / "docs/reference/after-action.schema.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["other"], 1, "nothing of exercise:other"),
        (["Not an id"], 1, "status"),
        (["--names", "--for", "JPN"], 2, "names stay at home"),
        (["--for", "JPN"], 2, "KOR reads its own report"),
        (["--compare", "member.toml"], 1, "is no report"),
        (["--compare", "missing.json"], 1, "cannot be read"),
        (["--to", "missing/page.html"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_is_told(tocsin, homes, monkeypatch, arguments, code, said):
    monkeypatch.chdir(homes["KOR"])
    found, _, err = tocsin("exercise", "report", *arguments)
    assert (found, said in err.replace("\n", " ")) == (code, True), err


def test_a_store_without_an_exercise_says_so(tocsin, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = tocsin("exercise", "report", "--config", folder)
    assert code == 1
    assert "there is no exercise in this store" in err


def test_plans_are_listed_and_written_as_a_calendar(tocsin, homes, tmp_path):
    code, out, _ = tocsin("exercise", "plan", "list", "--member", homes["KOR"])
    assert (code, "no plans" in out) == (0, True)
    ics = tmp_path / "plan.ics"
    assert tocsin("exercise", "plan", "list", "--member", homes["KOR"], "--ics", ics, "--json")[:2] == (0, "[]\n")
    assert ics.read_bytes().startswith(b"BEGIN:VCALENDAR")
    code, _, err = tocsin("exercise", "plan", "list", "--member", homes["KOR"], "--ics", tmp_path / "no" / "p.ics")
    assert (code, "cannot be written" in err) == (1, True)
