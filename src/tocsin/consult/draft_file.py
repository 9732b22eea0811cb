"""The text of a statement as people write it: a TOML file, read with every mistake named, and written back."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from tocsin.consult.orders import DraftOrder
from tocsin.consult.statement import Paragraph, Reservation, Statement, Texts
from tocsin.errors import FeedError
from tocsin.records.consult import MAX_STATEMENT_BYTES

_ADVICE = "See docs/how-to/agree-on-a-joint-statement.md"


def read_draft(text: str, *, name: str, pseudonym: str, role: str, status: str, note: str = "") -> DraftOrder:
    """Read a draft.

    Args:
        text: The file's.
        name: Of the file, for errors.
        pseudonym: Of the person who drafts.
        role: In which role.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        note: What changed, and why.

    Raises:
        FeedError: It is no TOML, or a field of it is missing, unknown or of another kind; which is named.
    """
    if len(text.encode(errors="replace")) > MAX_STATEMENT_BYTES:
        raise FeedError(f"longer than the {MAX_STATEMENT_BYTES} bytes of a statement", source=name)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FeedError(f"no TOML: {error}"[:300], source=name, advice=_ADVICE) from error
    reader = _Reader(name)
    reader.only(data, "the file", ("id", "members", "authentic", "title", "zones", "paragraph"))
    titles = reader.texts(data.get("title"), "[title]")
    paragraphs = []
    for number, each in enumerate(reader.tables(data.get("paragraph"), "[[paragraph]]"), 1):
        where = f"paragraph {number}"
        notes = []
        for one in reader.tables(each.pop("reservation", []), f"reservation of {where}"):
            member = reader.word(one.pop("member", None), f"member of a reservation of {where}")
            notes.append(Reservation(member=member, texts=reader.texts(one, f"reservation of {where}")))
        key = reader.word(each.pop("id", None), f"id of {where}")
        paragraphs.append(Paragraph(id=key, texts=reader.texts(each, where), reservations=tuple(notes)))
    zones = data.get("zones", {})
    return DraftOrder(
        id=reader.word(data.get("id"), "id"), members=reader.words(data.get("members"), "members"), titles=titles,
        paragraphs=tuple(paragraphs), authentic=reader.words(data.get("authentic", []), "authentic"),
        zones=reader.texts(zones, "[zones]") if zones else {}, pseudonym=pseudonym, role=role, status=status, text=note,
    )  # fmt: skip


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def _wrong(self, message: str) -> FeedError:
        return FeedError(message, source=self._name, advice=_ADVICE)

    def only(self, table: dict[str, Any], where: str, names: tuple[str, ...]) -> None:
        unknown = [key for key in table if key not in names]
        if unknown:
            raise self._wrong(f"unknown field {unknown[0][:80]!r} in {where}; there are {', '.join(names)}")

    def word(self, value: Any, where: str) -> str:
        if not isinstance(value, str) or not value:
            raise self._wrong(f"{where} is missing, or no text")
        return value

    def words(self, value: Any, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(f"{where} is no list of texts")
        return tuple(value)

    def texts(self, value: Any, where: str) -> Texts:
        if not isinstance(value, dict) or not value or not all(isinstance(each, str) for each in value.values()):
            raise self._wrong(f'{where} gives a text for each language, such as en = "..."')
        return dict(value)

    def tables(self, value: Any, where: str) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self._wrong(f"{where} is missing, or no list of tables")
        return [dict(each) for each in value]


def write_draft(statement: Statement, zones: dict[str, str]) -> str:
    """Return a statement as such a file, for the drafter to change.

    Args:
        statement: The newest text.
        zones: As they were told with it.
    """
    lines = [f"id = {_quoted(statement.id)}", f"members = [{', '.join(map(_quoted, statement.members))}]"]
    chosen = [language.tag for language in statement.languages if language.is_authentic]
    lines += [f"authentic = [{', '.join(map(_quoted, chosen))}]", "", "[title]", *_texts(statement.titles)]
    if zones:
        lines += ["", "[zones]", *_texts(zones)]
    for paragraph in statement.paragraphs:
        lines += ["", "[[paragraph]]", f"id = {_quoted(paragraph.id)}", *_texts(paragraph.texts)]
        for note in paragraph.reservations:
            lines += ["[[paragraph.reservation]]", f"member = {_quoted(note.member)}", *_texts(note.texts)]
    return "\n".join(lines) + "\n"


def _texts(texts: dict[str, str]) -> list[str]:
    return [f"{key} = {_quoted(words)}" for key, words in texts.items()]


def _quoted(text: str) -> str:
    return json.dumps(
        text, ensure_ascii=False
    )  # a basic string of TOML: the same escapes for what a statement may hold
