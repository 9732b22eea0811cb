"""Write what follows from the structs: the JSON Schemas of ``spec/schema`` and two pages of ``docs/reference``.

Run by ``just spec``. A test compares what is committed with what ``files`` returns.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from tocsin import errors
from tocsin.exchange import Header
from tocsin.records import BODIES, MAX_NUMBER, Record, Source
from tocsin.signing import KeyRevocation, Roster, SignedDocument

ROOT = Path(__file__).resolve().parent.parent
DRAFT = "https://json-schema.org/draft/2020-12/schema"
MEMBER = "^[A-Z]{3}$"
HASH = "^[0-9a-f]{64}$"
HASH_OR_NOTHING = "^([0-9a-f]{64})?$"
EPOCH = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
HEAD_PLACE: dict[str, Any] = {
    "prefixItems": [{"type": "string"}, {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}, {"type": "string"}]
}
POSITIVE: dict[str, Any] = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}
STATUS = "^(actual|test|exercise:[a-z0-9][a-z0-9-]{0,63})$"
PLACE: dict[str, Any] = {
    "prefixItems": [
        {"type": "string", "pattern": EPOCH},
        {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
        {"type": "string", "pattern": HASH},
    ]
}

RULES: dict[tuple[str, str], dict[str, Any]] = {
    ("Record", "kind"): {"pattern": r"^[a-z][a-z0-9-]{0,31}\.[a-z][a-z0-9_]{0,31}$"},
    ("Record", "id"): {"pattern": r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"},
    ("Record", "originator"): {"pattern": MEMBER},
    ("Source", "originator"): {"pattern": "^([A-Z]{3})?$"},
    ("Record", "status"): {"pattern": STATUS},
    ("Record", "body"): {"type": "object"},
    ("Marking", "releasable_to"): {"uniqueItems": True, "items": {"type": "string", "pattern": "^([A-Z]{3}|PUBLIC)$"}},
    ("Marking", "caveats"): {"uniqueItems": True, "items": {"type": "string", "pattern": "^[A-Z][A-Z0-9-]{0,31}$"}},
    ("Header", "protocol"): {"pattern": r"^tocsin/1(\..*)?$"},
    ("Header", "originator"): {"pattern": MEMBER},
    ("Header", "audience"): {"pattern": "^(PUBLIC|[A-Z]{3}(-[A-Z]{3})*)$"},
    ("Header", "status"): {"pattern": STATUS},
    ("Header", "epoch"): {"pattern": EPOCH},
    ("Header", "previous"): {"pattern": HASH_OR_NOTHING},
    ("Header", "number"): {"minimum": 0, "maximum": MAX_NUMBER},
    ("Header", "digests"): {"minItems": 1, "maxItems": 1000, "items": {"type": "string", "pattern": HASH}},
    ("Roster", "version"): {"minimum": 1},
    ("RosterMember", "code"): {"pattern": MEMBER},
    ("KeyRevocation", "member"): {"pattern": MEMBER},
    ("KeyRevocation", "keyid"): {"pattern": HASH},
    ("LastHead", "number"): {"minimum": 1},
    ("Head", "epoch"): {"pattern": EPOCH},
    ("Head", "number"): {"minimum": 0, "maximum": MAX_NUMBER},
    ("Heads", "count"): {"minimum": 0, "maximum": MAX_NUMBER},
    ("Request", "epoch"): {"pattern": EPOCH},
    ("Request", "after"): {"minimum": 0, "maximum": MAX_NUMBER},
    ("Request", "up_to"): {"minimum": 1, "maximum": MAX_NUMBER},
    ("Position", "lat_deg"): {"minimum": -90, "maximum": 90},
    ("Position", "lon_deg"): {"minimum": -180, "maximum": 180},
    ("Detection", "range_m"): POSITIVE,
    ("Detection", "range_sigma_m"): POSITIVE,
    ("Detection", "range_rate_sigma_mps"): POSITIVE,
    ("Detection", "angle_sigma_deg"): POSITIVE,
    ("Detection", "position_sigma_m"): POSITIVE,
    ("Detection", "azimuth_deg"): {
        "anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 360}, {"type": "null"}]
    },
    ("Detection", "elevation_deg"): {"anyOf": [{"type": "number", "minimum": -90, "maximum": 90}, {"type": "null"}]},
    ("ClassProbability", "probability"): {"minimum": 0, "maximum": 1},
    ("HazardArea", "outline"): {
        "minItems": 3,
        "items": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "prefixItems": [
                {"type": "number", "minimum": -90, "maximum": 90},
                {"type": "number", "minimum": -180, "maximum": 180},
            ],
        },
    },
    ("LaunchNotice", "azimuth_deg"): {
        "anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 360}, {"type": "null"}]
    },
    ("LaunchNotice", "site_radius_km"): {"exclusiveMinimum": 0, "maximum": 500},
    ("LaunchNotice", "azimuth_within_deg"): {"exclusiveMinimum": 0, "maximum": 180},
    ("Signature", "keyid"): {"pattern": HASH},
    ("Signature", "member"): {"pattern": MEMBER},
}
"""Rules of the specification that a struct checks in code and a schema can say too."""

WORDS = (
    (r"\btuple\[(\w+), \.\.\.\]", r"list of \1"),
    (r"\btuple\[([\w, ]+)\]", r"list (\1)"),
    (r"\bdict\[str, str\]", "object of text"),
    (r"\bLiteral\[(.*)\]", r"one of \1"),
    (r"[\"'](\w+)[\"']", r"`\1`"),
    (r"^Grade$", "one of `member`, `public`"),
    (r"^Stage$", "one of `detected`, `assessed`, `predicted`, `closed`"),
    (r"\bmsgspec\.Raw\b", "object"),
    (r"\bstr\b", "text"),
    (r"\bfloat\b", "number"),
    (r"\bint\b", "integer"),
    (r"\bbool\b", "true or false"),
    (r"\bdatetime\b", "time"),
    (r" \| None\b", " or null"),
)
"""Types of Python in the words of JSON, in the order in which they are put in place."""

SLIP: dict[str, Any] = {
    "title": "Slip",
    "description": "A record with the salt of its digest, or the mark that it was recalled (4.3).",
    "oneOf": [
        {
            "type": "object",
            "properties": {
                "salt": {"type": "string", "minLength": 1},
                "record": {"$ref": "record.json"},
                "recalled": {"const": False},
            },
            "required": ["salt", "record"],
        },
        {
            "type": "object",
            "properties": {"recalled": {"const": True}},
            "required": ["recalled"],
            "not": {"anyOf": [{"required": ["record"]}, {"required": ["salt"]}]},
        },
    ],
}

FRAME: dict[str, Any] = {
    "$schema": DRAFT,
    "$id": "frame.json",
    "title": "Frame",
    "description": "What travels (4.1).",
    "type": "object",
    "properties": {
        "header": {"$ref": "header.json"},
        "keyid": {"type": "string", "pattern": HASH, "description": "The key that signed the header."},
        "signature": {"type": "string", "description": "Ed25519 over the header's bytes (4.5), base64."},
        "records": {"type": "array", "minItems": 1, "maxItems": 1000, "items": SLIP},
    },
    "required": ["header", "keyid", "signature", "records"],
}


def files() -> dict[Path, str]:
    """Return every generated file with its text, by path below the root of the project."""
    schemas = {f"body/{kind}": schema(body) for kind, body in BODIES.items()}
    schemas |= {
        "record": schema(Record),
        "header": schema(Header),
        "signed-document": schema(SignedDocument),
        "roster": schema(Roster),
        "revocation": schema(KeyRevocation),
        "frame": FRAME,
    }
    found = {
        Path(f"spec/schema/{name}.json"): json.dumps(
            {"$schema": DRAFT, "$id": f"{name.rpartition('/')[2]}.json", **found}, indent=2, ensure_ascii=False
        )
        + "\n"
        for name, found in schemas.items()
    }
    found[Path("docs/reference/records.md")] = records_page()
    found[Path("docs/reference/errors.md")] = errors_page()
    return found


def schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a struct, with the words of its docstrings and the rules of ``RULES``."""
    (reference,), parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    structs = {found.__name__: found for found in _structs(struct)}
    for name, part in parts.items():
        part["description"] = _prose(part.get("description", ""))
        words = field_docs(structs[name]) if name in structs else {}
        fields = msgspec.structs.fields(structs[name]) if name in structs else ()
        times = {field.name for field in fields if datetime in (field.type, *getattr(field.type, "__args__", ()))}
        for field, property_ in part.get("properties", {}).items():
            if field in words:
                property_["description"] = words[field]
            if field in times:
                _as_time(property_)
            if field == "resumes":
                property_["anyOf"][0].update(PLACE if name == "Header" else HEAD_PLACE)
            property_.update(RULES.get((name, field), {}))
    top = reference["$ref"].rpartition("/")[2]
    found = parts.pop(top)
    return {**found, "$defs": parts} if parts else found


