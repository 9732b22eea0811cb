"""Makes a member's folder: TOML, keys for its owner alone, certificates; and a whole federation to try out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tocsin.bus import new_nkey, split_addresses
from tocsin.codec import encode
from tocsin.errors import ConfigError
from tocsin.node.wiring import LANES
from tocsin.signing import (
    KeyRole,
    Link,
    LinkIdentity,
    PrivateKey,
    Roster,
    RosterMember,
    issue_certificates,
    unsigned,
    write_secret,
)

ROSTER_DAYS = 365


@dataclass(frozen=True)
class Addresses:
    """Where one member listens."""

    client: str = "127.0.0.1:4222"
    leaf: str = "127.0.0.1:7422"
    """Several with commas between, if a cluster is meant; the first is written into the TOML."""
    health: str = "127.0.0.1:8822"


@dataclass(frozen=True)
class Plan:
    """A member to be made."""

    code: str
    name: str
    home: Path
    addresses: Addresses


def make_member(plan: Plan, *, dials: Sequence[str], now: datetime, audiences: Sequence[Sequence[str]]) -> RosterMember:
    """Make a member's folder and return what the others need to know of it, also left there as introduction.json.

    Args:
        plan: Who and where.
        dials: Codes of the peers whose servers this member dials.
        now: UTC; certificates begin then.
        audiences: For whom it publishes assessments.

    Raises:
        ConfigError: The folder holds a member already, or cannot be written.
    """
    home = plan.home
    _require_new(home)
    try:
        for folder in ("", "keys", "tls", "data"):
            (home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chmod(home / folder, 0o700)  # noqa: PTH101 - mkdir's mode is cut by the umask
    except OSError as error:
        raise ConfigError(f"cannot be made: {error.strerror}", path=str(home)) from error
    keys = {role: PrivateKey.generate(role) for role in KeyRole}
    for role, key in keys.items():
        key.save(home / f"keys/{role.value}.pem")
    publics = {}
    for name in ("app", "system"):
        write_secret(home / f"keys/{name}.nk", new_nkey().seed.encode())
    for peer in dials:
        for lane in LANES:
            nkey = new_nkey()
            write_secret(home / f"keys/link-{peer}-{lane}.nk", nkey.seed.encode())
            publics[f"{peer}/{lane}"] = nkey.public
    hosts = [address.rpartition(":")[0].strip("[]") for address in split_addresses(plan.addresses.leaf)]
    certificates = issue_certificates(plan.code, tuple(dict.fromkeys((*hosts, "127.0.0.1", "localhost"))), now=now)
    (home / "tls/authority.pem").write_bytes(certificates.authority)
    (home / "tls/link.pem").write_bytes(certificates.certificate)
    write_secret(home / "tls/authority.key", certificates.authority_key)
    write_secret(home / "tls/link.key", certificates.certificate_key)
    (home / "member.toml").write_text(member_toml(plan, audiences), encoding="utf-8")
    member = RosterMember(
        code=plan.code, name=plan.name, keys=tuple(key.public for key in keys.values()),
        link=LinkIdentity(
            certificate=certificates.authority.decode(), address=plan.addresses.leaf, pins=(certificates.pin,),
            nkeys=publics,
        ),
    )  # fmt: skip
    (home / "introduction.json").write_bytes(msgspec.json.format(encode(member)))
    return member


def make_federation(
    plans: Sequence[Plan], links: Sequence[Link], *, name: str, now: datetime,
    audiences: Sequence[Sequence[str]] | None = None,
) -> Roster:  # fmt: skip
    """Make several members' folders and the roster that all of them have signed: a federation to try out.

    In earnest nobody holds two members' keys: each makes its own folder and signs the roster at home.

    Raises:
        ConfigError: A folder holds a member already, or cannot be written.
    """
    everyone = tuple(sorted(plan.code for plan in plans))
    for plan in plans:
        _require_new(plan.home)
    members = [
        make_member(
            plan, dials=[link.listener for link in links if link.dialler == plan.code], now=now,
            audiences=[a for a in (audiences if audiences is not None else [everyone]) if plan.code in a],
        )
        for plan in plans
    ]  # fmt: skip
    roster = Roster(
        federation=name, version=1, previous="", issued_at=now, expires_at=now + timedelta(days=ROSTER_DAYS),
        members=tuple(sorted(members, key=lambda member: member.code)), links=tuple(links),
    )  # fmt: skip
    document = unsigned(roster)
    for plan in plans:
        document = document.signed_by(plan.code, PrivateKey.load(KeyRole.ROSTER, plan.home / "keys/roster.pem"))
    for plan in plans:
        (plan.home / "roster.json").write_bytes(encode(document))
    return roster


def _require_new(home: Path) -> None:
    """Refuse a folder that holds a member, or what is left of one: what its keys signed rests on them."""
    if (home / "member.toml").exists():
        raise ConfigError("holds a member already", path=str(home), advice="Choose another folder")
    left = next((path for folder in ("keys", "tls", "data") for path in sorted((home / folder).glob("*"))), None)
    if left is not None:
        raise ConfigError("is there already", path=str(left), advice="Choose another folder, or put this one aside")


def links_for(topology: str, codes: Sequence[str], *, hub: str) -> tuple[Link, ...]:
    """Return the links of a mesh (everyone with everyone) or a hub (everyone with one).

    In a mesh the member that comes later in the alphabet listens; in a hub the hub does.
    """
    ordered = sorted(codes)
    if topology == "hub":
        return tuple(Link(dialler=code, listener=hub) for code in ordered if code != hub)
    return tuple(Link(dialler=a, listener=b) for i, a in enumerate(ordered) for b in ordered[i + 1 :])


def member_toml(plan: Plan, audiences: Sequence[Sequence[str]]) -> str:
    """Return the text of a member's TOML."""
    written = ", ".join("[" + ", ".join(f'"{code}"' for code in audience) + "]" for audience in audiences)
    return f"""\
# One member of a Tocsin federation. Every setting is described in docs/reference/configuration.md.

[member]
code = "{plan.code}"
name = "{plan.name}"

[keys]  # by role; the roster key stays elsewhere but when a roster is signed
live = "keys/live.pem"
exercise = "keys/exercise.pem"
test = "keys/test.pem"

[roster]
file = "roster.json"

[bus]
server = "embedded"  # or "external", with the fragment that `tocsin config nats` prints
client_listen = "{plan.addresses.client}"
leaf_listen = "{split_addresses(plan.addresses.leaf)[0]}"

[store]
file = "data/store.db"

[[exchange.release]]  # the first rule that fits decides; what no rule fits waits for a person
kinds = ["warning.*", "watch.*", "orbit.launch_notice", "alerts.*", "cargo.*", "claims.*", "consult.*", "cyber.*"]
action = "release"

[warning]
audiences = [{written}]

[health]
listen = "{plan.addresses.health}"
"""
