"""The rosters on a member's disk: kept when the next comes in force, and never gone back on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, RollbackError
from tocsin.node import Addresses, Plan, links_for, load_trust, make_federation, put_in_force, read_config
from tocsin.node.rosters import archived, load_rosters, read_document
from tocsin.signing import KeyRole, PrivateKey, SignedDocument, read_roster, unsigned

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
CODES = ("JPN", "KOR")


@pytest.fixture
def homes(tmp_path):
    plans = [Plan(code, code, tmp_path / code, Addresses()) for code in CODES]
    make_federation(plans, links_for("mesh", CODES, hub=""), name="test", now=NOW)
    return {plan.code: plan.home for plan in plans}


@pytest.fixture
def config(homes):
    return read_config(homes["JPN"] / "member.toml")


def following(homes, document, *, signers=CODES, **changes):
    roster = read_roster(document)
    fields = {"version": roster.version + 1, "previous": document.hash, "issued_at": NOW + timedelta(days=1)}
    made = unsigned(msgspec.structs.replace(roster, **fields | changes))
    for code in signers:
        made = made.signed_by(code, PrivateKey.load(KeyRole.ROSTER, homes[code] / "keys/roster.pem"))
    return made


def test_the_former_is_kept_and_the_next_is_in_force(homes, config):
    first = load_trust(config).document
    second = following(homes, first)
    third = following(homes, second)
    for document in (second, third, third):
        put_in_force(config, document)
    assert load_trust(config).documents == (first, second, third)
    assert [path.name for path in archived(homes["JPN"] / "roster.json")] == ["0001.json", "0002.json"]
    assert list(homes["JPN"].rglob("*.part")) == []


def test_a_crash_between_keeping_and_replacing_does_no_harm(homes, config):
    first = load_trust(config).document
    second = following(homes, first)
    put_in_force(config, second)
    (homes["JPN"] / "roster.json").write_bytes(encode(first))
    assert load_trust(config).documents == (first,)
    put_in_force(config, second)
    assert load_trust(config).roster.version == 2


def test_what_does_not_follow_is_not_put_in_force(homes, config):
    first = load_trust(config).document
    before = {path: path.read_bytes() for path in homes["JPN"].rglob("*.json")}
    for document in (following(homes, first, previous="0" * 64), following(homes, following(homes, first))):
        with pytest.raises(RollbackError, match="does not follow from version 1"):
            put_in_force(config, document)
    assert {path: path.read_bytes() for path in homes["JPN"].rglob("*.json")} == before


def test_an_older_or_another_file_in_its_place_is_refused(homes, config):
    file = homes["JPN"] / "roster.json"
    first = load_trust(config).document
    second = following(homes, first)
    third = following(homes, second)
    put_in_force(config, second)
    put_in_force(config, third)
    file.write_bytes(encode(first))
    with pytest.raises(ConfigError, match="version 1 is not newer than what was in force"):
        load_trust(config)
    file.write_bytes(encode(following(homes, following(homes, first, expires_at=NOW + timedelta(days=2)))))
    with pytest.raises(ConfigError, match=r"version 3 does not follow from version 2.*another roster"):
        load_trust(config)


def test_a_hole_in_what_is_kept_shortens_it(homes, config):
    first = load_trust(config).document
    second = following(homes, first)
    third = following(homes, second)
    for document in (second, third):
        put_in_force(config, document)
    (homes["JPN"] / "rosters/0002.json").unlink()
    assert load_rosters(homes["JPN"] / "roster.json") == (third,)
    assert load_trust(config).roster.version == 3


def test_what_cannot_be_read_is_told_with_its_path(homes, config):
    put_in_force(config, following(homes, load_trust(config).document))
    kept = homes["JPN"] / "rosters/0001.json"
    good = kept.read_bytes()
    kept.write_bytes(b"{}")
    with pytest.raises(ConfigError, match=r"rosters/0001\.json: is no signed document"):
        load_trust(config)
    kept.write_bytes(encode(msgspec.structs.replace(decode(good, SignedDocument), payload_type="text/plain")))
    with pytest.raises(ConfigError, match=r"rosters/0001\.json: .*is no roster"):
        load_trust(config)
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_bytes(b"")
    with pytest.raises(ConfigError, match="rosters: cannot be read"):
        load_trust(config)
    with pytest.raises(ConfigError, match="cannot be written"):
        put_in_force(config, following(homes, read_document(homes["JPN"] / "roster.json")))


def test_the_archive_needs_the_signatures_too(homes, config):
    second = following(homes, load_trust(config).document, signers=["JPN"])
    put_in_force(config, second)
    with pytest.raises(ConfigError, match="1 of 2 members have signed"):
        load_trust(config)
