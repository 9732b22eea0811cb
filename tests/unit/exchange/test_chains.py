from __future__ import annotations

from tocsin.exchange import derivation
from tocsin.exchange.chains import OPEN_EPOCHS, RECENT, Epoch, ForeignChains, NoMemory, Standing
from tocsin.records import ChainId, FrameRef, Head, Precedence
from tocsin.testing.federation import make_detection

CHAIN = ChainId("KOR", "JPN-KOR", "test", Precedence.FLASH)


def ref(number, epoch="E", hash_=None, chain=CHAIN):
    return FrameRef(chain, epoch, number, hash_ or f"{epoch}{number}")


def take(chains, *numbers, epoch="E", resumes=None):
    for number in numbers:
        chains.take(ref(number, epoch), f"{epoch}{number - 1}" if number > 1 else "", resumes if number == 1 else None)


class Store:
    def __init__(self, **hashes):
        self.hashes = hashes

    def frame_hash(self, chain, epoch, number):
        return self.hashes.get(f"{epoch}{number}")


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
    assert (state.contiguous, state.contiguous_hash, state.ahead, state.links) == (6, "E6", {}, {})
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
    assert chains.standing(ref(3), "x") is Standing.CONFLICT
    assert chains.standing(ref(4), "E3") is Standing.NEW
    assert chains.standing(ref(4, hash_="x"), "E3") is Standing.CONFLICT
    assert chains.standing(ref(6), "x") is Standing.CONFLICT
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
    chains.restore(CHAIN, "E", Epoch(contiguous=7, contiguous_hash="E7", ahead={9: "E9"}, links={9: "E8"}))
    assert chains.standing(ref(8), "x") is Standing.CONFLICT
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
    labels = derivation.Labels(lambda _: None)
    for number in range(3):
        labels.note(make_detection(f"a{number}", "KOR", []))
    assert list(labels._recent) == ["a1", "a2"]
