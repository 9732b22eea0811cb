"""One message looked at from every side: form, rules, references, territory, signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from cryptography import x509

from tocsin.alerts import Territory
from tocsin.cap.context import against_known, outside
from tocsin.cap.findings import Finding
from tocsin.cap.model import CapAlert, Reference
from tocsin.cap.parsing import located
from tocsin.cap.reading import try_cap
from tocsin.cap.rules import broken_rules
from tocsin.cap.signature import signed_part
from tocsin.errors import CapError


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a check."""

    alert: CapAlert | None
    """None if it cannot be read."""
    findings: tuple[Finding, ...]
    """All that is wrong, at most ``MAX_FINDINGS``; empty: nothing is."""


def check_cap(
    message: bytes,
    *,
    known: Mapping[Reference, CapAlert] | None = None,
    territory: Territory | None = None,
    certificates: Sequence[x509.Certificate] | None = None,
    at: datetime | None = None,
) -> Checked:
    """Find all that is wrong with a message.

    Args:
        message: As received.
        known: Messages that it may refer to; None: not looked at.
        territory: What its areas have to be within; None: not looked at.
        certificates: Of its sender; then it has to be signed, and only what was signed is read. None: not looked at.
        at: When the certificates have to be valid, UTC; stands with them.

    Raises:
        ValueError: ``certificates`` stand without ``at``.
    """
    if certificates is not None and at is None:
        raise ValueError("certificates are good at some time: say at which")
    try:
        if certificates is not None and at is not None:
            message = signed_part(message, certificates, at=at)
        read = try_cap(message)
    except CapError as error:
        return Checked(alert=None, findings=(_finding(error),))
    if read.alert is None:
        return Checked(alert=None, findings=read.findings)
    found: list[Finding] = []
    sides: Iterable[Iterable[Finding]] = (
        broken_rules(read.alert),
        against_known(read.alert, known) if known is not None else (),
        outside(read.alert, territory) if territory is not None else (),
    )
    for side in sides:
        found.extend(side)
    return Checked(alert=read.alert, findings=located(read.root, found))


def _finding(error: CapError) -> Finding:
    rule = "signature" if error.path.endswith("Signature") else "form"
    return Finding(rule=rule, where=error.path, line=error.line, what=error.message, advice=error.advice)
