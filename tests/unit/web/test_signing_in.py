"""Accounts, sessions, one-time links, and patience with wrong passwords."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.unit.web.conftest import PASSWORD, visitor

from tocsin.clock import ManualClock
from tocsin.errors import ConfigError
from tocsin.web import People, Sessions
from tocsin.web.sessions import IDLE_S, LONGEST_S, ONCE_S, TooManyTriesError


def test_a_password_is_kept_as_its_hash_in_a_file_of_the_owner(people: People, tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert people.verify("Hana", PASSWORD) == people.by_name("Hana")
    assert people.verify("Hana", PASSWORD + "x") is None
    assert people.verify("Nobody", PASSWORD) is None


def test_another_process_adds_and_removes(people: People, tmp_path: Path) -> None:
    other = People(tmp_path / "people.json")
    other.add("Jin", PASSWORD, pseudonym="AN-1", roles=("analyst",))
    assert people.verify("Jin", PASSWORD) is not None
    other.remove("Jin")
    assert people.by_name("Jin") is None


@pytest.mark.parametrize(
    ("name", "password", "pseudonym", "roles", "words"),
    [
        ("", PASSWORD, "WO-9", ("analyst",), "no name"),
        ("a\nb", PASSWORD, "WO-9", ("analyst",), "no name"),
        ("Kim", "short", "WO-9", ("analyst",), "5 characters"),
        ("Kim", PASSWORD, "wo 9", ("analyst",), "no pseudonym"),
        ("Kim", PASSWORD, "WO-1", ("analyst",), "somebody else's"),
        ("Kim", PASSWORD, "WO-9", (), "no role"),
    ],
)
def test_what_cannot_be_is_refused_in_words(people: People, name, password, pseudonym, roles, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        people.add(name, password, pseudonym=pseudonym, roles=roles)
    assert len(people.all()) == 2


def test_a_spoilt_file_says_where(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text("{")
    with pytest.raises(ConfigError, match=r"people\.json"):
        People(tmp_path / "people.json").all()
    with pytest.raises(ConfigError, match="nobody here"):
        People(tmp_path / "none.json").remove("Kim")


def test_a_session_ends_when_idle_and_after_a_shift(sessions: Sessions, clock: ManualClock) -> None:
    token = sessions.sign_in("Hana", PASSWORD, address="a")
    assert sessions.of(token) is not None
    clock.advance(IDLE_S + 1)
    assert sessions.of(token) is None
    token = sessions.sign_in("Hana", PASSWORD, address="a")
    for _ in range(int(LONGEST_S / IDLE_S) + 1):
        clock.advance(IDLE_S - 1)
        sessions.of(token)
    assert sessions.of(token) is None
    assert sessions.of(None) is None


def test_who_is_taken_out_is_out_at_once(sessions: Sessions, people: People) -> None:
    token = sessions.sign_in("Hana", PASSWORD, address="a")
    people.remove("Hana")
    assert sessions.of(token) is None


def test_a_one_time_link_is_good_once_and_not_for_long(sessions: Sessions, clock: ManualClock) -> None:
    link = sessions.invite(visitor("analyst"))
    token = sessions.enter(link)
    found = sessions.of(token)
    assert found is not None
    assert found[1].pseudonym == "V-1"
    assert sessions.enter(link) is None
    late = sessions.invite(visitor("analyst"))
    clock.advance(ONCE_S + 1)
    assert sessions.enter(late) is None


def test_who_guesses_has_to_wait_and_the_right_password_does_not_help_meanwhile(
    sessions: Sessions, clock: ManualClock
) -> None:
    for _ in range(5):
        assert sessions.sign_in("Hana", "wrong", address="a") is None
    with pytest.raises(TooManyTriesError) as caught:
        sessions.sign_in("Hana", PASSWORD, address="b")
    with pytest.raises(TooManyTriesError):
        sessions.sign_in("Min", PASSWORD, address="a")
    clock.advance(caught.value.wait_s + 1)
    assert sessions.sign_in("Hana", PASSWORD, address="b") is not None
