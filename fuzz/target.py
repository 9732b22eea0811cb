"""What a target is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[bytes], None]
"""Takes the fuzzer's bytes; raises whatever must not happen."""


@dataclass(frozen=True)
class Target:
    """One decoder, or the door, and what must hold of it."""

    name: str
    says: str
    check: Check
    max_bytes: int = 512


class BrokenError(AssertionError):
    """A property does not hold."""


def need(holds: object, says: str) -> None:
    """Fail unless something holds."""
    if not holds:
        raise BrokenError(says)
