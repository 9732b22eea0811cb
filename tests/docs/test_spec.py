"""The specification and the code point at each other."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from tocsin.bus import names
from tocsin.exchange import PROTOCOL, admission
from tocsin.exchange.frames import FRAME_TYPE, MAX_RECORDS, SALT_BYTES, salted_digest
from tocsin.exchange.neighbours import REQUEST_SPAN
from tocsin.records import MAX_BYTES, ChainId, FrameRef, Precedence
from tocsin.signing.roster import REVOCATION_TYPE, ROSTER_TYPE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "spec" / "tocsin.md").read_text(encoding="utf-8")
CLAUSES = re.findall(r"^(?:## )?(\d+(?:\.\d+)?) ", TEXT, re.MULTILINE)
NUMBER = r"\d+(?:\.\d+)?"
CITED = re.compile(rf"\bspec ({NUMBER}(?:(?:,| and| to) {NUMBER})*)")


def _clause(number: str) -> str:
    found = re.search(rf"^## {number} .*?(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, number
    return found[0]


def test_clauses_are_numbered_in_order_and_once() -> None:
    places = [tuple(int(part) for part in clause.split(".")) for clause in CLAUSES]
    assert places == sorted(set(places))
    assert {place[0] for place in places} == set(range(1, 19))


def _citations() -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(ROOT)), clause)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for cited in CITED.findall(path.read_text(encoding="utf-8"))
        for clause in re.findall(NUMBER, cited)
    ]


def test_every_clause_that_the_code_cites_exists() -> None:
    assert len(_citations()) > 30
    assert [(path, clause) for path, clause in _citations() if clause not in CLAUSES] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "spec" / "vectors").glob("*/README")), ids=lambda path: path.parent.name
)
def test_every_vector_belongs_to_a_clause(path: Path) -> None:
    found = re.search(rf"\(clauses? ((?:{NUMBER}(?:, )?)+)\)$", path.read_text(encoding="utf-8").strip())
    assert found is not None
    assert set(found[1].split(", ")) <= set(CLAUSES)


def test_clauses_that_the_text_names_exist() -> None:
    vectors = (ROOT / "spec" / "vectors" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\((\d+\.\d+)(?:, (\d+\.\d+))*\)", TEXT + vectors)
    assert [number for pair in named for number in pair if number and number not in CLAUSES] == []


def test_every_reason_of_admission_stands_in_clause_6() -> None:
    tree = ast.parse(inspect.getsource(admission))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }
    assert len(used) >= 10
    table = _clause("6")
    assert [name for name in used if f"| `{admission.Reason[name].value}` |" not in table] == []


def test_constants_are_those_of_the_code() -> None:
    assert f"`{PROTOCOL}`" in _clause("4")
    assert f"T = {FRAME_TYPE}" in _clause("4")
    assert f"1 to {MAX_RECORDS} records" in _clause("4")
    assert f"{SALT_BYTES} random" in _clause("4")
    assert f"{MAX_BYTES:,} " in _clause("1") or f"{MAX_BYTES:,})" in _clause("1")
    assert f"at most {REQUEST_SPAN} at once" in _clause("7")
    assert f"`{ROSTER_TYPE}`" in _clause("11")
    assert f"`{REVOCATION_TYPE}`" in _clause("11")


def test_digest_is_as_written() -> None:
    import hashlib  # noqa: PLC0415 - the formula of clause 4.4, spelt out

    assert salted_digest("ab", b"{}") == hashlib.sha256(b"tocsin/1 record " + b"ab" + b" " + b"{}").hexdigest()


def test_subjects_are_as_written() -> None:
    ref = FrameRef(ChainId("KOR", "JPN-KOR-USA", "test", Precedence.FLASH), "e", 1, "0" * 64)
    text = _clause("13")
    assert names.frame_subject(ref, "warning.detection", hop="JPN") in text
    assert names.control_subject("<peer>") in text
    assert f"`{names.outbox('<O>', '<P>', 'main')}`" in text
    assert f"`{names.outbox('<O>', '<P>', 'bulk')}`" in text
    assert f"`{names.copy_stream('<O>', 'main')}`" in text
    assert f"`{names.link_account('<P>', 'bulk')}`" in text
    assert f"`{names.delivery_subject('<O>', '<P>', 'main').replace('main', '<lane>')}`" in text
