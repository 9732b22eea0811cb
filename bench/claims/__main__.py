"""How long a ledger of many claims takes to fill, and to say how a claim stood: ``python -m bench.claims``."""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.sealed import Federation

from tocsin.claims import Ledger, standing_of
from tocsin.markings import marking_for
from tocsin.records import Claim, ClaimItem, ClaimLink, Precedence, Record, RecordRef, with_body

MEMBERS = ("JPN", "KOR", "USA")
START = datetime(2026, 1, 15, 12, tzinfo=UTC)
BATCH = 500


def main() -> None:
    """Fill a ledger and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=500_000)
    parser.add_argument("--asked", type=int, default=2_000)
    options = parser.parse_args()
    chance = random.Random(1)
    federation, ledger = Federation(here="JPN"), Ledger("actual")
    taken_s, count = 0.0, 0
    batch: list[Record] = []
    for record in _records(options.claims, options.links, chance):
        batch.append(record)
        if len(batch) == BATCH:
            taken_s += _take(federation, ledger, batch)
            count += len(batch)
            batch = []
    count += len(batch)
    taken_s += _take(federation, ledger, batch) if batch else 0.0
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
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _take(federation: Federation, ledger: Ledger, batch: list[Record]) -> float:
    federation.clock.advance(1.0)
    groups: dict[str, list[Record]] = {}
    for record in batch:
        groups.setdefault(record.originator, []).append(record)
    entries = [entry for records in groups.values() for entry in federation.admitted(*records).records]
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
