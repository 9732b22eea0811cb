"""Every command that a page tells people to type is one that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from tocsin.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def _typed() -> list[str]:
    return [
        found
        for page in PAGES
        for fence in SHELL.findall(page.read_text(encoding="utf-8"))
        for found in re.findall(r"uv run tocsin (.*)$", fence, re.MULTILINE)
    ]


@pytest.mark.parametrize("typed", _typed())
def test_commands_of_the_pages_are_taken(typed: str) -> None:
    app.parse_args(shlex.split(typed), exit_on_error=False, print_error=False)


def test_a_command_that_does_not_exist_is_not_taken() -> None:
    with pytest.raises(CycloptsError):
        app.parse_args(["records", "list", "--no-such-option", "x"], exit_on_error=False, print_error=False)
    assert len(_typed()) > 10
