"""Whatever befalls a federation: nothing leaks, nothing doubles, and once it can talk again nothing is lost."""

from __future__ import annotations

import os
from datetime import timedelta

import msgspec
import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tocsin.codec import encode
from tocsin.exchange import Reason, open_frame, reachable, verify_frames
from tocsin.exchange.frames import Place, seal_frame
from tocsin.markings import PUBLIC
from tocsin.records import FrameRef, Precedence
from tocsin.signing import KeyRole
from tocsin.testing import MemoryFederation, make_federation
from tocsin.testing.federation import key_of, make_detection

pytestmark = pytest.mark.timeout(7200 if os.environ.get("TOCSIN_SOAK") else 300)  # to make a failure small takes long

CODES = ("AUS", "JPN", "KOR", "USA")
TOPOLOGIES = (
    "mesh",
    "hub",
    "line",
    (("AUS", "JPN"), ("JPN", "KOR"), ("KOR", "USA"), ("USA", "AUS")),
    (("JPN", "KOR"), ("JPN", "USA"), ("KOR", "USA")),  # nobody is linked to AUS
)

codes = st.sampled_from(CODES)
audiences = st.sampled_from([CODES, ("JPN", "KOR", "USA"), ("JPN", "KOR"), ("AUS", "USA"), (), (PUBLIC,)])
picks = st.integers(0, 1_000_000)


def may_read(chain, code):
    return chain.members == (PUBLIC,) or code in chain.members


class WatchedFederation(MemoryFederation):
    """Looks at each frame before the member does, and knows what the member has to say to it."""

    def arrive(self, receiver, data, *, via, path):
        member = self.members[receiver]
        ref = open_frame(data, max_bytes=1_000_000).ref
        beside = [
            frame.ref.hash
            for frame in member.kept.values()
            if (frame.ref.chain, frame.ref.epoch, frame.ref.number) == (ref.chain, ref.epoch, ref.number)
        ]
        is_held = ref.hash in member.kept
        incoming = super().arrive(receiver, data, via=via, path=path)
        if incoming is not None and ref.number > 0:
            reasons = [rejected.reason for rejected in incoming.refused]
            if not may_read(ref.chain, receiver):
                assert reasons == [Reason.NOT_FOR_US]
            elif is_held and not reasons:  # reasons there are if its key was taken back or is not known any more
                assert incoming.is_duplicate
            elif beside and not is_held:
                event("two frames with one number met")
                assert reasons in ([Reason.EQUIVOCATION], [Reason.REVOKED])
                assert incoming.refused[0].data == data
            elif incoming.frame is not None and reasons:
                event("a frame came in beside another that it does not link to")
                assert reasons == [Reason.EQUIVOCATION]
                assert incoming.frame.chain_open
        return incoming


