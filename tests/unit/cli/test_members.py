"""Folders that ``init`` makes, and what ``check`` finds in them."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.node import load_trust, read_config
from tocsin.node.checking import check_member
from tocsin.signing import KeyRole, PrivateKey, hosts_of, issue_certificates


def _base_port() -> int:
    """Return where 30 ports begin that nobody listens on, below those that the system hands out by itself."""
    for base in range(11_000, 32_000, 30):
        with ExitStack() as stack:
            try:
                for port in range(base, base + 30):
                    stack.enter_context(closing(socket.create_server(("127.0.0.1", port))))
            except OSError:
                continue
            return base
    raise AssertionError("no ports are free")


@pytest.fixture
def home(tocsin, tmp_path) -> Path:
    """KOR of a federation of three, on ports that are free."""
    assert tocsin("init", tmp_path / "fed", "--federation", "--base-port", _base_port())[0] == 0
    return tmp_path / "fed" / "KOR"


def _found(home: Path, level: str = "error", *, after_days: int = 0) -> list[tuple[str, str]]:
    now = SystemClock().now() + timedelta(days=after_days)
    return [
        (found.about, found.what) for found in check_member(home / "member.toml", now=now) if found.level == level
    ]  # fmt: skip


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_new_federation_has_nothing_wrong(home, tocsin) -> None:
    assert _found(home) == []
    assert _found(home, "warning") == []
    code, out, _ = tocsin("check", "--config", home)
    assert (code, out.splitlines()[-1]) == (0, "0 errors, 0 warnings")


def test_secrets_are_for_the_owner_alone(home) -> None:
    secrets = [*home.glob("keys/*"), *home.glob("tls/*.key")]
    assert len(secrets) > 6
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    assert home.stat().st_mode & 0o777 == 0o700


def test_nothing_is_made_over_a_member_that_is_there(home, tocsin) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    code, _, err = tocsin("init", home.parent, "--federation")
    assert code == 1
    assert "holds a member already" in err
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_hub_links_the_others_with_it_alone(tocsin, tmp_path) -> None:
    members = ("--members", "jpn,kor,usa,aus", "--topology", "hub", "--hub", "JPN")
    assert tocsin("init", tmp_path, "--federation", *members)[0] == 0
    roster = load_trust(read_config(tmp_path / "AUS" / "member.toml")).roster
    assert roster.neighbours("JPN") == ("AUS", "KOR", "USA")
    assert roster.neighbours("AUS") == ("JPN",)


def test_a_member_alone_is_told_that_it_needs_a_roster(tocsin, tmp_path) -> None:
    words = ("init", tmp_path / "kor", "--member", "kor", "--leaf-listen", "leaf.kor.example:7422", "--dials", "JPN")
    code, out, _ = tocsin(*words)
    assert code == 0
    assert "roster apply" in out
    told = json.loads((tmp_path / "kor/introduction.json").read_text())
    assert told["code"] == "KOR"
    assert told["link"]["address"] == "leaf.kor.example:7422"
    assert sorted(told["link"]["nkeys"]) == ["JPN/bulk", "JPN/main"]
    assert ("roster", "cannot be read: No such file or directory") in _found(tmp_path / "kor")


def test_all_that_is_wrong_is_told_at_once(home, tocsin) -> None:
    (home / "keys/live.pem").chmod(0o644)
    (home / "keys/test.pem").unlink()
    (home / "keys/app.nk").chmod(0o640)
    _replace(home / "member.toml", "[store]\n", "[store]\nsize = 5\n")
    _replace(home / "member.toml", "[health]\n", "[health]\nport = 1\n[extra]\n")
    code, out, _ = tocsin("check", "--config", home, "--json")
    assert code == 1
    told = json.loads(out)
    assert told["schema"] == "tocsin.check/1"
    errors = [found for found in told["findings"] if found["level"] == "error"]
    assert sorted(found["about"] for found in errors) == ["configuration"] * 3 + ["keys"] * 3
    assert all(found["where"] for found in errors)
    words = json.dumps(errors)
    for part in ("size", "port", "extra", "chmod 600", "live.pem", "app.nk", "test.pem"):
        assert part in words


def test_a_table_that_cannot_be_read_hides_nothing_else(home) -> None:
    _replace(home / "member.toml", "client_listen = ", "client_listen = 5 #")
    (home / "roster.json").write_text("{}")
    about = {about for about, _ in _found(home)}
    assert {"configuration", "roster"} <= about


@pytest.mark.parametrize("text", ["", "= what", "[member]\ncode = 5\n"])
def test_a_file_that_is_no_configuration(home, text) -> None:
    (home / "member.toml").write_text(text)
    assert [about for about, _ in _found(home)] == ["configuration"]


def test_what_has_expired_and_what_will_soon(home) -> None:
    soon = dict(_found(home, "warning", after_days=340))
    assert soon["roster"].startswith("expires on")
    assert dict(_found(home, "warning", after_days=370))["roster"].startswith("expired on")
    assert dict(_found(home, "warning", after_days=380))["certificates"].startswith("expires on")
    assert dict(_found(home, after_days=400))["certificates"].startswith("expired on")
    assert any("authority of" in what for _, what in _found(home, after_days=3700))


def test_a_clock_before_the_roster(home) -> None:
    assert any(about == "clock" for about, _ in _found(home, after_days=-400))


def test_who_alerts_and_releases_no_alerts_is_told_which_line_to_add(home) -> None:
    file = home / "member.toml"
    with file.open("a") as opened:
        opened.write(
            '[alerts]\nrun = "here"\nsender = "a@kor.example"\nsender_names = { "" = "x" }\n'
            '[[alerts.channels]]\nname = "files"\nkind = "folder"\npath = "public"\n'
        )
    assert not [about for about, _ in _found(home, "warning") if about == "alerts"]
    _replace(file, ', "alerts.*"', "")
    told = check_member(file, now=SystemClock().now())
    (found,) = (each for each in told if (each.about, each.level) == ("alerts", "warning"))
    assert found.what.startswith("no rule releases alerts.alert")
    assert 'kinds = ["warning.*", ' in found.advice
    assert found.advice.endswith(', "alerts.*"]')


def test_a_certificate_that_no_peer_would_take(home) -> None:
    other = issue_certificates("KOR", ("127.0.0.1",), now=SystemClock().now())
    (home / "tls/link.pem").write_bytes(other.certificate)
    assert "not issued by the authority" in dict(_found(home))["certificates"]
    assert "pins another key for this link" in dict(_found(home, "warning"))["certificates"]


def test_a_key_that_the_roster_does_not_name(home) -> None:
    (home / "keys/live.pem").unlink()
    PrivateKey.generate(KeyRole.LIVE).save(home / "keys/live.pem")
    assert ("keys", "the roster gives KOR no live key") in [(about, what[:32]) for about, what in _found(home)]


def test_a_roster_without_all_signatures(home) -> None:
    trust = load_trust(read_config(home / "member.toml"))
    document = trust.document
    short = type(document)(
        payload_type=document.payload_type, payload=document.payload, signatures=document.signatures[:2]
    )
    (home / "roster.json").write_bytes(encode(short))
    assert any("lacks the signature" in what for about, what in _found(home) if about == "roster")


def test_a_port_that_is_taken(home) -> None:
    address = read_config(home / "member.toml").bus.leaf_listen
    with closing(socket.create_server(("127.0.0.1", int(address.rpartition(":")[2])))):
        assert [about for about, _ in _found(home)] == ["ports"]


def test_a_store_that_is_none(home) -> None:
    (home / "data/store.db").write_bytes(b"no database at all" * 100)
    assert [about for about, _ in _found(home)] == ["store"]


def test_a_server_that_is_not_there(home) -> None:
    _replace(home / "member.toml", "[bus]\n", '[bus]\nbinary = "/nowhere/nats-server"\n')
    assert [about for about, _ in _found(home)] == ["server"]


def test_an_external_server_that_does_not_answer(home) -> None:
    _replace(home / "member.toml", 'server = "embedded"', 'server = "external"')
    assert [about for about, _ in _found(home)] == ["server", "server"]


CLUSTER = "".join(
    f'[[bus.cluster]]\nname = "kor-{n}"\nclient_listen = "127.0.0.1:{4000 + n}"\nleaf_listen = "127.0.0.1:{4010 + n}"\n'
    f'route_listen = "127.0.0.1:{4020 + n}"\nfolder = "/etc/nats"\n'
    for n in (1, 2, 3)
)


def test_config_nats_of_a_cluster(home, tocsin) -> None:
    _replace(home / "member.toml", 'server = "embedded"', 'server = "external"\nreplicas = 3')
    _replace(home / "member.toml", "[store]", f"{CLUSTER}\n[store]")
    code, out, _ = tocsin("config", "nats", "--config", home)
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("server_name")] == [
        "server_name: kor-1", "server_name: kor-2", "server_name: kor-3",
    ]  # fmt: skip
    assert tocsin("config", "nats", "--config", home, "--server", "kor-9")[0] == 2
    code, one, _ = tocsin("config", "nats", "--config", home, "--server", "kor-2")
    assert code == 0
    assert out.count(one) == 1
    assert 'routes: ["tls://127.0.0.1:4021", "tls://127.0.0.1:4023"]' in one
    assert 'store_dir: "/etc/nats/jetstream"' in one
    code, out, _ = tocsin("config", "nats", "--config", home, "--server", "kor-2", "--write")
    assert code == 0
    written = home / "data/nats/kor-2"
    assert out.strip() == str(written / "nats-server.conf")
    assert (written / "nats-server.conf").read_text() == one
    named = {line.rpartition("/")[2] for line in one.replace('"', "\n").splitlines() if line.startswith("/etc/nats/")}
    assert named - {"jetstream"} <= {path.name for path in written.iterdir()}
    assert all(path.stat().st_mode & 0o077 == 0 for path in written.iterdir())


def test_a_renewed_certificate_names_every_host_of_a_cluster(home, tocsin) -> None:
    _replace(home / "member.toml", 'server = "embedded"', 'server = "external"\nreplicas = 3')
    named = CLUSTER.replace("127.0.0.1:4012", "leaf2.kor.example:4012").replace("127.0.0.1:4023", "10.1.0.3:4023")
    _replace(home / "member.toml", "[store]", f"{named}\n[store]")
    assert tocsin("renew", "--config", home)[0] == 0
    assert {"leaf2.kor.example", "10.1.0.3", "127.0.0.1"} <= set(hosts_of((home / "tls/link.pem").read_bytes()))


def test_check_names_each_server_of_a_cluster_that_is_not_what_it_should_be(home) -> None:
    _replace(home / "member.toml", 'server = "embedded"', 'server = "external"\nreplicas = 3')
    _replace(home / "member.toml", "[store]", f"{CLUSTER}\n[store]")
    config = read_config(home / "member.toml")
    with socket.create_server(("127.0.0.1", 0)) as impostor:
        port = impostor.getsockname()[1]
        _replace(home / "member.toml", '"127.0.0.1:4002"', f'"127.0.0.1:{port}"')
        greeting = b'INFO {"server_name":"other","version":"2.10.1","cluster":"x","jetstream":true,"domain":"USA"}\r\n'

        def greet() -> None:
            connection, _ = impostor.accept()
            with connection:
                connection.sendall(greeting)

        greeter = threading.Thread(target=greet)
        greeter.start()
        found = [
            finding for finding in check_member(home / "member.toml", now=SystemClock().now())
            if finding.about == "server"
        ]  # fmt: skip
        greeter.join()
    told = {(finding.where.removeprefix("bus.cluster."), finding.what) for finding in found}
    assert config.bus.cluster[0].name == "kor-1"
    assert ("kor-1.client_listen", "the external server does not answer") in told
    assert ("kor-3.route_listen", "the external server does not answer") in told
    assert {what for where, what in told if where == "kor-2.client_listen"} == {
        "this is nats-server 2.10.1; 2.15 is needed", "its JetStream domain is 'USA', not KOR",
        "this server is 'other', not kor-2", "it is of the cluster 'x', not KOR",
    }  # fmt: skip


def test_status_of_a_node_that_does_not_run(home, tocsin) -> None:
    code, out, err = tocsin("status", "--config", home)
    assert (code, out) == (1, "")
    assert "tocsin up" in err


def test_config_nats_is_what_the_server_gets(home, tocsin) -> None:
    code, out, err = tocsin("config", "nats", "--config", home)
    assert (code, err) == (0, "")
    assert "server_name: KOR" in out
    assert "SU" not in [word[:2] for word in out.split() if len(word) == 58]  # no seed of a user key


def test_config_show_has_every_table_with_its_defaults(home, tocsin) -> None:
    code, out, _ = tocsin("config", "show", "--config", home, "--json")
    assert code == 0
    told = json.loads(out)
    assert {"member", "keys", "roster", "bus", "store", "exchange", "warning", "health"} < set(told)
    assert told["bus"]["max_age_days"] == 14.0
    assert '[bus]\nserver = "embedded"' in tocsin("config", "show", "--config", home)[1]


def test_check_of_public_warning_tells_what_is_wrong_with_a_file_that_cannot_be_read(home, tocsin) -> None:
    file = home / "member.toml"
    file.write_text(file.read_text() + "\n[nonsense]\n")
    code, out, err = tocsin("check", "--public-warning", "--config", home, "--json")
    assert (code, err) == (1, "")
    assert any("nonsense" in finding["what"] for finding in json.loads(out)["findings"])
