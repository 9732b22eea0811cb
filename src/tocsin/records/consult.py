"""Joint statements on their way: texts, what members say of them, silence, and signatures (spec 18).

A statement's text travels as the exact bytes that are signed in the end, and is known by their SHA-256. Whoever drafts
it holds the pen: the texts and the calls for silence of one consultation are all the drafter's.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.claims import RecordRef
from tocsin.records.control import MAX_NUMBER, Person
from tocsin.records.record import require_member
from tocsin.records.watch import require_text

MAX_STATEMENT_BYTES = 300_000
"""Of a statement in UTF-8: what fits into a frame beside its own quotation marks."""
MAX_PARAGRAPH = 10_000
"""Characters of a paragraph in one language."""
LONGEST_SILENCE_S = 366 * 86400.0

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_MOST_LANGUAGES = 16

ConsultAct = Literal["comment", "replace", "insert", "strike", "reserve"]
"""``replace``, ``insert`` (after the paragraph) and ``strike`` put a paragraph in brackets; ``reserve`` asks for a
footnote by the member's name; ``comment`` changes nothing."""

AnswerAct = Literal["received", "kept", "suspended", "broken"]
"""``received``: the member holds these exact bytes; of the others one is its *last word* on a silence."""


class StatementText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text that goes round (``consult.text``). It changes only by the drafter's next, which has a higher number."""

    consultation: str
    """Its id, the same in every text of it."""
    number: int
    """Of the drafter's texts and calls for silence in the consultation, upwards from 1."""
    statement: str
    """The exact text that is signed in the end (``tocsin.consult.Statement`` as JSON), byte for byte."""
    by: Person
    zones: dict[str, str] = {}
    """By member, the zone of its capital's time (IANA), so that all read a deadline alike."""
    text: str = ""
    """What changed, and why."""

    def __post_init__(self) -> None:
        require_consultation(self.consultation)
        _require_number(self.number)
        if len(self.statement.encode(errors="replace")) > MAX_STATEMENT_BYTES:
            raise ValueError(f"a statement has {MAX_STATEMENT_BYTES} bytes at most")
        for member, zone in self.zones.items():
            require_member(member)
            if len(zone) > 64:
                raise ValueError("a zone has 64 characters at most")
        require_text(self.text)


class StatementComment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member says of one text (``consult.comment``); a record that cancels it takes it back."""

    act: ConsultAct
    of: RecordRef
    """The ``consult.text``."""
    by: Person
    paragraph: str = ""
    """Its id. Empty: the whole text, or with ``insert`` before the first."""
    texts: dict[str, str] = {}
    """By language, the words wanted: of the paragraph, or of the footnote."""
    text: str = ""
    """Why; with ``comment``, what is said."""

    def __post_init__(self) -> None:
        if self.paragraph:
            require_consultation(self.paragraph)
        elif self.act in ("replace", "strike", "reserve"):
            raise ValueError(f"{self.act} names a paragraph")
        if (self.act in ("replace", "insert", "reserve")) != bool(self.texts):
            raise ValueError("replace, insert and reserve give texts by language, and nothing else does")
        if len(self.texts) > _MOST_LANGUAGES:
            raise ValueError(f"a text is in {_MOST_LANGUAGES} languages at most")
        for language, words in self.texts.items():
            require_language(language)
            if not 0 < len(words) <= MAX_PARAGRAPH:
                raise ValueError(f"a paragraph has 1 to {MAX_PARAGRAPH} characters")
        require_text(self.text)
        if self.act == "comment" and not self.text.strip():
            raise ValueError("a comment has a text")


class Silence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The drafter's call: this text stands unless a member breaks silence by the deadline (``consult.silence``)."""

    consultation: str
    number: int
    """As of ``consult.text``: a text or a silence with a higher one ends this silence."""
    of: RecordRef
    """The ``consult.text``."""
    digest: str
    """SHA-256 of the statement's bytes, hexadecimal."""
    deadline_at: datetime
    minimum_s: float
    """Each member's receipt of these bytes is there so long before the deadline, or it does not run for anybody."""
    grace_s: float
    """So long after the deadline nodes wait for a break that was signed before it."""
    by: Person
    text: str = ""

    def __post_init__(self) -> None:
        require_consultation(self.consultation)
        _require_number(self.number)
        _require_digest(self.digest)
        require_utc(self.deadline_at)
        if not (0 <= self.minimum_s <= LONGEST_SILENCE_S and 1 <= self.grace_s <= LONGEST_SILENCE_S):
            raise ValueError("minimum_s is zero or more and grace_s 1 or more, a year at most")
        require_text(self.text)


class SilenceAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member says to a text or a silence (``consult.answer``): receipts by its node, a break by a person."""

    act: AnswerAct
    of: RecordRef
    """The ``consult.silence``; with ``received`` alone also a ``consult.text``."""
    digest: str
    """Of the statement."""
    missing: tuple[str, ...] = ()
    """With ``suspended``: the members whose receipt was not there in time; empty: this node was not at work then."""
    by: Person | None = None
    """With ``broken``: who breaks silence."""
    text: str = ""
    """With ``broken``: why."""

    def __post_init__(self) -> None:
        _require_digest(self.digest)
        if self.missing and self.act != "suspended":
            raise ValueError("missing stands with suspended")
        for member in self.missing:
            require_member(member)
        if (self.by is not None) != (self.act == "broken"):
            raise ValueError("a person breaks silence, and nodes say the rest")
        require_text(self.text)
        if self.act == "broken" and not self.text.strip():
            raise ValueError("whoever breaks silence says why")


class StatementSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A member's signature over a text that is agreed (``consult.signature``)."""

    of: RecordRef
    """The ``consult.text``."""
    digest: str
    keyid: str
    """Of the member's key for the status."""
    signature: str
    """Base64; over the statement's bytes in the DSSE encoding."""
    by: Person

    def __post_init__(self) -> None:
        _require_digest(self.digest)
        _require_digest(self.keyid)
        if not 0 < len(self.signature) <= 200:
            raise ValueError("a signature has 1 to 200 characters")


class StatementIssue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A statement goes out, or a member withdraws from one that did (``consult.issue``)."""

    act: Literal["issued", "withdrawn"]
    of: RecordRef
    """The ``consult.text``."""
    digest: str
    by: Person
    unsigned: tuple[str, ...] = ()
    """With ``issued``: the members that have not signed."""
    replaces: RecordRef | None = None
    """With ``issued``: the text of an earlier statement."""
    replaces_as: Literal["", "corrected", "superseded"] = ""
    """What the earlier one is from then on."""
    text: str = ""

    def __post_init__(self) -> None:
        _require_digest(self.digest)
        for member in self.unsigned:
            require_member(member)
        if self.act == "withdrawn" and (self.unsigned or self.replaces is not None):
            raise ValueError("whoever withdraws does so for itself alone")
        if (self.replaces is None) != (not self.replaces_as):
            raise ValueError("replaces and replaces_as stand together")
        require_text(self.text)
        if self.act == "withdrawn" and not self.text.strip():
            raise ValueError("whoever withdraws says why")


def require_consultation(name: str) -> None:
    """Refuse what is no id of a consultation or of a paragraph.

    Raises:
        ValueError: It is not 1 to 64 small letters, digits and hyphens, a letter or digit first.
    """
    if not _ID.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no id: small letters, digits and hyphens, 64 at most")


def require_language(tag: str) -> None:
    """Refuse what is no tag of a language (BCP 47, in form).

    Raises:
        ValueError: It is not.
    """
    if len(tag) > 35 or not _LANGUAGE.fullmatch(tag):
        raise ValueError(f"{tag[:40]!r} is no tag of a language, such as en or ko")


def _require_digest(text: str) -> None:
    if not _DIGEST.fullmatch(text):
        raise ValueError("a digest is 64 hexadecimal digits in small letters")


def _require_number(number: int) -> None:
    if not 1 <= number <= MAX_NUMBER:
        raise ValueError(f"a number is from 1 to {MAX_NUMBER}")
