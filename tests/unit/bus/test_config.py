"""What a bus configuration may say, and the server configuration that follows from it."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from tests.servers import make_federation

from tocsin.bus.config import BusConfig, PeerLink, split_address
from tocsin.bus.fragment import server_config, write_server_files
from tocsin.bus.keys import new_nkey, read_seed
from tocsin.errors import ConfigError

PUBLIC = new_nkey().public

PEER = {
    "code": "JPN",
    "certificate_file": "jpn.pem",
    "main": {"peer_publics": [PUBLIC]},
    "bulk": {"peer_publics": [PUBLIC]},
}
BUS = {
    "member": "USA",
    "store_dir": "nats",
    "app_seed_file": "app.nk",
    "system_seed_file": "system.nk",
    "certificate_file": "leaf.pem",
    "key_file": "leaf.key",
    "peers": [PEER],
}


def test_a_bus_is_read_from_plain_values() -> None:
    config = msgspec.convert(BUS, BusConfig)
    assert config.url == "nats://127.0.0.1:4222"
    assert config.peer("JPN").keys("bulk").peer_publics == (PUBLIC,)
    with pytest.raises(ConfigError, match="USA has no link to KOR"):
        config.peer("KOR")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `prot`"):
        msgspec.convert({**BUS, "prot": 4222}, BusConfig)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"member": "usa"}, r"bus\.member: .*three capital letters"),
        ({"member": "JPN"}, "not its own peer"),
        ({"client_listen": "4222"}, r"bus\.client_listen: '4222' is not host:port"),
        ({"leaf_listen": "127.0.0.1:70000"}, r"bus\.leaf_listen"),
        ({"peers": [PEER, PEER]}, "stands twice"),
        ({"max_payload_bytes": 10}, r"bus\.max_payload_bytes"),
        ({"max_file_bytes": 1024}, r"bus\.max_file_bytes"),
        ({"replicas": 2}, r"bus\.replicas"),
        ({"replicas": 3}, r"bus\.replicas"),
    ],
)
def test_a_bus_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        msgspec.convert({**BUS, **change}, BusConfig)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": "japan"}, "three capital letters"),
        ({"dial": "nowhere"}, r"peers\.JPN\.dial"),
        ({"dial": "10.0.0.1:7422"}, r"peers\.JPN\.main\.seed_file: we dial this peer"),
        ({"bulk": {}}, r"peers\.JPN\.bulk\.peer_publics: this peer dials us"),
        ({"main": {"peer_publics": ["nonsense"]}}, "a public NATS user key"),
        ({"max_age_s": 0}, "greater than zero"),
    ],
)
def test_a_link_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        msgspec.convert({**PEER, **change}, PeerLink)


def test_replicas_are_for_a_cluster_of_the_members_own() -> None:
    assert msgspec.convert({**BUS, "server": "external", "replicas": 3}, BusConfig).replicas == 3


def server(number: int, **change: str) -> dict[str, str]:
    return {
        "name": f"kor-{number}", "client_listen": f"127.0.0.1:{4000 + number}",
        "leaf_listen": f"127.0.0.1:{4010 + number}", "route_listen": f"127.0.0.1:{4020 + number}", **change,
    }  # fmt: skip


CLUSTER = {"server": "external", "replicas": 3, "authority_file": "a.pem", "cluster": [server(1), server(2), server(3)]}


def test_a_node_knows_all_servers_of_a_cluster_and_all_addresses_of_a_peer() -> None:
    config = msgspec.convert({**BUS, **CLUSTER}, BusConfig)
    assert config.urls == ("nats://127.0.0.1:4001", "nats://127.0.0.1:4002", "nats://127.0.0.1:4003")
    keys = {"seed_file": "s"}
    peer = msgspec.convert(
        {"code": "JPN", "certificate_file": "c", "dial": "a:1, b:2", "main": keys, "bulk": keys}, PeerLink
    )
    assert peer.addresses == ("a:1", "b:2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"server": "embedded", "replicas": 1}, "cluster is the member's own"),
        ({"cluster": [server(1), server(2)]}, "2 servers are too few for 3 copies"),
        ({"replicas": 5}, "3 servers are too few for 5 copies"),
        ({"cluster": [server(1), server(2), server(3, name="kor-1")]}, "the same name"),
        ({"cluster": [server(1), server(2), server(3, leaf_listen="127.0.0.1:4011")]}, "the same leaf_listen"),
        ({"cluster": [server(1), server(2), server(3, name="a b")]}, "letters, digits"),
        ({"cluster": [server(1), server(2), server(3, route_listen="here")]}, "kor-3.route_listen"),
        ({"authority_file": ""}, "authority"),
    ],
)
def test_a_cluster_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        msgspec.convert({**BUS, **CLUSTER, **change}, BusConfig)


@pytest.mark.parametrize("address", ["a.example:1", "[::1]:7422", "127.0.0.1:65535"])
def test_addresses(address: str) -> None:
    host, port = split_address(address, path="x")
    assert f"{host}:{port}" == address


def test_the_server_configuration_is_stable_and_holds_no_secret(tmp_path: Path) -> None:
    config = make_federation(tmp_path).configs["JPN"]
    text = server_config(config)
    assert server_config(config) == text
    turned = msgspec.structs.replace(config, peers=tuple(reversed(config.peers)))
    assert server_config(turned) == text
    seeds = [read_seed(config.app_seed_file).seed, read_seed(config.system_seed_file).seed]
    for peer in config.peers:
        for lane in ("main", "bulk"):
            seed_file = peer.keys(lane).seed_file
            if seed_file is not None:
                seeds.append(read_seed(seed_file).seed)
    assert len(seeds) == 4
    assert not [seed for seed in seeds if seed in text]


def test_what_crosses_a_link_is_named_exactly(tmp_path: Path) -> None:
    """Nothing is exported to a link but the peer's live subjects, the delivery, the reset and its flow control."""
    text = server_config(make_federation(tmp_path).configs["USA"])
    home = text[text.index("  USA {") : text.index("  X_JPN {")]
    exported = [line.strip() for line in home.splitlines() if "accounts: [X_JPN]" in line]
    assert exported == [
        '{service: "$JS.API.CONSUMER.RESET.OUT_USA_JPN.peer", accounts: [X_JPN]}',
        '{service: "$JS.FC.OUT_USA_JPN.>", accounts: [X_JPN]}',
        '{stream: "dlv.USA.JPN.main", accounts: [X_JPN]}',
        '{stream: "tocsin.v1.JPN.*.flash.>", accounts: [X_JPN]}',
        '{stream: "tocsin.v1.JPN.*.immediate.>", accounts: [X_JPN]}',
        '{stream: "tocsin.v1.JPN.*.routine.>", accounts: [X_JPN]}',
        '{stream: "tocsin.control.v1.JPN", accounts: [X_JPN]}',
    ]
    bulk = [line.strip() for line in home.splitlines() if "accounts: [X_JPN_BULK]" in line]
    assert bulk == [
        '{service: "$JS.API.CONSUMER.RESET.OUT_USA_JPN_BULK.peer", accounts: [X_JPN_BULK]}',
        '{service: "$JS.FC.OUT_USA_JPN_BULK.>", accounts: [X_JPN_BULK]}',
        '{stream: "dlv.USA.JPN.bulk", accounts: [X_JPN_BULK]}',
    ]
    assert text.count("jetstream: enabled") == 1
    assert text.count("limits: {max_subscriptions: 512, max_leafnodes: 32}") == 4


def test_a_member_without_peers_has_a_listener_and_believes_nobody(tmp_path: Path) -> None:
    federation = make_federation(tmp_path, ("USA",))
    config = federation.configs["USA"]
    text = server_config(config)
    assert "leafnodes {" in text
    assert "verify: true" in text
    write_server_files(config)
    believed = Path(config.store_dir) / "peer-certificates.pem"
    assert believed.read_bytes() == federation.authorities["USA"].certificate_file.read_bytes()


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    config = make_federation(tmp_path).configs["JPN"]
    path = write_server_files(config)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [
        "link-USA-bulk.conf",
        "link-USA-main.conf",
        "nats-server.conf",
        "peer-certificates.pem",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    seed_file = config.peer("USA").main.seed_file
    assert seed_file is not None
    assert read_seed(seed_file).seed in (path.parent / "link-USA-main.conf").read_text()


@pytest.mark.parametrize("content", [None, "no certificate", "größer"])
def test_a_peers_certificate_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    federation = make_federation(tmp_path, ("USA", "JPN"))
    known = federation.authorities["JPN"].known_file
    known.unlink()
    if content is not None:
        known.write_text(content)
    with pytest.raises(ConfigError, match=str(known)):
        write_server_files(federation.configs["USA"])