def field_docs(struct: type) -> dict[str, str]:
    """Return the docstring that stands beneath each field of a struct, by field."""
    body = ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]
    words: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        return words
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            words[field.target.id] = inspect.cleandoc(ast.literal_eval(after.value)).replace("``", "`")
    return words


def records_page() -> str:
    """Return the reference page of the record and of every kind."""
    lines = [
        "# Records",
        "",
        "Written by `spec/generate.py` from the structs of `tocsin.records`; the rules are in",
        "[the specification](../../spec/tocsin.md), clause 1, and the schemas in [spec/schema](../../spec/schema).",
        "",
        "A field without words means what its name says; its unit stands last in the name. Times are UTC.",
        "Positions are WGS 84: degrees, and metres above the ellipsoid. Azimuth, bearing and heading are degrees",
        "clockwise from true north; elevation and climb are degrees above the local horizontal. A sigma is one",
        "standard deviation.",
        "",
        "## The record",
        "",
        *_table(Record),
        "",
        "An entry of `sources`:",
        "",
        *_table(Source),
    ]
    for kind, body in sorted(BODIES.items()):
        lines += ["", f"## `{kind}`", "", _prose(body.__doc__ or ""), "", *_table(body)]
    lines += ["", "## Parts"]
    parts = {found.__name__: found for body in BODIES.values() for found in _structs(body) if found is not body}
    for name in sorted(set(parts) - {body.__name__ for body in BODIES.values()}):
        lines += ["", f"### {name}", "", _prose(parts[name].__doc__ or ""), "", *_table(parts[name])]
    lines += ["", "## Kinds that this program does not know", ""]
    lines += ["They are stored, relayed and listed as opaque, byte for byte (clause 1.5).", ""]
    return "\n".join(lines)


