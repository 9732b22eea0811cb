"""Laws of corroboration, on derivations of every shape: chains, diamonds, circles, hidden parents."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger_room import LedgerRoom, key

from tocsin.claims import Ledger, standing_of
from tocsin.claims.origins import corroboration, names_of
from tocsin.records import Claim, ClaimItem, ClaimLink, RecordRef

MEMBERS = ("JPN", "KOR", "USA")


def ref(number):
    return RecordRef(originator=MEMBERS[number % 3], record=f"i{number}")


@st.composite
def derivations(draw):
    """Items by reference; parents may be any, also later ones, themselves through others, or nobody's."""
    count = draw(st.integers(1, 12))
    items = {}
    for number in range(count):
        basis = draw(st.sampled_from(["own", "derived", "derived", "unknown"]))
        if basis == "derived":
            parents = draw(st.lists(st.integers(0, count), min_size=1, max_size=3, unique=True))
            items[key(ref(number))] = ClaimItem(
                title="t", media="m", basis=basis, derived_from=tuple(ref(parent) for parent in parents)
            )
        else:
            sha = draw(st.sampled_from(["", "", "0" * 64, "1" * 64])) if basis == "own" else ""
            items[key(ref(number))] = ClaimItem(title="t", media="m", basis=basis, sha256=sha)
    return items


def reference_origins(reports, items):
    """Count by brute force: the closure over parents, repeated until nothing is added."""
    reach = {each: {each} for each in items}
    for _ in items:
        for each, item in items.items():
            for parent in item.derived_from:
                reach[each] |= reach.get((parent.originator, parent.record), set())
    found = set()
    for report in reports:
        for each in reach.get(report, ()):
            if items[each].basis == "own":
                found.add(items[each].sha256 or each)
    return len(found)


@settings(max_examples=300)
@given(derivations(), st.data())
def test_origins_are_counted_as_the_closure_counts_them(items, data):
    reports = data.draw(st.lists(st.sampled_from(sorted(items)), max_size=6))
    counted = corroboration([(each,) for each in reports], items.get, lambda name: name, lambda item: "")
    assert len(counted.origins) == reference_origins(reports, items)
    assert counted.reports == len(reports)
    assert counted.unknown == sum(reference_origins([each], items) == 0 for each in reports)


@settings(max_examples=200)
@given(derivations(), st.data())
def test_support_never_rises_when_a_dependent_copy_is_added(items, data):
    reports = data.draw(st.lists(st.sampled_from(sorted(items)), min_size=1, max_size=6))
    parents = data.draw(st.lists(st.sampled_from(reports), min_size=1, max_size=3, unique=True))
    before = corroboration([(each,) for each in reports], items.get, lambda name: name, lambda item: "")
    if data.draw(st.booleans()):  # a copy that names its parents, or one that may name their origins alone
        copy = ClaimItem(
            title="c", media="m", basis="derived",
            derived_from=tuple(RecordRef(originator=one, record=two) for one, two in parents),
        )  # fmt: skip
    else:
        known = [each for each in parents if items[each].basis == "own" and items[each].sha256]
        if not known:
            return
        tokens = tuple(dict.fromkeys(names_of(each, items[each])[0] for each in known))
        copy = ClaimItem(title="c", media="m", basis="derived", origins=tokens)
    more = {**items, ("USA", "copy"): copy}
    after = corroboration(
        [(each,) for each in [*reports, ("USA", "copy")]], more.get, lambda name: name, lambda item: ""
    )
    assert after.origins == before.origins
    assert after.reports == before.reports + 1


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(2, 5))
def test_a_ledger_is_the_same_in_whatever_order_records_come(shuffler: random.Random, count):
    room = LedgerRoom()
    claim = RecordRef(originator="KOR", record="c")
    records = [
        room.record(Claim(proposition="p", speaker="s"), name="c"),
        room.record(Claim(proposition="p2", speaker="s"), name="c2", supersedes="c"),
    ]
    for number in range(count):
        by = ref(number).originator
        records.append(room.record(ClaimItem(title="t", media="m", basis="own"), by=by, name=f"i{number}"))
        link = ClaimLink(of=ref(number), relation=("supports", "contradicts")[number % 2], to=claim)
        records.append(room.record(link, by=by, name=f"l{number}"))
    records.append(room.record(ClaimLink(of=ref(0), relation="supports", to=claim), by="JPN", name="x", cancels="l0"))
    entries = [entry for record in records for entry in room.admit(record)]
    ledgers = [Ledger("actual"), Ledger("actual")]
    shuffled = list(entries)
    shuffler.shuffle(shuffled)
    for ledger, order in zip(ledgers, (entries, shuffled + shuffled[:2]), strict=True):
        for entry in order:
            ledger.take(entry)
    one, other = (standing_of(ledger, key(claim)) for ledger in ledgers)
    assert one.claim == other.claim
    assert (one.support, one.contradiction) == (other.support, other.contradiction)
    assert {version.ref for version in one.links} == {version.ref for version in other.links}
