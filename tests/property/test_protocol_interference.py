"""Non-interference of the protocol: from what three share nobody learns what two of them share."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tocsin.clock import ManualClock
from tocsin.records import Precedence
from tocsin.testing import make_federation
from tocsin.testing.federation import START, make_detection

ALL = ("JPN", "KOR", "USA")
CODES = st.sampled_from(ALL)

secrets = st.tuples(CODES, st.sampled_from([("JPN", "KOR"), ("JPN", "USA"), ("KOR", "USA"), ()]))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), CODES, st.sampled_from(Precedence)),
        st.tuples(st.just("secret"), secrets, st.sampled_from(Precedence)),
        st.tuples(st.just("heads"), CODES, st.none()),
        st.tuples(st.just("wait"), st.integers(1, 5), st.none()),
    ),
    max_size=20,
)


def trilateral(steps, *, with_secrets):
    """Run the steps; return all bytes for all three that ever crossed a link, in order, per link.

    Salts are constant here: in truth they are random, of one source for all chains, and say nothing.
    """
    federation = make_federation()
    clock = ManualClock(START)
    exchanges = {code: federation.exchange(code, clock=clock, random_bytes=bytes) for code in ALL}
    crossed = []

    def carry(code, sends):
        for released in sends:
            if released.ref.chain.audience == "JPN-KOR-USA":
                crossed.append((code, released.destination.code, released.data))
            incoming = exchanges[released.destination.code].receive(released.data, via=code, path="live")
            assert not incoming.refused
            carry(released.destination.code, incoming.relays)

    def submit(code, number, audience, precedence):
        record = make_detection(f"{code}-{number}", code, audience, precedence=precedence, issued_at=clock.now())
        outgoing = exchanges[code].submit([record])
        for data in outgoing.frames:
            exchanges[code].receive(data, via=code, path="self")
        carry(code, outgoing.sends)

    for number, (what, who, precedence) in enumerate(steps):
        if what == "open":
            submit(who, number, ALL, precedence)
        elif what == "secret" and with_secrets:
            code, audience = who
            submit(code, number, audience, precedence)
        elif what == "heads":
            for outgoing in (exchanges[who].heads(worlds=[("JPN-KOR-USA", "test")]), exchanges[who].requests()):
                carry(who, outgoing.sends)
        elif what == "wait":
            clock.advance(who)
    return crossed


@given(steps)
def test_no_byte_for_three_depends_on_what_two_share(steps):
    secrets = [step for step in steps if step[0] == "secret" and len({step[1][0], *step[1][1]}) < 3]
    steps = [step for step in steps if step[0] != "secret" or step in secrets]
    assert trilateral(steps, with_secrets=True) == trilateral(steps, with_secrets=False)


def test_it_would_notice():
    steps = [("open", "KOR", Precedence.FLASH), ("secret", ("KOR", ("JPN", "KOR")), Precedence.FLASH),
             ("open", "KOR", Precedence.FLASH), ("heads", "KOR", None)]  # fmt: skip
    crossed = trilateral(steps, with_secrets=True)
    assert len(crossed) == 6
    assert msgspec.json.decode(crossed[-1][2])["header"]["number"] == 0
    assert trilateral(steps[1:], with_secrets=True) != crossed
