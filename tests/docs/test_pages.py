"""The pages hold: links lead somewhere, examples run and print what is said, and nothing is left out."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from tocsin import errors
from tocsin.claims.proposals import Proposal
from tocsin.consult.draft_file import read_draft
from tocsin.errors import TocsinError
from tocsin.intake import Report, propose
from tocsin.node.config import TABLES
from tocsin.records import BODIES, ExercisePlan, LaunchNotice

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "spec").rglob("*.md"),
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _heading_ids(text: str) -> set[str]:
    prose = FENCE.sub("", text)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_resolve(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _heading_ids(file.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def _with(language: str) -> list[Path]:
    return [
        page for page in PAGES if any(found == language for found, _ in FENCE.findall(page.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize("page", _with("python"), ids=_name)
def test_examples_run_and_print_what_follows(page: Path) -> None:
    fences = FENCE.findall(page.read_text(encoding="utf-8"))
    namespace: dict[str, object] = {"__name__": "example"}
    for index, (language, code) in enumerate(fences):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, _name(page), "exec"), namespace)
        following = fences[index + 1] if index + 1 < len(fences) else ("", "")
        assert printed.getvalue() == (following[1] if following[0] == "text" else "")


def test_there_are_examples() -> None:
    assert _with("python")
    assert _with("toml")


@pytest.mark.parametrize("page", _with("toml"), ids=_name)
def test_configurations_are_read(page: Path) -> None:
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "toml":
            tables = tomllib.loads(text)
            assert tables
            if "hazard_areas" in tables:  # a notice of a launch, no member
                msgspec.convert(tables, LaunchNotice)
                continue
            if "exercises" in tables:  # a plan of them
                msgspec.convert(tables, ExercisePlan)
                continue
            if "proposal" in tables:  # of the example, as the rules make it
                report = Report((ROOT / "examples" / "report-of-cargo.txt").read_bytes(), "f", "The Harbour Gazette")
                made = propose(report).proposal
                assert all(msgspec.convert(each, Proposal) in made for each in tables["proposal"])
                continue
            if "paragraph" in tables:  # the draft of a statement
                read_draft(text, name=page.name, pseudonym="D-1", role="drafter", status="test")
                continue
            for name, table in tables.items():
                msgspec.convert(table, TABLES[name])


def test_every_error_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, TocsinError)]
    assert len(found) > 15
    assert [each.__name__ for each in found if f"| `{each.code}` | `{each.__name__}` |" not in page] == []


def test_every_error_stands_in_the_tree_at_the_head_of_its_file() -> None:
    tree = (errors.__doc__ or "").splitlines()
    for _, each in inspect.getmembers(errors, inspect.isclass):
        if issubclass(each, TocsinError):
            assert any(re.search(rf"\b{each.__name__}\b", line) for line in tree), each.__name__


def test_every_kind_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "records.md").read_text(encoding="utf-8")
    assert [kind for kind in BODIES if f"\n## `{kind}`\n" not in page] == []


def test_every_field_of_every_body_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "records.md").read_text(encoding="utf-8")
    for kind, body in BODIES.items():
        section = page.partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]
        assert [field for field in body.__struct_fields__ if f"| `{field}` |" not in section] == [], kind


def test_pages_name_no_machine_and_no_registry() -> None:
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert re.findall(r"/(?:home|root|work|tmp)/\w+|pypi\.org|files\.pythonhosted", told) == []


def test_decisions_are_numbered_in_order() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"({name})" not in index] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page for page in (ROOT / "docs").rglob("*.md") if page.name != "README.md" and page.parent.name != "adr"]
    assert [_name(page) for page in pages if str(page.relative_to(ROOT / "docs")) not in index] == []
