"""Claims that rules found in a text, each with its sentence, until a person accepts, changes or refuses it.

The file is a ledger in TOML whose entries are ``[[proposal]]``: what is accepted or changed is told when the file is
imported, what is open or refused is not. Refused ones stay in the file, and are what the rules are measured by.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from tocsin.claims.entries import Row
from tocsin.errors import FeedError

Decision = Literal["open", "accept", "change", "refuse"]

MOST_CHARACTERS = 4_000_000
"""Of a file of proposals."""

_HEAD = """\
# Proposals from {file}: rules found them, nobody has checked them yet.
#
# Set decision to "accept", "change" (and change what is wrong) or "refuse" in each, or go through them with
#   tocsin claims decide THIS-FILE
# and tell what was accepted with
#   tocsin claims import THIS-FILE --to ...
# A denial names in "denies" the key or record that it denies. Of the text, its sentence alone is told.
"""


class TextInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which text."""

    file: str
    sha256: str
    """Of its bytes."""
    title: str
    outlet: str
    """Who published it: what nobody else is said to say is its claim."""
    language: str
    rules: str
    """Which rules, and which model of the language, with their versions."""
    published_at: datetime | None = None
    url: str | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One claim as the rules see it."""

    key: str
    decision: Decision = "open"
    sentence: str
    """As it stands in the text, byte for byte."""
    begins_at: int
    """Characters of the text before the sentence."""
    rule: str
    """What it was found by, such as ``said`` or ``according to``."""
    speaker: str
    """Empty: the text names nobody."""
    proposition: str
    reported_by: str = ""
    hedge: str = ""
    is_denial: bool = False
    denies: str = ""
    """Key or record of what it denies; for a person to say."""
    said_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    times: tuple[str, ...] = ()
    """As the text says them; what is no whole date there is made into none."""
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Of denial, of error, of an end, as they stand there."""
    unsure: tuple[str, ...] = ()
    """What the rules cannot tell."""

    @property
    def ends_at(self) -> int:
        """Characters of the text before what follows the sentence."""
        return self.begins_at + len(self.sentence)


@dataclass(frozen=True)
class Precision:
    """How people decided on the proposals of a text."""

    accepted: int
    changed: int
    refused: int
    open: int
    share: float | None
    """Accepted as they were, of those decided; None if none is."""


class ProposalFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All proposals from one text."""

    text: TextInfo
    proposal: tuple[Proposal, ...] = ()

    def count(self) -> Counter[Decision]:
        """Return how many there are of each decision."""
        return Counter(each.decision for each in self.proposal)

    def with_proposal(self, number: int, proposal: Proposal) -> ProposalFile:
        """Return the file with one of its proposals, counted from 0, in another form."""
        changed = list(self.proposal)
        changed[number] = proposal
        return msgspec.structs.replace(self, proposal=tuple(changed))

    def precision(self) -> Precision:
        """Return how many of what the rules proposed people found right."""
        count = self.count()
        decided = len(self.proposal) - count["open"]
        return Precision(
            accepted=count["accept"], changed=count["change"], refused=count["refuse"], open=count["open"],
            share=count["accept"] / decided if decided else None,
        )  # fmt: skip

    def rows(self, source: str) -> Iterator[Row]:
        """Yield the rows of what was accepted or changed: who published the text, each sentence, each claim.

        Args:
            source: The file, for errors.
        """
        told = [each for each in self.proposal if each.decision in ("accept", "change")]
        outlet = f"outlet-{self.text.sha256[:12]}"
        if told:
            yield Row(table="source", fields={"key": outlet, "name": self.text.outlet, "kind": "press"}, source=source)
        for each in told:
            yield from self._rows_of(each, outlet, source)

    def _rows_of(self, each: Proposal, outlet: str, source: str) -> Iterator[Row]:
        place = f"{source}, proposal {each.key}"
        text = self.text
        item: dict[str, Any] = {
            "key": f"{each.key}-text", "title": f"{text.title}, characters {each.begins_at} to {each.ends_at}",
            "media": "text/plain", "basis": "unknown", "source": outlet, "sha256": text.sha256,
            "language": text.language, "quote": each.sentence, "published_at": text.published_at, "url": text.url,
        }  # fmt: skip
        claim: dict[str, Any] = {
            "key": each.key, "proposition": each.proposition, "speaker": each.speaker, "reported_by": each.reported_by,
            "hedge": each.hedge, "said_at": each.said_at, "since": each.since, "until": each.until,
            "rests_on": [item["key"]],
        }  # fmt: skip
        yield Row(table="item", fields=_given(item), source=place)
        yield Row(table="claim", fields=_given(claim), source=place)
        if each.is_denial and each.denies:
            link = {"key": f"{each.key}-denies", "of": each.key, "relation": "denies", "to": each.denies}
            yield Row(table="link", fields=link, source=place)


def write_proposals(proposals: ProposalFile) -> str:
    """Return a file of proposals as TOML."""
    lines = [_HEAD.format(file=json.dumps(proposals.text.file, ensure_ascii=True)), "[text]", *_lines(proposals.text)]
    for each in proposals.proposal:
        lines += ["", "[[proposal]]", *_lines(each)]
    return "\n".join(lines) + "\n"


def is_proposals(text: str) -> bool:
    """Tell whether a TOML file holds proposals, and no ledger."""
    return any(line.strip() == "[text]" for line in text.splitlines()[:40])


def read_proposals(text: str, name: str) -> ProposalFile:
    """Read a file of proposals.

    Args:
        text: The file.
        name: Of the file, for errors.

    Raises:
        FeedError: It is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise FeedError(f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=name, advice="Split the text")
    try:
        return msgspec.convert(tomllib.loads(text), ProposalFile)
    except (ValueError, RecursionError) as error:
        told = str(error)[:300]
        raise FeedError(
            f"no file of proposals: {told}", source=name, advice="Make one with: tocsin claims propose"
        ) from error


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


_ALWAYS = frozenset(
    {*TextInfo.__struct_fields__, "key", "decision", "sentence", "begins_at", "rule", "speaker", "proposition"}
)


def _lines(struct: TextInfo | Proposal) -> Iterator[str]:
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        is_to_fill = name == "denies" and isinstance(struct, Proposal) and struct.is_denial
        if value is not None and (value or is_to_fill or name in _ALWAYS):
            yield f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple():
            return "[" + ", ".join(_value(each) for each in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML takes no bare DEL
