"""How long a ledger takes to be written and read in each format: ``python -m bench.claims.formats``."""

from __future__ import annotations

import argparse
import random
import time
from datetime import timedelta

from tests.sealed import START, Federation

from bench.claims.__main__ import BATCH, _records
from tocsin.claims import entries_of
from tocsin.exchange import release_record
from tocsin.interchange import WRITERS, Leaving, read_file
from tocsin.records import Outlet, Released


def main() -> None:
    """Write and read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=5_000)
    parser.add_argument("--links", type=int, default=10_000)
    options = parser.parse_args()
    federation, outlet = Federation(here="JPN"), Outlet("bench", ("JPN",))
    records = list(_records(options.claims, options.links, random.Random(1)))
    leaving = []
    for begin in range(0, len(records), BATCH):
        federation.clock.advance(1.0)
        for member in ("JPN", "KOR", "USA"):
            batch = [record for record in records[begin : begin + BATCH] if record.originator == member]
            for admitted in federation.admitted(*batch).records if batch else ():
                released = release_record(admitted, outlet)
                assert isinstance(released, Released)
                ref = (admitted.record.originator, admitted.record.id)
                leaving.append(Leaving(released=released, thread=(ref,), begun_at=START + timedelta(seconds=1)))
    print(f"{len(leaving):,} records")
    for form, write in WRITERS.items():
        begun = time.perf_counter()
        data = write(leaving)
        written_s = time.perf_counter() - begun
        begun = time.perf_counter()
        received = read_file(data, name=f"bench.{form}", member="JPN", form=form)
        entries_of(received.rows, member="JPN", left_out=received.wrong)
        read = f"read in {time.perf_counter() - begun:.1f} s"
        print(f"{form:8} {len(data) / 1e6:6.1f} MB, written in {written_s:.1f} s, {read}")


if __name__ == "__main__":
    main()