def errors_page() -> str:
    """Return the reference page of every error."""
    lines = [
        "# Errors",
        "",
        "Written by `spec/generate.py` from `tocsin.errors`. A code stays the same from version to version; a message",
        "may change. What a peer did wrong is a refusal with a reason (clause 6 of",
        "[the specification](../../spec/tocsin.md)), not an error.",
        "",
        "| code | class | kind of | meaning |",
        "|---|---|---|---|",
    ]
    for error in _errors(errors.TocsinError):
        above = "" if error is errors.TocsinError else f"`{error.__mro__[1].__name__}`"
        meaning = (error.__doc__ or "").partition("\n\n")[0].strip()
        lines.append(f"| `{error.code}` | `{error.__name__}` | {above} | {meaning} |")
    return "\n".join([*lines, ""])


def _errors(error: type[errors.TocsinError]) -> Iterator[type[errors.TocsinError]]:
    yield error
    for below in error.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _errors(below)


def _structs(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Yield a struct and every struct that its fields lead to."""
    yield struct
    pending = [field.type for field in msgspec.structs.fields(struct)]
    seen = {struct}
    while pending:
        found = pending.pop()
        pending.extend(getattr(found, "__args__", ()))
        if isinstance(found, type) and issubclass(found, msgspec.Struct) and found not in seen:
            seen.add(found)
            yield found
            pending.extend(field.type for field in msgspec.structs.fields(found))


def _table(struct: type[msgspec.Struct]) -> list[str]:
    line = [
        each for each in reversed(struct.__mro__) if issubclass(each, msgspec.Struct) and each is not msgspec.Struct
    ]
    words = {name: text for each in line for name, text in field_docs(each).items()}
    notes = {name: note for each in line for name, note in inspect.get_annotations(each).items()}
    lines = ["| field | type | default | meaning |", "|---|---|---|---|"]
    for field in msgspec.structs.fields(struct):
        shape = _shape(str(notes[field.name]), field.type)
        default = "" if field.required else f"`{_default(field)}`"
        meaning = " ".join(words.get(field.name, "").split())
        lines.append(f"| `{field.name}` | {shape} | {default} | {meaning} |")
    return lines


def _shape(note: str, shape: Any) -> str:
    """Return a type in the words of JSON."""
    if isinstance(shape, type) and issubclass(shape, Enum):
        return "one of " + ", ".join(f"`{value.value}`" for value in shape)
    for pattern, words in WORDS:
        note = re.sub(pattern, words, note)
    return note


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return json.dumps(value.value if isinstance(value, Enum) else value, ensure_ascii=False)


def _prose(text: str) -> str:
    """Return a docstring without its sections for programmers and without double backticks."""
    kept = inspect.cleandoc(text).partition("\n\nRaises:")[0]
    return re.sub(r"\bspec (\d)", r"clause \1", kept).replace("``", "`")


def _as_time(property_: dict[str, Any]) -> None:
    for found in property_.get("anyOf", [property_]):
        if found.get("type") == "string":
            found.update({"format": "date-time", "pattern": "([Zz]|[+-]00:?00)$"})


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
