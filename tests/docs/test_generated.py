"""The pages that ``docs/generate.py`` writes are what the program says now."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import jsonschema
import msgspec

from tocsin.node.config import TABLES

ROOT = Path(__file__).parents[2]


def _files() -> dict[Path, str]:
    found = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.files()


def test_the_script_makes_what_is_committed() -> None:
    assert [str(path) for path, text in _files().items() if (ROOT / path).read_text(encoding="utf-8") != text] == []


def test_every_setting_is_there_with_its_meaning() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    for name, table in TABLES.items():
        section = page.partition(f"\n## `[{name}]`\n")[2].partition("\n## ")[0]
        for field in msgspec.structs.fields(table):
            assert f"| `{field.encode_name}` |" in section, (name, field.name)


def test_the_schema_of_a_replay_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(
        json.loads((ROOT / "docs/reference/replay.schema.json").read_text(encoding="utf-8"))
    )


def test_the_picture_shows_a_replay_and_fetches_nothing() -> None:
    picture = (ROOT / "docs/images/demo.svg").read_text(encoding="utf-8")
    assert "WARNING" in picture
    assert "@font-face" not in picture
