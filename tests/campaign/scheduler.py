"""From a seed to a list of timed faults, as plain data: the same seed, the same list."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

CODES = ("JPN", "KOR", "USA")
LINKS = {"mesh": ("JPN-KOR", "JPN-USA", "KOR-USA"), "hub": ("JPN-USA", "KOR-USA")}
LENGTH_S = 6.0
SHORT_S = 3.0
DETECTIONS = (0.0, 0.0, 0.03)

WEIGHTS = {
    "kill": 4,
    "pause": 3,
    "cut": 4,
    "freeze": 3,
    "delay": 2,
    "throttle": 2,
    "reorder": 3,
    "home_cut": 2,
    "disk_full": 3,
    "clock": 3,
    "lost_tail": 3,
    "load": 3,
    "key_change": 3,
    "renewal": 1,
    "restart": 2,
}
KINDS = tuple(WEIGHTS)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    ``kill``, ``pause``: ``part`` (node, server, both) of a member. ``cut``, ``freeze`` (``part``: up, down, both, as
    seen from the one that dials), ``delay`` (``amount`` s), ``throttle`` (``amount`` bytes/s): a link. ``reorder``,
    ``home_cut``: the lines between a node and its own server. ``disk_full``: ``part`` (store, streams, both).
    ``clock``: ``amount`` s. ``lost_tail``: what the member kept after ``at_s`` (``part``: store, both) is gone
    ``for_s`` later. ``load``: ``amount`` records at once. ``key_change``: a member signs with a new key of a role
    (``part``); the rosters go to the others first or (``amount``) to itself first, and the old key is in force for
    ``for_s`` more. ``renewal``: it has a new link certificate. ``restart``: a node is told to end, and is started
    again.
    """

    at_s: float
    kind: str
    where: str
    for_s: float
    part: str = ""
    amount: float = 0.0

    def __str__(self) -> str:
        part = f" {self.part}" if self.part else ""
        amount = f" {self.amount:g}" if self.amount else ""
        return f"{self.at_s:5.2f} s  {self.kind}{part} {self.where}{amount} for {self.for_s:.2f} s"


@dataclass(frozen=True)
class Schedule:
    """All that a seed decides."""

    seed: int
    topology: str
    length_s: float
    rates: dict[str, float]
    """Records a second of each member's producer."""
    faults: tuple[Fault, ...]
    detections: float = 0.0
    """Share of the records that each node's own desk works on, which costs as much as all the rest."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        return cls(**{**values, "faults": tuple(Fault(**fault) for fault in values["faults"])})

    def __str__(self) -> str:
        rates = ", ".join(f"{code} {rate:.0f}/s" for code, rate in self.rates.items())
        head = f"seed {self.seed}: {self.topology}, {self.length_s:g} s, {rates}, detections {self.detections:g}"
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])


def schedule_for(seed: int, *, short: bool = False, kinds: Sequence[str] = KINDS) -> Schedule:
    """Draw a schedule out of some kinds of faults; seed after seed begins with another, so that all are drawn."""
    chance = random.Random(f"tocsin campaign {seed}")
    topology = chance.choice(("mesh", "mesh", "hub"))
    length_s = SHORT_S if short else LENGTH_S
    count = 2 if short else chance.randint(3, 7)
    drawn = [kinds[seed % len(kinds)], *chance.choices(kinds, [WEIGHTS[kind] for kind in kinds], k=count - 1)]
    faults = sorted((_fault(kind, topology, length_s, chance) for kind in drawn), key=lambda fault: fault.at_s)
    rates = {code: round(chance.uniform(15, 50), 1) for code in CODES}
    return Schedule(seed, topology, length_s, rates, tuple(faults), chance.choice(DETECTIONS))


def _fault(kind: str, topology: str, length_s: float, chance: random.Random) -> Fault:
    at_s = round(chance.uniform(0.2, length_s - 1.5), 2)
    for_s = round(chance.uniform(0.3, min(2.5, length_s - at_s)), 2)
    member = chance.choice(CODES)
    link = chance.choice(LINKS[topology])
    match kind:
        case "kill" | "pause":
            return Fault(at_s, kind, member, for_s, chance.choice(("node", "server", "both")))
        case "cut":
            return Fault(at_s, kind, link, for_s)
        case "freeze":
            return Fault(at_s, kind, link, for_s, chance.choice(("up", "down", "both")))
        case "delay":
            return Fault(at_s, kind, link, for_s, amount=round(chance.uniform(0.05, 0.5), 2))
        case "throttle":
            return Fault(at_s, kind, link, for_s, amount=chance.choice((5_000, 20_000, 50_000)))
        case "reorder" | "home_cut":
            return Fault(at_s, kind, member, for_s)
        case "disk_full":
            return Fault(at_s, kind, member, for_s, chance.choice(("store", "streams", "both")))
        case "clock":
            step_s = chance.choice((-1, 1)) * chance.choice((60.0, 600.0, 3600.0, 6 * 3600.0))
            return Fault(at_s, kind, member, for_s, amount=step_s)
        case "lost_tail":
            return Fault(at_s, kind, member, for_s, chance.choice(("store", "both")))
        case "load":
            return Fault(at_s, kind, member, for_s, amount=chance.choice((100, 300, 600)))
        case "key_change":
            roles = ("live", "exercise", "test")
            return Fault(at_s, kind, member, for_s, chance.choice(roles), float(chance.choice((0, 1))))
        case "renewal" | "restart":
            return Fault(at_s, kind, member, for_s)
    raise AssertionError(kind)
