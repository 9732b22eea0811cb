"""Exit codes, where words go, and that help is not kept waiting by heavy rooms."""

from __future__ import annotations

import subprocess
import sys
from functools import reduce
from importlib.metadata import version
from itertools import pairwise
from operator import getitem

import pytest

from tocsin.cli.app import app


def _commands(node=app, words=()):
    yield words
    for name in node:
        if not name.startswith("-"):
            yield from _commands(node[name], (*words, name))


@pytest.mark.parametrize("words", sorted(_commands()), ids=" ".join)
def test_every_command_has_help(tocsin, words) -> None:
    code, out, err = tocsin(*words, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: {' '.join(['tocsin', *words])}")
    assert "default: ()" not in out
    assert 'default: ""' not in out
    assert "<" not in reduce(getitem, words, app).help, "Markdown takes what stands in <> for HTML and leaves it out"


def test_help_fills_its_lines(tocsin) -> None:
    _, out, _ = tocsin("claims", "dossier", "--help")
    paragraph = out.split("\n\n")[2].splitlines()
    assert paragraph[0].startswith("It is one archive")
    for line, following in pairwise(paragraph):
        assert len(line.rstrip()) + 1 + len(following.split()[0]) > 80


def test_all_settled_names_are_there() -> None:
    assert {" ".join(words) for words in _commands()} >= {
        "", "check", "config", "config nats", "config show", "demo", "init", "records", "records export",
        "records follow", "records list", "records show", "replay", "status", "up", "verify",
    }  # fmt: skip


def test_version(tocsin) -> None:
    assert tocsin("--version") == (0, f"{version('tocsin')}\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("bogus",),
        ("init",),
        ("init", "here"),
        ("init", "here", "--member", "K1R"),
        ("init", "here", "--federation", "--members", "JPN"),
        ("init", "here", "--federation", "--topology", "hub", "--hub", "GBR"),
        ("init", "here", "--federation", "--base-port", "65530"),
        ("replay",),
        ("replay", "all", "--speed", "slow"),
        ("replay", "all", "--speed", "-1"),
        ("replay", "all", "--topology", "ring"),
        ("replay", "all", "--alone", "GBR"),
        ("replay", "all", "--topology", "hub", "--hub", "GBR"),
        ("records", "--since", "yesterday"),
        ("records", "--limit", "-1"),
        ("records", "export", "--to", "x"),
        ("records", "export", "--to", "x", "--for", "JP"),
        ("status", "--colour"),
        ("config", "bogus"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_with_a_way_out(tocsin, words) -> None:
    code, out, err = tocsin(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "--help" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ("up",), ("status",), ("check",), ("records",), ("records", "show", "x"), ("records", "follow"), ("verify",),
        ("config", "nats"), ("config", "show"), ("replay", "NK-20170828-99"), ("replay", "all", "--table", "none.csv"),
        ("verify", "none.db"), ("demo", "--launch", "nothing"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_could_not_be_done_is_1_and_says_why(tocsin, words, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = tocsin(*words)
    assert code == 1
    told = out if words == ("check",) else err
    assert "none" in told or "member.toml" in told or "no launch" in told
    assert "Traceback" not in err


def test_help_and_version_import_no_heavy_room() -> None:
    heavy = "{'numpy', 'scipy', 'numba', 'sqlalchemy', 'nats', 'cryptography', 'shapely', 'pyproj', 'msgspec'}"
    script = f"import sys; from tocsin.cli.app import run; run(['--help']); sys.exit(bool({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert found.returncode == 0, found.stderr


def test_a_reader_that_goes_away_is_no_crash(folder) -> None:
    script = f"for i in $(seq 400); do {sys.executable} -m tocsin records --config {folder} --json; break; done | true"
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
