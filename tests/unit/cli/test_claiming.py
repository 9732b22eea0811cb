"""``claims export`` and ``claims import`` as people run them, on a store that holds a ledger."""

from __future__ import annotations

import json

import pytest
from tests.ledger_home import EXAMPLE, LedgerHome

from tocsin.markings import marking_for


@pytest.fixture
def home(tmp_path):
    kept = LedgerHome(tmp_path / "KOR")
    kept.tell(EXAMPLE, marking=marking_for("JPN", "KOR"))
    return kept


def test_what_is_exported_can_be_read_again_and_says_how_much_stayed(tocsin, home, tmp_path):
    at = ("--config", home.home)
    for form in ("csv", "stix", "geojson", "ftm"):
        file = tmp_path / f"ledger.{form}"
        code, _, err = tocsin("claims", "export", "--format", form, "--to", "jpn", "--output", file, *at)
        assert code == 0
        assert "of status actual, for JPN" in err
        code, out, err = tocsin("claims", "import", file, "--format", form, "--to", "JPN", "--check", *at)
        if form == "ftm":
            assert "what KOR tells comes from KOR" in err
        else:
            assert (code, "18 claim" in out, err) == (0, True, "")
    code, _, err = tocsin("claims", "export", "--format", "csv", "--output", tmp_path / "ledger.csv", *at)
    assert (code, "Name a new file" in err) == (1, True)
    code, _, err = tocsin("claims", "export", "--format", "csv", "--to", "USA", *at)
    assert (code, "nothing of status actual may go to USA" in err) == (1, True)
    assert "records are not for all of them" in err
    assert tocsin("claims", "export", "--format", "csv", "--to", "PUBLIC", *at)[0] == 1
    code, out, _ = tocsin("claims", "export", "--format", "geojson", *at)
    assert len(json.loads(out)["features"]) == 18


def test_a_file_is_not_told_to_more_than_it_allows_and_bad_rows_go_only_when_asked(tocsin, home, tmp_path):
    at = ("--check", "--config", home.home)
    file = tmp_path / "f.csv"
    tocsin("claims", "export", "--format", "csv", "--output", file, "--config", home.home)
    code, _, err = tocsin("claims", "import", file, "--to", "USA", *at)
    assert (code, "is for JPN-KOR, not for KOR-USA" in err) == (1, True)
    bad = tmp_path / "bad.csv"
    bad.write_text("table,key,proposition,speaker\nclaim,a,cargo moved,s\nclaim,b,cargo moved,\n")
    code, out, err = tocsin("claims", "import", bad, *at)
    assert (code, out) == (1, "")
    assert "line 3: claim b: a claim has a proposition and a speaker" in " ".join(err.split())
    code, out, err = tocsin("claims", "import", bad, "--skip-bad", "--json", *at)
    assert (code, json.loads(out)) == (1, {"entries": {"claim": 1}, "left_out": 1, "passed_over": {}})
    assert tocsin("claims", "import", tmp_path / "none.csv", *at)[0] == 1
