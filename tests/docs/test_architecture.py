"""ARCHITECTURE.md tells the floors as they are enforced."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_floors_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", TEXT, re.MULTILINE)
    assert [re.findall(r"`(\w+)`", rooms) for _, rooms in rows] == [re.split(r"[ |]+", layer) for layer in layers]
    numbers = [int(number) for number, _ in rows]
    assert numbers == sorted(numbers, reverse=True)  # two rooms may share a floor, the upper one first


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.parent.name for path in (ROOT / "src" / "tocsin").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"`{room}`" not in TEXT] == []


def test_files_that_it_names_exist() -> None:
    named = re.findall(r"`(src/[\w/.]+)`", TEXT)
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []
