from __future__ import annotations

from tocsin.exchange import chains as chains_module
from tocsin.exchange import derivation
from tocsin.exchange.chains import OPEN_EPOCHS, ForeignChains, NoMemory, Standing
from tocsin.exchange.epochs import RECENT, RUNS, Epoch, Run
from tocsin.records import ChainId, FrameRef, Head, Precedence
from tocsin.testing.federation import make_detection

CHAIN = ChainId("KOR", "JPN-KOR", "test", Precedence.FLASH)


def ref(number, epoch="E", hash_=None, chain=CHAIN):
    return FrameRef(chain, epoch, number, hash_ or f"{epoch}{number}")


def take(chains, *numbers, epoch="E", resumes=None):
    for number in numbers:
        chains.take(ref(number, epoch), f"{epoch}{number - 1}" if number > 1 else "", resumes if number == 1 else None)


class Store(NoMemory):
    def __init__(self, **hashes):
        self.hashes = hashes

    def frame_hash(self, chain, epoch, number):
        return self.hashes.get(f"{epoch}{number}")

    def epoch(self, chain, epoch):
        return None


def test_gaps_are_named_and_closed():
    chains = ForeignChains(NoMemory())
    assert chains.missing(CHAIN, "E", 3) == [(0, 3)]
    take(chains, 2, 5, 6)
    assert chains.missing(CHAIN, "E", 9) == [(0, 1), (2, 4), (6, 9)]
    assert chains.missing(CHAIN, "E", 4) == [(0, 1), (2, 4)]
    assert chains.missing(CHAIN, "E", 3) == [(0, 1), (2, 3)]
    take(chains, 1)
    assert chains.epoch(CHAIN, "E").contiguous == 2
    take(chains, 4, 3)
    state = chains.epoch(CHAIN, "E")
    assert (state.contiguous, state.contiguous_hash, state.runs) == (6, "E6", [])
    assert chains.missing(CHAIN, "E", 6) == []
    assert chains.missing(CHAIN, "E", 2) == []


def test_what_a_frame_is_to_what_is_held():
    chains = ForeignChains(NoMemory())
    assert chains.standing(ref(5), "E4") is Standing.NEW
    take(chains, 1, 2, 5)
    assert chains.standing(ref(2), "E1") is Standing.HELD
    assert chains.standing(ref(2, hash_="x"), "E1") is Standing.CONFLICT
    assert chains.standing(ref(5, hash_="x"), "E4") is Standing.CONFLICT
    assert chains.standing(ref(3), "E2") is Standing.NEW
    assert chains.standing(ref(3), "x") is Standing.FORKED
    assert chains.standing(ref(4), "E3") is Standing.NEW
    assert chains.standing(ref(4, hash_="x"), "E3") is Standing.CONFLICT
    assert chains.standing(ref(6), "x") is Standing.FORKED
    assert chains.standing(ref(7), "anything") is Standing.NEW


def test_what_is_forgotten_here_the_store_remembers():
    chains = ForeignChains(Store(E1="E1"))
    assert chains.standing(ref(1), "") is Standing.HELD  # of an epoch that was not taken up
    assert chains.standing(ref(1, hash_="x"), "") is Standing.CONFLICT
    take(chains, *range(1, RECENT + 3))
    assert len(chains.epoch(CHAIN, "E").recent) == RECENT
    assert chains.standing(ref(1, hash_="x"), "") is Standing.CONFLICT
    assert chains.standing(ref(2, hash_="x"), "E1") is Standing.HELD  # nobody remembers: never taken in twice


def test_the_end_of_what_was_taken_up_is_remembered_without_a_store():
    chains = ForeignChains(NoMemory())
    chains.restore(CHAIN, "E", Epoch(contiguous=7, contiguous_hash="E7", runs=[Run(9, 9, "E8", "E9")]))
    assert chains.standing(ref(8), "x") is Standing.FORKED
    assert chains.standing(ref(8), "E7") is Standing.NEW
    assert chains.standing(ref(8, hash_="x"), "E7") is Standing.CONFLICT
    assert chains.standing(ref(7, hash_="x"), "E6") is Standing.CONFLICT
    assert chains.standing(ref(6, hash_="x"), "E5") is Standing.HELD


def test_open_until_all_before_is_held():
    chains = ForeignChains(NoMemory())
    assert not chains.is_open(ref(1), None)
    assert chains.is_open(ref(2), None)
    assert chains.is_open(ref(1, "F"), ("E", 2, "E2"))
    take(chains, 1)
    assert not chains.is_open(ref(2), None)
    assert chains.is_open(ref(1, "F"), ("E", 2, "E2"))
    take(chains, 2)
    assert not chains.is_open(ref(1, "F"), ("E", 2, "E2"))
    assert not chains.is_open(ref(1, "F"), ("E", 1, "E1"))
    assert chains.is_open(ref(1, "F"), ("E", 2, "other"))


