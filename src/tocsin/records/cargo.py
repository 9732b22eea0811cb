"""What moved, on which ship or train, who saw it, and whether a silent ship could have called: records of cargo.

A number that somebody *sent* or *told* is evidence, also where it is wrong: a ship that broadcasts another's IMO number
must be reportable. So these records refuse a wrong check digit only of a number that is said to stand in a register;
otherwise the room ``cargo`` marks it. Distances are nautical miles of 1852 m (``_nmi``), speeds knots (``_kn``).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from tocsin.clock import require_utc
from tocsin.records.claims import MAX_PROPOSITION, ClaimPlace, Quantity, RecordRef, require_order, require_short
from tocsin.records.warning import Position

IdentityField = Literal["name", "imo", "mmsi", "call_sign", "flag", "owner", "operator"]
IdentityBasis = Literal["registered", "broadcast", "reported"]
"""``registered``: a register holds it; ``broadcast``: the ship itself sent it; ``reported``: somebody says so."""

Mode = Literal["sea", "rail", "road", "air"]
LegBasis = Literal["seen", "inferred", "reported"]
"""``seen``: at both ends or under way, by whoever the leg rests on; ``inferred``: from something else, which its reason
tells; ``reported``: somebody says so."""

Transponder = Literal["sending", "silent", "unknown"]
"""Of AIS. ``silent`` says that nothing was received, never why."""

Answer = Literal["impossible", "possible", "unclear"]

_DIGITS = re.compile(r"[0-9]{1,10}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_SHIP_MMSI = re.compile(r"[2-7][0-9]{8}")


def is_imo_number(text: str) -> bool:
    """Tell whether a text is an IMO ship number: seven digits, not all zero, of which the last is the check digit.

    Source:
        IMO resolution A.1117(30): the sum of the first six digits times 7, 6, 5, 4, 3 and 2 ends in the seventh.
        ``0000000`` would pass, and is what AIS sends for "not available" (ITU-R M.1371-5, message 5).
    """
    if len(text) != 7 or not _DIGITS.fullmatch(text) or text == "0000000":
        return False
    return sum(int(digit) * (7 - at) for at, digit in enumerate(text[:6])) % 10 == int(text[6])


class VesselIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One name, number or flag of a vessel, from when to when, and who says so."""

    what: IdentityField
    value: str
    """A flag as ISO 3166-1 alpha-2; numbers in digits alone."""
    basis: IdentityBasis
    since: datetime | None = None
    until: datetime | None = None
    """Not given: not known, or still so."""
    source: str = ""
    """Who says so, in words."""
    rests_on: tuple[RecordRef, ...] = ()
    """Items or claims that say so."""

    def __post_init__(self) -> None:
        if not self.value.strip() or len(self.value) > MAX_PROPOSITION:
            raise ValueError(f"a value has 1 to {MAX_PROPOSITION} characters, and is not blank")
        if not (self.source.strip() or self.rests_on):
            raise ValueError(f"the {self.what} {self.value[:80]!r} names no source: give source or rests_on")
        require_order(self.since, self.until)
        if self.what == "flag" and not _COUNTRY.fullmatch(self.value):
            raise ValueError(f"flag {self.value[:80]!r} is no country code of two capital letters, such as RU")
        if self.what in ("imo", "mmsi"):
            self._require_number()

    def _require_number(self) -> None:
        if not _DIGITS.fullmatch(self.value):
            raise ValueError(f"{self.what} {self.value[:80]!r} is not 1 to 10 digits")
        if not self.value.strip("0"):
            raise ValueError(f"{self.what} {self.value} is what AIS sends for none, and is nobody's")
        if self.basis == "registered" and self.what == "imo" and not is_imo_number(self.value):
            raise ValueError(
                f"imo {self.value} has not seven digits, or its check digit is wrong: no register holds it; if the "
                "ship sent it so, its basis is broadcast, if somebody printed it so, reported"
            )
        if self.basis == "registered" and self.what == "mmsi" and not _SHIP_MMSI.fullmatch(self.value):
            raise ValueError(
                f"mmsi {self.value} is not nine digits that begin with 2 to 7, as those of ships do (ITU-R M.585): "
                "no register holds it; if the ship sent it so, its basis is broadcast, if somebody printed it so, "
                "reported"
            )


