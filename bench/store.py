"""The store on SQLite and on PostgreSQL, side by side in one run: ``python -m bench.store``.

Starts a PostgreSQL of its own (Debian's, default settings but for 128 MB of shared buffers, fsync on) on the disk that
the SQLite file is on, and talks to it over its socket. The two take turns block by block, so that whatever else the
machine does touches both. Shown are medians.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from shutil import rmtree

from tests.postgres import Cluster, binaries
from tests.sealed import START, Federation, make_record

from tocsin.records import AdmittedFrame
from tocsin.store import Batch, RecordQuery, Store

BLOCKS = 12
FRAMES = 50
DURABLE = ("fsync=on", "shared_buffers=128MB", "autovacuum=on")


def frames(federation: Federation, name: str, count: int, records: int) -> tuple[AdmittedFrame, ...]:
    """Seal frames with some records of 300 bytes each and let them in."""
    return tuple(
        federation.admitted(*(make_record(f"{name}.{n}.{m}", body={"text": "x" * 300}) for m in range(records)))
        for n in range(count)
    )


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def turns(stores: dict[str, Store], make: Callable[[int], Callable[[Store], object]]) -> dict[str, list[float]]:
    """Do each block's work on one store after the other; who is first changes."""
    taken: dict[str, list[float]] = {name: [] for name in stores}
    for block in range(BLOCKS):
        work = make(block)
        order = list(stores.items())[:: 1 if block % 2 else -1]
        for name, store in order:
            taken[name].append(timed(partial(work, store)))
    return taken


def measure(stores: dict[str, Store], analyse: Callable[[], object]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield rows of the table."""
    federation = Federation()

    def committing(label: str, count: int, records: int) -> tuple[str, dict[str, str]]:
        def make(block: int) -> Callable[[Store], object]:
            batch = Batch(frames=frames(federation, f"c{count}.{records}.{block}", count, records))
            return lambda store: store.commit(batch)

        found = {name: statistics.median(each) for name, each in turns(stores, make).items()}
        rate = {name: count * records / each for name, each in found.items()}
        return label, {name: f"{found[name] * 1e3:.1f} ms, {rate[name]:,.0f} records/s" for name in stores}

    yield committing("commit of 1 frame with 1 record", 1, 1)
    yield committing("commit of 50 frames with 1 record", FRAMES, 1)
    yield committing("commit of 50 frames with 20 records", FRAMES, 20)

    analyse()  # as the server does by itself within a minute

    def reading(label: str, read: Callable[[Store], int]) -> tuple[str, dict[str, str]]:
        counts: list[int] = []
        taken = turns(stores, lambda _block: lambda store: counts.append(read(store)))
        found = {name: statistics.median(each) for name, each in taken.items()}
        return label, {
            name: f"{each * 1e3:.1f} ms" + (f", {counts[-1] / each:,.0f} records/s" if counts[-1] > 1 else "")
            for name, each in found.items()
        }

    yield reading("read all records", lambda store: sum(1 for _ in store.records()))
    yield reading("the 100 newest", lambda store: len(list(store.records(RecordQuery(newest_first=True, limit=100)))))
    chain = next(iter(stores.values())).chains.ids()[0]
    yield reading("hash of one frame (asked at the door)", lambda store: bool(store.chains.frame_hash(chain, "E1", 77)))
    recalled = turns(
        stores,
        lambda block: lambda store: store.recall(f"c{FRAMES}.20.0.{block}.3", originator="JPN", recalled_at=START),
    )
    yield "recall of one record", {key: f"{statistics.median(each) * 1e3:.0f} ms" for key, each in recalled.items()}


def table(rows: Sequence[tuple[str, dict[str, str]]]) -> str:
    """Return the rows in Markdown."""
    names = list(rows[0][1])
    lines = [f"| what | {' | '.join(names)} |", f"|{' --- |' * (len(names) + 1)}"]
    lines += [f"| {label} | {' | '.join(found[name] for name in names)} |" for label, found in rows]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    programs = binaries()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (Debian's package: postgresql)")
    home = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        with ExitStack() as stack:
            cluster = Cluster(home, programs, options=DURABLE)
            stack.callback(cluster.stop)
            places = {"SQLite": home / "store.db", "PostgreSQL": cluster.new_url()}
            stores = {name: stack.enter_context(Store.open(place)) for name, place in places.items()}
            print(table(list(measure(stores, lambda: cluster.execute("ANALYZE")))))
    finally:
        rmtree(home)


if __name__ == "__main__":
    main()
