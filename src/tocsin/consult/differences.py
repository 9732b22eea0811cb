"""What differs between two texts, word by word, in any script."""

from __future__ import annotations

from typing import Literal

import msgspec
from rapidfuzz.distance import Indel

from tocsin.consult.characters import words_of
from tocsin.consult.statement import Paragraph, Statement

SpanOp = Literal["same", "added", "removed"]
Change = Literal["same", "changed", "added", "removed", "moved"]
"""``moved``: it stands elsewhere, and may be changed besides."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Words that stand in both texts or in one of them."""

    op: SpanOp
    text: str


class ParagraphDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One paragraph, the title (id empty) among them, in two texts."""

    id: str
    change: Change
    spans: tuple[Span, ...]


def word_differences(old: str, new: str) -> tuple[Span, ...]:
    """Return a text as it was and as it is, in one: the removed words before the added ones.

    Unchanged pieces of a letter or of none between two changes count as changed with them: a comma that stayed says
    nothing. Time grows with the product of the lengths over 64, whatever the texts are (Indel distance, Hyyroe 2004).
    """
    if old == new:
        return (Span(op="same", text=new),) if new else ()
    before, after = words_of(old), words_of(new)
    blocks = [
        (block.tag == "equal", before[block.src_start : block.src_end], after[block.dest_start : block.dest_end])
        for block in Indel.opcodes(before, after)
    ]
    spans: list[Span] = []
    removed, added = "", ""
    for index, (is_same, gone, come) in enumerate(blocks):
        was, now = "".join(gone), "".join(come)
        if is_same and not (0 < index < len(blocks) - 1 and sum(map(str.isalnum, now)) <= 1):
            spans += _changed(removed, added)
            spans.append(Span(op="same", text=now))
            removed, added = "", ""
        else:
            removed, added = removed + was, added + now
    return (*spans, *_changed(removed, added))


def _changed(removed: str, added: str) -> list[Span]:
    both: list[tuple[SpanOp, str]] = [("removed", removed), ("added", added)]
    return [Span(op=op, text=text) for op, text in both if text]


def differences(old: Statement, new: Statement, language: str) -> tuple[ParagraphDifference, ...]:
    """Return the whole new text with what became of the old one, paragraph by paragraph.

    Args:
        old: An earlier text of the consultation.
        new: A later one.
        language: A language of the new one.
    """
    was = {"": old.titles.get(language, ""), **{each.id: _lines(each, language) for each in old.paragraphs}}
    now = {"": new.titles[language], **{each.id: _lines(each, language) for each in new.paragraphs}}
    old_ids, new_ids = list(was), list(now)
    found = []
    for block in Indel.opcodes(old_ids, new_ids):
        gone = [name for name in old_ids[block.src_start : block.src_end] if name not in now]
        found += [_difference(name, "removed", was[name], "") for name in gone]
        for name in new_ids[block.dest_start : block.dest_end]:
            before = was.get(name, "")
            here: Change = "same" if before == now[name] else "changed"
            if block.tag != "equal":
                here = "moved" if name in was else "added"
            found.append(_difference(name, here, before, now[name]))
    return tuple(found)


def _difference(name: str, change: Change, old: str, new: str) -> ParagraphDifference:
    return ParagraphDifference(id=name, change=change, spans=word_differences(old, new))


def _lines(paragraph: Paragraph, language: str) -> str:
    notes = (f"\n[{note.member}: {note.texts.get(language, '')}]" for note in paragraph.reservations)
    return paragraph.texts.get(language, "") + "".join(notes)
