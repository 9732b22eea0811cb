"""Folders of members: secrets for their owner alone, nothing overwritten, a roster that all have signed."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime

import pytest

from tocsin.errors import ConfigError
from tocsin.node import (
    Addresses,
    Plan,
    bus_config,
    links_for,
    load_keys,
    load_trust,
    make_federation,
    make_member,
    read_config,
)
from tocsin.signing import KeyRole

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
CODES = ("JPN", "KOR", "USA")


def plans(tmp_path):
    return [Plan(code, code, tmp_path / code, Addresses()) for code in CODES]


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_secrets_are_for_their_owner_alone_whatever_the_umask(tmp_path):
    make_federation(plans(tmp_path), links_for("mesh", CODES, hub="USA"), name="test", now=NOW)
    for code in CODES:
        home = tmp_path / code
        for folder in (home, home / "keys", home / "tls", home / "data"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
        secrets = [*home.glob("keys/*"), *home.glob("tls/*.key")]
        assert len(secrets) >= 8
        for secret in secrets:
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600, secret


def test_a_member_that_is_there_is_never_overwritten(tmp_path):
    [jpn, *_] = plans(tmp_path)
    make_member(jpn, dials=[], now=NOW, audiences=[])
    before = {path: path.read_bytes() for path in jpn.home.rglob("*") if path.is_file()}
    with pytest.raises(ConfigError, match=r"holds a member already.*Choose another folder"):
        make_member(jpn, dials=[], now=NOW, audiences=[])
    with pytest.raises(ConfigError, match="holds a member already"):
        make_federation(plans(tmp_path), (), name="test", now=NOW)
    assert {path: path.read_bytes() for path in jpn.home.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "KOR").exists()


@pytest.mark.parametrize("left", ["keys/live.pem", "keys/app.nk", "tls/authority.key", "tls/authority.pem"])
def test_a_key_that_is_there_is_never_overwritten_either(tmp_path, left):
    """The TOML was moved away; what the keys signed can only be proved with them."""
    [jpn, *_] = plans(tmp_path)
    file = jpn.home / left
    file.parent.mkdir(parents=True)
    file.write_text("dear")
    with pytest.raises(ConfigError, match="there already"):
        make_member(jpn, dials=["USA"], now=NOW, audiences=[])
    assert file.read_text() == "dear"
    assert not (jpn.home / "member.toml").exists()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "JPN").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be made"):
        make_member(plans(tmp_path)[0], dials=[], now=NOW, audiences=[])


def test_the_roster_is_signed_by_all_and_every_member_starts_from_its_folder(tmp_path):
    links = links_for("hub", CODES, hub="USA")
    made = make_federation(plans(tmp_path), links, name="test", now=NOW, audiences=[("JPN", "USA")])
    assert made.codes == CODES
    for code in CODES:
        config = read_config(tmp_path / code / "member.toml")
        trust = load_trust(config)
        assert trust.roster == made
        assert len(trust.document.signatures) == 3
        assert set(load_keys(config, trust.roster)) == {KeyRole.LIVE, KeyRole.EXERCISE, KeyRole.TEST}
        wired = bus_config(config, trust.roster)
        assert [peer.code for peer in wired.peers] == (["JPN", "KOR"] if code == "USA" else ["USA"])
        assert all((peer.dial is None) == (code == "USA") for peer in wired.peers)
        assert config.warning.audiences == ((("JPN", "USA"),) if code != "KOR" else ())


def test_who_dials_whom():
    mesh = [(link.dialler, link.listener) for link in links_for("mesh", ["USA", "JPN", "KOR"], hub="USA")]
    assert mesh == [("JPN", "KOR"), ("JPN", "USA"), ("KOR", "USA")]
    hub = [(link.dialler, link.listener) for link in links_for("hub", ["USA", "JPN", "KOR"], hub="KOR")]
    assert hub == [("JPN", "KOR"), ("USA", "KOR")]
