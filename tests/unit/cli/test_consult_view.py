"""What people read of a consultation at a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from consult_room import Capitals
from tocsin.cli.consult_view import render, render_list
from tocsin.cli.parameters import UsageError


def printed(renderable):
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


@pytest.fixture
def room():
    room = Capitals(status="exercise:alpha")
    room.at["JPN"].draft()
    room.settle()
    return room


def test_the_whole_text_stands_with_brackets_in_place(room):
    room.at["KOR"].act("replace", paragraph="p-1", texts={"en": "We strongly condemn the launch."})
    room.at["USA"].act("reserve", paragraph="p-2", texts={"en": "Subject to our law."})
    room.settle()
    lines = printed(render(room.at["JPN"].sees())).splitlines()
    assert lines[0] == "EXERCISE EXERCISE EXERCISE"
    first = next(index for index, line in enumerate(lines) if "p-1  We condemn the launch." in line)
    assert "[KOR replace: We {+strongly +}condemn the launch.]" in lines[first + 1]
    assert "[USA reserve: Subject to our law.]" in lines[first + 3]


def test_the_deadline_is_told_in_every_capitals_time_and_who_is_missing(room):
    room.cut |= {frozenset(("JPN", "USA")), frozenset(("KOR", "USA"))}
    room.at["JPN"].call()
    room.wait(3001)
    seen = room.at["KOR"].sees()
    text = printed(render(seen))
    assert "SUSPENDED" in text
    assert "deadline 2026-03-01 10:00:00Z  JPN 03-01 19:00  KOR 03-01 19:00  USA 03-01 05:00" in text
    assert "waits for USA" in text
    assert "SUSPENDED" in printed(render_list([seen]))


def test_what_others_wrote_does_nothing_to_the_terminal(room):
    room.at["KOR"].act("comment", text="\x1b[2J\u202e[bold]evil[/bold]")
    room.settle()
    text = printed(render(room.at["JPN"].sees()))
    assert "<U+001B>[2J<U+202E>[bold]evil[/bold]" in text
    assert "\x1b" not in text


def test_a_language_or_a_text_that_is_not_there_is_said(room):
    seen = room.at["JPN"].sees()
    with pytest.raises(UsageError, match="it is in en"):
        render(seen, language="fr")
    with pytest.raises(UsageError, match="no text 7"):
        render(seen, against=7)
