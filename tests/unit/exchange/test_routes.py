"""Ways that are remembered are those that would be worked out anew."""

from __future__ import annotations

from tocsin.exchange import next_hops, reachable
from tocsin.exchange.routes import REMEMBERED, Routes
from tocsin.records import ChainId, Precedence
from tocsin.testing import make_federation

AUDIENCES = ("JPN-KOR-USA", "JPN-KOR", "KOR-USA", "JPN-USA", "PUBLIC", "KOR")


def test_remembered_ways_are_those_of_the_roster_in_force() -> None:
    routes = Routes("USA")
    for links in ("mesh", "hub", "line", "mesh"):
        roster = make_federation(links=links).roster
        for _ in range(2):
            for audience in AUDIENCES:
                members = tuple(audience.split("-"))
                assert routes.reachable(roster, members) == reachable(roster, "USA", members)
                for originator in ("JPN", "USA"):
                    chain = ChainId(originator, audience, "test", Precedence.FLASH)
                    for via in ("JPN", "KOR", "USA"):
                        assert routes.next_hops(roster, chain, via) == next_hops(roster, "USA", chain, via)


def test_a_peer_that_names_ever_new_audiences_fills_no_memory() -> None:
    routes = Routes("USA")
    roster = make_federation().roster
    for number in range(REMEMBERED + 10):
        routes.reachable(roster, (f"{number}", "USA"))
    assert len(routes._reached) < REMEMBERED
