"""What the API speaks of joint statements: where each stands, and what people of this member do about one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from tocsin.consult import Consultation
from tocsin.records import ConsultAct, RecordRef
from tocsin.web.claim_shapes import Told
from tocsin.web.shapes import Role

SPEAKING_ROLES: tuple[Role, ...] = ("analyst", "releaser")
"""Who may comment, propose words and ask for a reservation."""

SPEAKING: tuple[str, ...] = ("comment", "replace", "insert", "strike", "reserve", "take_back")
DECIDING_ROLES: tuple[Role, ...] = ("releaser",)
"""Who may do what binds this member: break silence, call for it, accept, issue, withdraw."""


class StatementTold(Told, frozen=True, kw_only=True):
    """A consultation, with the marking of all that is told of it; a comment may be for fewer than the text."""

    standing: Consultation


class StatementRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do something about a consultation; signing takes the member's key, and is done at the node."""

    act: ConsultAct | Literal["take_back", "accept", "silence", "break", "issue", "withdraw"]
    consultation: str
    """Drafter and id, ``JPN/its-id``."""
    status: str
    paragraph: str = ""
    texts: dict[str, str] = {}
    """By language, the words that are wanted."""
    text: str = ""
    """Why; with ``comment``, what is said."""
    refs: tuple[RecordRef, ...] = ()
    """With ``accept`` and ``take_back``: what is meant."""
    deadline_at: datetime | None = None
    minimum_s: float = 0.0
    unsigned: tuple[str, ...] = ()
    """With ``issue``: without whose signature."""
