"""What a member tells the others of itself, in ``introduction.json``: its keys, its link, the peers that it dials.

New keys stand beside the old ones until the next roster names them; nothing here changes what the node uses now.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tocsin.bus import new_nkey
from tocsin.bus.keys import read_seed
from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, RecordError
from tocsin.node.config import MemberConfig
from tocsin.node.rosters import load_trust, write_file
from tocsin.node.wiring import LANES
from tocsin.signing import KeyRole, LinkIdentity, PrivateKey, PublicKey, RosterMember, Trust, write_secret

INTRODUCTION = "introduction.json"


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """One of this member's signing keys, wherever it is known."""

    role: KeyRole
    keyid: str
    file: str
    """Where its private half lies in the member's folder; empty if elsewhere."""
    is_used: bool
    """The TOML names it: the node signs with it from its next start or reload."""
    is_in_force: bool
    """The roster in force lists it."""
    is_introduced: bool
    """The introduction lists it, so the next roster may."""


def read_introduction(file: Path) -> RosterMember:
    """Read what a member tells of itself.

    Raises:
        ConfigError: It cannot be read or is none.
    """
    try:
        return decode(file.read_bytes(), RosterMember)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", path=str(file), advice="Name a member's introduction.json"
        ) from error
    except RecordError as error:
        raise ConfigError(
            f"is no introduction of a member: {error}", path=str(file), advice="Name a member's introduction.json"
        ) from error


def own_introduction(config: MemberConfig) -> RosterMember:
    """Return what this member last wanted the others to know; without a file, what the roster in force says.

    Raises:
        ConfigError: Neither can be read, or the file is of another member.
    """
    file = config.home / INTRODUCTION
    code = config.member.code
    if file.exists():
        found = read_introduction(file)
        if found.code != code:
            raise ConfigError(f"is of {found.code}, this is the folder of {code}", path=str(file))
        return found
    listed = load_trust(config).roster.member(code)
    if listed is None:
        raise ConfigError(f"{code} is not in the roster", path=str(file))
    return listed


def write_introduction(config: MemberConfig, member: RosterMember) -> Path:
    """Write the introduction anew.

    Raises:
        ConfigError: It cannot be written.
    """
    file = config.home / INTRODUCTION
    write_file(file, msgspec.json.format(encode(member)))
    return file


def introduce(config: MemberConfig, *, dials: Sequence[str], address: str | None) -> RosterMember:
    """Bring the introduction up to date: link keys for more peers to dial, another address.

    Args:
        config: The member's TOML.
        dials: Codes of peers; link keys that are there already stay.
        address: ``host:port`` where peers reach this member's leaf listener; as before if None.

    Raises:
        ConfigError: A file cannot be read or written, or the member would dial itself.
    """
    member = own_introduction(config)
    nkeys = dict(member.link.nkeys)
    for peer in dials:
        if peer == config.member.code:
            raise ConfigError(f"{peer} does not dial itself", advice="Name other members")
        for lane in LANES:
            file = config.path(f"keys/link-{peer}-{lane}.nk")
            if not file.exists():
                write_secret(file, new_nkey().seed.encode())
            public = read_seed(str(file)).public
            if public not in nkeys.get(f"{peer}/{lane}", "").split():
                nkeys[f"{peer}/{lane}"] = public
    link = msgspec.structs.replace(
        member.link, nkeys=nkeys, address=member.link.address if address is None else address
    )
    changed = msgspec.structs.replace(member, link=link)
    write_introduction(config, changed)
    return changed


def add_key(config: MemberConfig, role: KeyRole) -> tuple[Path, PublicKey]:
    """Make a new signing key beside the old ones and introduce it.

    Returns:
        The file of its private half, and its public half.

    Raises:
        ConfigError: A file cannot be read or written.
    """
    member = own_introduction(config)
    folder = config.path("keys")
    number = 2
    while (file := folder / f"{role.value}-{number}.pem").exists():
        number += 1
    key = PrivateKey.generate(role)
    key.save(file)
    write_introduction(config, msgspec.structs.replace(member, keys=(*member.keys, key.public)))
    return file, key.public


def drop_key(config: MemberConfig, which: str, trust: Trust | None) -> PublicKey:
    """Leave a key out of the introduction, so that the next roster does not list it; its file stays.

    Args:
        config: The member's TOML.
        which: Beginning of the key's id, or the path of its file.
        trust: The rosters and revocations; None if there are none yet.

    Raises:
        ConfigError: No key, or more than one, is meant; the node signs with it; it is the last roster key.
    """
    member = own_introduction(config)
    path = Path(which)
    beginning = PrivateKey.load(KeyRole.LIVE, path).keyid if path.is_file() else which.lower()
    found = [key for key in member.keys if beginning and key.keyid.startswith(beginning)]
    if len(found) != 1:
        raise ConfigError(
            f"{which!r} means {len(found)} of the keys that {member.code} introduces",
            advice="See them: tocsin keys list",
        )
    (gone,) = found
    is_revoked = trust is not None and trust.is_revoked(gone.keyid)
    if not is_revoked and any(state.keyid == gone.keyid and state.is_used for state in key_states(config, None)):
        raise ConfigError(
            f"this node signs with its {gone.role.value} key {gone.keyid[:16]}",
            advice=f"First let keys.{gone.role.value} in the TOML name the new one, then: tocsin reload",
        )
    rest = tuple(key for key in member.keys if key != gone)
    if not any(key.role is KeyRole.ROSTER for key in rest):
        raise ConfigError("this is the only roster key", advice="First: tocsin keys new --role roster")
    write_introduction(config, msgspec.structs.replace(member, keys=rest))
    return gone


def key_states(config: MemberConfig, trust: Trust | None) -> tuple[KeyState, ...]:
    """Return this member's keys: those on disk, those that it introduces, those that the roster lists.

    Args:
        config: The member's TOML.
        trust: The rosters; None if there is none yet.

    Raises:
        ConfigError: The introduction cannot be read.
    """
    introduced = own_introduction(config).keys
    entry = trust.roster.member(config.member.code) if trust is not None else None
    in_force = entry.keys if entry is not None else ()
    files = dict(_own_keys(config, {key.keyid: key.role for key in (*introduced, *in_force)}))
    used = {config.path(path).resolve() for path in config.keys.paths().values()}
    known = {key.keyid: key for key in (*in_force, *introduced)}
    return tuple(
        KeyState(
            role=key.role, keyid=keyid, file=str(files.get(keyid, "")),
            is_used=keyid in files and files[keyid].resolve() in used,
            is_in_force=key in in_force, is_introduced=key in introduced,
        )
        for keyid, key in sorted(known.items(), key=lambda item: (list(KeyRole).index(item[1].role), item[0]))
    )  # fmt: skip


def _own_keys(config: MemberConfig, roles: dict[str, KeyRole]) -> list[tuple[str, Path]]:
    named = [config.path(path) for path in config.keys.paths().values()]
    found = []
    for path in dict.fromkeys([*named, *sorted(config.path("keys").glob("*.pem"))]):
        try:
            keyid = PrivateKey.load(KeyRole.LIVE, path).keyid  # which role it has is for the roster to say
        except ConfigError:
            continue
        if keyid in roles:
            found.append((keyid, path))
    return found


def replaced_link(config: MemberConfig, **changes: object) -> RosterMember:
    """Write the introduction with parts of its link identity replaced.

    Raises:
        ConfigError: It cannot be read or written.
    """
    member = own_introduction(config)
    link: LinkIdentity = msgspec.structs.replace(member.link, **changes)
    changed = msgspec.structs.replace(member, link=link)
    write_introduction(config, changed)
    return changed
