"""Who said what, on what source, who denies it: the records of the ledger of claims.

A claim is somebody's statement; nothing here is computed truth. Grades are those of the Admiralty system (STANAG 2511;
AJP-2.1): ``reliability`` of a source, ``A`` to ``F``, and ``credibility`` of what is said, 1 to 6, each judged by
itself. How likely something is, is said with a word of a named scale and never turned into another scale's.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.control import Person
from tocsin.records.warning import Position

MAX_PROPOSITION = 2000
"""Characters of what a claim says."""

Reliability = Literal["A", "B", "C", "D", "E", "F"]
"""Of a source, from completely reliable (A) to unreliable (E); F: it cannot be judged."""

Credibility = Literal[1, 2, 3, 4, 5, 6]
"""Of what is said, from confirmed by others (1) to improbable (5); 6: it cannot be judged."""

SourceKind = Literal[
    "government", "agency", "organisation", "press", "company", "person", "imagery", "sensor", "open_data", "document"
]
Basis = Literal["own", "derived", "unknown"]
"""``own``: seen, taken or written at first hand; ``derived``: rests on other items, named or by their origins alone;
``unknown``: nobody said, and then it corroborates nothing."""

Relation = Literal["supports", "contradicts", "denies"]
Scale = Literal["icd203", "phia"]
Confidence = Literal["low", "moderate", "high"]
Reading = Literal["consistent", "inconsistent", "neutral"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecordRef(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A record by its originator and its id: ids alone are anybody's to choose."""

    originator: str
    record: str

    def __str__(self) -> str:
        return f"{self.originator}/{self.record}"


class Quantity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many or how much, as it was stated: a range, never a mean of what several say."""

    unit: str
    """What is counted, as it stands after a number: ``containers``, ``railcars``, ``tonnes``."""
    least: float | None = None
    most: float | None = None
    """With ``least`` alone: at least; with the same in both: exactly."""
    is_about: bool = False
    """Stated as "about" or "some"."""
    since: datetime | None = None
    until: datetime | None = None
    """The time that is counted over; with ``until`` alone: everything up to then."""

    def __post_init__(self) -> None:
        if not self.unit.strip():
            raise ValueError("a quantity has a unit")
        if self.least is None and self.most is None:
            raise ValueError("a quantity has least, most or both")
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError(f"most ({self.most:g}) is not below least ({self.least:g})")
        require_order(self.since, self.until)


class ClaimPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where, as far as it was said."""

    name: str
    lat_deg: float | None = None
    lon_deg: float | None = None
    within_km: float | None = None
    """How far from the position it may be."""

    def __post_init__(self) -> None:
        if (self.lat_deg is None) != (self.lon_deg is None):
            raise ValueError("lat_deg and lon_deg stand together")
        if self.lat_deg is not None and self.lon_deg is not None:
            Position(lat_deg=self.lat_deg, lon_deg=self.lon_deg)


class ClaimSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody or something that tells (``claims.source``). A later grade supersedes the one before."""

    name: str
    kind: SourceKind
    reliability: Reliability = "F"
    reason: str = ""
    """Why it is graded so."""


class Custody(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an item's way, oldest first (W3C PROV: an activity of an agent on the entity)."""

    at: datetime
    by: str
    did: Literal["obtained", "handed_over", "copied", "redacted", "translated", "archived"]

    def __post_init__(self) -> None:
        require_utc(self.at)


class ClaimItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document, image or message that something rests on (``claims.item``). The file stays with its owner."""

    title: str
    media: str
    """IANA media type, or ``statement`` for words that were only heard."""
    basis: Basis
    source: RecordRef | None = None
    """A ``claims.source``."""
    derived_from: tuple[RecordRef, ...] = ()
    """Items that this one rests on."""
    origins: tuple[str, ...] = ()
    """Opaque tokens. With ``own``: names of the one origin that this is. With ``derived``: one for each origin that it
    rests on and may not name."""
    sha256: str = ""
    """Of the file, hexadecimal; two who hold the same file so find that out."""
    size_bytes: int | None = None
    published_at: datetime | None = None
    obtained_at: datetime | None = None
    custody: tuple[Custody, ...] = ()
    language: str = ""
    """BCP 47."""
    licence: str = ""
    url: str = ""
    quote: str = ""
    """The one sentence that matters, as it stands there."""

    def __post_init__(self) -> None:
        if self.sha256 and not _SHA256.fullmatch(self.sha256):
            raise ValueError("sha256 is 64 hexadecimal digits in small letters")
        if not all(_SHA256.fullmatch(token) for token in self.origins):
            raise ValueError("an origin is 64 hexadecimal digits in small letters")
        if self.basis != "derived" and self.derived_from:
            raise ValueError(f"an item that names what it is derived from has basis derived, not {self.basis}")
        if self.basis == "derived" and not (self.derived_from or self.origins):
            raise ValueError("an item with basis derived names what it is derived from, or that one's origins")
        if self.basis == "unknown" and self.origins:
            raise ValueError("an item with origins has basis own or derived")
        for moment in (self.published_at, self.obtained_at):
            if moment is not None:
                require_utc(moment)
        if any(later.at < earlier.at for earlier, later in zip(self.custody, self.custody[1:], strict=False)):
            raise ValueError("custody is told oldest first")
        require_short(self.quote)


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody says to be so (``claims.claim``)."""

    proposition: str
    speaker: str
    """Who says so: a government, a person, an outlet."""
    reported_by: str = ""
    """Who tells that the speaker said so, if not the speaker: then it is a report of a claim."""
    said_at: datetime | None = None
    subject: str = ""
    object: str = ""
    places: tuple[ClaimPlace, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    """When what it tells of happened, from and to."""
    quantities: tuple[Quantity, ...] = ()
    credibility: Credibility = 6
    hedge: str = ""
    """The speaker's own word for how sure it is, as written."""
    rests_on: tuple[RecordRef, ...] = ()
    """Items that hold it."""
    topic: str = ""
    """By which claims about one thing are found together, such as a movement's id."""

    def __post_init__(self) -> None:
        if not (self.proposition.strip() and self.speaker.strip()):
            raise ValueError("a claim has a proposition and a speaker")
        require_short(self.proposition)
        if self.said_at is not None:
            require_utc(self.said_at)
        require_order(self.since, self.until)


class ClaimLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one item or claim says to a claim (``claims.link``).

    ``denies`` comes from a claim alone, and takes nothing from what supports the other: the two stand side by side.
    """

    of: RecordRef
    """The item or claim."""
    relation: Relation
    to: RecordRef
    """The claim."""
    weight: Literal["slight", "fair", "strong"] = "fair"
    scope: Literal["whole", "part"] = "whole"
    """What of it is denied or contradicted."""
    reason: str = ""

    def __post_init__(self) -> None:
        if self.of == self.to:
            raise ValueError("nothing supports, contradicts or denies itself")
        if self.scope == "part" and not self.reason.strip():
            raise ValueError("what concerns a part says in its reason which part")
        require_short(self.reason)


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How likely a member holds a claim to be (``claims.judgement``); each supersedes that member's one before."""

    claim: RecordRef
    scale: Scale
    word: str
    """Of that scale."""
    confidence: Confidence | None = None
    """In the judgement; never in one sentence with the word (ICD 203)."""
    reasons: str = ""
    person: Person | None = None

    def __post_init__(self) -> None:
        require_short(self.reasons)


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that competes with others."""

    key: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question with the answers that compete for it (``claims.question``)."""

    text: str
    hypotheses: tuple[Hypothesis, ...]
    gaps: tuple[str, ...] = ()
    """What nobody has seen and would decide it, such as "no image of the content"."""

    def __post_init__(self) -> None:
        keys = [hypothesis.key for hypothesis in self.hypotheses]
        if len(keys) < 2 or len(set(keys)) < len(keys):
            raise ValueError("a question has two hypotheses or more, each with a key of its own")


class Weighing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a member reads in one item or claim for one hypothesis (``claims.weighing``); each supersedes the last."""

    question: RecordRef
    hypothesis: str
    """Its key."""
    evidence: RecordRef
    reading: Reading
    reason: str = ""

    def __post_init__(self) -> None:
        require_short(self.reason)


def require_short(text: str) -> None:
    """Refuse a text that is too long.

    Raises:
        ValueError: It has more than ``MAX_PROPOSITION`` characters.
    """
    if len(text) > MAX_PROPOSITION:
        raise ValueError(f"a text has {MAX_PROPOSITION} characters at most, not {len(text)}")


def require_order(since: datetime | None, until: datetime | None) -> None:
    """Refuse times that are not in UTC, and an end before its beginning.

    Raises:
        ValueError: So it is.
    """
    for moment in (since, until):
        if moment is not None:
            require_utc(moment)
    if since is not None and until is not None and until < since:
        raise ValueError("until is not before since")
