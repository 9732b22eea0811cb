"""``tocsin cyber match`` as a person runs it."""

from __future__ import annotations

import json

from tocsin.cli.app import run


def test_what_was_seen_is_shown_defanged_and_written_as_sightings(tmp_path, capsys):
    (tmp_path / "values.csv").write_text("type,value\ndomain,evil.test\ndomain,github.com\nsha256,zz\n")
    lines = [{"ts": 1764320400 + number, "query": name} for number, name in enumerate(["EVIL.test", "x.test"])]
    (tmp_path / "dns.log").write_text("\n".join(map(json.dumps, lines)) + "\nx")
    command = [
        "cyber",
        "match",
        "-i",
        str(tmp_path / "values.csv"),
        "-l",
        str(tmp_path / "dns.log"),
        "--mapping",
        "zeek",
    ]
    assert run(command) == 0
    shown = capsys.readouterr()
    assert "evil[.]test" in shown.out
    assert "a name that everybody uses" in shown.err
    assert "dns.log, line 3" in shown.err
    assert run([*command, "--json"]) == 0
    [sighting] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (sighting["type"], sighting["count"], sighting["first_seen"]) == ("sighting", 1, "2025-11-28T00:00:00.000Z")


def test_nothing_seen_is_told_by_the_exit_code(tmp_path, capsys):
    (tmp_path / "values.csv").write_text("type,value\ndomain,evil.test\n")
    (tmp_path / "dns.csv").write_text("time,domain\n2026-11-28T09:00:00Z,good.test\n")
    command = [
        "cyber",
        "match",
        "-i",
        str(tmp_path / "values.csv"),
        "-l",
        str(tmp_path / "dns.csv"),
        "--mapping",
        "csv",
    ]
    assert run(command) == 1
    assert "0 sightings" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert run(["cyber", "match", "-i", str(tmp_path / "no.csv"), "-l", str(tmp_path / "no.log")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_what_a_mapping_is_called_is_told_where_one_is_missing(tmp_path, capsys):
    (tmp_path / "values.csv").write_text("type,value\ndomain,evil.test\n")
    (tmp_path / "dns.log").write_text('{"ts": 1764320400, "query": "evil.test"}\n')
    command = ["cyber", "match", "-i", str(tmp_path / "values.csv"), "-l", str(tmp_path / "dns.log")]
    assert run(command) == 1
    assert "need a --mapping" in capsys.readouterr().err
    assert run([*command, "--mapping", "zeke"]) == 1
    assert "csv, ecs, suricata, zeek" in " ".join(capsys.readouterr().err.split())
