"""``claims propose`` and ``claims decide`` as a person goes through them."""

from __future__ import annotations

import io
import json

import pytest

from tocsin.claims.proposals import read_proposals

TEXT = "Moscow denied the transfers. It is likely, Seoul said. The movements have been cited as evidence.\n"


@pytest.fixture
def file(tocsin, tmp_path):
    text = tmp_path / "report.txt"
    text.write_text(TEXT)
    code, out, _ = tocsin("claims", "propose", text, "--outlet", "A paper", "--published", "2024-05-01")
    assert (code, out.startswith("3 proposals, 1 of them denials")) == (0, True)
    return tmp_path / "report.txt.proposals.toml"


def answer(monkeypatch, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_each_is_accepted_changed_or_refused_and_what_was_right_is_counted(tocsin, file, monkeypatch):
    answer(monkeypatch, "x", "a", "c", "The ministry", "", "-", "probable", "2024-04-30", "yesterday", "", "")
    code, out, _ = tocsin("claims", "decide", file)
    assert code == 0
    assert "Invalid RFC3339" in out
    answer(monkeypatch, "c", "The ministry", "", "-", "probable", "2024-04-30", "", "", "", "a", "r")
    code, out, _ = tocsin("claims", "decide", file)
    assert "nobody is named who says so" in out
    assert "1 accepted as they were, 1 changed, 1 refused, 0 open" in out
    assert "right as proposed: 0.33" in out
    first, second, third = read_proposals(file.read_text(), "f").proposal
    assert (first.decision, third.decision) == ("accept", "refuse")
    assert (second.speaker, second.reported_by, second.hedge) == ("The ministry", "", "probable")
    assert str(second.said_at).startswith("2024-04-30")
    code, out, _ = tocsin("claims", "decide", file, "--json")
    assert json.loads(out) == {"accepted": 1, "changed": 1, "refused": 1, "open": 0, "share": 1 / 3}


def test_a_file_that_is_there_is_not_written_over_and_nobody_at_the_terminal_decides_nothing(
    tocsin, file, monkeypatch
):  # fmt: skip
    before = file.read_bytes()
    code, _, err = tocsin("claims", "propose", file.parent / "report.txt", "--outlet", "A paper")
    assert (code, "is there already" in err) == (1, True)
    answer(monkeypatch)
    code, out, _ = tocsin("claims", "decide", file)
    assert (code, "3 open" in out) == (0, True)
    assert file.read_bytes() == before


def test_a_text_moves_no_cursor(tocsin, tmp_path, monkeypatch):
    text = tmp_path / "r.txt"
    text.write_text("Seoul said \x1b[2J\u202e[bold]so[/bold].\n")
    answer(monkeypatch)
    code, out, _ = tocsin("claims", "propose", text, "--outlet", "A paper", "--decide")
    assert code == 0
    assert "[bold]so[/bold]" in out
    assert not {"\x1b", "\u202e"} & set(out)
