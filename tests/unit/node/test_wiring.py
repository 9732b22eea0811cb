"""From a member's folder to links: what is missing or does not fit is said with its place."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import msgspec
import pytest

from tocsin.codec import decode, encode
from tocsin.errors import ConfigError
from tocsin.node import (
    Addresses,
    Plan,
    bus_config,
    links_for,
    load_keys,
    load_trust,
    make_federation,
    read_config,
)
from tocsin.signing import KeyRole, Link, PrivateKey, Roster, SignedDocument, unsigned

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
CODES = ("JPN", "KOR", "USA")


@pytest.fixture
def homes(tmp_path):
    plans = [Plan(code, code, tmp_path / code, Addresses()) for code in CODES]
    make_federation(plans, links_for("mesh", CODES, hub="USA"), name="test", now=NOW)
    return {plan.code: plan.home for plan in plans}


def configured(home, *, old="", new=""):
    file = home / "member.toml"
    file.write_text(file.read_text().replace(old, new, 1))
    return read_config(file)


def test_another_address_for_a_peer_goes_before_the_rosters(homes):
    config = configured(homes["JPN"], old="[bus]\n", new='[bus]\ndial = { USA = "gateway.example:9000" }\n')
    wired = bus_config(config, load_trust(config).roster)
    assert {peer.code: peer.dial for peer in wired.peers} == {"KOR": "127.0.0.1:7422", "USA": "gateway.example:9000"}
    assert all((homes["JPN"] / "tls/peers" / f"{peer.code}.pem").exists() for peer in wired.peers)


def test_a_peer_without_an_address_is_named(homes):
    config = configured(homes["JPN"])
    roster = load_trust(config).roster
    members = tuple(
        msgspec.structs.replace(member, link=msgspec.structs.replace(member.link, address=""))
        for member in roster.members
    )
    with pytest.raises(ConfigError, match=r"no address for KOR.*bus\.dial\.KOR"):
        bus_config(config, msgspec.structs.replace(roster, members=members))


def test_a_peer_that_dials_us_and_showed_no_link_key_is_named(homes):
    config = configured(homes["USA"])
    roster = load_trust(config).roster
    members = tuple(
        msgspec.structs.replace(member, link=msgspec.structs.replace(member.link, nkeys={}))
        for member in roster.members
    )
    with pytest.raises(ConfigError, match=r"bus\.peers\.JPN\.main\.peer_publics"):
        bus_config(config, msgspec.structs.replace(roster, members=members))


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read.*signed roster there"), (b"{", "roster.json"), (b"{}", "roster.json")],
)
def test_a_roster_that_cannot_be_read_is_said_with_its_path(homes, content, said):
    file = homes["JPN"] / "roster.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load_trust(configured(homes["JPN"]))


def test_a_roster_with_a_signature_less_is_refused(homes):
    file = homes["JPN"] / "roster.json"
    document = decode(file.read_bytes(), SignedDocument)
    file.write_bytes(encode(msgspec.structs.replace(document, signatures=document.signatures[:2])))
    with pytest.raises(ConfigError, match="lacks the signature of"):
        load_trust(configured(homes["JPN"]))


def test_a_roster_without_this_member_is_refused(homes):
    config = configured(homes["JPN"])
    roster = load_trust(config).roster
    others = tuple(member for member in roster.members if member.code != "JPN")
    smaller = msgspec.structs.replace(roster, members=others, links=(Link(dialler="KOR", listener="USA"),))
    document = unsigned(smaller)
    for code in ("KOR", "USA"):
        document = document.signed_by(code, PrivateKey.load(KeyRole.ROSTER, homes[code] / "keys/roster.pem"))
    (homes["JPN"] / "roster.json").write_bytes(encode(document))
    with pytest.raises(ConfigError, match="JPN is not in this roster"):
        load_trust(config)


def test_a_key_that_the_roster_does_not_know_is_named(homes):
    config = configured(homes["JPN"])
    shutil.copy(homes["KOR"] / "keys/test.pem", homes["JPN"] / "keys/test.pem")
    with pytest.raises(ConfigError, match=r"keys/test\.pem.*no test key.*new roster"):
        load_keys(config, load_trust(config).roster)


def test_only_the_keys_that_are_named_are_read(homes):
    config = configured(homes["JPN"], old='live = "keys/live.pem"\n', new="")
    (homes["JPN"] / "keys/live.pem").unlink()
    roster = load_trust(config).roster
    assert isinstance(roster, Roster)
    assert set(load_keys(config, roster)) == {KeyRole.EXERCISE, KeyRole.TEST}
