"""How long a ledger of many claims takes to fill, to say how a claim stood, and to hand out a dossier of it.

``python -m bench.claims``; with ``--dossiers 0`` nothing is written to a store.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sealed import Federation

from tocsin.claims import KINDS, Ledger, standing_of
from tocsin.markings import marking_for
from tocsin.node.dossiers import pack_dossier, select_dossier
from tocsin.node.proving import prove
from tocsin.records import BundleFile, Claim, ClaimItem, ClaimLink, Precedence, Record, RecordRef, with_body
from tocsin.signing import KeyRole
from tocsin.store import Batch, RecordQuery, Store

MEMBERS = ("JPN", "KOR", "USA")
START = datetime(2026, 1, 15, 12, tzinfo=UTC)
BATCH = 500


def main() -> None:
    """Fill a ledger and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=500_000)
    parser.add_argument("--asked", type=int, default=2_000)
    parser.add_argument("--dossiers", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure(options, Path(folder))


def _measure(options: argparse.Namespace, folder: Path) -> None:
    chance = random.Random(1)
    federation, ledger = Federation(here="JPN"), Ledger("actual")
    store = Store.open(folder / "store.db") if options.dossiers else None
    taken_s, count = 0.0, 0
    batch: list[Record] = []
    for record in _records(options.claims, options.links, chance):
        batch.append(record)
        if len(batch) == BATCH:
            taken_s += _take(federation, ledger, store, batch)
            count += len(batch)
            batch = []
    count += len(batch)
    taken_s += _take(federation, ledger, store, batch) if batch else 0.0
    print(f"{count:,} records in {taken_s:.1f} s, {count / taken_s:,.0f} a second, without the door")
    times_ms = []
    for _ in range(options.asked):
        ref = ("KOR", f"c{chance.randrange(options.claims)}")
        as_of = START + timedelta(seconds=chance.randrange(count // BATCH + 1)) if chance.random() < 0.5 else None
        begun = time.perf_counter()
        if ledger.at(ref, as_of) is not None:
            standing_of(ledger, ref, as_of)
        times_ms.append(1e3 * (time.perf_counter() - begun))
    # one claim that everybody speaks of
    begun = time.perf_counter()
    busiest = standing_of(ledger, ("KOR", "c0"))
    worst_ms = 1e3 * (time.perf_counter() - begun)
    quantiles = statistics.quantiles(times_ms, n=100)
    print(f"support as of a date: p50 {quantiles[49]:.3f} ms, p99 {quantiles[98]:.3f} ms, most {max(times_ms):.2f} ms")
    print(f"a claim with {busiest.support.reports:,} supporting reports: {worst_ms:.1f} ms")
    if store is not None:
        _dossiers(federation, ledger, store, folder, options, chance)
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _dossiers(
    federation: Federation, ledger: Ledger, store: Store, folder: Path, options: argparse.Namespace,
    chance: random.Random,
) -> None:  # fmt: skip
    begun = time.perf_counter()
    read = Ledger("actual")
    for stored in store.records(RecordQuery(kinds=KINDS, status="actual")):
        read.take(stored.admitted)
    print(f"reading the ledger from the store: {time.perf_counter() - begun:.1f} s for {len(read):,} records")
    outlet, key, now = BundleFile(MEMBERS), federation.keys["KOR", KeyRole.LIVE], federation.clock.now()
    busiest = options.dossiers
    made_s, proved = [], 0.0
    for number in range(options.dossiers + 1):
        ref = ("KOR", "c0" if number == busiest else f"c{chance.randrange(1, options.claims)}")
        file = folder / f"{number}.zip"
        begun = time.perf_counter()
        dossier, admitted = select_dossier(
            store, ledger, ref, by="KOR", outlet=outlet, made_at=now, as_of=now
        )  # fmt: skip
        pack_dossier(
            store, dossier, admitted, rosters=[federation.trust.document], key=key, outlet=outlet, files=(), to=file
        )  # fmt: skip
        made_s.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        proof = prove(file, roster=None, on_progress=lambda _done, _of: None)
        proved = time.perf_counter() - begun
        assert proof.is_sound, proof.breaks[:3]
    print(f"a dossier: median {statistics.median(made_s[:-1]):.2f} s, most {max(made_s[:-1]):.2f} s")
    print(f"of the claim with most reports: {made_s[-1]:.2f} s, {proof.records:,} records of {proof.frames:,} frames")
    print(f"proving it: {proved:.2f} s, {proof.records / proved:,.0f} records a second")


def _take(federation: Federation, ledger: Ledger, store: Store | None, batch: list[Record]) -> float:
    federation.clock.advance(1.0)
    groups: dict[str, list[Record]] = {}
    for record in batch:
        groups.setdefault(record.originator, []).append(record)
    frames = tuple(federation.admitted(*records) for records in groups.values())
    if store is not None:
        store.commit(Batch(frames=frames))
    entries = [entry for frame in frames for entry in frame.records]
    begun = time.perf_counter()
    for entry in entries:
        ledger.take(entry)
    return time.perf_counter() - begun


def _records(claims: int, links: int, chance: random.Random) -> Iterator[Record]:
    """Yield claims, an item to every claim (a third of them derived from others), and links among them."""
    for number in range(claims):
        yield _record(Claim(proposition=f"claim {number}", speaker="s"), "claims.claim", "KOR", f"c{number}")
        rests = (_item(chance.randrange(number)),) if number and chance.random() < 0.33 else ()
        body = ClaimItem(title=f"item {number}", media="m", basis="derived" if rests else "own", derived_from=rests)
        yield _record(body, "claims.item", MEMBERS[number % 3], f"i{number}")
    for number in range(links):
        to = 0 if number % 500 == 0 else chance.randrange(claims)
        relation = "supports" if to == 0 or number % 3 else "contradicts"
        body = ClaimLink(
            of=_item(chance.randrange(claims)), relation=relation, to=RecordRef(originator="KOR", record=f"c{to}")
        )
        yield _record(body, "claims.link", MEMBERS[number % 3], f"l{number}")


def _item(number: int) -> RecordRef:
    return RecordRef(originator=MEMBERS[number % 3], record=f"i{number}")


def _record(body: Claim | ClaimItem | ClaimLink, kind: str, member: str, record_id: str) -> Record:
    return with_body(
        kind, body, id=record_id, originator=member, marking=marking_for(*MEMBERS), status="actual",
        precedence=Precedence.ROUTINE, issued_at=START,
    )  # fmt: skip


if __name__ == "__main__":
    main()
