"""How much of us one peer may use: the ``[exchange.quotas]`` table (spec 15); the accounts are in ``ledger``.

What comes live beyond its quota is shed at once, before anything is computed on it: its durable copy follows. What
comes durable waits, which costs delay and never data. One account is kept for each link and each originator whose
frames it brings, so that a hub does not pay for one of its spokes, nor one peer for another. Time is ours alone.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Traffic = Literal["flash", "immediate", "routine", "bulk", "control"]

TRAFFIC: tuple[Traffic, ...] = ("flash", "immediate", "routine", "bulk", "control")


class Rate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much may come in a second."""

    frames_per_s: float
    bytes_per_s: float

    def __post_init__(self) -> None:
        if not (self.frames_per_s > 0 and self.bytes_per_s > 0):
            raise ValueError("frames_per_s and bytes_per_s are greater than zero")


class PeerQuotas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one link may bring of one originator, where it differs from the general table."""

    flash: Rate | None = None
    immediate: Rate | None = None
    routine: Rate | None = None
    bulk: Rate | None = None
    control: Rate | None = None
    given_back: Rate | None = None
    burst_s: float | None = None
    catch_up: float | None = None
    work_share: float | None = None
    refused_per_s: float | None = None
    bytes_per_day: int | None = None
    kinds: int | None = None
    worlds_per_day: int | None = None
    epochs_per_day: int | None = None


class Quotas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[exchange.quotas]``: what one link may bring of one originator."""

    flash: Rate = Rate(frames_per_s=1000.0, bytes_per_s=8e6)
    """What comes live beyond this is shed; its durable copy follows."""
    immediate: Rate = Rate(frames_per_s=1000.0, bytes_per_s=8e6)
    """The same."""
    routine: Rate = Rate(frames_per_s=500.0, bytes_per_s=8e6)
    """The same."""
    bulk: Rate = Rate(frames_per_s=500.0, bytes_per_s=16e6)
    """Bulk has the durable path alone, see ``catch_up``."""
    control: Rate = Rate(frames_per_s=200.0, bytes_per_s=4e6)
    """Heads and requests; these have no durable copy."""
    given_back: Rate = Rate(frames_per_s=1000.0, bytes_per_s=8e6)
    """Frames that a member asks for again and is given. What goes beyond waits; of requests beyond 64 that wait none is
    looked into."""
    burst_s: float = 5.0
    """So many seconds' worth may come at once."""
    catch_up: float = 20.0
    """The durable path, which catches up after an outage, may take so many times the rates above."""
    work_share: float = 0.3
    """Share of this node's time that checking its frames may take. Live frames beyond it are shed; while anything is
    shed, durable ones keep to it as well."""
    refused_per_s: float = 20.0
    """Frames that are refused at the door; beyond that all that the link brings live is shed, and durable waits."""
    bytes_per_day: int = 50_000_000_000
    """Bulk waits once half is used, routine slows down at three quarters, immediate at nine tenths, flash never."""
    kinds: int = 200
    """Distinct kinds that this program does not know; records of one more are refused."""
    worlds_per_day: int = 500
    """New pairs of audience and status; frames of one more are refused."""
    epochs_per_day: int = 5000
    """New epochs of chains, of which each start of a member makes one a chain; frames of one more are refused."""
    peers: dict[str, PeerQuotas] = {}
    """Other figures for single originators, by code."""

    def __post_init__(self) -> None:
        for code, peer in self.peers.items():
            _require_positive(peer, f"peers.{code}.")
        _require_positive(self, "")

    def of(self, originator: str) -> Quotas:
        """Return the table that holds for one originator."""
        changes = self.peers.get(originator)
        if changes is None:
            return self
        found = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not None}
        return msgspec.structs.replace(self, **found)

    def rate(self, traffic: Traffic) -> Rate:
        """Return the rate of one sort of traffic."""
        rates = {
            "flash": self.flash, "immediate": self.immediate, "routine": self.routine, "bulk": self.bulk,
            "control": self.control,
        }  # fmt: skip
        return rates[traffic]


def _require_positive(table: Quotas | PeerQuotas, where: str) -> None:
    names = (
        "burst_s",
        "catch_up",
        "work_share",
        "refused_per_s",
        "bytes_per_day",
        "kinds",
        "worlds_per_day",
        "epochs_per_day",
    )
    for name in names:
        value = getattr(table, name)
        if value is not None and not value > 0:
            raise ValueError(f"{where}{name} is greater than zero")
