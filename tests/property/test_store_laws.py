"""Laws of the store: whatever is committed, in whatever order, however often."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sealed import START, Federation, make_record
from tocsin.exchange import ForeignChains, NoMemory, Reason, Rejected, open_frame, verify_frames, without_records
from tocsin.exchange.admission import Inside
from tocsin.records import AdmittedFrame, Precedence
from tocsin.store import Batch, RecordQuery, Store, schema
from tocsin.store.indexes import indexes_from, indexes_text
from tocsin.store.rereading import reread

POOL = 18
laws = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = st.integers(0, POOL - 1)
batches = st.lists(st.lists(numbers, max_size=6), max_size=6)
recalls = st.lists(st.tuples(st.integers(0, 6), numbers), max_size=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request) -> Callable:
    """Opens an empty store, one for each example, on each of the databases."""

    @contextmanager
    def opened(**options) -> Iterator[Store]:
        if request.param == "postgresql":
            with Store.open(request.getfixturevalue("cluster").new_url(), **options) as store:
                yield store
            return
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.db", **options) as store:
            yield store

    return opened


@cache
def pool() -> tuple[AdmittedFrame, ...]:
    """Frames of several originators, with records that replace each other, come twice, or were refused one by one."""
    federation = Federation()
    frames = []
    for n in range(POOL):
        originator = ("JPN", "KOR", "USA")[n % 3]
        records = [
            make_record(f"r{n}.{m}", originator=originator, body={"event_id": f"E{m}"}) for m in range(n % 4 + 1)
        ]
        if n >= 3:
            records.append(make_record(f"s{n}", originator=originator, supersedes=f"r{n - 3}.0", kind="cyber.unknown"))
        if n % 5 == 4:
            records.insert(0, make_record(f"r{n % 3}.0", originator=originator, body={"event_id": "E0"}))
            records.insert(1, make_record(f"w{n}", originator=originator, precedence=Precedence.FLASH))
        result = federation.receive(federation.seal(*records, epoch=f"E{n // 9}"), via=originator)
        assert isinstance(result, Inside)
        frames.append(result.frame)
    return tuple(frames)


def rows(store):
    with store._reader.begin() as connection:
        return connection.execute(select(schema.records).order_by(schema.records.c.admission_order)).all()


def listed(stored):
    return [(each.order, each.admitted) for each in stored]


@laws
@given(batches, recalls)
def test_a_rebuild_equals_what_grew(new_store, batches, recalls):
    frames, recalled = pool(), set()
    first: dict[str, AdmittedFrame] = {}
    with new_store() as store:
        for turn, batch in enumerate(batches):
            for when, n in recalls:
                if when == turn:
                    record = frames[n].records[0].record
                    recalled.add((record.id, record.originator))
                    store.recall(record.id, originator=record.originator, recalled_at=START)
            store.commit(Batch(frames=tuple(frames[n] for n in batch)))
            for n in batch:
                first.setdefault(frames[n].ref.hash, frames[n])
        everything = RecordQuery(copies=True)
        assert [each.admitted for each in store.records(everything)] == [
            admitted
            for frame in first.values()
            for admitted in frame.records
            if (admitted.record.id, admitted.record.originator) not in recalled
        ]
        words = {each.admitted.raw for each in store.records(everything)}
        assert sorted(each.admitted.raw for each in store.records()) == sorted(words)
        grown = rows(store), listed(store.current())
        store.rebuild()
        assert (rows(store), listed(store.current())) == grown


@settings(laws, max_examples=20)
@given(
    st.lists(st.tuples(st.sets(st.integers(0, 3), max_size=3), st.booleans()), min_size=1, max_size=6),
    st.integers(1, 6), st.integers(0, 3),
)  # fmt: skip
def test_copies_of_a_frame_complete_each_other_whenever_the_node_starts_anew(new_store, copies, recall_turn, recalled):
    federation = Federation()
    whole = federation.seal(*(make_record(f"r{n}") for n in range(4)))
    other = federation.admitted(make_record("other", originator="USA"))
    come: list[str] = []
    with new_store() as store:
        federation.chains = ForeignChains(store.chains)
        for turn, (lacking, is_anew) in enumerate(copies):
            if turn == recall_turn:
                store.recall(f"r{recalled}", originator="JPN", recalled_at=START)
            if is_anew:
                federation.chains = ForeignChains(store.chains)
                for chain, epoch, state in store.chains.states():
                    federation.chains.restore(chain, epoch, state)
            result = federation.receive(without_records(whole, lacking))
            if isinstance(result, Inside):
                come += [admitted.record.id for admitted in result.frame.records]
                assert store.commit(Batch(frames=(result.frame, other, result.frame))).frames == 1 + (turn == 0)
                assert store.commit(Batch(frames=(result.frame,))).frames == 0
        assert len(come) == len(set(come))
        seen = [each.admitted.record.id for each in store.records(RecordQuery(copies=True))]
        gone = {f"r{recalled}"} if recall_turn < len(copies) else set()
        assert [id_ for id_ in seen if id_ != "other"] == [id_ for id_ in come if id_ not in gone]
        held = {n for n in range(4) if f"r{n}" in seen}
        frames = [each for each in store.chains.frames() if each.ref.chain.originator == "JPN"]
        assert [{*range(4)} - open_frame(each.data, max_bytes=10**6).lacking for each in frames] == [held]
        assert store.chains.frame(frames[0].ref.hash) == frames[0]
        assert {admitted.index for admitted in reread(frames[0]).records} == held
        report = verify_frames((each.data for each in store.chains.admitted_frames()), [federation.trust.roster])
        assert report.is_sound
        assert report.recalled == 4 - len(held)
        grown = rows(store)
        store.rebuild()
        assert rows(store) == grown


@laws
@given(batches, batches)
def test_committing_again_changes_nothing(new_store, batches, again):
    frames = pool()
    with new_store() as store:
        for batch in batches:
            store.commit(Batch(frames=tuple(frames[n] for n in batch)))
        known = {n for batch in batches for n in batch}
        before = rows(store), list(store.chains.admitted_frames())
        for batch in again:
            assert store.commit(Batch(frames=tuple(frames[n] for n in batch if n in known))).frames == 0
        assert (rows(store), list(store.chains.admitted_frames())) == before


@laws
@given(st.permutations(range(POOL)), st.lists(st.tuples(st.integers(0, 4), st.integers(1, 7)), max_size=12))
def test_paging_neither_repeats_nor_loses_while_a_writer_adds(new_store, order, steps):
    frames = pool()
    with new_store() as store:
        left, seen, cursor = list(order), [], 0
        for added, limit in [*steps, (POOL, 1000)]:
            now, left = left[:added], left[added:]
            store.commit(Batch(frames=tuple(frames[n] for n in now)))
            page = list(store.records(RecordQuery(after_order=cursor, limit=limit, copies=True)))
            seen += page
            cursor = page[-1].order if page else cursor
        assert [each.admitted for each in seen] == [admitted for n in order for admitted in frames[n].records]


@laws
@given(st.lists(numbers, unique=True))
def test_a_restart_finds_the_chains_as_the_exchange_left_them(new_store, arrivals):
    frames, chains = pool(), ForeignChains(NoMemory())
    with new_store() as store:
        for n in arrivals:
            chains.take(frames[n].ref, frames[n].previous, frames[n].resumes)
        store.commit(Batch(frames=tuple(frames[n] for n in arrivals)))
        held = {(chain, epoch): state for chain, epoch, state in chains.items()}
        found = {(chain, epoch): state for chain, epoch, state in store.chains.states()}
        assert found.keys() == held.keys()
        for key, state in held.items():
            assert found[key].contiguous == state.contiguous
            assert found[key].contiguous_hash == state.contiguous_hash
            assert found[key].runs == state.runs
            gaps = [(gap.after, gap.up_to) for gap in store.chains.missing(*key, up_to=9)]
            assert gaps == chains.missing(*key, 9)


@laws
@given(st.lists(st.lists(st.sampled_from(["JPN", "KOR", "USA"]), max_size=12), max_size=6), st.integers(1, 8))
def test_the_quarantine_is_a_ring_for_each_peer(new_store, commits, ring):
    came: list[tuple[str, str]] = []
    with new_store(quarantine_ring=ring) as store:
        for vias in commits:
            batch = [(via, f"{len(came) + n:x}") for n, via in enumerate(vias)]
            came += batch
            refused = (Rejected(Reason.SIGNATURE, "", name, via, "live", START, b"{}") for via, name in batch)
            store.commit(Batch(refused=tuple(refused)))
        for via in ("JPN", "KOR", "USA"):
            expected = [name for one, name in reversed(came) if one == via]
            assert [each.hash for each in store.links.quarantined(via)] == expected[:ring]
            assert store.links.refusals().get((via, "bad_signature"), 0) == len(expected)


@given(st.sets(st.integers(0, 999)))
def test_places_read_back_as_written(places):
    assert indexes_from(indexes_text(sorted(places))) == tuple(sorted(places))
