"""What one frame costs in one process, step by step: ``python -m bench.hotpath``.

Each step is done some hundred to some thousand times on frames that were never seen before; shown are the median and
the best, in microseconds. Ed25519 is the floor: one signature at the originator, one check at each member that takes
the frame in. A second table tells what one record costs in frames of 200, in processor time of this process, so that
it means something on a busy machine too.
"""

from __future__ import annotations

import gc
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from bench.load.plots import Plots
from tocsin.clock import SystemClock
from tocsin.codec import decode, encode
from tocsin.exchange import FRAME_TYPE, Envelope, Exchange, open_frame
from tocsin.records import MAX_BYTES, AdmittedFrame, Record, Source, body_of
from tocsin.signing import KeyRole
from tocsin.store import Batch, Store
from tocsin.synthesis import METHOD
from tocsin.testing import make_federation
from tocsin.testing.federation import make_detection

COUNT = 2000
BATCH = 50
FLOOD = 40_000

T = TypeVar("T")


class Step(NamedTuple):
    """One row of the table."""

    name: str
    median_us: float
    best_us: float
    count: int


def measure(name: str, work: Callable[[T], object], inputs: Iterable[T], *, share: int = 1) -> Step:
    """Time a call on each input; ``share``: how many frames one call deals with."""
    taken = []
    for each in inputs:
        begin = time.perf_counter_ns()
        work(each)
        taken.append(time.perf_counter_ns() - begin)
    return Step(name, statistics.median(taken) / 1e3 / share, min(taken) / 1e3 / share, len(taken))


def detections(originator: str, count: int) -> list[Record]:
    """Make plots as a replay makes them, for all three members."""
    clock = SystemClock()
    return [
        msgspec.structs.replace(
            make_detection(f"{originator}-{number:026d}", originator, ("JPN", "KOR", "USA"), issued_at=clock.now()),
            sources=(Source(cites=METHOD),),
        )
        for number in range(count)
    ]


def steps() -> Iterator[Step]:
    """Measure everything."""
    federation = make_federation(clock=SystemClock())
    korea, japan = federation.exchange("KOR"), federation.exchange("JPN")
    records = detections("KOR", COUNT)
    frames: list[bytes] = []

    def submit(record: Record) -> None:
        frames.extend(korea.submit([record]).frames)

    yield measure("submit: check, seal, release to two peers", submit, records)
    print(f"a frame with one detection has {len(frames[0])} bytes, of them {len(encode(records[0]))} the record")
    opened = [open_frame(frame, max_bytes=MAX_BYTES) for frame in frames]
    key = federation.keys["KOR"][KeyRole.TEST]
    verifier = key.public.verifier()
    yield measure("  encode the record", encode, records)
    yield measure("  sign", lambda frame: key.sign(FRAME_TYPE, frame.header_bytes), opened)
    admitted: list[AdmittedFrame] = []

    def receive(frame: bytes) -> None:
        incoming = japan.receive(frame, via="KOR", path="durable")
        assert incoming.frame is not None
        admitted.append(incoming.frame)

    yield measure("receive: admit a peer's frame", receive, frames)
    yield measure("  look for repeated keys, take the envelope apart", lambda f: decode(f, Envelope), frames)
    yield measure("  take the envelope apart alone", lambda f: decode(f, Envelope, outermost=False), frames)
    yield measure("  open, with header and digests", lambda f: open_frame(f, max_bytes=MAX_BYTES), frames)
    yield measure("  verify", lambda f: verifier.verify(FRAME_TYPE, f.header_bytes, f.signature), opened)
    yield measure("  decode the record", lambda f: decode(f.slips[0].record, Record, outermost=False), opened)
    yield measure("  decode its body", body_of, records)
    yield measure(
        "duplicate: the durable copy of a live frame", lambda f: japan.receive(f, via="KOR", path="d"), frames
    )
    late = _without_seen(japan)
    yield measure("duplicate: long after", lambda f: late.receive(f, via="KOR", path="durable"), frames[:1000])
    yield measure("own frame back through the door", lambda f: korea.receive(f, via="KOR", path="self"), frames)
    yield from _commits(admitted)


