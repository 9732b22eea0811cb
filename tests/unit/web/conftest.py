"""A watch floor of KOR over a real store: frames that three members sealed and that came through KOR's door."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient
from tests.sealed import START, Federation, make_record

from tocsin.clock import ManualClock
from tocsin.markings import marking_for
from tocsin.records import (
    Consent,
    Exercise,
    ExerciseEnd,
    Launch,
    Person,
    Record,
    SameEvent,
    TrackPoint,
)
from tocsin.store import Batch, RecordQuery, Store, StoredRecord
from tocsin.web import Account, Floor, Gateway, LinkState, Passkeys, People, RelyingParty, Sessions
from tocsin.web.app import make_app

PASSWORD = "a long enough sentence"
EVERYBODY = marking_for("JPN", "KOR", "USA")


class Desk:
    """KOR's node as the watch floor sees it, and what came to it by now."""

    code, name = "KOR", "Republic of Korea"

    def __init__(self, file: Path) -> None:
        self.federation = Federation()
        self.store = Store.open(file)
        self.issued: list[Record] = []
        self.order = 0

    def issue(self, records: Sequence[Record]) -> None:
        self.issued += records

    async def links(self) -> LinkState:
        return LinkState(at=None, problem="", links=(), problems=())

    def admit(self, *records: Record, after_s: float = 1.0, **sealing) -> list[StoredRecord]:
        """Let records in, each in a frame of its own; return what the store then holds that it did not before."""
        for record in records:
            self.federation.clock.advance(after_s)
            self.store.commit(Batch(frames=(self.federation.admitted(record, **sealing),)))
        found = list(self.store.records(RecordQuery(after_order=self.order)))
        self.order = found[-1].order if found else self.order
        return found


_count = itertools.count(1)
CONTROLLER = Person(role="exercise_controller", pseudonym="EC-1")


def agreed(status: str) -> list[Record]:
    """An exercise that JPN directs and KOR consented to."""
    exercise = Exercise(name="x", digest="0" * 64, members=("JPN", "KOR", "USA"), starts_at=START)
    consent = Consent(act="consent", digest="0" * 64, by=CONTROLLER)
    told = (("JPN", "exercise.exercise", exercise), ("KOR", "exercise.consent", consent))
    return [
        make_record(
            f"X-{next(_count)}", originator=code, kind=kind, body=msgspec.to_builtins(body), marking=EVERYBODY,
            status=status, synthetic=True,
        )
        for code, kind, body in told
    ]  # fmt: skip


def endex(status: str, *, originator: str = "USA") -> Record:
    """ENDEX, said by a member that takes part."""
    return make_record(
        f"X-{next(_count)}", originator=originator, kind="exercise.end", marking=EVERYBODY, status=status,
        body=msgspec.to_builtins(ExerciseEnd(at_s=9.0, is_complete=False, by=CONTROLLER)), synthetic=True,
    )  # fmt: skip


def launch(
    event_id: str = "E-1", *, originator: str = "JPN", stage: str = "detected", revision: int = 1, marking=EVERYBODY,
    status: str = "test", detections: int = 6, at_s: float = 0.0, **fields,
) -> Record:  # fmt: skip
    body = Launch(
        event_id=event_id, stage=stage, revision=revision, detections=detections,
        outcome="no_threat" if stage == "closed" else None,
        track=TrackPoint(
            at=START + timedelta(seconds=at_s), lat_deg=39.5, lon_deg=126.0 + at_s / 100, altitude_m=1e5,
            speed_mps=2e3, heading_deg=90.0, climb_deg=30.0, sigma_m=100.0,
        ),
        last_detection_at=START + timedelta(seconds=at_s),
    )  # fmt: skip
    return make_record(
        f"L-{next(_count)}", originator=originator, kind="warning.launch", body=msgspec.to_builtins(body),
        marking=marking, status=status, **fields,
    )  # fmt: skip


def same_event(event_id: str, alias: str, **fields) -> Record:
    body = msgspec.to_builtins(SameEvent(event_id=event_id, alias=alias, gate="near"))
    return make_record(f"S-{next(_count)}", kind="warning.same_event", body=body, **fields)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "store.db")
    yield made
    made.store.close()


@pytest.fixture
def gateway(desk: Desk) -> Gateway:
    ids = itertools.count(1)
    return Gateway(desk, clock=desk.federation.clock, new_id=lambda: f"new-{next(ids)}")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def people(tmp_path: Path) -> People:
    made = People(tmp_path / "people.json")
    made.add("Hana", PASSWORD, pseudonym="WO-1", roles=("watch_officer",))
    made.add("Min", PASSWORD, pseudonym="ADM-1", roles=("administrator",))
    return made


@pytest.fixture
def sessions(people: People, clock: ManualClock) -> Sessions:
    return Sessions(people, clock)


@pytest.fixture
def passkeys(people: People, clock: ManualClock) -> Passkeys:
    return Passkeys(people, RelyingParty("localhost", "http://localhost:8823", "Tocsin KOR"), clock)


@pytest.fixture
def client(gateway: Gateway, sessions: Sessions, passkeys: Passkeys, tmp_path: Path) -> Iterator[TestClient]:
    app = make_app(Floor(gateway, sessions, "0", is_secure=False, passkeys=passkeys), page=tmp_path / "no page")
    with TestClient(app, base_url="http://127.0.0.1:8823", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def officer(client: TestClient) -> TestClient:
    """A browser in which a watch officer has signed in."""
    answer = client.post("/api/v1/sign-in", json={"name": "Hana", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-Tocsin-CSRF"] = answer.json()["csrf"]
    return client


def visitor(*roles: str) -> Account:
    return Account(name="visitor", pseudonym="V-1", roles=roles, password="")  # type: ignore[arg-type]
