"""The server's configuration, generated: accounts as walls, links, leaf listener (facts: exactly four things cross).

Each link ends in an account of its own without JetStream. Whatever a peer sends there goes nowhere, unless the home
account imports that exact subject; so the wall holds whichever end dials.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec

from tocsin.bus import names
from tocsin.bus.config import LANES, BusConfig, ClusterServer, Lane, PeerLink
from tocsin.bus.keys import read_seed
from tocsin.errors import ConfigError

SERVER_FILE = "nats-server.conf"
BELIEVED_FILE = "peer-certificates.pem"

MOST_SUBSCRIPTIONS = 512
"""Of one link: some ten subjects cross it, and a reply to each request for a moment."""

MOST_LEAFS = 32
"""Connections of one link and lane at once: one for each server of the peer's cluster, and those that are dying."""

_REPLIES = "_R_.>"
"""Replies to requests over a leaf link; without it they die in silence."""


def server_config(config: BusConfig, server: ClusterServer | None = None) -> str:
    """Return the configuration of one ``nats-server``, the same text for the same configuration.

    Seeds and the peers' certificates stand in files beside it, see ``write_server_files``.

    Args:
        config: The member's bus.
        server: Which of the cluster's; none: the only one.

    Raises:
        ConfigError: A seed file of our own cannot be read.
    """
    peers = sorted(config.peers, key=lambda peer: peer.code)
    files = _files(config, server)
    head = [
        f"# nats-server >= 2.15 for {config.member}; written by tocsin, changes here are lost",
        f"server_name: {config.member if server is None else server.name}",
        f"listen: {_quoted(config.client_listen if server is None else server.client_listen)}",
        f"max_payload: {config.max_payload_bytes}",
        "ping_interval: 5s",
        "logfile_size_limit: 33554432",
        "logfile_max_num: 4",
        "jetstream {",
        f"  store_dir: {_quoted(str(files.folder / 'jetstream'))}",
        f"  domain: {config.member}",
        "  max_mem: 16777216",
        f"  max_file: {config.max_file_bytes}",
        "  # an acknowledged warning survives a power cut",
        "  sync_interval: always",
        "}",
        *([] if server is None else _routes(config, server, files)),
        "system_account: SYS",
        "accounts {",
        f"  SYS {{ users: [ {{nkey: {read_seed(config.system_seed_file).public}}} ] }}",
    ]
    accounts = _home_account(config, peers)
    for peer in peers:
        for lane in LANES:
            accounts += _link_account(config.member, peer, lane)
    listen = config.leaf_listen if server is None else server.leaf_listen
    return "\n".join([*head, *accounts, "}", *_leafnodes(peers, files, listen), ""])


def write_server_files(config: BusConfig, server: ClusterServer | None = None) -> Path:
    """Write the configuration of one server and what it includes, all readable by the owner alone.

    Args:
        config: The member's bus.
        server: Which of the cluster's. Its folder under ``store_dir`` is made, with all that the server needs in it,
            to be copied to where its configuration says that it lies.

    Returns:
        Path of the configuration file.

    Raises:
        ConfigError: A file that is needed cannot be read, or the directory cannot be written.
    """
    directory = Path(config.store_dir) if server is None else Path(config.store_dir) / server.name
    diallers = sorted((peer for peer in config.peers if peer.dial is None), key=lambda peer: peer.code)
    # while no peer dials us the listener believes nobody; it is open so that a reload can add one
    believed = [peer.certificate_file for peer in diallers] or [config.certificate_file]
    texts = {
        SERVER_FILE: server_config(config, server),
        BELIEVED_FILE: "".join(_read_pem(path) for path in believed),
    }
    for peer in config.peers:
        for lane in LANES:
            seed_file = peer.keys(lane).seed_file
            if peer.dial is not None and seed_file is not None:
                texts[_seed_include(peer, lane)] = f"nkey: {_quoted(read_seed(seed_file).seed)}\n"
    if server is not None:
        files = _files(config, server)
        texts |= {
            Path(files.certificate).name: _read_pem(config.certificate_file),
            Path(files.key).name: _read_pem(config.key_file, "PRIVATE KEY"),
            Path(files.authority).name: _read_pem(config.authority_file),
        }
        for peer in config.peers:
            if peer.dial is not None:
                texts[Path(files.of_peer(peer)).name] = _read_pem(peer.certificate_file)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in texts.items():
            _write_private(directory / name, text)
    except OSError as cause:
        raise ConfigError(
            f"the server's files cannot be written: {cause.strerror}", path=config.store_dir, advice="Set bus.store_dir"
        ) from cause
    return directory / SERVER_FILE


