"""Write the pages of ``docs/reference`` that follow from the program: commands, settings, results, scenarios.

Run by ``just docs``. A test compares what is committed with what ``files`` returns.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import re
from collections.abc import Container, Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec
from cyclopts import App
from rich.console import Console

from tocsin.cli.app import app
from tocsin.exercise import results as after_action
from tocsin.exercise import scenario
from tocsin.exercise.seconds import schema_of
from tocsin.node.config import TABLES
from tocsin.replay import results

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100

_found = importlib.util.spec_from_file_location("spec_generate", ROOT / "spec" / "generate.py")
if _found is None or _found.loader is None:
    raise SystemExit("spec/generate.py is missing")
spec = importlib.util.module_from_spec(_found)
_found.loader.exec_module(spec)

WORDS = (
    (r"\btuple\[tuple\[str, \.\.\.\], \.\.\.\]", "list of lists of text"),
    (r"\btuple\[(\w+), \.\.\.\]", r"list of \1"),
    (r"\btuple\[([\w, ]+)\]", r"list (\1)"),
    (r"\bdict\[str, (\w+)\]", r"object of \1 by name"),
    (r"\bLiteral\[([^\]]*)\]", r"one of \1"),
    (r"[\"'](\w+)[\"']", r"`\1`"),
    (r"\btuple\[one of (.*), \.\.\.\]", r"list of \1"),
    (r"\bSeconds\b", "time"),
    (r"\bRole\b", "a person's role"),
    (r"^Observed$", "one of those told here"),
    (r"\bstr\b", "text"),
    (r"\bfloat\b", "number"),
    (r"\bint\b", "integer"),
    (r"\bbool\b", "true or false"),
    (r"\bdatetime\b", "time"),
    (r" \| None\b", " or null"),
    (r" \| ", " or "),
)
"""Types of Python in the words of TOML and JSON, in the order in which they are put in place."""


def files() -> dict[Path, str]:
    """Return every generated file with its text, by path below the root of the project."""
    reference = Path("docs/reference")
    return {
        reference / "after-action.md": after_action_page(),
        reference / "after-action.schema.json": _schema("after-action.schema.json", after_action.AfterAction),
        reference / "commands.md": commands_page(),
        reference / "configuration.md": configuration_page(),
        reference / "replay.md": replay_page(),
        reference / "replay.schema.json": _schema("replay.schema.json", results.ReplayResult),
        reference / "scenario.md": scenario_page(),
        reference / "scenario.schema.json": _schema("scenario.schema.json", scenario.Scenario),
    }


def _schema(name: str, struct: type[msgspec.Struct]) -> str:
    found = msgspec.json.schema(struct, schema_hook=schema_of)
    return json.dumps({"$schema": spec.DRAFT, "$id": name, **found}, indent=2, ensure_ascii=False) + "\n"


def commands_page() -> str:
    """Return the reference page of the command line: the help of every command."""
    lines = [
        "# Commands",
        "",
        "Written by `docs/generate.py` from the program's own help. Results go to standard output, notices and errors",
        "to standard error; with `--json` standard output holds JSON and nothing else.",
    ]
    for words in sorted(_commands(app, ("tocsin",))):
        lines += ["", f"## `{' '.join(words)}`", "", "```text", *_help(words[1:]), "```"]
    return "\n".join([*lines, ""])


def _commands(node: App, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name in node:
        if not name.startswith("-"):
            yield from _commands(node[name], (*words, name))


def _help(words: tuple[str, ...]) -> list[str]:
    console = Console(width=WIDTH, file=io.StringIO(), color_system=None, force_terminal=False, legacy_windows=False)
    app.help_print(list(words), console=console)
    if not isinstance(console.file, io.StringIO):
        raise TypeError("the console writes into a string")
    lines = [line.rstrip() for line in console.file.getvalue().strip().splitlines()]
    return [line for line in lines if not line.startswith("Exit codes")] if words else lines


def configuration_page() -> str:
    """Return the reference page of a member's TOML: every table and setting."""
    lines = [
        "# Configuration",
        "",
        "Written by `docs/generate.py` from `tocsin.node.config`. A member has one TOML file; its tables are named",
        "after the rooms that read them. Secrets are paths of files, never values; relative paths are relative to the",
        "folder of the file. Unknown tables and settings are errors: `tocsin check` tells all of them at once.",
    ]
    for name, table in TABLES.items():
        lines += ["", f"## `[{name}]`", "", _summary(table), "", *_table(table)]
        for path, part in _parts(name, table):
            lines += ["", f"### `{path}`", "", _summary(part), "", *_table(part)]
    return "\n".join([*lines, ""])


