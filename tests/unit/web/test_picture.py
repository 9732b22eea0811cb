"""The picture: what records make of it, and that an earlier one is the same as it was."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sealed import START, make_record
from tests.unit.web.conftest import Desk, agreed, endex, launch, same_event

from tocsin.markings import marking_for
from tocsin.records import Outlet, Remark, WatchFloor
from tocsin.records.control import Person
from tocsin.store import Batch, RecordQuery
from tocsin.web.gateway import Gateway
from tocsin.web.picture import CLOSED_STAYS, LONGEST_TRAIL, PictureBook
from tocsin.web.shown import show


def book_of(desk: Desk, *records, **sealing) -> PictureBook:
    book = PictureBook("KOR")
    for status in {record.status for record in records if record.status.startswith("exercise:")}:
        book.hear(stored.admitted for stored in desk.admit(*agreed(status)))
    for shown in show(desk.admit(*records, **sealing), WatchFloor("KOR")):
        book.take(shown)
    return book


def test_every_member_has_its_own_assessment_and_the_own_one_leads(desk: Desk) -> None:
    book = book_of(
        desk, launch(originator="JPN", detections=30), launch(originator="USA", detections=40),
        launch(originator="KOR", detections=5, marking=marking_for("KOR"), at_s=1.0),
    )  # fmt: skip
    (event,) = book.events()
    assert set(event.members) == {"JPN", "KOR", "USA"}
    assert event.leading == "KOR"
    assert event.audience == ("KOR",)
    (track,) = book.tracks()
    assert track.originator == "KOR"


def test_without_an_own_assessment_the_one_from_most_plots_leads(desk: Desk) -> None:
    (event,) = book_of(desk, launch(originator="JPN", detections=3), launch(originator="USA", detections=4)).events()
    assert event.leading == "USA"


def test_a_later_revision_takes_the_place_and_an_earlier_one_does_not(desk: Desk) -> None:
    book = book_of(
        desk, launch(revision=1, at_s=0), launch(revision=3, stage="assessed", at_s=2),
        launch(revision=2, at_s=1),
    )  # fmt: skip
    (event,) = book.events()
    assessment = event.members["JPN"]
    assert (assessment.stage, assessment.revision) == ("assessed", 3)
    assert set(assessment.times) == {"detected", "assessed"}
    assert [point[3] for point in assessment.trail] == sorted(point[3] for point in assessment.trail)


def test_two_names_of_one_event_become_one_and_both_find_it(desk: Desk) -> None:
    book = book_of(
        desk, launch("E-2", originator="JPN"), launch("E-1", originator="USA"), same_event("E-1", "E-2"),
        launch("E-2", originator="JPN", revision=2, stage="assessed", at_s=1),
    )  # fmt: skip
    (event,) = book.events()
    assert (event.event_id, event.aliases, set(event.members)) == ("E-1", ("E-2",), {"JPN", "USA"})
    assert event.members["JPN"].stage == "assessed"
    assert book.event("E-2") == book.event("E-1") == event


def test_an_exercise_never_meets_what_is_real(desk: Desk) -> None:
    book = book_of(
        desk, launch(status="actual"), launch(status="exercise:bell-1"),
        same_event("E-1", "E-9", status="exercise:bell-1"),
    )  # fmt: skip
    real, drill = sorted(book.events(), key=lambda event: event.status)
    assert (real.world, drill.world) == ("actual", "exercise")
    assert real.aliases == ()
    assert book.marking().worlds == ("actual", "exercise")
    assert book.event("E-1", "actual") == real


def test_a_remark_stands_beside_what_it_is_about(desk: Desk) -> None:
    about = launch()
    person = Person(role="analyst", pseudonym="A-2")
    body = Remark(originator="JPN", record=about.id, act="query", text="seen by whom?", person=person)
    remark = make_record("R-1", originator="USA", kind="watch.remark", body=msgspec.to_builtins(body))
    elsewhere = make_record(
        "R-2", originator="USA", kind="watch.remark", status="exercise:x", body=msgspec.to_builtins(body)
    )
    (event,) = book_of(desk, about, remark, elsewhere).events()
    assert [(each.originator, each.act, each.text) for each in event.remarks] == [("USA", "query", "seen by whom?")]


def test_what_is_closed_leaves_after_a_while(desk: Desk) -> None:
    book = book_of(desk, launch(), launch(stage="closed", revision=2))
    (event,) = book.events()
    assert event.is_closed
    assert book.tracks() == ()
    assert not book.forget(event.changed_at + CLOSED_STAYS)
    assert book.forget(event.changed_at + CLOSED_STAYS + timedelta(seconds=1))
    assert book.events() == ()
    assert book.event("E-1") is None


def test_a_long_trail_keeps_both_ends(desk: Desk) -> None:
    book = PictureBook("KOR")
    records = [launch(revision=n + 1, at_s=float(n)) for n in range(LONGEST_TRAIL + 50)]
    frame = desk.federation.admitted(*records)
    desk.store.commit(Batch(frames=(frame,)))
    for shown in show(desk.store.records(RecordQuery()), WatchFloor("KOR")):
        book.take(shown)
    trail = book.events()[0].members["JPN"].trail
    assert len(trail) <= LONGEST_TRAIL
    assert trail[0][3] == START
    assert trail[-1][3] == START + timedelta(seconds=LONGEST_TRAIL + 49)


def test_the_marking_of_the_screen_is_the_narrowest_of_all_that_is_on_it(desk: Desk) -> None:
    book = book_of(desk, launch("E-1"), launch("E-2", marking=marking_for("JPN", "KOR"), synthetic=True))
    assert book.marking().audience == ("JPN", "KOR")
    assert book.marking().has_synthetic
    assert PictureBook("KOR").marking().audience == ("KOR",)


steps = st.lists(
    st.tuples(
        st.sampled_from(["E-1", "E-2"]), st.sampled_from(["JPN", "KOR", "USA"]), st.integers(1, 4),
        st.sampled_from(["detected", "assessed", "closed"]), st.sampled_from(["test", "exercise:x"]),
        st.booleans(),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(steps)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_looking_back_shows_what_was_shown_then(tmp_path_factory: pytest.TempPathFactory, made) -> None:
    """The picture as it was known at the time of each record is what the live one was after that record."""
    desk = Desk(tmp_path_factory.mktemp("desk") / "store.db")
    gateway = Gateway(desk, clock=desk.federation.clock, new_id=lambda: "x")
    gateway.take(desk.admit(*agreed("exercise:x")))
    seen = []
    for event_id, originator, revision, stage, status, joins in made:
        record = (
            same_event("E-1", "E-2", status=status)
            if joins
            else launch(event_id, originator=originator, revision=revision, stage=stage, status=status)
        )
        gateway.take(desk.admit(record))
        seen.append((desk.federation.clock.now(), gateway.picture()))
    for at, then in seen:
        again = gateway.picture(at)
        assert (again.events, again.marking) == (then.events, then.marking)
    desk.store.close()


def test_no_exercise_is_in_the_picture_without_consent_or_after_its_end(desk: Desk) -> None:
    gateway = Gateway(
        desk, clock=desk.federation.clock, new_id=lambda: "x", outlets=(Outlet("all", ("JPN", "KOR", "USA")),)
    )
    books = lambda: (gateway.book, *gateway.outlets.values())  # noqa: E731 - they are made anew
    drill = "exercise:bell-1"
    gateway.take(desk.admit(launch("E-1", status=drill), launch("E-1", status="actual")))
    assert all([event.status for event in book.events()] == ["actual"] for book in books())
    gateway.take(desk.admit(*agreed(drill)))
    gateway.take(desk.admit(launch("E-2", status=drill), launch("E-2", status="exercise:bell-2")))
    assert all([event.status for event in book.events()] == [drill, "actual"] for book in books())
    before = desk.federation.clock.now()
    gateway.take(desk.admit(endex("exercise:bell-2"), endex(drill)))
    for _ in range(2):
        assert all([event.status for event in book.events()] == ["actual"] for book in books())
        assert gateway.book.marking().statuses == ("actual",)
        assert gateway.book.event("E-2") is None
        gateway.take(desk.admit(launch("E-3", status=drill)))
        gateway.load()
    assert sorted(event.status for event in gateway.picture(before).events) == ["actual", drill, drill]
