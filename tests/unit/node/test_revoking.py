"""A key that is taken back: which frames of it count, and who may take it back."""

from __future__ import annotations

import pytest
from tests.sealed import Federation, make_record

from tocsin.errors import ConfigError, TrustError
from tocsin.exchange import ForeignChains, NoMemory
from tocsin.node.config import MemberConfig, MemberTable
from tocsin.node.revoking import as_text, key_to_revoke, last_heads, revocation
from tocsin.signing import KeyRole, PrivateKey
from tocsin.store import Batch


@pytest.fixture
def federation():
    return Federation()


@pytest.fixture
def config(tmp_path):
    return MemberConfig(home=tmp_path, member=MemberTable(code="JPN"))


def put(store, federation, *ids, **sealing):
    frames = [federation.admitted(make_record(one, status=sealing.pop("status", "test")), **sealing) for one in ids]
    store.commit(Batch(frames=tuple(frames)))


def heads_of(store, key):
    return [
        (head.audience, head.status, head.epoch, head.number) for head in last_heads(store, "JPN", key)
    ]  # fmt: skip


def test_the_last_frame_of_each_chain_and_epoch_counts(store, federation):
    put(store, federation, "a", "b", "c")
    put(store, federation, "d", epoch="E2")
    put(store, federation, "live", status="actual")
    test, live = (federation.keys["JPN", role].public for role in (KeyRole.TEST, KeyRole.LIVE))
    assert heads_of(store, test) == [("JPN-KOR-USA", "test", "E1", 3), ("JPN-KOR-USA", "test", "E2", 1)]
    assert heads_of(store, live) == [("JPN-KOR-USA", "actual", "E1", 1)]
    assert last_heads(store, "KOR", test) == ()


def test_where_the_key_changed_within_an_epoch_the_old_one_ends_before(store, federation):
    old = federation.keys["JPN", KeyRole.TEST]
    put(store, federation, "a", "b")
    new = federation.keys["JPN", KeyRole.TEST] = PrivateKey.generate(KeyRole.TEST)
    federation.trust._verifiers["JPN", new.keyid] = new.public.verifier()
    put(store, federation, "c", "d")
    assert heads_of(store, old.public) == [("JPN-KOR-USA", "test", "E1", 2)]
    assert heads_of(store, new.public) == [("JPN-KOR-USA", "test", "E1", 4)]


def test_what_is_revoked_with_its_heads_keeps_what_is_in_the_store(store, federation, config):
    put(store, federation, "a", "b")
    later = federation.seal(make_record("c"))
    key = key_to_revoke(config, federation.trust, role=KeyRole.TEST)
    document = revocation(
        federation.trust, "JPN", key, last_heads(store, "JPN", key), federation.roster_keys["JPN"],
        now=federation.clock.now(),
    )  # fmt: skip
    federation.trust.revoke(document)
    assert federation.receive(later).reason.value == "revoked_key"
    federation.chains = ForeignChains(NoMemory())
    for stored in store.chains.frames():
        assert federation.receive(stored.data).frame.ref == stored.ref
    with pytest.raises(ConfigError, match="was taken back already"):
        key_to_revoke(config, federation.trust, role=KeyRole.TEST)
    assert "signatures" in as_text(document)


def test_nobody_takes_back_with_another_key(federation, config):
    key = key_to_revoke(config, federation.trust, role=KeyRole.LIVE)
    for signer, says in [
        (federation.roster_keys["KOR"], "it is the roster key of KOR"),
        (federation.keys["JPN", KeyRole.LIVE], "it is the live key of JPN"),
        (PrivateKey.generate(KeyRole.ROSTER), "no roster key of JPN that counts"),
    ]:
        with pytest.raises(TrustError, match=says):
            revocation(federation.trust, "JPN", key, (), signer, now=federation.clock.now())


def test_which_key_is_meant_must_be_clear(federation, config):
    with pytest.raises(ConfigError, match="JPN has 0 live keys that this could mean"):
        key_to_revoke(config, federation.trust, role=KeyRole.LIVE, beginning="zz")
