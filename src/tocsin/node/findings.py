"""What a check of a member has found."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["ok", "warning", "error"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    level: Level
    about: str
    """Configuration, keys, roster, certificates, server, ports, store, clock or links."""
    what: str
    where: str = ""
    advice: str = ""
