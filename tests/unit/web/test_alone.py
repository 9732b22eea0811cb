"""What a member would know of an event from its own plots alone, beside what it knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.launch_feed import ALL, detections, flight_of, make_desk, run
from tests.sealed import START
from tests.unit.web.conftest import Desk, launch

from tocsin.store import Batch
from tocsin.web.gateway import Gateway

pytestmark = pytest.mark.timeout(240)  # the filter may have to be compiled first

FLIGHT = "NK-20170528-01"
AFTER_S = 40.0


@pytest.fixture
def flown(desk: Desk, gateway: Gateway) -> Gateway:
    """KOR's floor soon after a burnout: its own plots, and what it told of these and of JPN's."""
    flight = flight_of(FLIGHT)
    until_s = flight.burnout_s + AFTER_S
    plots = detections(flight, members=("JPN", "KOR"))
    seen = [record for record in plots if record.observed_at < START + timedelta(seconds=until_s)]
    told = run(make_desk("KOR"), seen, until_s=until_s)
    issued = [(second, record) for second, record in told if record.marking.releasable_to == ALL]
    issued += [((record.observed_at - START).total_seconds(), record) for record in seen if record.originator == "KOR"]
    for second, record in sorted(issued, key=lambda pair: pair[0]):
        desk.federation.clock.step_to(max(desk.federation.clock.now(), START + timedelta(seconds=second)))
        desk.store.commit(Batch(frames=(desk.federation.admitted(record),)))
    gateway.load()
    return gateway


def test_alone_beside_together(flown: Gateway, officer) -> None:
    (event,) = [each for each in flown.book.events() if each.members]
    shared = event.members["KOR"]
    alone = officer.get(f"/api/v1/events/{event.event_id}/alone?status=test").json()
    assert 0 < alone["detections"] < shared.detections
    assert {sensor.partition(":")[0] for sensor in alone["sensors"]} == {"KOR"}
    assert alone["audience"] == ["JPN", "KOR", "USA"]
    assert shared.useful_at is not None
    assert alone["useful_at"] is None or alone["useful_at"] >= shared.useful_at.isoformat().replace("+00:00", "Z")
    # as it was known then: nothing at first, then less than now
    early, later = (event.opened_at + timedelta(seconds=s) for s in (-100.0, 25.0))
    ask = f"/api/v1/events/{event.event_id}/alone"
    assert officer.get(ask, params={"known_at": early.isoformat()}).json() is None
    assert officer.get(ask, params={"known_at": later.isoformat()}).json()["detections"] < alone["detections"]
    assert officer.get(ask, params={"known_at": later.isoformat()[:-6]}).status_code == 400
    # now has forgotten it, then has not
    flown.book.forget(event.changed_at + timedelta(hours=7))
    assert flown.book.events() == ()
    assert officer.get(ask).json()["error"] == "no such event is shown here"
    assert officer.get(ask, params={"known_at": later.isoformat()}).json()["detections"] < alone["detections"]


def test_of_an_event_that_own_sensors_did_not_see_nothing_is_known_alone(officer, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(launch()))
    assert officer.get("/api/v1/events/E-1/alone").json() is None
    assert officer.get("/api/v1/events/E-7/alone").status_code == 404