class _Files(msgspec.Struct, frozen=True):
    """Where a server finds what its configuration names."""

    folder: Path
    certificate: str
    key: str
    authority: str
    is_apart: bool = False
    """On a machine of its own, maybe: everything lies in the folder."""

    def of_peer(self, peer: PeerLink) -> str:
        return str(self.folder / f"peer-{peer.code}.pem") if self.is_apart else peer.certificate_file


def _files(config: BusConfig, server: ClusterServer | None) -> _Files:
    if server is None:
        folder = Path(config.store_dir)
        return _Files(folder, config.certificate_file, config.key_file, config.authority_file)
    folder = Path(server.folder) if server.folder else Path(config.store_dir) / server.name
    return _Files(
        folder, str(folder / "link.pem"), str(folder / "link.key"), str(folder / "authority.pem"), is_apart=True
    )


def _routes(config: BusConfig, server: ClusterServer, files: _Files) -> list[str]:
    """Return how the servers of one member join: only who has a certificate of our own authority may."""
    others = [f"tls://{other.route_listen}" for other in config.cluster if other.name != server.name]
    return [
        "cluster {",
        f"  name: {config.member}",
        f"  listen: {_quoted(server.route_listen)}",
        "  # the node knows all servers; nobody else needs to",
        "  no_advertise: true",
        f"  routes: {json.dumps(others)}",
        f"  tls {{ cert_file: {_quoted(files.certificate)}, key_file: {_quoted(files.key)},",
        f"    ca_file: {_quoted(files.authority)}, verify: true, timeout: 5 }}",
        "}",
    ]


def _home_account(config: BusConfig, peers: list[PeerLink]) -> list[str]:
    me = config.member
    exports: list[str] = []
    imports: list[str] = []
    for peer in peers:
        for lane in LANES:
            link, you = names.link_account(peer.code, lane), peer.code
            exports += [
                f'{{service: "$JS.API.{names.reset_subject(me, you, lane)}", accounts: [{link}]}}',
                f'{{service: "{names.flow_subjects(me, you, lane)}", accounts: [{link}]}}',
                f'{{stream: "{names.delivery_subject(me, you, lane)}", accounts: [{link}]}}',
                *(f'{{stream: "{live}", accounts: [{link}]}}' for live in names.live_subjects(lane, to=you)),
            ]
            imports += [
                f'{{service: {{account: {link}, subject: "{you}.api.{names.reset_subject(you, me, lane)}"}}}}',
                f'{{service: {{account: {link}, subject: "{names.flow_subjects(you, me, lane)}"}}}}',
                f'{{stream: {{account: {link}, subject: "{names.delivery_subject(you, me, lane)}"}}}}',
                *(
                    f'{{stream: {{account: {link}, subject: "{live}"}}, prefix: "{names.received_prefix(you)}"}}'
                    for live in names.live_subjects(lane, to=me)
                ),
            ]
    app = read_seed(config.app_seed_file).public
    return [
        f"  {me} {{",
        "    jetstream: enabled",
        f"    users: [ {{nkey: {app}}} ]",
        *_block("exports", exports),
        *_block("imports", imports),
        "  }",
    ]


