"""Reads a scenario and tells all that is wrong with it, each with file, line and what to do."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError, ScenarioError
from tocsin.exercise import rules
from tocsin.exercise.lines import MOST_CHARACTERS, Path, Placed, read_toml, read_yaml
from tocsin.exercise.naming import Known, Wrong
from tocsin.exercise.scenario import FORMAT, INJECTS, TO_COME, AnyInject, Common, Expected, Objective, Scenario
from tocsin.exercise.seconds import to_seconds

Form = Literal["toml", "yaml"]
KINDS: dict[str, type[msgspec.Struct]] = {str(each.__struct_config__.tag): each for each in INJECTS}
"""The structs of injects, by their ``kind``."""

_PATH = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `(.*)`")


@dataclass(frozen=True)
class _Part:
    """A part of the file that is read for itself, so that one that is wrong hides no other."""

    path: Path
    value: Any
    shape: Any


def read_scenario(text: str, *, name: str, form: Form = "toml", known: Known) -> Scenario:
    """Read a scenario and check it.

    Args:
        text: The file.
        name: Of the file, for errors.
        form: Its language.
        known: What there is outside of it: launches, sensors.

    Raises:
        ScenarioError: Something is wrong with it; ``others`` has all that is wrong besides.
    """
    if len(text) > MOST_CHARACTERS:
        raise ScenarioError(f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=name, advice="Split it")
    placed = read_toml(text, name) if form == "toml" else read_yaml(text, name)
    scenario, wrong = _read(placed)
    if scenario is not None:
        wrong = list(rules.check(scenario, known))
    errors = [
        ScenarioError(each.message, source=name, line=placed.line_of(each.path), advice=each.advice) for each in wrong
    ]
    if errors:
        first, *others = sorted(errors, key=lambda each: each.line)
        raise ScenarioError(
            wrong_text(first), source=name, line=first.line, advice=first.advice, others=tuple(others)
        ) from None
    if scenario is None:
        raise AssertionError("a scenario that cannot be read has something wrong with it")
    return scenario


def read_inject(given: Any, *, scenario: Scenario | None = None, known: Known | None = None) -> AnyInject:
    """Read one inject that was given by hand.

    Args:
        given: A table of names and values.
        scenario: The exercise that it is for; with it and ``known`` the rules of its kind are checked, too.
        known: What there is outside.

    Raises:
        ScenarioError: It is none.
    """
    problem = _kind_problem(given, ())
    wrong = [problem] if problem else _wrong_with(_Part((), given, _shape_of(given)))
    if not wrong:
        inject: AnyInject = msgspec.convert(given, _shape_of(given), dec_hook=to_seconds)
        if scenario is not None and known is not None:
            wrong = list(rules.check_inject(inject, scenario, known, ()))
        if not wrong:
            return inject
    raise ScenarioError(wrong[0].message, source="the inject", advice=wrong[0].advice)


def read_given(given: str) -> AnyInject:
    """Read an inject as a record carries it (``given_of``).

    Raises:
        ScenarioError: It is none.
    """
    try:
        return read_inject(decode(given.encode(), dict))
    except MalformedRecordError as error:
        raise ScenarioError(f"no inject: {error}", source="the record") from error


def given_of(inject: AnyInject) -> str:
    """Return an inject as JSON, without what players are to do about it."""
    return msgspec.json.encode(msgspec.structs.replace(inject, expect=()), enc_hook=float).decode()


def kind_of(inject: Common) -> str:
    """Return the ``kind`` of an inject."""
    return str(type(inject).__struct_config__.tag)


def wrong_text(error: ScenarioError) -> str:
    """Return what an error says without its place and advice."""
    return str(error.args[0]).partition(": ")[2]


def digest_of(text: str) -> str:
    """Return the SHA-256 of a scenario's text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read(placed: Placed) -> tuple[Scenario | None, list[Wrong]]:
    value = placed.value
    if not isinstance(value, dict):
        return None, [Wrong((), "not a table of names and values", "Begin with id, name, members, clock and inject")]
    if value.get("format") != FORMAT:
        found = "no format" if "format" not in value else f"format {str(value['format'])[:40]!r}"
        return None, [Wrong(("format",), found, f'Write format = "{FORMAT}" (TOML) or format: {FORMAT} (YAML)')]
    wrong: list[Wrong] = []
    lists = {"inject": None, "objective": Objective}
    for key, shape in lists.items():
        entries = value.get(key, [])
        if not isinstance(entries, list):
            wrong.append(Wrong((key,), f"{key} is no list", f"Write each under a heading [[{key}]]"))
            continue
        for at, entry in enumerate(entries):
            path: Path = (key, at)
            if shape is None and (problem := _kind_problem(entry, path)):
                wrong.append(problem)
                continue
            wrong += _wrong_with(_Part(path, entry, shape or _shape_of(entry)))
    rest = {**value, **{key: [] for key in lists}}
    wrong += _wrong_with(_Part((), rest, Scenario))
    if wrong:
        return None, wrong
    if "inject" not in value:
        return None, [Wrong((), "no inject", "Write each under a heading [[inject]]")]
    return msgspec.convert(value, Scenario, dec_hook=to_seconds), []


def _wrong_with(part: _Part) -> list[Wrong]:
    """Return what does not fit, the expected reactions of an inject each for itself."""
    wrong: list[Wrong] = []
    value = part.value
    if isinstance(value, dict) and isinstance(expected := value.get("expect"), list):
        for at, entry in enumerate(expected):
            wrong += _wrong_with(_Part((*part.path, "expect", at), entry, Expected))
        value = {**value, "expect": []}
    try:
        msgspec.convert(value, part.shape, dec_hook=to_seconds)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        path = tuple(
            int(number) if number.isdigit() else word
            for word, number in _PATH.findall(where)
            if word or number.isdigit()
        )
        wrong.append(_in_words(message, (*part.path, *path), part.shape))
    return wrong


def _in_words(message: str, path: Path, shape: Any) -> Wrong:
    if unknown := _UNKNOWN.search(message):
        word = unknown[1]
        names = [field.encode_name for field in msgspec.structs.fields(shape)]
        near = difflib.get_close_matches(word, names, 1)
        advice = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}"
        return Wrong((*path, word), f"{word} is not known here", advice)
    if missing := re.search(r"missing required field `(.*)`", message):
        word = missing[1]
        advice = "Say by which time, such as within = '2:00'" if word == "within" else f"Add {word}"
        return Wrong(path, f"no {word}", advice)
    return Wrong(path, message[:1].lower() + message[1:], "See docs/reference/scenario.md for what may stand here")


def _kind_problem(entry: Any, path: Path) -> Wrong | None:
    if not isinstance(entry, dict):
        return Wrong(path, "an inject is a table of names and values", "Write it under a heading [[inject]]")
    kind = entry.get("kind")
    if kind is None:
        return Wrong(path, "no kind", f"Say which it is: {', '.join(KINDS)}")
    if not isinstance(kind, str) or kind not in KINDS:
        word = str(kind)[:40]
        room = TO_COME.get(word.partition("_")[0].partition(".")[0])
        if room is not None:
            return Wrong((*path, "kind"), f"{word}: the room {room} takes no injects yet", "Use a message instead")
        near = difflib.get_close_matches(word, KINDS, 1)
        advice = f"Did you mean {near[0]}?" if near else f"There are {', '.join(KINDS)}"
        return Wrong((*path, "kind"), f"no inject is of kind {word!r}", advice)
    return None


def _shape_of(entry: Any) -> Any:
    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    return KINDS.get(kind) if isinstance(kind, str) else None
