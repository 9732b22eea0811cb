"""What was refused: a bounded ring for each peer, with the reason and as much as proves it."""

from __future__ import annotations

import pytest

from sealed import START, Federation, make_record
from tocsin.exchange import Reason, Rejected, verify_frames
from tocsin.store import QUARANTINE_RING, Batch, Store


def rejected(n, *, via="JPN", reason=Reason.SIGNATURE, data=b"{}", detail="") -> Rejected:
    return Rejected(reason, detail, f"{n:064x}", via, "live", START, data)


def test_the_ring_holds_the_newest_of_each_peer(place):
    with Store.open(place) as store:
        store.commit(Batch(refused=tuple(rejected(n) for n in range(QUARANTINE_RING + 200))))
        store.commit(Batch(refused=(rejected(1, via="USA", reason=Reason.NOT_FOR_US, data=b""),)))
        assert len(store.links.quarantined(limit=10_000)) == QUARANTINE_RING + 1
        kept = store.links.quarantined("JPN", limit=10_000)
        assert [int(each.hash, 16) for each in kept] == list(range(QUARANTINE_RING + 199, 199, -1))
        (other,) = store.links.quarantined(reason="not_for_us")
        assert (other.via, other.data, other.path, other.at) == ("USA", None, "live", START)
        assert store.links.refusals() == {
            ("JPN", "bad_signature"): QUARANTINE_RING + 200,
            ("USA", "not_for_us"): 1,
        }
        store.commit(Batch(refused=(rejected(5),)))
        assert store.links.refusals()["JPN", "bad_signature"] == QUARANTINE_RING + 201
        assert len(store.links.quarantined("JPN", limit=10_000)) == QUARANTINE_RING


def test_only_the_start_is_kept_and_text_is_made_plain(place):
    with Store.open(place) as store:
        store.commit(Batch(refused=(rejected(1, data=b"x" * 9000, detail="\x00\udc80" + "y" * 2000),)))
        (entry,) = store.links.quarantined()
        assert (entry.data, entry.size) == (b"x" * 4096, 9000)
        assert entry.detail == "\\0?" + "y" * 998


def test_proof_of_equivocation_is_kept_whole_without_content(place):
    federation, twin = Federation(), Federation()
    twin.keys = federation.keys
    frame = federation.admitted(make_record("one story"[:3]))
    other = federation.receive(twin.seal(make_record("two", body={"story": "z" * 20_000})))
    assert isinstance(other, Rejected)
    assert other.reason is Reason.EQUIVOCATION
    with Store.open(place) as store:
        store.commit(Batch(frames=(frame,), refused=(other,)))
        (entry,) = store.links.quarantined(reason="equivocation")
        report = verify_frames([frame.data, entry.data], [federation.trust.roster])
        assert [each.what for each in report.breaks] == [
            "another frame has the same number: the originator equivocates"
        ]
        assert b"zzz" not in entry.data


@pytest.mark.parametrize("ring", [1, 3])
def test_the_ring_can_be_smaller(place, ring):
    with Store.open(place, quarantine_ring=ring) as store:
        for n in range(5):
            store.commit(Batch(refused=(rejected(n),)))
        assert [int(each.hash, 16) for each in store.links.quarantined()] == [4, 3, 2, 1, 0][:ring]
