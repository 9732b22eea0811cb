"""Lines of logs to observations, by a mapping that says which field is what of which observable.

Nothing but the mapped fields is taken. A mapping is TOML::

    time = "@timestamp"              # RFC 3339, or seconds since 1970

    [[observable]]
    as = "source"                    # by which others refer to it
    type = "address"                 # ipv4-addr or ipv6-addr, as it looks
    value = "source.ip"              # one key with dots, or keys in one another

    [[observable]]
    type = "network-traffic"
    src_ref = "source"               # another observable's name
    src_port = "source.port"

    [[observable]]
    type = "file"
    "hashes.SHA-256" = "file.hash.sha256"

    [[observable]]
    type = "url"
    value = "http://{url.domain}{url.path}"   # put together; not at all where one of them is missing

A field that holds a list gives an observable of one field once for each item. Texts are brought into the one form that
indicators are written in: domain names, hashes and addresses of mail in small letters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import resources
from typing import Any

from tocsin.cyber.networks import network_of
from tocsin.cyber.observations import Observation
from tocsin.cyber.times import microseconds
from tocsin.errors import ConfigError, MalformedRecordError

Field = Callable[[Mapping[str, Any]], Any]

MAX_ITEMS = 64
"""Of a list in a line of a log that are looked at."""

SHIPPED = ("csv", "ecs", "suricata", "zeek")
"""Mappings that come with the program: a table with plain columns, Elastic Common Schema, Suricata EVE, Zeek JSON."""

_ABSENT = frozenset({None, "", "-", "(empty)"})
"""What logs write where there is nothing; ``-`` and ``(empty)`` are Zeek's."""


class LogMapping:
    """How lines of one kind of log are read."""

    def __init__(self, text: str, *, where: str = "") -> None:
        """Read a mapping.

        Args:
            text: TOML.
            where: Of the file, for errors.

        Raises:
            ConfigError: It is no mapping; the error says where.
        """
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise ConfigError(f"no TOML: {error}", path=where) from error
        time, observables = data.pop("time", None), data.pop("observable", None)
        if not isinstance(time, str) or not isinstance(observables, list) or not observables or data:
            raise ConfigError("a mapping has time, and observables as [[observable]], and nothing else", path=where)
        self._time = _field(time)
        names = [one.get("as", f"#{number}") if isinstance(one, dict) else "" for number, one in enumerate(observables)]
        try:
            self._observables = [
                _Observable(one, name, frozenset(names)) for one, name in zip(observables, names, strict=True)
            ]
        except ValueError as error:
            raise ConfigError(str(error), path=where) from error
        # what others refer to must be there before them
        self._observables.sort(key=lambda one: bool(one.references))

    def observation(self, line: Mapping[str, Any]) -> Observation | None:
        """Return what a line says was seen; None if it holds no observable.

        Raises:
            MalformedRecordError: It tells no time.
        """
        at_us = _time_us(self._time(line))
        objects: dict[str, dict[str, Any]] = {}
        for observable in self._observables:
            observable.read(line, objects)
        return Observation(objects, at_us, at_us) if objects else None


def shipped_mapping(name: str) -> LogMapping:
    """Return a mapping of ``SHIPPED``."""
    file = resources.files("tocsin.cyber").joinpath("data", "mappings", f"{name}.toml")
    return LogMapping(file.read_text(encoding="utf-8"), where=f"{name}.toml")


