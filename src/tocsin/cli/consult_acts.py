"""What people of a member do in a consultation: ``consult comment``, ``propose``, ``silence``, ``break``, ``sign``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from tocsin.cli.ordering import ask_node
from tocsin.cli.parameters import HERE, Json, Moment, Span, UsageError
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.consult.orders import Act
    from tocsin.records import RecordRef

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Words = Annotated[tuple[str, ...], Parameter(name="--words", metavar="TAG=TEXT", negative="")]
Refs = Annotated[tuple[str, ...], Parameter(metavar="MEMBER/ID", negative="")]
MINIMUM, GRACE = timedelta(hours=1), timedelta(minutes=5)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who says it, for which member."""

    by: Annotated[str, Parameter(metavar="PSEUDONYM")]
    """Pseudonym of the person who says it for the member."""
    role: str = ""
    """In which role; without it drafter, signatory or desk_officer, as it is usual."""
    status: str = "actual"
    """actual, test or exercise:ID."""
    config: Path = HERE
    """The member's TOML, or the folder that holds it as member.toml."""
    as_json: Json = False
    """Write one JSON object."""


def add_to(consult: App) -> None:
    """Add these commands to ``consult``."""
    for name, command in (
        ("comment", comment), ("propose", propose), ("reserve", reserve), ("take-back", take_back), ("accept", accept),
        ("silence", silence), ("break", break_), ("sign", sign), ("issue", issue), ("withdraw", withdraw),
    ):  # fmt: skip
        consult.command(command, name=name)


def accept(
    name: str, /, refs: Refs = (), *, text: str = "", speaker: Speaker,
) -> int:  # fmt: skip
    """Send the next text round with these brackets and reservations taken in; all others are closed by it.

    Args:
        name: The consultation.
        refs: What is taken, as show names it.
        text: Why.
        speaker: Who says it, for which member.
    """
    return _ask("accept", name, speaker, refs=tuple(map(_ref, refs)), text=text)


def comment(
    name: str, text: str, /, *, paragraph: str = "", speaker: Speaker,
) -> int:  # fmt: skip
    """Say something of the newest text, or of one paragraph.

    Args:
        name: The consultation.
        text: What.
        paragraph: Its id.
        speaker: Who says it, for which member.
    """
    return _ask("comment", name, speaker, text=text, paragraph=paragraph)


def propose(
    name: str, paragraph: str, /, *, words: Words = (), how: Literal["replace", "insert", "strike"] = "replace",
    text: str = "", speaker: Speaker,
) -> int:  # fmt: skip
    """Put a paragraph in brackets: other words for it, a new one after it, or none.

    Args:
        name: The consultation.
        paragraph: Its id.
        words: The words wanted, en=... and again for each language; insert needs every language.
        how: replace its words, insert a paragraph after it, or strike it.
        text: Why.
        speaker: Who says it, for which member.
    """
    return _ask(
        how,
        name,
        speaker,
        paragraph=paragraph,
        texts=_texts(words),
        text=text,
    )


def reserve(
    name: str, paragraph: str, /, *, words: Words, text: str = "", speaker: Speaker,
) -> int:  # fmt: skip
    """Ask for a footnote in this member's name, so that it can join without a paragraph or with its own reading.

    Args:
        name: The consultation.
        paragraph: The id of the paragraph that it is about.
        words: The words of the footnote, en=... and again for each language.
        text: Why.
        speaker: Who says it, for which member.
    """
    return _ask(
        "reserve",
        name,
        speaker,
        paragraph=paragraph,
        texts=_texts(words),
        text=text,
    )


def take_back(
    name: str, ref: Annotated[str, Parameter(metavar="MEMBER/ID")], /, *, speaker: Speaker,
) -> int:  # fmt: skip
    """Take back a comment, a bracket or a reservation of this member on the newest text.

    Args:
        name: The consultation.
        ref: What, as show names it.
        speaker: Who says it, for which member.
    """
    return _ask("take_back", name, speaker, refs=(_ref(ref),))


