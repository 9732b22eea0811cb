"""On which line of a file a value stands, for TOML and YAML: what is wrong with a scenario is named by its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import yaml

from tocsin.errors import ScenarioError

Path = tuple[str | int, ...]
"""From the top of the file: names of keys, and numbers in lists from 0."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\s-]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_FENCES = ('"""', "'''")
MOST_CHARACTERS = 200_000
_DEEPEST = 30


class Placed:
    """A file's value, with the lines on which its parts stand."""

    def __init__(self, value: Any, lines: Mapping[Path, int]) -> None:
        self.value = value
        self._lines = lines

    def line_of(self, path: Path) -> int:
        """Return the line of a part, from 1; if it is not there, of the nearest part around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1


def read_toml(text: str, name: str) -> Placed:
    """Read TOML.

    Raises:
        ScenarioError: It is none.
    """
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line = int(found[1]) if found else len(text.splitlines())
        message = str(error).partition(" (at ")[0]
        raise ScenarioError(
            f"no TOML: {message}", source=name, line=line, advice="Check quotes and brackets"
        ) from error
    except RecursionError as error:
        raise ScenarioError("nested too deeply", source=name, advice="A scenario has four levels") from error
    return Placed(value, _toml_lines(text))


def read_yaml(text: str, name: str) -> Placed:
    """Read YAML as data alone: no tags that make objects, no aliases, which can grow without bound.

    Raises:
        ScenarioError: It is none.
    """
    lines: dict[Path, int] = {}
    try:
        _look_over(text, name)
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            value = _value_of(loader, node, (), lines, name) if node is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise ScenarioError(
            f"no YAML: {error.problem or error.context}", source=name, line=line, advice="Check indentation and quotes"
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = str(error).splitlines()[0][:200]
        raise ScenarioError(f"no YAML: {message}", source=name, advice="Save it as plain text in UTF-8") from error
    return Placed(value, lines)


def _look_over(text: str, name: str) -> None:
    """Refuse aliases, and depth before it is built up: the time of both grows faster than the file.

    Raises:
        ScenarioError: There is such a thing.
        YAMLError: It is no YAML.
    """
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise ScenarioError("an alias", source=name, line=line, advice="Write the value out again")
        if depth > _DEEPEST:
            raise ScenarioError("nested too deeply", source=name, line=line, advice="A scenario has four levels")


def _value_of(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, inner in node.value:
            word, line = str(key.value), key.start_mark.line + 1
            if word in found:
                raise ScenarioError(f"{word} stands twice", source=name, line=line, advice="Take one of them out")
            lines[*path, word] = line
            found[word] = _value_of(loader, inner, (*path, word), lines, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value_of(loader, inner, (*path, at), lines, name) for at, inner in enumerate(node.value)]
    value = loader.construct_object(node)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)  # YAML drops a Z
    return value.isoformat() if isinstance(value, date) else value


def _toml_lines(text: str) -> dict[Path, int]:
    """Find headings and keys at the beginnings of lines; what stands inside of one line counts as on it."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if header := _HEADER.match(line):
            words = tuple(word.strip() for word in header[2].split("."))
            table = _resolved(words[:-1], counts)
            if header[1] == "[[":
                counts[*table, words[-1]] = counts.get((*table, words[-1]), -1) + 1
                table = (*table, words[-1], counts[*table, words[-1]])
            else:
                table = _resolved(words, counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            words = tuple(word.strip() for word in key[1].split("."))
            for length in range(1, len(words) + 1):
                lines.setdefault((*table, *words[:length]), number)
        for mark in _FENCES:
            if line.count(mark) % 2:
                fence = mark
    return lines


def _resolved(words: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """Return the path of a heading's words, each list of tables taken at its last."""
    path: Path = ()
    for word in words:
        path = (*path, word)
        if path in counts:
            path = (*path, counts[path])
    return path
