"""What is wrong with a CAP message: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.errors import CapError


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong."""

    rule: str
    """Which rule is broken; stays the same from version to version."""
    where: str
    """Path of the element, such as ``alert/info[2]/area[1]/polygon[1]``; empty: the message as a whole."""
    line: int = 0
    """In the file, from 1; 0: not known."""
    what: str
    advice: str

    def error(self) -> CapError:
        """Return it as the error of a message that cannot be used."""
        return CapError(self.what, path=self.where, line=self.line, advice=self.advice)


def require_none(findings: Iterable[Finding]) -> None:
    """Stop if there is anything wrong.

    Raises:
        CapError: The first thing that is.
    """
    for finding in findings:
        raise finding.error()
