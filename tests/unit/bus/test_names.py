"""Subjects: every frame's is captured by exactly one outbox, and control frames by none."""

from __future__ import annotations

import pytest

from tocsin.bus import names
from tocsin.bus.config import LANES
from tocsin.records.record import Precedence
from tocsin.records.trusted import ChainId, FrameRef


def matches(pattern: str, subject: str) -> bool:
    """Match as NATS does."""
    wanted, given = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(given) > place
        if place >= len(given) or token not in ("*", given[place]):
            return False
    return len(wanted) == len(given)


def test_the_subject_of_a_frame() -> None:
    ref = FrameRef(ChainId("KOR", "JPN-KOR-USA", "exercise:freedom-edge", Precedence.FLASH), "e", 1, "00")
    assert (
        names.frame_subject(ref, "warning.detection", hop="USA") == "tocsin.v1.USA.exercise.flash.KOR.warning.detection"
    )


@pytest.mark.parametrize("precedence", list(Precedence))
@pytest.mark.parametrize("status", ["actual", "test", "exercise:x"])
def test_one_outbox_captures_it(precedence: Precedence, status: str) -> None:
    ref = FrameRef(ChainId("KOR", "JPN-KOR", status, precedence), "e", 1, "00")
    subject = names.frame_subject(ref, "cyber.object", hop="JPN")
    captured = [
        lane for lane in LANES for pattern in names.captured_subjects(lane, to="JPN") if matches(pattern, subject)
    ]
    assert captured == [names.lane_of(precedence)]
    assert not any(matches(pattern, subject) for lane in LANES for pattern in names.captured_subjects(lane, to="USA"))


def test_control_is_captured_by_none_and_crosses_in_the_main_lane() -> None:
    control = names.control_subject("JPN")
    assert not any(matches(pattern, control) for lane in LANES for pattern in names.captured_subjects(lane, to="JPN"))
    assert control in names.live_subjects("main", to="JPN")
    assert names.live_subjects("bulk", to="JPN") == ()


def test_both_names_stand_in_a_stream() -> None:
    streams = {names.outbox(one, other, lane) for one in "AB" for other in "AB" if one != other for lane in LANES}
    assert streams == {"OUT_A_B", "OUT_B_A", "OUT_A_B_BULK", "OUT_B_A_BULK"}


def test_who_asks_for_an_outbox_anew() -> None:
    for lane in LANES:
        subject = f"$JS.API.{names.reset_subject('KOR', 'JPN', lane)}"
        assert matches(names.RESETS, subject)
        assert names.peer_of_reset(subject) == "JPN"
    assert names.peer_of_reset("$JS.API.CONSUMER.RESET.IN_JPN.peer") is None
