from __future__ import annotations

from itertools import count

import msgspec
import pytest

from tocsin.errors import NotReleasableError, SignatureError, StatusMixError
from tocsin.exchange import Policy, Releaser, carry_out, sign_downgrade
from tocsin.markings import Marking, Tlp, marking_for
from tocsin.records import Downgrade, Person, Source, body_of
from tocsin.signing import KeyRole
from tocsin.testing import make_federation
from tocsin.testing.federation import RELEASE_ALL, START, key_of, make_detection

PERSON = key_of("a person", KeyRole.LIVE)
RELEASER = Releaser(pseudonym="R-7", keyid=PERSON.keyid, public=PERSON.public.public)
POLICY = Policy(release=RELEASE_ALL.release, releasers=(RELEASER,))
WIDE = marking_for("JPN", "KOR", "USA")
OPEN_FIELDS = ("sensor", "azimuth_deg", "elevation_deg", "angle_sigma_deg")


@pytest.fixture
def kor():
    return make_federation().exchange("KOR", policy=POLICY)


def admitted(kor, *records):
    found = []
    for record in records:
        for data in kor.submit([record]).frames:
            found += kor.receive(data, via="KOR", path="self").frame.records
    return found


def order(**changes):
    fields = {
        "source_ids": ("a",), "fields": OPEN_FIELDS, "marking": WIDE, "reason": "the public asked", "keyid": "",
        "releaser": Person(role="releaser", pseudonym="R-7"), "signature": "",
    } | changes  # fmt: skip
    return Downgrade(**fields)


def out(kor, sources, signed, policy=POLICY):
    ids = count(1)
    return carry_out(signed, sources, policy, new_id=lambda: f"new-{next(ids)}", now=START)


def test_named_fields_go_and_nothing_else(kor):
    secret = msgspec.structs.replace(make_detection("a", "KOR", ["JPN"]), supersedes="z", sources=(Source(cites="x"),))
    note, copy = out(kor, admitted(kor, secret), sign_downgrade(order(), PERSON))
    assert set(msgspec.json.decode(copy.body)) == set(OPEN_FIELDS)
    assert (copy.id, copy.marking, copy.supersedes) == ("new-2", WIDE, None)
    assert copy.sources == (Source(cites="released by releaser R-7"),)
    assert (copy.synthetic, copy.status, copy.observed_at) == (True, "test", secret.observed_at)
    assert body_of(copy).range_m is None
    assert (note.kind, note.marking, note.parents) == ("exchange.downgrade", marking_for("KOR"), ("a",))
    sent = kor.submit([note, copy]).sends
    assert {released.ref.chain.audience for released in sent} == {"JPN-KOR-USA"}
    assert b'"a"' not in sent[0].data
    assert b"700000" not in sent[0].data


def test_a_record_with_caveats_and_labels_can_be_widened_too(kor):
    marking = Marking(releasable_to=("JPN", "KOR"), caveats=("ORCON",), tlp=Tlp.RED)
    source = msgspec.structs.replace(make_detection("a", "KOR", ["JPN"]), marking=marking)
    note, copy = out(kor, admitted(kor, source), sign_downgrade(order(), PERSON))
    assert note.marking == Marking(releasable_to=("KOR",), caveats=("ORCON",), tlp=Tlp.RED)
    assert len(kor.submit([note, copy]).sends) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fields": ()}, "one field"),
        ({"source_ids": ("b",)}, "at least one record that is held"),
        ({"source_ids": ("a", "a")}, "at least one record that is held"),
        ({"fields": (*OPEN_FIELDS, "colour")}, "a has no field 'colour'"),
        ({"fields": ("azimuth_deg",)}, "do not make a whole warning.detection"),
        ({"marking": marking_for("JPN", "USA")}, "KOR is missing from the marking"),
        ({"releaser": Person(role="releaser", pseudonym="R-8")}, "R-8 is no releaser"),
        ({"releaser": Person(role="watch officer", pseudonym="R-7")}, "is no releaser"),
    ],
)
def test_an_order_that_may_not_be_carried_out(kor, change, says):
    sources = admitted(kor, make_detection("a", "KOR", ["JPN"]))
    with pytest.raises(NotReleasableError, match=says):
        out(kor, sources, sign_downgrade(order(**change), PERSON))


def test_an_order_without_records(kor):
    with pytest.raises(NotReleasableError, match="at least one record"):
        out(kor, [], sign_downgrade(order(source_ids=()), PERSON))


def test_only_a_releaser_signs(kor):
    sources = admitted(kor, make_detection("a", "KOR", ["JPN"]))
    signed = sign_downgrade(order(), PERSON)
    with pytest.raises(NotReleasableError, match="is no releaser"):
        out(kor, sources, signed, Policy())
    with pytest.raises(NotReleasableError, match="is no releaser"):
        out(kor, sources, sign_downgrade(order(), key_of("another", KeyRole.LIVE)))
    for altered in (
        {"fields": (*OPEN_FIELDS, "range_m", "range_sigma_m")},
        {"marking": marking_for("AUS", "KOR")},
        {"reason": "none"},
        {"signature": ""},
        {"signature": "ünlesbar"},
    ):
        with pytest.raises(SignatureError):
            out(kor, sources, msgspec.structs.replace(signed, **altered))
    with pytest.raises(ValueError, match="keyid of R-7 is not that of its public key"):
        Releaser(pseudonym="R-7", keyid="0" * 64, public=PERSON.public.public)


def test_nobody_widens_what_another_made(kor):
    jpn = make_federation().exchange("JPN")
    foreign = make_detection("a", "JPN", ["KOR"])
    (theirs,) = kor.receive(jpn.submit([foreign]).frames[0], via="JPN", path="live").frame.records
    own = admitted(kor, make_detection("b", "KOR", ["JPN"]))
    with pytest.raises(NotReleasableError, match="a is another member's"):
        out(kor, [*own, theirs], sign_downgrade(order(source_ids=("b", "a")), PERSON))
    made = out(kor, [theirs], sign_downgrade(order(), PERSON))
    with pytest.raises(NotReleasableError, match="is of JPN, not ours"):
        kor.submit(made)


def test_statuses_do_not_mix_in_an_order(kor):
    sources = admitted(kor, make_detection("a", "KOR", ["JPN"]), make_detection("b", "KOR", ["JPN"], status="actual"))
    with pytest.raises(StatusMixError):
        out(kor, sources, sign_downgrade(order(source_ids=("a", "b")), PERSON))
    exercise = admitted(kor, make_detection("c", "KOR", ["JPN"], status="exercise:x"))
    made = out(kor, [sources[1], *exercise], sign_downgrade(order(source_ids=("b", "c")), PERSON))
    assert [record.status for record in made] == ["exercise:x", "actual", "exercise:x"]
    assert kor.submit(made).sends