class Vessel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ship and every identity it is said to have had (``cargo.vessel``). A change of identity is one entry more."""

    identities: tuple[VesselIdentity, ...]
    ship_type: str = ""
    """As stated, such as ``ro-ro cargo``."""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.identities:
            raise ValueError("a vessel has one identity or more")
        require_short(self.note)

    def values(self, what: IdentityField) -> tuple[str, ...]:
        """Return all values of one kind, each once, in the order in which they are told."""
        return tuple(dict.fromkeys(each.value for each in self.identities if each.what == what))


class CargoPlace(ClaimPlace, frozen=True, kw_only=True, omit_defaults=True):
    """A port, station or depot, with its codes where it has any."""

    country: str = ""
    """ISO 3166-1 alpha-2."""
    unlocode: str = ""
    """UN/LOCODE without a space, such as ``KRPUS``."""
    wpi: int | None = None
    """Number in the World Port Index (NGA Pub. 150)."""
    site: str = ""
    """Name of the site in Tocsin's list of places that no index holds, such as ``RU-DUNAI``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name.strip():
            raise ValueError("a place has a name")
        if self.within_km is not None and self.within_km < 0:
            raise ValueError(f"within_km ({self.within_km:g}) is zero or more")
        if self.country and not _COUNTRY.fullmatch(self.country):
            raise ValueError(f"country {self.country[:80]!r} is no code of two capital letters, such as KP")
        if self.unlocode and not _LOCODE.fullmatch(self.unlocode):
            raise ValueError(
                f"unlocode {self.unlocode[:80]!r} is not five characters, two letters and three letters or digits "
                "from 2 to 9"
            )
        if self.wpi is not None and not 0 < self.wpi < 100_000:
            raise ValueError(f"wpi {self.wpi} is no number of the World Port Index, 1 to 99999")


class MovementLeg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of the way."""

    mode: Mode
    basis: LegBasis
    origin: CargoPlace | None = None
    destination: CargoPlace | None = None
    since: datetime | None = None
    until: datetime | None = None
    transponder: Transponder = "unknown"
    reason: str = ""
    """What it is inferred from."""
    rests_on: tuple[RecordRef, ...] = ()
    """Claims or items."""

    def __post_init__(self) -> None:
        if self.origin is None and self.destination is None:
            raise ValueError("a leg has an origin, a destination or both")
        if self.basis == "inferred" and not self.reason.strip():
            raise ValueError("an inferred leg says in its reason what it is inferred from")
        require_order(self.since, self.until)
        require_short(self.reason)


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went from where to where, as far as it was said or seen (``cargo.movement``).

    That it moved, what it held and what for are three claims with three levels of support: this tells the first, and
    ``cargo`` what was *stated* of the second.
    """

    title: str
    mode: Mode | None = None
    """None: by several, as the legs tell, or not stated."""
    vessels: tuple[RecordRef, ...] = ()
    """``cargo.vessel`` records."""
    carrier: str = ""
    """What carried it, as stated: ships, a train, aircraft."""
    origin: CargoPlace | None = None
    destination: CargoPlace | None = None
    since: datetime | None = None
    until: datetime | None = None
    cargo: str = ""
    """As stated."""
    quantities: tuple[Quantity, ...] = ()
    """As stated, side by side."""
    legs: tuple[MovementLeg, ...] = ()
    rests_on: tuple[RecordRef, ...] = ()
    """The claims, items and counts that say so; who denies one of the claims denies this."""
    topic: str = ""

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("a movement has a title")
        require_short(self.title)
        require_short(self.cargo)
        require_order(self.since, self.until)


class CargoCount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many rail cars or containers an image shows, and how many there usually are (``cargo.count``)."""

    place: CargoPlace
    quantity: Quantity
    since: datetime
    """When the image was taken; with ``until``: between the two."""
    until: datetime | None = None
    baseline: Quantity | None = None
    """How many there were before, over the time that its ``since`` and ``until`` tell."""
    baseline_note: str = ""
    """What the baseline rests on, or why there is none: a count without one says little."""
    basis: LegBasis = "seen"
    rests_on: tuple[RecordRef, ...] = ()
    """The images, or the claims that tell of them."""

    def __post_init__(self) -> None:
        if self.baseline is None and not self.baseline_note.strip():
            raise ValueError("a count has a baseline, or says in baseline_note why there is none")
        if self.baseline is not None and self.baseline.unit != self.quantity.unit:
            raise ValueError(f"the baseline counts {self.baseline.unit!r}, the count {self.quantity.unit!r}")
        require_order(self.since, self.until)
        require_short(self.baseline_note)


class Fix(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a ship was, and when."""

    at: datetime
    lat_deg: float
    lon_deg: float
    source: str = ""
    """Who received it, and how."""

    def __post_init__(self) -> None:
        require_utc(self.at)
        Position(lat_deg=self.lat_deg, lon_deg=self.lon_deg)


