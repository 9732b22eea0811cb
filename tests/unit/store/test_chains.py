"""Frames by their chains: heads, epochs, gaps, and what the exchange takes up after a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealed import START, Federation, make_record
from tocsin.errors import StoreError
from tocsin.exchange import ForeignChains, Gap, verify_frames
from tocsin.markings import marking_for
from tocsin.store import Batch, Store, reread


@pytest.fixture
def store(place):
    with Store.open(place) as opened:
        yield opened


@pytest.fixture
def federation():
    return Federation()


def test_frames_come_in_the_order_of_their_chains(store, federation):
    pair = marking_for("JPN", "KOR")
    first = [federation.admitted(make_record(f"a{n}")) for n in range(1, 5)]
    other = federation.admitted(make_record("b1", marking=pair))
    store.commit(Batch(frames=(first[2], other, first[0], first[3], first[1])))
    assert store.chains.ids() == (other.ref.chain, first[0].ref.chain)
    assert [each.ref for each in store.chains.frames()] == [frame.ref for frame in (other, *first)]
    assert [each.ref for each in store.chains.frames(first[0].ref.chain, epoch="E1", after=1, up_to=3)] == [
        frame.ref for frame in first[1:3]
    ]
    assert list(store.chains.frames(first[0].ref.chain, epoch="E2")) == []
    assert [each.ref for each in store.chains.admitted_frames()][:2] == [first[2].ref, other.ref]
    report = verify_frames((each.data for each in store.chains.frames()), [federation.trust.roster])
    assert report.is_sound
    assert (report.frames, report.gaps) == (5, [])


def test_many_frames_come_page_by_page(store, federation):
    frames = [federation.admitted(make_record(f"a{n}")) for n in range(150)]
    store.commit(Batch(frames=tuple(frames[::-1])))
    assert [each.ref.number for each in store.chains.frames()] == list(range(1, 151))
    assert [each.ref.number for each in store.chains.admitted_frames()] == list(range(150, 0, -1))


def test_gaps_and_heads(store, federation):
    frames = [federation.admitted(make_record(f"a{n}")) for n in range(1, 8)]
    chain = frames[0].ref.chain
    assert store.chains.head(chain) is None
    assert store.chains.unbroken_head(chain, "E1") is None
    assert store.chains.missing(chain, "E1") == ()
    assert store.chains.missing(chain, "E1", up_to=2) == (Gap(chain, "E1", 0, 2),)
    store.commit(Batch(frames=(frames[0], frames[1], frames[4], frames[6])))
    assert store.chains.missing(chain, "E1") == (Gap(chain, "E1", 2, 4), Gap(chain, "E1", 5, 6))
    assert store.chains.missing(chain, "E1", up_to=9)[-1] == Gap(chain, "E1", 7, 9)
    assert store.chains.head(chain) == frames[6].ref
    assert store.chains.unbroken_head(chain, "E1") == frames[1].ref
    assert store.chains.frame_hash(chain, "E1", 5) == frames[4].ref.hash
    assert store.chains.frame_hash(chain, "E1", 3) is None
    store.commit(Batch(frames=tuple(frames)))
    assert store.chains.missing(chain, "E1") == ()
    assert store.chains.unbroken_head(chain, "E1") == frames[6].ref


def test_an_epoch_stands_after_the_one_that_it_resumes(store, federation):
    old = federation.admitted(make_record("old"), epoch="E1")
    head = ("E1", 1, old.ref.hash)
    federation.clock.step_to(START.replace(year=2025))  # the originator's clock went back over the restart
    new = federation.admitted(make_record("new"), epoch="E2", resumes=head)
    store.commit(Batch(frames=(new, old)))
    assert [span.epoch for span in store.chains.epochs(old.ref.chain)] == ["E1", "E2"]
    assert store.chains.head(old.ref.chain) == new.ref
    assert store.chains.epochs(old.ref.chain)[1].resumes == head


def test_epochs_that_resume_each_other_end(store, federation):
    one = federation.admitted(make_record("one"), epoch="E1", resumes=("E2", 1, "0" * 64))
    two = federation.admitted(make_record("two"), epoch="E2", resumes=("E1", 1, one.ref.hash))
    store.commit(Batch(frames=(one, two)))
    assert sorted(span.epoch for span in store.chains.epochs(one.ref.chain)) == ["E1", "E2"]


def test_the_exchange_takes_up_what_it_held(store, federation):
    frames = [federation.admitted(make_record(f"a{n}")) for n in range(1, 8)]
    frames += [federation.admitted(make_record(f"b{n}"), epoch="E2", resumes=("E1", 7, "0" * 64)) for n in range(1, 3)]
    kept = [frames[index] for index in (0, 1, 3, 6, 7, 8)]
    store.commit(Batch(frames=tuple(kept)))
    before, after = ForeignChains(store.chains), ForeignChains(store.chains)
    for frame in kept:
        before.take(frame.ref, frame.previous, frame.resumes)
    for chain, epoch, state in store.chains.states():
        after.restore(chain, epoch, state)
    assert [
        (chain, epoch, state.contiguous, state.contiguous_hash, state.runs, state.resumes)
        for chain, epoch, state in after.items()
    ] == [
        (chain, epoch, state.contiguous, state.contiguous_hash, state.runs, state.resumes)
        for chain, epoch, state in before.items()
    ]
    for frame in frames:
        assert after.standing(frame.ref, frame.previous) is before.standing(frame.ref, frame.previous)


def test_a_frame_rereads_as_it_was_admitted(store, federation):
    frame = federation.admitted(make_record("a"), make_record("b"))
    store.commit(Batch(frames=(frame,)))
    stored = store.chains.frame(frame.ref.hash)
    assert reread(stored) == frame
    assert store.chains.frame("0" * 64) is None
    other = federation.admitted(make_record("c"), make_record("d"))
    for data in (b"{}", frame.data.replace(b'"a"', b'"z"'), other.data):
        with pytest.raises(StoreError, match="was altered"):
            reread(replace(stored, data=data))