class FederationMachine(RuleBasedStateMachine):
    @initialize(
        links=st.sampled_from(TOPOLOGIES),
        openings=st.lists(st.tuples(codes, audiences, st.integers(1, 4), st.booleans()), min_size=3, max_size=8),
    )
    def begin(self, links, openings):
        self.federation = make_federation(CODES, links)
        self.memory = WatchedFederation(self.federation)
        self.count = 0
        self.sealed = {}  # hash -> bytes, of every frame that anybody signed
        self.places = {}  # place -> hashes
        self.forged_epochs = set()
        self.documents = [self.federation.document]
        self.rosters = [self.federation.roster]
        self.behind = {code: [] for code in CODES}
        self.revocations = []
        self.old_keys = {code: [] for code in CODES}
        for code, audience, count, is_synced in openings:
            self.submit(code, audience, "test", Precedence.FLASH, count, is_synced)

    # -- what members do

    @rule(code=codes, audience=audiences, status=st.sampled_from(["actual", "test"]),
          precedence=st.sampled_from([Precedence.FLASH, Precedence.ROUTINE]), count=st.integers(1, 4),
          is_synced=st.booleans())  # fmt: skip
    def submit(self, code, audience, status, precedence, count, is_synced):
        """A member seals some frames, with one or two records each."""
        if self.memory.members[code].exchange is None:
            return
        for number in range(count):
            records = []
            for _ in range(1 + number % 2):
                self.count += 1
                id_ = f"{code}-{self.count}"
                records.append(make_detection(id_, code, audience, status=status, precedence=precedence))
            for data in self.memory.submit(code, records).frames:
                self._note(data)
        if is_synced:
            self.memory.sync(code)
        self._check_arrivals()

    @rule(pick=picks, count=st.integers(2, 20))
    def deliver_some(self, pick, count):
        """A good hour: frames arrive as they were sent."""
        ends = list(self.memory.wires)
        for step in range(count):
            one = ends[(pick + step) % len(ends)]
            if self.memory.wires[one].live:
                self.memory.deliver_live(*one)
            self.memory.deliver_durable(*one)
        self._check_arrivals()

    @rule(code=codes)
    def heads(self, code):
        if self.memory.members[code].exchange is not None:
            self.memory.heads(code)

    @rule(code=codes)
    def requests(self, code):
        if self.memory.members[code].exchange is not None:
            self.memory.requests(code)

    @rule(code=codes)
    def sync(self, code):
        if self.memory.members[code].exchange is not None:
            self.memory.sync(code)

    # -- what wires do

    @rule(pick=picks, index=picks, again=st.booleans())
    def deliver_live(self, pick, index, again):
        busy = [ends for ends, wire in self.memory.wires.items() if wire.live]
        if busy:
            ends = busy[pick % len(busy)]
            self.memory.deliver_live(*ends, index % len(self.memory.wires[ends].live), again=again)
            self._check_arrivals()

    @rule(pick=picks, index=picks)
    def drop_live(self, pick, index):
        busy = [ends for ends, wire in self.memory.wires.items() if wire.live]
        if busy:
            ends = busy[pick % len(busy)]
            wire = self.memory.wires[ends]
            wire.drop(index % len(wire.live))

    @rule(pick=picks, count=st.integers(1, 5))
    def deliver_durable(self, pick, count):
        behind = [ends for ends, wire in self.memory.wires.items() if wire.cursor < wire.synced]
        if behind:
            self.memory.deliver_durable(*behind[pick % len(behind)], count)
            self._check_arrivals()

    @rule(pick=picks)
    def cut(self, pick):
        ends = list(self.memory.wires)
        self.memory.cut(*ends[pick % len(ends)])

    @rule(pick=picks)
    def heal(self, pick):
        ends = list(self.memory.wires)
        self.memory.heal(*ends[pick % len(ends)])

    @precondition(lambda self: self.sealed)
    @rule(pick=picks, code=codes, via=codes)
    def replay(self, pick, code, via):
        """Anybody sends anybody a frame of old, also one that was never meant for them."""
        hashes = list(self.sealed)
        data = self.sealed[hashes[pick % len(hashes)]]
        self.memory.arrive(code, data, via=via, path="live")
        self._check_arrivals()

    # -- what befalls members

    @rule(code=codes, store_tail=st.booleans(), outbox_tail=st.booleans())
    def crash(self, code, store_tail, outbox_tail):
        if self.memory.members[code].exchange is not None:
            self.memory.crash(code, store_tail=store_tail, outbox_tail=outbox_tail)

    @rule(code=codes)
    def restart(self, code):
        if self.memory.members[code].exchange is None:
            self.memory.restart(code)

    @rule(code=codes, hours=st.integers(-48, 48))
    def skew(self, code, hours):
        clock = self.memory.members[code].clock
        clock.step_to(clock.now() + timedelta(hours=hours, seconds=1))

    @rule(seconds=st.integers(0, 10))
    def advance(self, seconds):
        self.memory.advance(seconds)

    @rule(code=codes, role=st.sampled_from([KeyRole.LIVE, KeyRole.TEST, KeyRole.EXERCISE]), late=st.sets(codes))
    def change_key(self, code, role, late):
        """A member gets a new key by a new roster, of which some hear later."""
        member = self.memory.members[code]
        if member.exchange is None or len(self.documents) > 3:
            return
        roster, key = self.rosters[-1], key_of(code, role, len(self.documents))
        roster = self.federation.with_key(self.documents[-1], roster, code, key)
        self.documents.append(self.federation.next_roster(roster))
        self.rosters.append(roster)
        self.old_keys[code].append(member.keys[role])
        for other in CODES:
            self.behind[other].append(self.documents[-1])
            if other == code or other not in late:
                self._catch_up(other)
        member.keys[role] = key
        member.exchange.use_key(key)

    @rule(code=codes, late=st.sets(codes))
    def revoke_key(self, code, late):
        """A member takes back a key that it uses no more, with the last heads that it knows of."""
        if not self.old_keys[code]:
            return
        key = self.old_keys[code].pop()
        ends = {}
        for frame in self.memory.members[code].kept.values():
            if open_frame(frame.data, max_bytes=1_000_000).keyid == key.keyid:
                place = open_frame(frame.data, max_bytes=1_000_000).header.place
                world = msgspec.structs.replace(place, number=0)
                ends[world] = max(place.number, ends.get(world, 0))
        heads = [msgspec.structs.replace(world, number=number) for world, number in ends.items()]
        document = self.federation.revocation(code, key.keyid, heads)
        for other in CODES:
            self.behind[other].append(document)
            if other not in late:
                self._catch_up(other)
        self.revocations.append(self.memory.members[code].trust.revoke(document))

    @precondition(lambda self: self.places)
    @rule(pick=picks, code=codes)
    def equivocate(self, pick, code):
        """The owner of a real key signs a second frame for a number that is taken and shows it to one other."""
        places = sorted(self.places, key=str)
        ref = places[pick % len(places)]
        if not may_read(ref.chain, code) or code == ref.chain.originator:
            return
        real = open_frame(self.sealed[self.places[ref][0]], max_bytes=1_000_000)
        self.count += 1
        record = make_detection(
            f"forged-{self.count}", ref.chain.originator, ref.chain.members, status=ref.chain.status,
            precedence=ref.chain.precedence,
        )  # fmt: skip
        keys = [key for owned in (self.memory.members[ref.chain.originator].keys,) for key in owned.values()]
        keys += self.old_keys[ref.chain.originator]
        key = next((key for key in keys if key.keyid == real.keyid), None)
        if key is None:
            return
        place = Place(
            ref.chain, ref.epoch, ref.number, real.header.previous, real.header.resumes, real.header.sealed_at
        )
        forged = seal_frame(place, [encode(record)], key, bytes)
        self._note(forged.data)
        self.forged_epochs.add((ref.chain, ref.epoch))
        self.memory.arrive(code, forged.data, via=ref.chain.originator, path="live")
        self._check_arrivals()

    # -- what must hold

    @invariant()
    def nothing_is_held_outside_its_audience(self):
        for code, member in self._members():
            for frame in member.kept.values():
                assert may_read(frame.ref.chain, code)
                assert all(admitted.record.marking.allows([code]) for admitted in frame.records)
                assert {admitted.record.status for admitted in frame.records} == {frame.ref.chain.status}

    @invariant()
    def no_record_is_held_twice(self):
        for _, member in self._members():
            ids = [admitted.record.id for frame in member.kept.values() for admitted in frame.records]
            assert len(ids) == len(set(ids))
            places = [(frame.ref.chain, frame.ref.epoch, frame.ref.number) for frame in member.kept.values()]
            assert len(places) == len(set(places))

    @invariant()
    def what_is_held_is_what_was_sealed(self):
        for _, member in self._members():
            for hash_, frame in member.kept.items():
                assert frame.data == self.sealed[hash_]

    @invariant()
    def nothing_crosses_a_wire_that_its_end_may_not_have(self):
        for (_, receiver), wire in self.memory.wires.items() if hasattr(self, "memory") else ():
            for released in (*wire.live, *wire.outbox):
                assert may_read(released.ref.chain, receiver)

    def teardown(self):
        if not hasattr(self, "memory"):
            return
        for code in CODES:
            self._catch_up(code)
        self.memory.settle()
        kept = sum(len(member.kept) for _, member in self._members())
        event(f"frames held at the end: {'none' if not kept else 'up to 20' if kept < 21 else 'more'}")
        event(f"equivocation: {bool(self.forged_epochs)}, keys revoked: {bool(self.revocations)}")
        self._check_arrivals()
        self.nothing_is_held_outside_its_audience()
        self.no_record_is_held_twice()
        self.what_is_held_is_what_was_sealed()
        self._nothing_acknowledged_is_lost()
        self._chains_verify()

    def _nothing_acknowledged_is_lost(self):
        for hash_, released in self.memory.acknowledged.items():
            ref = released.ref
            place = FrameRef(ref.chain, ref.epoch, ref.number, "")
            if len(self.places[place]) > 1 or self._is_void(self.sealed[hash_]):
                continue  # of two frames with one number each holds the one that came first
            audience = reachable(self.rosters[-1], ref.chain.originator, ref.chain.members)
            for code in (ref.chain.originator, *audience):
                assert hash_ in self.memory.members[code].kept, f"{code} lost {ref}"

    def _chains_verify(self):
        for _, member in self._members():
            sound = [
                frame.data
                for frame in member.kept.values()
                if (frame.ref.chain, frame.ref.epoch) not in self.forged_epochs
            ]
            report = verify_frames(sound, self.rosters)
            assert report.is_sound, report.breaks
            assert report.frames == len(sound)

    # -- inside

    def _members(self):
        return self.memory.members.items() if hasattr(self, "memory") else ()

    def _note(self, data):
        ref = open_frame(data, max_bytes=1_000_000).ref
        self.sealed[ref.hash] = data
        self.places.setdefault(FrameRef(ref.chain, ref.epoch, ref.number, ""), []).append(ref.hash)

    def _catch_up(self, code):
        trust = self.memory.members[code].trust
        for document in self.behind[code]:
            if "roster" in document.payload_type:
                trust.apply(document, now=self.memory.members[code].clock.now())
            else:
                trust.revoke(document)
        self.behind[code].clear()

    def _is_void(self, data):
        frame = open_frame(data, max_bytes=1_000_000)
        return any(revoked.keyid == frame.keyid and revoked.voids(frame.header.place) for revoked in self.revocations)

    def _check_arrivals(self):
        """Whoever holds one frame and is shown another with its number says so."""
        for arrival in self.memory.arrivals:
            incoming = arrival.incoming
            if incoming.frame is None and not incoming.refused:
                assert incoming.is_duplicate
            for rejected in incoming.refused:
                assert rejected.reason in {Reason.NOT_FOR_US, Reason.EQUIVOCATION, Reason.REVOKED, Reason.UNKNOWN_KEY}
                if rejected.reason is Reason.NOT_FOR_US:
                    assert rejected.data == b""
        self.memory.arrivals.clear()
        for code, member in self._members():
            for frame in member.kept.values():
                place = FrameRef(frame.ref.chain, frame.ref.epoch, frame.ref.number, "")
                others = set(self.places[place]) - {frame.ref.hash}
                assert not (others & set(member.kept)), code


FederationMachine.TestCase.settings = settings(
    max_examples=settings.default.max_examples * 3 // 5, stateful_step_count=50, deadline=None
)
TestFederation = FederationMachine.TestCase
