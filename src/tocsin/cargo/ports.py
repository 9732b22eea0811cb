"""Ports and sites that are known here, and the digits by which an MMSI names a flag."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tocsin.cargo.sea import data_rows
from tocsin.errors import DomainError
from tocsin.records import CargoPlace

PORT_WITHIN_KM = 5.0
"""How far a berth may be from where the World Port Index puts its port: it gives whole minutes of arc, of the town."""

PORT_LIST = "World Port Index (NGA Pub. 150, 2024-02), north-east Asia, and Tocsin's sites that it does not hold"


@lru_cache(maxsize=1)
def known_ports() -> tuple[CargoPlace, ...]:
    """Return every port that a ship can lie at: those of the World Port Index in the region, and sites it lacks."""
    sites = {place.wpi: place for _, place in _sites() if place.wpi is not None}
    ports = []
    for row in data_rows("ports.csv"):
        site = sites.get(int(row["wpi"]))
        ports.append(CargoPlace(
            name=row["name"] if site is None else site.name, lat_deg=float(row["lat_deg"]),
            lon_deg=float(row["lon_deg"]), within_km=PORT_WITHIN_KM, country=row["country"], unlocode=row["unlocode"],
            wpi=int(row["wpi"]), site="" if site is None else site.site,
        ))  # fmt: skip
    return (*ports, *(place for kind, place in _sites() if kind == "port" and place.wpi is None))


@lru_cache(maxsize=1)
def known_sites() -> tuple[CargoPlace, ...]:
    """Return the sites that movements of cargo name: ports, stations, depots."""
    return tuple(place for _, place in _sites())


def _sites() -> Iterator[tuple[str, CargoPlace]]:
    for row in data_rows("sites.csv"):
        yield row["kind"], CargoPlace(
            name=row["name"].removesuffix(" port"), lat_deg=float(row["lat_deg"]), lon_deg=float(row["lon_deg"]),
            within_km=float(row["within_km"]), country=row["country"] if len(row["country"]) == 2 else "",
            wpi=int(row["wpi"]) if row["wpi"] else None, site=row["site"],
        )  # fmt: skip


def find_port(text: str) -> CargoPlace:
    """Return the port that a text means: a number of the World Port Index, a UN/LOCODE, a site or a name.

    Raises:
        DomainError: There is none, or several.
    """
    wanted = text.strip().casefold()
    codes = [
        port for port in known_ports()
        if wanted and wanted in (str(port.wpi), port.unlocode.casefold(), port.site.casefold(), port.name.casefold())
    ]  # fmt: skip
    others = {
        row["wpi"] for row in data_rows("ports.csv")
        if wanted and wanted in (row["name"].casefold(), *row["other_names"].casefold().split("; "))
    }  # fmt: skip
    found = codes or [port for port in known_ports() if str(port.wpi) in others]
    if not found:
        found = [port for port in known_ports() if wanted and wanted in port.name.casefold()]
    if len(found) != 1:
        names = ", ".join(f"{port.name} ({port.country}, {port.wpi or port.site})" for port in found[:6])
        said = f"names {len(found)} ports: {names}" if found else "names no port that is known here"
        raise DomainError(
            f"{text!r} {said}",
            advice="Give its number in the World Port Index, its UN/LOCODE, or a place of your own as NAME=LAT,LON",
        )
    return found[0]


def located(place: CargoPlace) -> CargoPlace | None:
    """Return a place with a position, by its codes if it was told without one; None if it is not known."""
    if place.lat_deg is not None:
        return place
    for known in (*known_sites(), *known_ports()):
        if _same(place, known):
            return known
    return None


def marks_of(place: CargoPlace) -> list[str]:
    """Return what does not fit in the codes of a place, in words; a code that is not known here may still be right."""
    marks = []
    by_code = [port for port in known_ports() if place.wpi is not None and port.wpi == place.wpi]
    if place.wpi is not None and not by_code:
        marks.append(f"{place.wpi} is no port of the World Port Index in the region that is known here")
    for port in by_code:
        if place.unlocode and port.unlocode and place.unlocode != port.unlocode:
            marks.append(f"the World Port Index gives {port.name} ({port.wpi}) the code {port.unlocode}")
        if place.country and place.country != port.country:
            marks.append(f"the World Port Index has {port.name} ({port.wpi}) in {port.country}, not {place.country}")
    if place.unlocode and place.country and place.unlocode[:2] != place.country:
        marks.append(f"{place.unlocode} is a code of {place.unlocode[:2]}, not of {place.country}")
    return marks


def _same(place: CargoPlace, known: CargoPlace) -> bool:
    return (
        (place.site != "" and place.site == known.site)
        or (place.wpi is not None and place.wpi == known.wpi)
        or (place.unlocode != "" and place.unlocode == known.unlocode)
    )


@lru_cache(maxsize=1)
def flags_by_mid() -> dict[str, tuple[str, ...]]:
    """Return the flags (ISO 3166-1 alpha-2) that the first three digits of an MMSI stand for.

    Source:
        ITU, Table of Maritime Identification Digits. A territory's digits stand for it and for the state it belongs to.
    """
    return {row["mid"]: tuple(row["flags"].split()) for row in data_rows("maritime_identification_digits.csv")}
