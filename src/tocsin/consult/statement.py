"""The statement itself: paragraphs with ids, in one language or several, and the exact bytes that are signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from tocsin.codec import decode, encode
from tocsin.consult.characters import fault_of, normalised
from tocsin.errors import DomainError, TocsinError
from tocsin.markings import status_class
from tocsin.records.consult import MAX_PARAGRAPH, MAX_STATEMENT_BYTES, require_consultation, require_language
from tocsin.records.record import require_member

PAYLOAD_TYPE = "application/vnd.tocsin.statement.v1+json"
"""Under which a statement is signed, so that no signature of it fits anything else."""
MOST_PARAGRAPHS = 1000
BANNERS = {"actual": "", "exercise": "EXERCISE EXERCISE EXERCISE", "test": "TEST TEST TEST"}

Texts = dict[str, str]
"""By language."""


class Reservation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A footnote by which a member joins without a paragraph, or reads it its own way."""

    member: str
    texts: Texts


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One paragraph; its id stays, whatever becomes of its words."""

    id: str
    texts: Texts
    reservations: tuple[Reservation, ...] = ()


class LanguageText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language of a statement."""

    tag: str
    """BCP 47."""
    sha256: str
    """Of ``plain_text`` in this language, in UTF-8."""
    is_authentic: bool
    """The text in this language is equally authentic; else it is a translation."""


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that members put their names to; nothing that is signed is left unshown, so unknown fields are refused."""

    schema: str
    """``tocsin.statement/1``."""
    id: str
    """The consultation's."""
    drafter: str
    status: str
    members: tuple[str, ...]
    """Whose statement it is, sorted."""
    titles: Texts
    languages: tuple[LanguageText, ...]
    paragraphs: tuple[Paragraph, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages, the first first."""
        return tuple(language.tag for language in self.languages)


SCHEMA = "tocsin.statement/1"


def digest_of(text: str) -> str:
    """Return by what a statement is known: the SHA-256 of its exact text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_statement(
    *, id: str, drafter: str, status: str, members: Iterable[str], titles: Texts,  # noqa: A002 - the field's own name
    paragraphs: Iterable[Paragraph], authentic: Iterable[str] = (),
) -> str:  # fmt: skip
    """Return the exact text of a statement, every text in its normal form.

    Args:
        id: The consultation's.
        drafter: Who holds the pen.
        status: ``actual``, ``test`` or ``exercise:<id>``.
        members: Whose statement it is.
        titles: By language; their languages are the statement's, in this order.
        paragraphs: In order.
        authentic: Languages whose text is authentic; none named: all.

    Raises:
        DomainError: Something of it may not stand in a statement; the message says what and where.
    """
    clean = tuple(
        Paragraph(
            id=each.id, texts=_normal(each.texts),
            reservations=tuple(_clean_note(note) for note in each.reservations),
        )
        for each in paragraphs
    )  # fmt: skip
    chosen = tuple(authentic) or tuple(titles)
    for tag in chosen:
        if tag not in titles:
            raise DomainError(f"authentic names {tag[:40]!r}, in which there is no title")
    draft = Statement(
        schema=SCHEMA, id=id, drafter=drafter, status=status, members=tuple(sorted(set(members))),
        titles=_normal(titles), languages=(), paragraphs=clean,
    )  # fmt: skip
    _check_words(draft, tuple(titles))
    languages = tuple(
        LanguageText(tag=tag, sha256=digest_of(plain_text(draft, tag)), is_authentic=tag in chosen) for tag in titles
    )
    text = encode(msgspec.structs.replace(draft, languages=languages)).decode()
    read_statement(text)
    return text


@lru_cache(maxsize=64)
def read_statement(text: str) -> Statement:
    """Read the exact text of a statement.

    Raises:
        DomainError: It is none, or holds what may not stand in one; the message says what and where.
    """
    try:
        statement = decode(text.encode(), Statement, max_bytes=MAX_STATEMENT_BYTES)
    except (TocsinError, UnicodeEncodeError) as error:
        raise DomainError(f"this is no statement: {error}") from error
    if statement.schema != SCHEMA:
        raise DomainError(f"this is a statement of the form {statement.schema[:40]!r}, not {SCHEMA}")
    _check_words(statement, statement.tags)
    for language in statement.languages:
        if language.sha256 != digest_of(plain_text(statement, language.tag)):
            raise DomainError(f"the text in {language.tag} is not the one whose hash stands in the statement")
    if not any(language.is_authentic for language in statement.languages):
        raise DomainError("no language of it is authentic")
    return statement


def _check_words(statement: Statement, tags: tuple[str, ...]) -> None:
    try:
        require_consultation(statement.id)
        status_class(statement.status)
        for member in statement.members:
            require_member(member)
        for tag in tags:
            require_language(tag)
    except (ValueError, TocsinError) as error:
        raise DomainError(str(error)) from error
    if not tags or len(set(tags)) < len(tags):
        raise DomainError("a statement is in one language at least, and in none twice")
    if list(statement.members) != sorted(set(statement.members)) or statement.drafter not in statement.members:
        raise DomainError("members are sorted, none twice, and whoever drafts is one of them")
    if not 0 < len(statement.paragraphs) <= MOST_PARAGRAPHS:
        raise DomainError(f"a statement has 1 to {MOST_PARAGRAPHS} paragraphs, not {len(statement.paragraphs)}")
    if len({paragraph.id for paragraph in statement.paragraphs}) < len(statement.paragraphs):
        raise DomainError("two paragraphs have one id", advice="Give each an id of its own")
    _require_texts("the title", statement.titles, tags)
    for paragraph in statement.paragraphs:
        _check_paragraph(statement, paragraph, tags)


def _check_paragraph(statement: Statement, paragraph: Paragraph, tags: tuple[str, ...]) -> None:
    where = f"paragraph {paragraph.id[:64]}"
    try:
        require_consultation(paragraph.id)
    except ValueError as error:
        raise DomainError(f"a paragraph: {error}") from error
    _require_texts(where, paragraph.texts, tags)
    for note in paragraph.reservations:
        if note.member not in statement.members:
            raise DomainError(f"{where} has a reservation of {note.member[:8]!r}, who is no member of it")
        _require_texts(f"the reservation of {note.member} on {where}", note.texts, tags)


def _require_texts(where: str, texts: Texts, tags: tuple[str, ...]) -> None:
    if set(texts) != set(tags):
        odd = ", ".join(sorted(set(texts) ^ set(tags)))
        raise DomainError(f"{where} is not in the languages of the title: {odd[:80]}", advice="Write each in every one")
    for tag, words in texts.items():
        if len(words) > MAX_PARAGRAPH:
            raise DomainError(f"{where} in {tag} has {len(words)} characters, of at most {MAX_PARAGRAPH}")
        if fault := fault_of(words):
            raise DomainError(f"{where} in {tag}: {fault}")


def plain_text(statement: Statement, language: str) -> str:
    """Return what a person reads in one language: title, paragraphs, reservations as footnotes.

    An exercise or a test says so in the first line and in the last.
    """
    banner = BANNERS[status_class(statement.status)]
    blocks = [banner, statement.titles[language]]
    notes: list[str] = []
    for paragraph in statement.paragraphs:
        marks = ""
        for note in paragraph.reservations:
            notes.append(f"[{len(notes) + 1}] {note.member}: {note.texts[language]}")
            marks += f" [{len(notes)}]"
        blocks.append(paragraph.texts[language] + marks)
    blocks += [*notes, banner]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _clean_note(note: Reservation) -> Reservation:
    return Reservation(member=note.member, texts=_normal(note.texts))


def _normal(texts: Texts) -> Texts:
    return {tag: normalised(words) for tag, words in texts.items()}
