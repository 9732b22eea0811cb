"""The suite of conformance/ against this implementation, against the second one, and against wrong ones."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "conformance"
PROGRAMS = {"tocsin": "tocsin.testing.conformance", "receiver": "conformance.receiver"}


def _run(command: str, *more: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "--command", command, "--json", *more],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("program", PROGRAMS)
def test_both_implementations_pass(program: str) -> None:
    code, report = _run(f"{sys.executable} -m {PROGRAMS[program]}")
    assert [vector for vector in report["vectors"] if vector["outcome"] != "pass"] == []
    assert len(report["vectors"]) >= 190
    assert code == 0


def _liar(tmp_path: Path, lie: str) -> str:
    program = tmp_path / "liar.py"
    program.write_text(
        "import json, sys\n"
        "from conformance.receiver.__main__ import Answers\n"
        "answers = Answers()\n"
        "for line in sys.stdin:\n"
        "    request = json.loads(line)\n"
        "    answer = answers.answer(request)\n"
        f"    {lie}\n"
        "    print(json.dumps(answer), flush=True)\n"
    )
    return f"{sys.executable} {program}"


@pytest.mark.parametrize(
    ("lie", "caught"),
    [
        ("answer = answer | {'result': 'accepted'} if request['do'] == 'document' else answer", "roster_fork_fail"),
        ("answer.pop('chain_open', None)", "chain_open"),
        ("answer |= {'kept': ''}", "frame"),
        ("answer |= {'clock_suspect': True} if request['do'] == 'frame' else {}", "frame"),
        ("answer |= {'records': []} if answer.get('records') else {}", "frame_many_records"),
        ("answer |= {'reason': 'malformed'} if 'reason' in answer else {}", "wrong_role_fail"),
        ("answer = [] if request['do'] == 'combine' else answer", "labels"),
        ("if request['do'] == 'frame': sys.exit(3)", "frame"),
        ("if request['do'] == 'frame': answer = {'result': 'admitted', 'records': 7}", "frame"),
    ],
)
def test_a_wrong_implementation_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str, caught: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code, report = _run(_liar(tmp_path, lie))
    failed = {vector["name"] for vector in report["vectors"] if vector["outcome"] == "fail"}
    assert code == 1
    assert caught in failed
    assert failed < {vector["name"] for vector in report["vectors"]}  # what it answers rightly still passes


def test_what_a_program_does_not_do_is_not_covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code, report = _run(_liar(tmp_path, "answer = {'unknown': True} if request['do'] == 'derive' else answer"))
    assert {v["name"] for v in report["vectors"] if v["outcome"] == "not covered"} == {"labels"}
    assert code == 0


def test_a_program_that_cannot_be_started_fails_every_vector() -> None:
    code, report = _run("/nonexistent/program", "--only", "roster_fork")
    assert code == 1
    assert "cannot be started" in report["vectors"][0]["detail"]


def test_the_suite_and_the_second_implementation_know_nothing_of_tocsin() -> None:
    for path in SUITE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert [name for name in names if name.partition(".")[0] in ("tocsin", "msgspec")] == [], path


def test_the_second_implementation_is_small() -> None:
    """Frames, trust, admission and relay; proof, labels and the contract's side do not count."""
    assert sum(_code_lines((SUITE / "receiver" / name).read_text()) for name in ("shapes.py", "reader.py")) < 400


def _code_lines(text: str) -> int:
    """Count lines that hold code: neither blank, nor comment, nor docstring."""
    empty = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in empty
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        inside = getattr(node, "body", None)
        if (
            isinstance(inside, list)
            and inside
            and isinstance(inside[0], ast.Expr)
            and isinstance(inside[0].value, ast.Constant)
        ):
            lines -= set(range(inside[0].lineno, (inside[0].end_lineno or 0) + 1))
    return len(lines)


def test_every_clause_has_a_vector_or_a_reason_why_not() -> None:
    _, report = _run("/nonexistent/program", "--only", "nothing")
    tested = {
        clause
        for path in (ROOT / "spec/vectors").glob("*/expected.json")
        for clause in json.loads(path.read_text())["clauses"]
    }
    reasons = {clause for clause, found in report["clauses"].items() if found["not_testable"]}
    assert tested | reasons == report["clauses"].keys()
    assert tested & reasons == set()