def _without_seen(exchange: Exchange) -> Exchange:
    exchange._inward._seen.clear()  # noqa: SLF001 - as after a restart
    return exchange


def _commits(admitted: list[AdmittedFrame]) -> Iterator[Step]:
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.db") as store:
        left = iter(admitted)
        singles = [Batch(frames=(frame,)) for frame in islice(left, 200)]
        yield measure("commit: one frame at a time", store.commit, singles)
        groups = [Batch(frames=tuple(islice(left, BATCH))) for _ in range(len(admitted) // BATCH - 4)]
        yield measure(f"commit: {BATCH} at a time, each", store.commit, groups, share=BATCH)


def records_of_full_frames() -> Iterator[tuple[str, float]]:
    """Measure what one record costs at each step in frames of 200, microseconds of processor time."""
    federation = make_federation(clock=SystemClock())
    korea, japan = federation.exchange("KOR", random_bytes=secrets.token_bytes), federation.exchange("JPN")
    plots = Plots("KOR", ["JPN", "KOR", "USA"], precedence="flash", run="hot")
    records = [plots.make(number) for number in range(FLOOD)]
    frames: list[bytes] = []
    yield _each("submit: check, sort, seal", lambda: _submit(korea, records, frames))
    opened = [open_frame(frame, max_bytes=MAX_BYTES) for frame in frames]
    key = federation.keys["KOR"][KeyRole.TEST]
    verifier = key.public.verifier()
    yield _each("  sign", lambda: [key.sign(FRAME_TYPE, frame.header_bytes) for frame in opened])
    admitted: list[AdmittedFrame] = []
    yield _each("admit: a peer's frame", lambda: _admit(japan, frames, admitted))
    yield _each("  open, with digests and a look for repeated keys",
                lambda: [open_frame(frame, max_bytes=MAX_BYTES) for frame in frames])  # fmt: skip
    yield _each("  verify", lambda: [verifier.verify(FRAME_TYPE, f.header_bytes, f.signature) for f in opened])
    yield _each("its durable copy", lambda: [japan.receive(frame, via="KOR", path="durable") for frame in frames])
    yield _each("own frame back through the door",
                lambda: [korea.receive(frame, via="KOR", path="self") for frame in frames])  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.db") as store:
        groups = [Batch(frames=tuple(admitted[at : at + 10])) for at in range(0, len(admitted), 10)]
        yield _each("store: 2000 records in a commit", lambda: [store.commit(group) for group in groups])


def _each(name: str, work: Callable[[], object]) -> tuple[str, float]:
    gc.collect()
    begin = time.process_time_ns()
    work()
    return name, (time.process_time_ns() - begin) / 1e3 / FLOOD


def _submit(exchange: Exchange, records: list[Record], frames: list[bytes]) -> None:
    for at in range(0, len(records), 200):
        frames.extend(exchange.submit(records[at : at + 200]).frames)


def _admit(exchange: Exchange, frames: list[bytes], admitted: list[AdmittedFrame]) -> None:
    for frame in frames:
        incoming = exchange.receive(frame, via="KOR", path="durable")
        assert incoming.frame is not None
        admitted.append(incoming.frame)


def main() -> None:
    """Print both tables."""
    rows = list(steps())
    print(f"{'':52}{'median µs':>12}{'best µs':>12}{'calls':>8}")
    for row in rows:
        print(f"{row.name:52}{row.median_us:12.1f}{row.best_us:12.1f}{row.count:8}")
    print(f"\n{'one record in frames of 200':52}{'CPU µs':>12}")
    for name, each_us in records_of_full_frames():
        print(f"{name:52}{each_us:12.1f}")


if __name__ == "__main__":
    main()
