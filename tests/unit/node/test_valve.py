"""What an exercise cuts and slows: its own frames by one link, for their time, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.sealed import Federation, make_record

from tocsin.exercise.reading import given_of
from tocsin.exercise.scenario import AnyInject, CutInject, DelayInject
from tocsin.exercise.seconds import Seconds
from tocsin.markings import marking_for
from tocsin.node.valve import Valve
from tocsin.records import AdmittedFrame, Exercise, ExerciseEnd, Inject

DRILL = "exercise:x"
EVERYBODY = marking_for("JPN", "KOR", "USA")
CUT = CutInject(id="cut", at=Seconds(0), between=("JPN", "KOR"), lasting=Seconds(60))
SLOW = DelayInject(id="slow", at=Seconds(0), between=("KOR", "JPN"), lasting=Seconds(60), delay=Seconds(20))


class Gear:
    """KOR's valve, and what passed it."""

    def __init__(self) -> None:
        self.federation = Federation()
        self.passed: list[AdmittedFrame] = []
        self.valve = Valve("KOR", self.federation.clock, self.passed.append)
        self.number = 0

    def told(self, kind: str, body: msgspec.Struct, *, originator: str = "USA", status: str = DRILL) -> bool:
        """Tell whether a frame with this record is kept back."""
        self.number += 1
        record = make_record(
            f"r-{self.number}", originator=originator, kind=kind, body=msgspec.to_builtins(body), marking=EVERYBODY,
            status=status, issued_at=self.federation.clock.now(),
        )  # fmt: skip
        return self.valve.keeps_back(self.federation.admitted(record))

    def plot(self, originator: str = "JPN", status: str = DRILL) -> bool:
        return self.told("example.thing", Note(), originator=originator, status=status)

    def make(self, inject: AnyInject) -> None:
        told = Inject(inject=inject.id, kind=kind(inject), act="made", due_s=0.0, at_s=0.0, given=given_of(inject))
        assert not self.told("exercise.inject", told)

    def after(self, seconds: float) -> int:
        """Return how many frames have passed when so many seconds have."""
        self.federation.clock.step_to(self.federation.clock.now() + timedelta(seconds=seconds))
        self.valve.open()
        return len(self.passed)


class Note(msgspec.Struct):
    note: str = "n"


def kind(inject: AnyInject) -> str:
    return str(type(inject).__struct_config__.tag)


@pytest.fixture
def gear() -> Gear:
    gear = Gear()
    exercise = Exercise(
        name="x", digest="0" * 64, members=("JPN", "KOR", "USA"), starts_at=gear.federation.clock.now()
    )  # fmt: skip
    assert not gear.told("exercise.exercise", exercise)
    return gear


def test_a_cut_keeps_back_what_is_of_the_exercise_and_nothing_else(gear: Gear) -> None:
    assert not gear.plot()
    gear.make(CUT)
    assert gear.plot()
    assert not gear.plot("USA")  # by another link
    assert not gear.plot("KOR")  # our own
    for status in ("actual", "test", "exercise:other"):
        assert not gear.plot(status=status)
    assert gear.after(59.0) == 0
    assert gear.after(2.0) == 1
    assert not gear.plot()


def test_a_slow_link_hands_over_later(gear: Gear) -> None:
    gear.make(SLOW)
    assert gear.plot()
    assert gear.after(19.0) == 0
    assert gear.plot()
    assert gear.after(1.5) == 1
    assert gear.after(20.0) == 2


def test_the_end_opens_everything_and_is_never_kept_back(gear: Gear) -> None:
    gear.make(CUT)
    assert gear.plot()
    assert not gear.told("exercise.end", ExerciseEnd(at_s=1.0, is_complete=False), originator="JPN")
    assert gear.after(1.0) == 1


def test_only_the_director_cuts(gear: Gear) -> None:
    told = Inject(inject="cut", kind="link_cut", act="made", due_s=0.0, at_s=0.0, given=given_of(CUT))
    assert not gear.told("exercise.inject", told, originator="JPN")
    assert not gear.plot()
    nonsense = Inject(inject="cut", kind="link_cut", act="made", due_s=0.0, at_s=0.0, given='{"kind": 5}')
    assert not gear.told("exercise.inject", nonsense)
    assert not gear.plot()
