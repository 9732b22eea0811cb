"""Runs every vector against an implementation and sums up by clause."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from conformance.cases import SPEC, Case, read_cases
from conformance.clauses import NOT_TESTABLE
from conformance.command import Command, NoAnswerError

CONTRACT = 1

Outcome = Literal["pass", "fail", "not covered"]


@dataclass(frozen=True)
class Result:
    """What came of one vector."""

    case: Case
    outcome: Outcome
    detail: str = ""


@dataclass
class Report:
    """What came of all."""

    implementation: str
    results: list[Result] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether something was tried and nothing failed."""
        return bool(self.results) and all(result.outcome != "fail" for result in self.results)

    def by_clause(self) -> dict[str, list[Result]]:
        """Return the results of each clause of the specification, in its order; of some there are none."""
        found: dict[str, list[Result]] = {clause: [] for clause in clauses()}
        for result in self.results:
            for clause in result.case.clauses:
                found[clause].append(result)
        return found


def clauses() -> list[str]:
    """Return the numbers of all clauses of the specification."""
    text = (SPEC / "tocsin.md").read_text(encoding="utf-8")
    return re.findall(r"^(\d+\.\d+) ", text, re.MULTILINE)


def run_suite(command: str | list[str], folder: Path, *, only: str = "") -> Report:
    """Run the vectors below a folder.

    Args:
        command: The implementation.
        folder: The vectors.
        only: Only those with this in their name.
    """
    with Command(command) as program:
        report = Report(_name(program))
        for case in read_cases(folder):
            if only in case.name:
                report.results.append(run_case(program, case))
    return report


def run_case(program: Command, case: Case) -> Result:
    """Ask the questions of one vector; the first wrong answer ends it."""
    for number, (question, check) in enumerate(case.questions, start=1):
        place = f"question {number} ({question['do']})"
        try:
            answer = program.ask(question)
            if answer.get("unknown") is True:
                return Result(case, "not covered", f"{question['do']} is not known")
            fault = check(answer)
        except NoAnswerError as error:
            return Result(case, "fail", f"{place}: {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return Result(case, "fail", f"{place}: the answer has not the form that it should have: {error!r}")
        if fault:
            return Result(case, "fail", f"{place}: {fault}")
    return Result(case, "pass")


def _name(program: Command) -> str:
    try:
        told = program.ask({"do": "hello"})
    except NoAnswerError as error:
        return f"no answer to hello: {error}"
    if told.get("contract") != CONTRACT:
        return f"{told.get('name', '?')} (contract {told.get('contract')}, we speak {CONTRACT})"
    return f"{told.get('name', '?')}, protocol {told.get('protocol', '?')}"


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "schema": "tocsin.conformance/1",
        "implementation": report.implementation,
        "passed": report.passed,
        "vectors": [
            {
                "name": result.case.name, "clauses": result.case.clauses, "outcome": result.outcome,
                "detail": result.detail,
            }
            for result in report.results
        ],
        "clauses": {
            clause: {
                "outcome": _outcome(results), "vectors": [result.case.name for result in results],
                "not_testable": NOT_TESTABLE.get(clause, ""),
            }
            for clause, results in report.by_clause().items()
        },
    }  # fmt: skip


def as_table(report: Report) -> str:
    """Return a report for people."""
    lines = [report.implementation, "", f"{'clause':<8}{'vectors':>7}  outcome"]
    for clause, results in report.by_clause().items():
        reason = NOT_TESTABLE.get(clause, "") if not results else ""
        lines.append(f"{clause:<8}{len(results) or '':>7}  {_outcome(results)}{f': {reason}' if reason else ''}")
    failed = [result for result in report.results if result.outcome == "fail"]
    lines += ["", *(f"FAIL {result.case.name}: {result.case.why} {result.detail}" for result in failed)]
    counts = [
        f"{sum(result.outcome == outcome for result in report.results)} {word}"
        for outcome, word in (("pass", "passed"), ("fail", "failed"), ("not covered", "not covered"))
    ]
    return "\n".join([*lines, f"{len(report.results)} vectors: {', '.join(counts)}"])


def _outcome(results: list[Result]) -> str:
    if not results:
        return "not testable"
    outcomes = {result.outcome for result in results}
    return "fail" if "fail" in outcomes else "pass" if "pass" in outcomes else "not covered"
