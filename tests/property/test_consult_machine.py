"""Consultations over lines that cut and delay, with clocks that differ: a text is agreed by all or by nobody.

Whatever happens in whatever order: nothing is agreed without every member's receipt of these bytes, nor where a member
broke silence; never are two texts of one consultation agreed, at one member or at two; what is agreed anywhere stays
so, and once the lines are mended every member says the same.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from consult_room import MEMBERS, Capitals, paragraphs, refused
from tocsin.records import BODIES, decode

FIXED = ("agreed", "signing", "issued")
members = st.sampled_from(MEMBERS)
rare = st.sampled_from([True, False, False, False, False])
pairs = st.sampled_from([frozenset(pair) for pair in (("JPN", "KOR"), ("JPN", "USA"), ("KOR", "USA"))])


class Consulting(RuleBasedStateMachine):
    """JPN holds the pen."""

    @initialize(skews=st.tuples(*[st.integers(-45, 45)] * 3), seed=st.integers(0, 2**32), is_heard=st.booleans())
    def begin(self, skews, seed, is_heard):
        self.room = Capitals(seed=seed, skews=dict(zip(MEMBERS, skews, strict=True)))
        self.agreed = {}
        self.room.at["JPN"].draft()
        self.room.at["JPN"].call(within_s=600, minimum_s=60, grace_s=60)
        if is_heard:
            self.room.settle()

    def _try(self, code, act, **given):
        refused(lambda: self.room.at[code].act(act, **given))

    @rule(words=st.sampled_from(["We condemn it.", "We strongly condemn it."]), is_rare=rare)
    def next_text(self, words, is_rare):
        if is_rare or self.room.at["JPN"].sees().phase in ("broken", "suspended"):
            refused(lambda: self.room.at["JPN"].draft(parts=paragraphs(p_1=words)))

    @rule()
    def all_hear(self):
        self.room.settle()

    @rule(
        within_s=st.sampled_from([120, 600, 3600]),
        minimum_s=st.sampled_from([0, 60, 300]),
        grace_s=st.sampled_from([1, 90]),
    )
    def call_for_silence(self, within_s, minimum_s, grace_s):
        refused(lambda: self.room.at["JPN"].call(within_s=within_s, minimum_s=minimum_s, grace_s=grace_s))

    @rule(code=members, is_rare=rare)
    def break_silence(self, code, is_rare):
        if is_rare:
            self._try(code, "break", text="not in these words")

    @rule(code=members, is_rare=rare)
    def propose_and_accept(self, code, is_rare):
        if is_rare:
            self._try(code, "replace", paragraph="p-1", texts={"en": f"{code} wants it so."})
        seen = self.room.at["JPN"].sees()
        if seen.brackets:
            self._try("JPN", "accept", refs=tuple(each.ref for each in seen.brackets[:1]))

    @rule(code=members)
    def sign(self, code):
        self._try(code, "sign")

    @rule(share=st.sampled_from([0.2, 0.5, 1.0]))
    def deliver(self, share):
        self.room.deliver(share)

    @rule(pair=pairs)
    def cut(self, pair):
        self.room.cut.add(pair)

    @rule(pair=pairs)
    def mend(self, pair):
        self.room.cut.discard(pair)

    @rule(code=members)
    def work(self, code):
        self.room.at[code].work()

    @rule(seconds=st.sampled_from([90, 700, 4000]))
    def wait(self, seconds):
        self.room.wait(seconds)

    @rule(seconds=st.sampled_from([1, 30, 59, 61, 300, 3600]))
    def pass_time(self, seconds):
        self.room.now += timedelta(seconds=seconds)

    @rule(code=members, seconds=st.integers(-60, 60))
    def clock_jumps(self, code, seconds):
        self.room.at[code].skew_s += seconds

    @rule(code=members)
    def begin_anew(self, code):
        self.room.at[code].begin_anew()

    @invariant()
    def what_is_agreed_is_agreed_by_all(self):
        if not hasattr(self, "room"):
            return
        for code, capital in self.room.at.items():
            seen = capital.sees()
            if seen is None:
                continue
            assert seen.phase != "disputed"
            if seen.phase in FIXED:
                self.agreed.setdefault(code, seen.text.digest)
                assert self.agreed[code] == seen.text.digest
            else:
                assert code not in self.agreed, "what was agreed is no longer"
        assert len(set(self.agreed.values())) <= 1, "two texts are agreed"
        for digest in set(self.agreed.values()):
            self._require_consent(digest)

    def _require_consent(self, digest):
        """Look at all that was ever said, wherever it is by now."""
        answers = [(each, _body(each)) for each in self.room.records if each.kind == "consult.answer"]
        silences = {each.id: _body(each) for each in self.room.records if each.kind == "consult.silence"}
        kept = {}
        for record, body in answers:
            if body.digest == digest and body.act == "kept":
                kept.setdefault(body.of.record, set()).add(record.originator)
        held = [name for name, by in kept.items() if by == set(MEMBERS)]
        assert held, "agreed without every member's word"
        for name in held:
            words = [(record, body) for record, body in answers if body.of.record == name]
            call = silences[name]
            for member in MEMBERS:
                received = [r.issued_at for r, b in words if r.originator == member and b.act == "received"]
                assert received, "agreed without a receipt"
                assert (call.deadline_at - min(received)).total_seconds() >= call.minimum_s
            assert not [b for _, b in words if b.act in ("broken", "suspended")], "agreed where a member objected"

    @invariant()
    def a_member_says_one_last_word(self):
        if not hasattr(self, "room"):
            return
        words = {}
        for record in self.room.records:
            if record.kind == "consult.answer" and (body := _body(record)).act != "received":
                words.setdefault((record.originator, body.of.record), set()).add(body.act)
        assert all(len(acts) == 1 for acts in words.values()), words

    def teardown(self):
        if not hasattr(self, "room"):
            return
        self.room.cut.clear()
        self.room.settle()
        self.room.wait(100_000)
        self.room.wait(100)
        self.what_is_agreed_is_agreed_by_all()
        event(f"agreed: {len(self.agreed)}")
        seen = [capital.sees() for capital in self.room.at.values()]
        assert len({(each.phase, each.text.digest, each.waits_for) for each in seen}) == 1, [e.phase for e in seen]
        event(seen[0].phase)
        assert seen[0].phase in ("round", "suspended", "broken", *FIXED), "nobody waits for ever"


@lru_cache(maxsize=4096)
def _decoded(kind, body):
    return decode(body, BODIES[kind])


def _body(record):
    return _decoded(record.kind, bytes(record.body))


TestConsulting = Consulting.TestCase
TestConsulting.settings = settings(
    max_examples=10_000 if os.environ.get("TOCSIN_SOAK") else 40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestConsulting.pytestmark = [pytest.mark.timeout(300 if not os.environ.get("TOCSIN_SOAK") else 7200)]
