"""What a member releases, to whom, and what waits for a person (spec 8): the ``[exchange]`` table of its TOML."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from tocsin.errors import MarkingError
from tocsin.exchange.quotas import Quotas
from tocsin.markings import Marking, status_class
from tocsin.records import APPROVAL, CREDENTIAL, Record
from tocsin.signing import KeyRole, PublicKey


class Sanitising(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a copy for a wider audience is made coarse (spec 8.6)."""

    releasable_to: tuple[str, ...]
    """Sorted; who gets the copy, this member among them."""
    time_grid_s: float = 1.0
    position_grid_m: float = 5000.0

    def __post_init__(self) -> None:
        if not (self.time_grid_s > 0 and self.position_grid_m > 0):
            raise ValueError("time_grid_s and position_grid_m are greater than zero")
        try:
            Marking(releasable_to=self.releasable_to)
        except MarkingError as error:
            raise ValueError(str(error)) from error


class ReleaseRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to records of some kinds; the first rule that fits decides."""

    kinds: tuple[str, ...]
    """``warning.*``, ``claims.claim``, ``*``."""
    action: Literal["release", "ask", "hold"]
    """``release``: at once, to all whom the marking names. ``ask``: a person decides. ``hold``: stays."""
    statuses: tuple[Literal["actual", "exercise", "test"], ...] = ("actual", "exercise", "test")
    sanitise: Sanitising | None = None
    """Makes a coarse copy for others besides. It leaves although the original is on ``hold``; after ``ask`` it waits
    for a person as well."""

    def fits(self, kind: str) -> bool:
        """Tell whether this is about a kind."""
        return any(fnmatchcase(kind, each) for each in self.kinds)


class Releaser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who may widen markings, known abroad by the pseudonym alone."""

    pseudonym: str
    keyid: str
    public: str
    """The person's Ed25519 public key in base64."""

    def __post_init__(self) -> None:
        if PublicKey(role=KeyRole.LIVE, public=self.public).keyid != self.keyid:
            raise ValueError(f"keyid of {self.pseudonym} is not that of its public key")


_DECISIONS = (APPROVAL, CREDENTIAL)
"""A person stands behind each already."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member's rules for its exchange."""

    release: tuple[ReleaseRule, ...] = (
        ReleaseRule(
            kinds=(
                "warning.*",
                "watch.*",
                "orbit.launch_notice",
                "alerts.*",
                "cargo.*",
                "claims.*",
                "consult.*",
                "cyber.*",
            ),
            action="release",
        ),
    )
    """What no rule fits waits for a person."""
    release_by: Literal["person", "passkey"] = "person"
    """What lets go what waits. ``person``: a releaser who has signed in to the watch floor, or whoever may write to the
    member's folder. ``passkey``: a releaser's own signature by passkey, at the watch floor, and nothing else."""
    releasers: tuple[Releaser, ...] = ()
    max_frame_bytes: int = 512_000
    """Of frames that this member seals."""
    max_frame_records: int = 200
    max_received_bytes: int = 1_000_000
    """Of frames that it takes in; whoever takes less than others seal does not hear them."""
    clock_tolerance_s: float = 5.0
    """An originator's clock further off than this is shown as suspect, never refused."""
    request_after_s: float = 2.0
    """A gap that lasts longer is asked for."""
    quotas: Quotas = Quotas()
    """How much of this member one peer may use."""

    def __post_init__(self) -> None:
        if not (8192 <= self.max_frame_bytes <= 1_000_000 and 1 <= self.max_frame_records <= 1000):
            raise ValueError("max_frame_bytes is 8192 to 1000000 and max_frame_records 1 to 1000")
        if not 8192 <= self.max_received_bytes <= 1_000_000:
            raise ValueError("max_received_bytes is 8192 to 1000000")

    def rule_for(self, record: Record) -> ReleaseRule | None:
        """Return the first rule that fits a record."""
        world = status_class(record.status)
        for rule in self.release:
            if world in rule.statuses and rule.fits(record.kind):
                return rule
        return None

    def decide(self, record: Record, *, is_copy: bool = False) -> Literal["release", "ask", "hold"]:
        """Say whether a record may leave now; those of the exchange, of people's decisions and about an exercise may.

        Args:
            record: One of our own.
            is_copy: It is the coarse copy that the rule itself wants made for others.
        """
        if record.room == "exchange" or record.kind in _DECISIONS or _tells_of_exercise(record):
            return "release"
        rule = self.rule_for(record)
        if rule is None:
            return "ask"
        return "release" if is_copy and rule.action == "hold" else rule.action


def _tells_of_exercise(record: Record) -> bool:
    """Tell whether a record is how an exercise is run; no policy may keep its end from those who take part."""
    return record.room == "exercise" and status_class(record.status) == "exercise"
