"""How long ways by sea and reach tests take: ``python -m bench.cargo``.

A ship off Dunai is silent for a day, for 60 hours and for ten days, at 18 knots at most, against every port that is
known. Compiled functions are warm; the grid is made once and told by itself. Times are of the processor, so that what
else runs on the machine is not in them.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

from tocsin.cargo import Silence, draw, find_port, known_ports, reach_test, sea
from tocsin.cargo.reach import least_nmi
from tocsin.cargo.routes import field_from
from tocsin.records import Fix

OFF_DUNAI, RAJIN = (42.80, 132.42), (42.233333, 130.3)
AT = datetime(2023, 9, 1, tzinfo=UTC)


def silence(hours: float) -> Silence:
    begin, end = (
        Fix(at=AT + timedelta(hours=after), lat_deg=OFF_DUNAI[0], lon_deg=OFF_DUNAI[1]) for after in (0, hours)
    )
    return Silence(begin=begin, end=end, hours_alongside=8.0, most_kn=18.0, most_reason="r", shown_kn=12.0,
                   shown_reason="r")  # fmt: skip


def main() -> None:
    """Measure and print."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    began = time.process_time()
    grid = sea()
    print(f"the grid, {grid.is_water.size / 1e6:.1f} M cells: {time.process_time() - began:.2f} s")
    field_from(grid, RAJIN, 50.0, towards=OFF_DUNAI).way_to(grid, OFF_DUNAI)  # type: ignore[union-attr]
    for limit in (150, 300, 600, 1200):
        began = time.process_time()
        field = field_from(grid, RAJIN, limit)
        took = time.process_time() - began
        ports = [(port.lat_deg, port.lon_deg) for port in known_ports()]
        began = time.process_time()
        ways = [way for place in ports if (way := field.way_to(grid, place)) is not None]
        each = (time.process_time() - began) / max(len(ways), 1)
        to_each = f"then {1e3 * each:.1f} ms a way, {len(ways)} ports"
        print(f"from Rajin to all within {limit} nmi: {1e3 * took:.0f} ms, {to_each}")
    for hours in (24.0, 60.0, 240.0):
        began = time.process_time()
        test = reach_test(grid, silence(hours), known_ports(), [find_port("KPRJN")])
        took = time.process_time() - began
        began = time.process_time()
        draw(test)
        drawn = time.process_time() - began
        print(f"silent for {hours:.0f} h: {took:.2f} s for {len(test.reach.ports)} ports in reach, map {drawn:.2f} s")
    began = time.process_time()
    bounds = [least_nmi(silence(24.0), port) for _ in range(40) for port in known_ports()]
    took = time.process_time() - began
    print(f"geodesic bounds: {len(bounds) / took:,.0f} a second")


if __name__ == "__main__":
    main()