def _link_account(me: str, peer: PeerLink, lane: Lane) -> list[str]:
    you = peer.code
    ours_to_serve = f"{me}.api.{names.reset_subject(me, you, lane)}"
    theirs_to_ask = f"{you}.api.{names.reset_subject(you, me, lane)}"
    may_send = [
        ours_to_serve,
        names.flow_subjects(me, you, lane),
        names.delivery_subject(you, me, lane),
        *names.live_subjects(lane, to=me),
        _REPLIES,
    ]
    may_hear = [
        theirs_to_ask,
        names.flow_subjects(you, me, lane),
        names.delivery_subject(me, you, lane),
        *names.live_subjects(lane, to=you),
        _REPLIES,
    ]
    permissions = f"publish: {{allow: {json.dumps(may_send)}}}, subscribe: {{allow: {json.dumps(may_hear)}}}"
    users = [] if peer.dial is not None else [
        f"{{nkey: {public}, permissions: {{{permissions}}}}}" for public in sorted(peer.keys(lane).peer_publics)
    ]  # fmt: skip
    reset = f"$JS.API.{names.reset_subject(me, you, lane)}"
    imports = [
        f'{{service: {{account: {me}, subject: "{reset}"}}, to: "{ours_to_serve}"}}',
        f'{{service: {{account: {me}, subject: "{names.flow_subjects(me, you, lane)}"}}}}',
        f'{{stream: {{account: {me}, subject: "{names.delivery_subject(me, you, lane)}"}}}}',
        *(f'{{stream: {{account: {me}, subject: "{live}"}}}}' for live in names.live_subjects(lane, to=you)),
    ]
    exports = [
        f'{{service: "{theirs_to_ask}", accounts: [{me}]}}',
        f'{{service: "{names.flow_subjects(you, me, lane)}", accounts: [{me}]}}',
        f'{{stream: "{names.delivery_subject(you, me, lane)}", accounts: [{me}]}}',
        *(f'{{stream: "{live}", accounts: [{me}]}}' for live in names.live_subjects(lane, to=me)),
    ]
    return [
        f"  {names.link_account(you, lane)} {{",
        f"    limits: {{max_subscriptions: {MOST_SUBSCRIPTIONS}, max_leafnodes: {MOST_LEAFS}}}",
        *_block("users", users),
        *_block("exports", exports),
        *_block("imports", imports),
        "  }",
    ]


def _leafnodes(peers: list[PeerLink], files: _Files, listen: str) -> list[str]:
    certificate = f"cert_file: {_quoted(files.certificate)}, key_file: {_quoted(files.key)}"
    tls = [
        f"    {certificate}",
        "    timeout: 5",
        f"    ca_file: {_quoted(str(files.folder / BELIEVED_FILE))}",
        "    verify: true",
    ]
    remotes = []
    for peer in peers:
        if peer.dial is None:
            continue
        believed = f"{certificate}, ca_file: {_quoted(files.of_peer(peer))}, timeout: 5"
        urls = ", ".join(_quoted(f"tls://{address}") for address in peer.addresses)
        for lane in LANES:
            remotes += [
                f"    {{ urls: [{urls}], account: {names.link_account(peer.code, lane)}",
                f"      include {_quoted(f'./{_seed_include(peer, lane)}')}",
                "      # what every account offers about itself is no business of the peer's",
                '      deny_imports: "$SYS.>"',
                f"      tls {{ {believed} }} }}",
            ]
    return [
        "leafnodes {",
        f"  listen: {_quoted(listen)}",
        "  # gossip of addresses would lead a dialler past a border gateway",
        "  no_advertise: true",
        "  reconnect: 500ms",
        "  tls {",
        *tls,
        "  }",
        *(["  remotes: [", *remotes, "  ]"] if remotes else []),
        "}",
    ]


def _block(name: str, entries: list[str]) -> list[str]:
    if not entries:
        return []
    return [f"    {name}: [", *(f"      {entry}" for entry in entries), "    ]"]


def _seed_include(peer: PeerLink, lane: Lane) -> str:
    return f"link-{peer.code}-{lane}.conf"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _read_pem(path: str, what: str = "CERTIFICATE") -> str:
    try:
        text = Path(path).read_text("ascii")
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "not PEM text"
        raise ConfigError(f"the peer's certificate cannot be read: {reason}", path=path) from cause
    if f"{what}-----" not in text:
        raise ConfigError(f"the file holds no {what.lower()} in PEM", path=path)
    return text if text.endswith("\n") else text + "\n"


def _write_private(path: Path, text: str) -> None:
    # written whole or not at all: a server that reloads must not read half a file
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