def replay_page() -> str:
    """Return the reference page of what a replay tells."""
    return _results_page(
        results,
        "# Replay results",
        "",
        "Written by `docs/generate.py` from `tocsin.replay.results`: the one object that `tocsin replay --json`",
        "writes. Its JSON Schema is [replay.schema.json](replay.schema.json). Names and meanings stay within",
        "`tocsin.replay/1`; fields may be added. Times are UTC, positions WGS 84 in degrees. All of it is synthetic.",
    )


def after_action_page() -> str:
    """Return the reference page of what an after-action report tells machines."""
    return _results_page(
        after_action,
        "# After-action reports",
        "",
        "Written by `docs/generate.py` from `tocsin.exercise.results`: the one object that",
        "`tocsin exercise report --json` writes. Its JSON Schema is",
        "[after-action.schema.json](after-action.schema.json).",
        "Names and meanings stay within `tocsin.after-action/1`; fields may be added. Times are UTC on the exercise's",
        "own clock, positions WGS 84 in degrees.",
    )


def _results_page(module: ModuleType, *head: str) -> str:
    found = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, msgspec.Struct) and each.__module__ == module.__name__
    ]
    found.sort(key=lambda each: inspect.getsourcelines(each)[1], reverse=True)
    lines = list(head)
    for each in found:
        lines += ["", f"## {each.__name__}", "", _summary(each), "", *_table(each)]
    return "\n".join([*lines, ""])


def scenario_page() -> str:
    """Return the reference page of what a scenario may hold."""
    lines = [
        "# Scenarios",
        "",
        "Written by `docs/generate.py` from `tocsin.exercise.scenario`: what `tocsin exercise check` reads, in TOML or",
        "in YAML. The JSON Schema is [scenario.schema.json](scenario.schema.json), for editors that know it. Unknown",
        "names are errors. Ids are small letters, digits and hyphens. A time is a number of seconds",
        'or a text such as `"5:00"` or `"1:02:30"`; where nothing else is said it counts from the start.',
        "",
        "## The file",
        "",
        _summary(scenario.Scenario),
        "",
        *_table(scenario.Scenario),
    ]
    for path, part in (("[clock]", scenario.ScenarioClock), ("[[objective]]", scenario.Objective)):
        lines += ["", f"### `{path}`", "", _summary(part), "", *_table(part)]
    lines += ["", "### An entry of `jumps`", "", _summary(scenario.Jump), "", *_table(scenario.Jump)]
    lines += ["", "## `[[inject]]`", "", _summary(scenario.Common), "", *_table(scenario.Common)]
    lines += ["", "### `[[inject.expect]]`", "", _summary(scenario.Expected), "", *_table(scenario.Expected)]
    common = {field.name for field in msgspec.structs.fields(scenario.Common)}
    for each in scenario.INJECTS:
        lines += ["", f'### `kind = "{each.__struct_config__.tag}"`', "", _summary(each), ""]
        lines += _table(each, but=common)
    for path, part in (("flight", scenario.Flying), ("an entry of batteries", scenario.Battery)):
        lines += ["", f"### `{path}`", "", _summary(part), "", *_table(part)]
    return "\n".join([*lines, ""])


def _parts(path: str, struct: type[msgspec.Struct]) -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Yield the structs inside a table, each with the path of the setting that holds it."""
    for field in msgspec.structs.fields(struct):
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                here = f"{path}.{field.encode_name}"
                yield f"[[{here}]]" if inner is not field.type and "tuple" in str(field.type) else f"[{here}]", inner
                yield from _parts(here, inner)


def _table(struct: type[msgspec.Struct], *, but: Container[str] = ()) -> list[str]:
    words: dict[str, str] = {}
    notes: dict[str, Any] = {}
    for each in reversed(struct.__mro__):
        if issubclass(each, msgspec.Struct) and each is not msgspec.Struct:
            words |= spec.field_docs(each)
            notes |= inspect.get_annotations(each)
    lines = ["| name | type | default | meaning |", "|---|---|---|---|"]
    for field in msgspec.structs.fields(struct):
        if field.name in but:
            continue
        default = "" if field.required else f"`{_default(field)}`"
        meaning = " ".join(words.get(field.name, "").split()).replace("|", "\\|")
        lines.append(f"| `{field.encode_name}` | {_shape(str(notes[field.name]))} | {default} | {meaning} |")
    return lines


def _shape(note: str) -> str:
    for pattern, words in WORDS:
        note = re.sub(pattern, words, note)
    return note


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, msgspec.Struct) and not any(each.required for each in msgspec.structs.fields(type(value))):
        return "all defaults"
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def _summary(struct: type) -> str:
    words = inspect.cleandoc(struct.__doc__ or "").partition("\n\nRaises:")[0].replace("``", "`")
    said = re.sub(r"^`\[[\w.]+\]`: ", "", words)
    return said[:1].upper() + said[1:]


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