def silence(
    name: str, /, *, until: Moment = None, within: Span | None = None, minimum: Span = MINIMUM,
    grace: Span = GRACE, text: str = "",
    speaker: Speaker,
) -> int:  # fmt: skip
    """Put the newest text under silence: it stands unless a member breaks silence by the deadline.

    Args:
        name: The consultation.
        until: The deadline, UTC: 2026-01-31T12:00Z.
        within: The deadline from now on, in its place: 24h, 90m, 2d.
        minimum: So long before the deadline every member's receipt must be there, or the deadline is suspended for all.
        grace: So long after it nodes wait for a break that was signed before it; more than clocks may differ.
        text: What members should know.
        speaker: Who says it, for which member.
    """
    if (until is None) == (within is None):
        raise UsageError("say until when, with --until or with --within")
    deadline_at = SystemClock().now() + within if within is not None else until
    return _ask(
        "silence", name, speaker, deadline_at=deadline_at,
        minimum_s=minimum.total_seconds(), grace_s=grace.total_seconds(), text=text,
    )  # fmt: skip


def break_(
    name: str, text: str, /, *, speaker: Speaker,
) -> int:  # fmt: skip
    """Break silence: one member's objection is enough.

    Args:
        name: The consultation.
        text: Why; all members see it.
        speaker: Who says it, for which member.
    """
    return _ask("break", name, speaker, text=text)


def sign(
    name: str, /, *, speaker: Speaker,
) -> int:  # fmt: skip
    """Sign what is agreed with this member's key.

    Args:
        name: The consultation.
        speaker: Who says it, for which member.
    """
    return _ask("sign", name, speaker)


def issue(
    name: str, /, *, without: Annotated[str, Parameter(metavar="CODES")] = "", corrects: str = "",
    supersedes: str = "", text: str = "", speaker: Speaker,
) -> int:  # fmt: skip
    """Issue what is agreed and signed.

    Args:
        name: The consultation.
        without: Codes of the members without whose signature it goes out, separated by commas: exactly those.
        corrects: An earlier consultation whose statement this one corrects.
        supersedes: An earlier one whose place it takes.
        text: What readers should know.
        speaker: Who says it, for which member.
    """
    if corrects and supersedes:
        raise UsageError("a statement corrects an earlier one or supersedes it")
    unsigned = tuple(code.strip().upper() for code in without.split(",") if code.strip())
    return _ask(
        "issue", name, speaker, unsigned=unsigned, replaces=corrects or supersedes,
        replaces_as="corrected" if corrects else "superseded" if supersedes else "", text=text,
    )  # fmt: skip


def withdraw(
    name: str, text: str, /, *, speaker: Speaker,
) -> int:  # fmt: skip
    """Withdraw this member from a statement that was issued; its signature stays, and so does this.

    Args:
        name: The consultation.
        text: Why.
        speaker: Who says it, for which member.
    """
    return _ask("withdraw", name, speaker, text=text)


def _ask(act: Act, name: str, speaker: Speaker, **fields: Any) -> int:
    from tocsin.consult import ConsultOrder

    usual = "drafter" if act in ("accept", "silence", "issue") else "desk_officer"
    role = speaker.role or ("signatory" if act in ("sign", "withdraw") else usual)
    order = ConsultOrder(act=act, consultation=name, pseudonym=speaker.by, role=role, status=speaker.status, **fields)
    return ask_node(order, speaker.config, as_json=speaker.as_json)


def _texts(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in words]
    for tag, equals, _ in pairs:
        if not (tag and equals):
            raise UsageError("--words is a language and its words, such as --words 'en=We call for talks.'")
    return {tag: text for tag, _, text in pairs}


def _ref(text: str) -> RecordRef:
    from tocsin.records import RecordRef

    member, slash, record = text.partition("/")
    if not slash:
        raise UsageError(f"{text!r} is no MEMBER/id, as show names it")
    return RecordRef(originator=member.upper(), record=record)
