"""Every target of the fuzzer: its corpus, a short run from a fixed seed, and that it would find what it looks for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fuzz import door
from fuzz.choices import Choices, example, spoilt
from fuzz.registry import TARGETS
from fuzz.target import BrokenError

from tocsin.exchange import admission
from tocsin.signing import Trust

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
SHORT = 400


def _inputs(seed: int, count: int):
    """Yield bytes of which nine in ten are read as decisions."""
    source = random.Random(seed)
    for _ in range(count):
        data = source.randbytes(source.randrange(1, 80))
        yield data if source.random() < 0.1 else bytes([data[0] & 0xFE]) + data[1:]


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_holds(name: str) -> None:
    files = sorted((CORPUS / name).iterdir())
    assert 3 <= len(files) <= 60
    for file in files:
        TARGETS[name].check(file.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_from_a_fixed_seed_holds(name: str) -> None:
    for data in _inputs(20260115, SHORT):
        TARGETS[name].check(data)


def test_the_corpus_is_small() -> None:
    assert sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()) < 1_000_000


def _finds(check, count: int) -> bool:
    for data in _inputs(7, count):
        try:
            check(data)
        except BrokenError:
            return True
    return False


def test_a_door_that_forgets_the_audience_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_is_for", lambda *_: True)
    assert _finds(door.check_door, 3000)


def test_a_door_that_forgets_the_role_of_a_key_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = dict.fromkeys(admission.ROLE_OF_STATUS, door.KeyRole.TEST)
    monkeypatch.setattr(admission, "ROLE_OF_STATUS", roles)
    assert _finds(door.check_door, 3000)


def test_a_key_that_was_taken_back_and_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trust, "is_revoked", lambda *_: False)
    assert _finds(door.check_trust, 3000)


def test_the_same_bytes_spoil_an_example_in_the_same_way() -> None:
    made = example({"a": [1, {"b": "c"}], "d": None})
    for data in _inputs(3, 200):
        assert spoilt(made, Choices(data)) == spoilt(made, Choices(data))
    assert spoilt(made, Choices(b"")) == b'{"a":[1,{"b":"c"}],"d":null}'
    assert len({spoilt(made, Choices(data)) for data in _inputs(3, 200)}) > 100
