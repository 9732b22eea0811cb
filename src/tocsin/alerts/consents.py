"""What people say to a message: yes or no, as their ``watch.approval`` records tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.records import Admitted, Approval, Person


@dataclass(frozen=True)
class Consent:
    """One person's yes or no to one message."""

    approval: Admitted
    """The record that tells of it."""
    is_yes: bool
    originator: str
    message: str
    """Id of the ``alerts.alert`` record."""
    digest: str
    """SHA-256 of that record's bytes, hexadecimal: what was read and answered."""
    person: Person
    text: str

    @property
    def at(self) -> datetime:
        """When it was said."""
        return self.approval.record.issued_at


def consent_of(admitted: Admitted) -> Consent | None:
    """Return what a record says to a message; None if it says nothing of the kind."""
    said = admitted.body
    if not isinstance(said, Approval) or said.act == "release":
        return None
    return Consent(admitted, said.act == "approve", said.originator, said.record, said.digest, said.person, said.text)
