"""The cases of spec/approvals: what this implementation says of each, and that they follow from their script."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.exchange import standing_of
from tocsin.records import Admitted, ChainId, FrameRef, Record, decode

SPEC = Path(__file__).parents[2] / "spec"
CASES = json.loads((SPEC / "approvals" / "cases.json").read_text(encoding="utf-8"))


def _admitted(text: str) -> Admitted:
    record = decode(text.encode(), Record)
    chain = ChainId(record.originator, record.marking.audience, record.status, record.precedence)
    now = datetime(2026, 1, 15, 12, 1, tzinfo=UTC)
    return Admitted(record, text.encode(), "", FrameRef(chain, "e", 1, ""), 0, now, now, "KOR")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_decision_is_worth_what_its_case_says(case: dict) -> None:
    about = None if case["record"] is None else _admitted(case["record"])
    standing = standing_of(_admitted(case["approval"]), about, map(_admitted, case["credentials"]))
    assert standing.code == case["result"], standing.detail


def test_the_cases_follow_from_their_script() -> None:
    found = importlib.util.spec_from_file_location("make_approvals", SPEC / "make_approvals.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    assert script.text() == (SPEC / "approvals" / "cases.json").read_text(encoding="utf-8")
