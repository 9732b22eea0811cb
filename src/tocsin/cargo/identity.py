"""Who a ship is said to be, over time: records of several members put together by IMO number, conflicts shown.

Nothing is merged in silence: a ship keeps every identity that anybody told, and records that share no valid IMO number
stay apart even if their names are one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Literal

from tocsin.cargo.ports import flags_by_mid
from tocsin.cargo.routes import METRES_A_NMI
from tocsin.geo.geodesic import distance_m
from tocsin.records import Fix, IdentityField, RecordRef, Vessel, VesselIdentity, is_imo_number

Sign = Literal[
    "imo_check_digit", "mid_unknown", "mid_not_flag", "two_imo", "two_mmsi", "shared_mmsi", "shared_name", "two_places"
]


@dataclass(frozen=True)
class Mark:
    """Something that does not fit, or fits two; it says what, and decides nothing."""

    sign: Sign
    text: str


@dataclass(frozen=True)
class Told:
    """One identity, and the record that tells it."""

    identity: VesselIdentity
    by: RecordRef


@dataclass(frozen=True)
class Ship:
    """All records that name one valid IMO number, or one record that names none or several."""

    imo: str
    """Empty if none is certain."""
    records: tuple[RecordRef, ...]
    timeline: tuple[Told, ...]
    """Every identity that was told, by when it began; what has no beginning comes first."""
    marks: tuple[Mark, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, each once."""
        return tuple(dict.fromkeys(told.identity.value for told in self.timeline if told.identity.what == "name"))


def ships_of(vessels: Iterable[tuple[RecordRef, Vessel]]) -> list[Ship]:
    """Return the ships that records tell of, with what does not fit.

    Args:
        vessels: Records as they stand, of any members.
    """
    groups: defaultdict[str, list[tuple[RecordRef, Vessel]]] = defaultdict(list)
    for ref, vessel in vessels:
        valid = [value for value in vessel.values("imo") if is_imo_number(value)]
        groups[valid[0] if len(valid) == 1 else f"record {ref}"].append((ref, vessel))
    timelines = {
        key: tuple(sorted(
            (Told(each, ref) for ref, vessel in group for each in vessel.identities),
            key=lambda told: (told.identity.since is not None, told.identity.since or 0),
        ))
        for key, group in groups.items()
    }  # fmt: skip
    return [
        Ship(
            imo="" if key.startswith("record ") else key,
            records=tuple(ref for ref, _ in group),
            timeline=timelines[key],
            marks=(*_own_marks(timelines[key]), *_shared(key, timelines)),
        )
        for key, group in groups.items()
    ]


def _own_marks(timeline: Sequence[Told]) -> list[Mark]:
    told: defaultdict[IdentityField, list[VesselIdentity]] = defaultdict(list)
    for each in timeline:
        told[each.identity.what].append(each.identity)
    marks = [
        Mark("imo_check_digit", f"IMO {_said(imo)} is no IMO number: its check digit fails")
        for imo in told["imo"]
        if not is_imo_number(imo.value)
    ]
    for mmsi in told["mmsi"]:
        marks += _marks_of_mmsi(mmsi, told["flag"])
    for one, other in combinations(told["imo"], 2):  # a ship keeps its IMO number for life
        if one.value != other.value:
            marks.append(Mark("two_imo", f"two IMO numbers: {_said(one)} and {_said(other)}"))
    for one, other in combinations(told["mmsi"], 2):
        if one.value != other.value and _overlap(one, other):
            marks.append(Mark("two_mmsi", f"two MMSIs at one time: {_said(one)} and {_said(other)}"))
    return list(dict.fromkeys(marks))


def _marks_of_mmsi(mmsi: VesselIdentity, told: Sequence[VesselIdentity]) -> list[Mark]:
    flags = flags_by_mid().get(mmsi.value[:3], ()) if len(mmsi.value) == 9 else ()
    if not flags:
        return [Mark("mid_unknown", f"MMSI {_said(mmsi)} begins with no digits of a flag that are known here")]
    return [
        Mark(
            "mid_not_flag", f"MMSI {mmsi.value} is one of {' or '.join(flags)}, while the flag is told as {flag.value}"
        )
        for flag in told
        if flag.value not in flags and _overlap(mmsi, flag)
    ]


def _said(identity: VesselIdentity) -> str:
    return f"{identity.value} ({identity.basis})"


def _shared(key: str, timelines: dict[str, tuple[Told, ...]]) -> list[Mark]:
    """Return what a ship has in common with others at one time: an MMSI, or a name."""
    marks: dict[Mark, None] = {}
    for other, timeline in timelines.items():
        for one in timelines[key] if other != key else ():
            for two in timeline:
                is_same = (one.identity.what, one.identity.value.casefold()) == (
                    two.identity.what, two.identity.value.casefold()
                )  # fmt: skip
                if is_same and one.identity.what in ("mmsi", "name") and _overlap(one.identity, two.identity):
                    who = other if other.startswith("record ") else f"IMO {other}"
                    text = f"the {one.identity.what} {one.identity.value} is also told of {who}"
                    marks[Mark("shared_mmsi" if one.identity.what == "mmsi" else "shared_name", text)] = None
    return list(marks)


def in_two_places(mmsi: str, fixes: Sequence[Fix], most_kn: float) -> list[Mark]:
    """Return where one MMSI was in two places: fixes that no ship gets between at a speed.

    Args:
        mmsi: That all fixes bear.
        fixes: In any order; no single one is left out.
        most_kn: No ship is faster.
    """
    marks = []
    for before, after in pairwise(sorted(fixes, key=lambda fix: fix.at)):
        apart_nmi = distance_m(before.lat_deg, before.lon_deg, after.lat_deg, after.lon_deg) / METRES_A_NMI
        hours = (after.at - before.at) / timedelta(hours=1)
        if apart_nmi > most_kn * hours + _SAME_PLACE_NMI:
            text = f"MMSI {mmsi} was {apart_nmi:.0f} nmi away {hours:.1f} h later, from {before.at:%Y-%m-%d %H:%MZ}"
            marks.append(Mark("two_places", text))
    return marks


_SAME_PLACE_NMI = 0.5
"""Two receivers may put one ship so far apart at one moment."""


def _overlap(one: VesselIdentity, other: VesselIdentity) -> bool:
    """Tell whether two identities may have been held at one time; what has no beginning or end may always have been."""
    return not (_before(one.until, other.since) or _before(other.until, one.since))


def _before(end: datetime | None, begin: datetime | None) -> bool:
    return end is not None and begin is not None and end <= begin