class PortReach(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reach test says of one port."""

    port: CargoPlace
    answer: Answer
    least_nmi: float
    """No way from fix to port to fix is shorter: geodesics, less what the port's position is uncertain by."""
    route_nmi: float | None = None
    """The shortest way found over water, and what the port's position is uncertain by on top. None: none was found."""
    needed_kn: float | None = None
    """Speed over that way with which the hours alongside are left. None: no way, or no time, is left."""
    hours_left: float | None = None
    """Alongside, when sailing that way at the speed the ship has shown; below zero if it does not even get round."""
    is_suspected: bool = False
    """The port that was asked about; all others in reach stand beside it."""

    def __post_init__(self) -> None:
        if self.least_nmi < 0 or (self.route_nmi is not None and self.route_nmi < self.least_nmi):
            raise ValueError("least_nmi is zero or more, and no way over water is shorter")
        if self.needed_kn is not None and (self.route_nmi is None or self.needed_kn < 0):
            raise ValueError("a speed that is needed is zero or more, and stands with a way over water")


def answer_from(
    least_nmi: float, hours_left: float | None, *, hours: float, hours_alongside: float, most_kn: float
) -> Answer:
    """Return the answer that follows from the figures of a port (spec 1.9).

    Args:
        least_nmi: No way is shorter.
        hours_left: Alongside, at the speed that the ship has shown.
        hours: Of silence.
        hours_alongside: For which it would have had to lie there.
        most_kn: No such ship is faster.
    """
    if least_nmi > most_kn * (hours - hours_alongside):
        return "impossible"
    return "possible" if hours_left is not None and hours_left >= hours_alongside else "unclear"


class Reach(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Could a ship that was silent between two fixes have called at a port meanwhile (``cargo.reach``)?

    ``possible`` is never evidence that it did. The answers follow from the figures, and a reader checks that they do.
    """

    vessel: RecordRef | None = None
    """A ``cargo.vessel``."""
    vessel_name: str = ""
    silent_from: Fix
    silent_to: Fix
    hours_alongside: float
    """For which it would have had to lie at the port, at least."""
    most_kn: float
    """No ship of this kind is faster: what is impossible rests on it."""
    most_reason: str
    shown_kn: float | None = None
    """The ship has kept this up: what is possible rests on it. None: not known, and then nothing is called possible."""
    shown_reason: str = ""
    ports: tuple[PortReach, ...]
    """Every port in reach, and the suspected ones also where they are not."""
    port_list: str
    """Which ports were looked at."""
    method: str
    """With its version, and the land that ways go round."""
    assumptions: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.silent_to.at <= self.silent_from.at:
            raise ValueError("silent_to is after silent_from")
        if self.hours_alongside < 0 or self.most_kn <= 0:
            raise ValueError("hours_alongside is zero or more, and most_kn above zero")
        if self.shown_kn is not None and not 0 < self.shown_kn <= self.most_kn:
            raise ValueError(f"shown_kn is above zero and not above most_kn ({self.most_kn:g})")
        if not self.most_reason.strip() or (self.shown_kn is not None and not self.shown_reason.strip()):
            raise ValueError("every speed has its reason: most_reason, and shown_reason with shown_kn")
        for each in self.ports:
            self._require_answer(each)

    @property
    def hours(self) -> float:
        """How long the silence was."""
        return (self.silent_to.at - self.silent_from.at) / timedelta(hours=1)

    def _require_answer(self, each: PortReach) -> None:
        if (each.hours_left is not None) != (self.shown_kn is not None and each.route_nmi is not None):
            raise ValueError("hours_left stands where a way over water and shown_kn are given, and only there")
        follows = answer_from(
            each.least_nmi, each.hours_left, hours=self.hours, hours_alongside=self.hours_alongside,
            most_kn=self.most_kn,
        )  # fmt: skip
        if each.answer != follows:
            raise ValueError(f"{each.port.name}: {follows} follows from the figures, not {each.answer}")
