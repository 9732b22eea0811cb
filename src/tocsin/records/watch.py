"""What people on duty do, told to whoever shares the record: remarks on an event, and the log of a shift."""

from __future__ import annotations

from typing import Literal

import msgspec

from tocsin.records.control import Person

MAX_TEXT = 2000
"""Characters that one remark or entry of a log holds at most."""

Act = Literal["acknowledge", "concur", "query", "dispute", "false_alarm", "seen"]


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person says of a record (``watch.remark``); the record stands among its sources as well."""

    originator: str
    """Of the record that it is about."""
    record: str
    """Id of the record that it is about."""
    act: Act
    """``acknowledge``: we know; ``concur``: we see it so, too; ``query``: we ask; ``dispute``: we see it otherwise;
    ``false_alarm``: there is nothing; ``seen``: it was on somebody's screen."""
    person: Person
    event_id: str = ""
    """Of the event that the record is about, if there is one."""
    text: str = ""

    def __post_init__(self) -> None:
        require_text(self.text)
        if self.act in ("query", "dispute") and not self.text.strip():
            raise ValueError(f"a remark of {self.act} says in its text what is asked or what is seen otherwise")


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line in the log of a shift (``watch.log_entry``); it stays with the member that wrote it."""

    text: str
    person: Person
    event_id: str = ""
    hands_over: bool = False
    """Whether the shift ends with it, and the text is what the next has to know."""

    def __post_init__(self) -> None:
        require_text(self.text)
        if not self.text.strip():
            raise ValueError("an entry of the log has a text")


def require_text(text: str) -> None:
    """Refuse a text that is longer than others have to take.

    Raises:
        ValueError: It has more than ``MAX_TEXT`` characters.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text has {MAX_TEXT} characters at most, not {len(text)}")