def heads_of(chains, but="JPN"):
    return [(head.epoch, head.number) for head in chains.held_heads("JPN-KOR", "test", but=but)]


def test_held_heads_tell_of_lost_tails_and_of_nothing_that_is_done_with():
    chains = ForeignChains(NoMemory())
    take(chains, 1, 2, 3, epoch="a")
    assert heads_of(chains) == [("a", 3)]
    take(chains, 1, epoch="b", resumes=("a", 3, "a3"))
    assert heads_of(chains) == [("b", 1)]
    take(chains, 4, epoch="a")  # the originator sent it and lost it
    assert heads_of(chains) == [("a", 4), ("b", 1)]
    take(chains, 1, epoch="c", resumes=("b", 1, "b1"))
    take(chains, 1, epoch="d", resumes=("b", 1, "b1"))
    assert heads_of(chains) == [("a", 4), ("c", 1), ("d", 1)]
    assert heads_of(chains, but="KOR") == []
    assert chains.held_heads("JPN-KOR", "actual", but="JPN") == ()
    assert chains.held_heads("KOR", "test", but="JPN") == ()


def test_held_heads_have_a_bound():
    chains = ForeignChains(NoMemory())
    for number in range(OPEN_EPOCHS + 5):
        take(chains, 1, epoch=f"e{number:02}")
    assert len(heads_of(chains)) == OPEN_EPOCHS
    assert heads_of(chains)[-1] == (f"e{OPEN_EPOCHS + 4}", 1)


def test_heads_that_name_another_frame():
    chains = ForeignChains(NoMemory())
    take(chains, 1, 2, 4)

    def head(number, hash_, epoch="E"):
        return Head(originator="KOR", precedence=Precedence.FLASH, epoch=epoch, number=number, hash=hash_)

    for agrees in (head(0, ""), head(2, "E2"), head(1, "E1"), head(4, "E4"), head(9, "x"), head(2, "x", "F")):
        assert not chains.contradicts(CHAIN, agrees)
    for differs in (head(1, "x"), head(2, "x"), head(4, "x")):
        assert chains.contradicts(CHAIN, differs)


def test_the_newest_ids_of_records_are_remembered(monkeypatch):
    monkeypatch.setattr(derivation, "REMEMBERED", 2)
    labels = derivation.Labels(lambda *_: None)
    for number in range(3):
        labels.note(make_detection(f"a{number}", "KOR", []))
    assert list(labels._recent) == [("KOR", "a1"), ("KOR", "a2")]


# -- what is kept of an originator that wants to fill us up


def test_every_second_frame_is_known_again_and_closes_though_few_gaps_are_remembered():
    odd = list(range(3, 2001, 2))
    chains = ForeignChains(Store(**{f"E{n}": f"E{n}" for n in odd}))
    take(chains, *odd)
    state = chains.epoch(CHAIN, "E")
    assert state.is_sparse
    assert len(state.runs) == RUNS
    assert all(chains.standing(ref(number), f"E{number - 1}") is Standing.HELD for number in odd)
    assert chains.standing(ref(1999, hash_="x"), "E1998") is Standing.CONFLICT
    take(chains, 1)
    assert chains.epoch(CHAIN, "E").contiguous == 1
    for number in range(2, 1999, 2):
        assert chains.standing(ref(number), f"E{number - 1}") is Standing.NEW
        take(chains, number)
    assert (state.contiguous, state.contiguous_hash, state.runs) == (1999, "E1999", [])


def test_what_was_forgotten_is_asked_for_until_the_gaps_have_closed_and_nothing_else_is():
    asked = []

    class Asked(Store):
        def frame_hash(self, chain, epoch, number):
            asked.append(number)
            return super().frame_hash(chain, epoch, number)

    odd = list(range(3, 2 * RUNS + 9, 2))
    chains = ForeignChains(Asked(**{f"E{n}": f"E{n}" for n in odd}))
    take(chains, *odd)
    state = chains.epoch(CHAIN, "E")
    assert state.is_sparse
    for number in range(1, odd[-1]):
        if number not in odd:
            assert chains.standing(ref(number), f"E{number - 1}") is Standing.NEW
            take(chains, number)
    assert (state.contiguous, state.is_sparse) == (odd[-1], False)
    asked.clear()
    for number in range(odd[-1] + 1, odd[-1] + 50):
        assert chains.standing(ref(number), f"E{number - 1}") is Standing.NEW
        take(chains, number)
    assert asked == []


def test_there_is_room_for_what_begins_no_further_run():
    state = Epoch()
    for number in range(3, 2 * RUNS + 3, 2):
        assert state.has_room_for(number)
        state.add(number, f"h{number}", f"h{number - 1}")
    last = state.runs[-1].last
    assert [number for number in range(last + 5) if not state.has_room_for(number)] == [last + 2, last + 3, last + 4]