class _Observable:
    """One kind of observable of a line."""

    def __init__(self, table: Any, name: str, names: frozenset[str]) -> None:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise ValueError(f"observable {name}: every value is a text")
        properties = {key: value for key, value in table.items() if key not in ("as", "type")}
        self.name = name
        self.type: str = table.get("type", "")
        if not re.fullmatch(r"[a-z0-9-]{3,250}", self.type):
            raise ValueError(f"observable {name}: type is that of an observable, address or host")
        self.references = {key: value for key, value in properties.items() if key.endswith("_ref")}
        for key, value in self.references.items():
            if value not in names:
                raise ValueError(f"observable {name}: {key} names {value!r}, and no observable has that name")
        self._fields = [
            (key.split("."), _written(self.type, key), _field(value))
            for key, value in properties.items()
            if key not in self.references
        ]
        self._is_single = len(self._fields) == 1 and not self.references
        if not self._fields and not self.references:
            raise ValueError(f"observable {name}: it has no field")

    def read(self, line: Mapping[str, Any], objects: dict[str, dict[str, Any]]) -> None:
        """Add what a line holds of this observable."""
        found: list[tuple[list[str], Any]] = []
        for keys, written, field in self._fields:
            value = field(line)
            if value is None:
                continue
            values = _items(value)
            if self._is_single:
                for place, item in enumerate(values):
                    self._enter(f"{self.name}#{place}" if place else self.name, [(keys, written(item))], {}, objects)
                return
            found += ((keys, written(item)) for item in values[:1])
        refs = {key: name for key, name in self.references.items() if name in objects} if self.references else {}
        if found or refs:
            self._enter(self.name, found, refs, objects)

    def _enter(
        self, name: str, values: list[tuple[list[str], Any]], refs: dict[str, str], objects: dict[str, dict[str, Any]]
    ) -> None:
        one: dict[str, Any] = {"type": self.type, **refs}
        for keys, value in values:
            inner = one
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
            if value is not None:
                inner[keys[-1]] = value
        if self.type in _BY_LOOK:
            one["type"] = _type_by_look(one.get("value"), self.type)
        if len(one) > 1 and one["type"]:
            objects[name] = one


_BY_LOOK = ("address", "host")


def _type_by_look(value: Any, wanted: str) -> str:
    network = network_of(value) if isinstance(value, str) else None
    if network is None:
        return "domain-name" if wanted == "host" and isinstance(value, str) else ""
    return "ipv4-addr" if network.bits == 32 else "ipv6-addr"


def _written(type_: str, key: str) -> Callable[[Any], Any]:
    """Return the function that brings a value into the form in which indicators are written."""
    if key.startswith("hashes.") or (type_ == "email-addr" and key == "value"):
        return lambda value: value.lower() if isinstance(value, str) else None
    if type_ in ("domain-name", *_BY_LOOK) and key == "value":
        return lambda value: value.lower().rstrip(".") if isinstance(value, str) else None
    if key.endswith(("_port", "pid", "size")):
        return lambda value: int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    return lambda value: value


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [item for item in value[:MAX_ITEMS] if not isinstance(item, dict | list) and item not in _ABSENT]
    return [] if isinstance(value, dict) or value in _ABSENT else [value]


def _field(path: str) -> Field:
    """Make the function that finds a field in a line, by the path that a mapping gives."""
    if "{" in path:
        return partial(_together, re.split(r"\{([^{}]*)\}", path))
    keys = path.split(".")
    if len(keys) == 1:
        return lambda line: line.get(path)
    return lambda line: line[path] if path in line else _inner(line, keys)


def _together(parts: list[str], line: Mapping[str, Any]) -> str | None:
    """Put texts and fields, which take turns, together."""
    texts = []
    for place, part in enumerate(parts):
        values = _items(_field(part)(line)) if place % 2 else [part]
        if not values:
            return None
        texts.append(str(values[0]))
    return "".join(texts)


def _inner(value: Any, keys: list[str]) -> Any:
    for place, key in enumerate(keys):
        if isinstance(value, list):
            found = (_inner(item, keys[place:]) for item in value[:MAX_ITEMS] if isinstance(item, dict))
            return [item for one in found for item in (one if isinstance(one, list) else [one])]
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _time_us(value: Any) -> int:
    try:
        if isinstance(value, str):
            if value[:1].isdigit() and "-" in value:
                return microseconds(datetime.fromisoformat(value))
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return round(value * 1e6)
    except (ValueError, OverflowError, TypeError) as error:  # the last: it has no zone of time
        raise MalformedRecordError(f"no time: {str(value)[:40]!r} ({error})") from error
    raise MalformedRecordError(
        "the line tells no time", advice="See that the mapping is that of this log, and what it names as time"
    )