def test_runs_grow_at_both_ends_and_join():
    state = Epoch()
    for number in (5, 9, 6, 8, 4, 12):
        state.add(number, f"h{number}", f"h{number - 1}")
    assert [(run.first, run.last, run.link, run.hash) for run in state.runs] == [
        (4, 6, "h3", "h6"), (8, 9, "h7", "h9"), (12, 12, "h11", "h12"),
    ]  # fmt: skip
    state.add(7, "h7", "h6")
    assert [(run.first, run.last, run.link, run.hash) for run in state.runs] == [
        (4, 9, "h3", "h9"), (12, 12, "h11", "h12"),
    ]  # fmt: skip
    assert [number for number in range(14) if state.holds(number)] == [4, 5, 6, 7, 8, 9, 12]
    assert state.missing(20) == [(0, 3), (9, 11), (12, 20)]


class Kept(NoMemory):
    """A store in memory: what was taken, by chain and epoch."""

    def __init__(self):
        self.kept = {}

    def frame_hash(self, chain, epoch, number):
        return self.kept.get((chain, epoch), {}).get(number)

    def epoch(self, chain, epoch):
        frames = self.kept.get((chain, epoch))
        if not frames:
            return None
        state = Epoch()
        for number in sorted(frames):
            state.add(number, frames[number], f"{epoch}{number - 1}")
        return state


def test_epochs_without_end_are_let_go_of_and_known_again(monkeypatch):
    monkeypatch.setattr(chains_module, "EPOCHS", 50)
    store = Kept()
    chains = ForeignChains(store, own="JPN")
    for number in range(500):
        chain = ChainId("KOR", "JPN-KOR", f"exercise:x{number % 100}", Precedence.FLASH)
        for frame in (1, 2):
            taken = ref(frame, f"e{number}", chain=chain)
            assert chains.standing(taken, f"e{number}{frame - 1}" if frame > 1 else "") is Standing.NEW
            chains.take(taken, f"e{number}{frame - 1}" if frame > 1 else "", None)
            store.kept.setdefault((chain, f"e{number}"), {})[frame] = taken.hash
    assert len(list(chains.items())) == 50
    assert sum(len(epochs) for world in chains._worlds.values() for epochs in world.values()) == 50
    assert sum(len(state.recent) for _, _, state in chains.items()) <= 100
    old = ChainId("KOR", "JPN-KOR", "exercise:x7", Precedence.FLASH)
    assert chains.standing(ref(2, "e7", chain=old), "e71") is Standing.HELD
    assert chains.standing(ref(3, "e7", chain=old), "x") is Standing.FORKED
    assert chains.standing(ref(3, "e7", chain=old), "e72") is Standing.NEW
    assert chains.missing(old, "e7", 4) == [(2, 4)]
    for number in range(30_000):
        assert chains.missing(old, f"never{number}", 2) == [(0, 2)]
    assert len(chains._absent) == chains_module._ABSENT
    assert len(list(chains.items())) == 50


def test_own_epochs_are_never_let_go_of(monkeypatch):
    monkeypatch.setattr(chains_module, "EPOCHS", 5)
    chains = ForeignChains(NoMemory(), own="KOR")
    for number in range(20):
        take(chains, 1, epoch=f"e{number}")
    assert len(list(chains.items())) == 20


def test_hashes_of_one_originator_are_bounded(monkeypatch):
    monkeypatch.setattr(chains_module, "HASHES", 1000)
    chains = ForeignChains(NoMemory())
    for epoch in range(40):
        take(chains, *range(1, 300), epoch=f"e{epoch}")
    assert sum(len(state.recent) for _, _, state in chains.items()) < 1000 * 5


def test_an_epoch_or_world_too_many_is_not_begun_and_known_ones_go_on():
    asked = []

    def may_begin(originator, is_new_world):
        asked.append((originator, is_new_world))
        return len(asked) < 3

    chains = ForeignChains(NoMemory(), own="JPN", may_begin=may_begin)
    other = ChainId("KOR", "JPN-KOR", "test", Precedence.BULK)
    for taken in (ref(1), ref(1, chain=other)):
        assert chains.standing(taken, "") is Standing.NEW
        chains.take(taken, "", None)
    assert chains.standing(ref(1, "F"), "") is Standing.TOO_MANY
    assert chains.standing(ref(2), "E1") is Standing.NEW
    assert asked == [("KOR", True), ("KOR", False), ("KOR", False)]
    own = ChainId("JPN", "JPN-KOR", "test", Precedence.FLASH)
    assert chains.standing(ref(1, chain=own), "") is Standing.NEW
