"""Keys and certificates of one member: ``keys``, ``introduce``, ``renew``, ``reload``, ``roster revoke``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Codes, Config, Flag, Json, UsageError, member_file
from tocsin.cli.rostering import ask_node, find_trust, roster, say_next, tell
from tocsin.cli.terminal import confirm, output, write_json
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.node import MemberConfig
    from tocsin.signing import KeyRevocation, LastHead, SignedDocument

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Role = Literal["live", "exercise", "test", "roster"]

keys = App(name="keys", help="See, make and drop this member's signing keys.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(keys)
    for command in (introduce, renew, reload):
        app.command(command)
    roster.command(revoke)


@keys.command(name="list")
def list_(*, config: Config = HERE, as_json: Json = False) -> None:
    """List this member's keys: where each lies, whether the roster lists it, whether the node signs with it.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.cli.roster_view import render_keys
    from tocsin.node.introducing import key_states

    member = _member(config)
    states = key_states(member, find_trust(config, None))
    if as_json:
        write_json({"schema": "tocsin.keys/1", "keys": states})
    else:
        output().print(render_keys(states, member.home))


@keys.command
def new(*, role: Role, config: Config = HERE, as_json: Json = False) -> None:
    """Make a new key beside the old ones and put it into introduction.json; nothing else changes yet.

    Args:
        role: What it signs: live for status actual, exercise, test; or roster.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.introducing import add_key
    from tocsin.signing import KeyRole

    member = _member(config)
    file, public = add_key(member, KeyRole(role))
    if as_json:
        write_json({"file": str(file), "role": role, "keyid": public.keyid})
        return
    output().print(f"Made the {role} key [bold]{public.keyid[:16]}[/]: {file}", soft_wrap=True)
    switch = (
        f"take {file.name} to where the roster key is kept, and sign with it from then on"
        if role == "roster"
        else f'let member.toml say {role} = "{file.relative_to(member.home)}", then: tocsin reload'
    )
    old = "tocsin keys drop with the file of the old key"
    say_next(
        "tocsin roster propose --replace introduction.json --out next.json; sign it, apply it at every member",
        switch,
        f"{old}, and propose once more: then the old key counts for what it signed before, and for nothing after",
    )


@keys.command
def drop(key: str, /, *, config: Config = HERE, as_json: Json = False) -> None:
    """Leave a key out of introduction.json, so that the next roster retires it. Its file stays.

    What it signed before still counts. If it may be in other hands, take it back instead: tocsin roster revoke.

    Args:
        key: Beginning of its id, or the path of its file.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.introducing import drop_key

    gone = drop_key(_member(config), key, find_trust(config, None))
    if as_json:
        write_json({"role": gone.role.value, "keyid": gone.keyid})
        return
    output().print(f"The {gone.role.value} key [bold]{gone.keyid[:16]}[/] is not in introduction.json any more")
    say_next("tocsin roster propose --replace introduction.json --out next.json; sign it, apply it at every member")


def introduce(
    *,
    dials: Codes = (),
    address: Annotated[str | None, Parameter(metavar="HOST:PORT")] = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Bring introduction.json up to date: what the other members need to know of this one.

    Args:
        dials: Codes of members whose servers this one is to dial, separated by commas: makes the link keys for it.
        address: Where the other members reach this one's leaf listener, host:port, several with commas between; empty
            if it only dials.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write the introduction as JSON to standard output as well.
    """
    from tocsin.cli.parameters import require_address
    from tocsin.node.introducing import INTRODUCTION
    from tocsin.node.introducing import introduce as bring_up_to_date

    for one in address.split(",") if address else ():
        require_address(one.strip())
    member = _member(config)
    made = bring_up_to_date(member, dials=dials, address=address)
    if as_json:
        write_json(made)
        return
    dialled = ", ".join(sorted({name.partition("/")[0] for name in made.link.nkeys})) or "nobody"
    output().print(
        f"{member.home / INTRODUCTION}: [bold]{made.code}[/], listens at {made.link.address or 'no address'}, can dial "
        f"{dialled}", soft_wrap=True,
    )  # fmt: skip
    say_next(
        *(["tocsin renew, then tocsin reload: the link certificate then names this address"] if address else []),
        "give it to whoever proposes the next roster: tocsin roster propose --add (or --replace) introduction.json",
    )


def renew(*, new_key: Flag = False, new_authority: Flag = False, config: Config = HERE, as_json: Json = False) -> None:
    """Issue a new link certificate from this member's own authority, on the same key.

    Peers take what the authority issued, so no roster is needed; a new key or authority needs the next roster.

    Args:
        new_key: Make a new key for the link as well; its pin goes into introduction.json.
        new_authority: Make a new authority beside the old one instead. Once the roster in force names both, renew
            issues the certificate from the new one.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.renewing import add_authority, renew_link

    if new_key and new_authority:
        raise UsageError("say --new-key or --new-authority; first the one, then the other")
    member, now = _member(config), SystemClock().now()
    propose = "tocsin roster propose --replace introduction.json --out next.json; sign it, apply it at every member"
    if new_authority:
        end = add_authority(member, now=now)
        if as_json:
            write_json({"authority_expires_at": end})
            return
        output().print(f"Made a new link authority until {end:%Y-%m-%d}; introduction.json names it beside the old one")
        say_next(propose, "tocsin renew, which then issues the link certificate from it", "tocsin reload")
        return
    done = renew_link(member, now=now, new_key=new_key)
    if as_json:
        write_json({"expires_at": done.expires_at, "pin": done.pin, "is_new_authority": done.is_new_authority})
        return
    source = " by the new authority" if done.is_new_authority else ""
    output().print(f"Issued the link certificate anew{source}, until {done.expires_at:%Y-%m-%d}")
    say_next("tocsin reload", *([propose] if done.is_new_authority or done.is_new_key else []))


def reload(*, config: Config = HERE, as_json: Json = False) -> int:
    """Let the running node read its TOML, keys and certificates again.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node.control import Reload

    return tell(asyncio.run(ask_node(member_file(config), Reload())), as_json=as_json)


def revoke(
    document: Path | None = None,
    /,
    *,
    role: Role | None = None,
    key: Path | None = None,
    keyid: str = "",
    keep_none: Flag = False,
    out: Path | None = None,
    yes: Flag = False,
    config: Config = HERE,
    as_json: Json = False,
) -> int:
    """Take back one of this member's keys that may be in other hands; it can never be given back.

    What it signed up to the last frames in this member's store still counts; everything else under it is void.
    The node sends the revocation to all members. It names the audiences that the key signed for.

    Args:
        document: A revocation that --out wrote, to be sent now.
        role: Which key.
        key: The member's roster key, PEM.
        keyid: Beginning of the key's id, if the member has several of that role.
        keep_none: Void all that the key ever signed.
        out: Write the revocation to this new file instead of sending it.
        yes: Do it without asking.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.errors import ConfigError
    from tocsin.node.control import RevokeKey
    from tocsin.node.revoking import as_text, read_revocation
    from tocsin.node.rosters import read_document, write_document

    if out is not None and out.exists():
        raise ConfigError("is there already", path=str(out), advice="Name a new file")
    if document is not None:
        if role is not None or key is not None:
            raise UsageError("name a revocation, or say --role and --key to make one")
        made = read_document(document)
    elif role is None or key is None:
        raise UsageError("say --role and --key to take a key back, or name a revocation that --out wrote")
    else:
        made = _revocation(config, role, key, keyid=keyid, keep_none=keep_none)
    word = read_revocation(made)
    if not as_json:
        _say_revocation(word)
    if not yes:
        confirm("Take this key back? Nobody can undo it.", otherwise="nothing is changed")
    if out is None:
        return tell(asyncio.run(ask_node(member_file(config), RevokeKey(document=as_text(made)))), as_json=as_json)
    write_document(out, made)
    if as_json:
        write_json({"file": str(out), "member": word.member, "keyid": word.keyid})
    else:
        output().print(f"Written to {out}")
        say_next(f"where the node runs: tocsin roster revoke {out.name}")
    return 0


def _revocation(config: Path, role: Role, key: Path, *, keyid: str, keep_none: bool) -> SignedDocument:
    from tocsin.errors import ConfigError
    from tocsin.node.revoking import key_to_revoke, last_heads, revocation
    from tocsin.node.wiring import has_store, open_store
    from tocsin.signing import KeyRole, PrivateKey

    member = _member(config)
    trust = find_trust(config, None)
    if trust is None:
        raise ConfigError("there is no roster in force here", path=str(member.home))
    meant = key_to_revoke(member, trust, role=KeyRole(role), beginning=keyid)
    signer = PrivateKey.load(KeyRole.ROSTER, key)
    heads: tuple[LastHead, ...] = ()
    if not keep_none and has_store(member):
        with open_store(member, read_only=True) as store:
            heads = last_heads(store, member.member.code, meant)
    return revocation(trust, member.member.code, meant, heads, signer, now=SystemClock().now())


def _say_revocation(word: KeyRevocation) -> None:
    counts = (
        f"of it count up to these frames of {len(word.last_heads)} chains"
        if word.last_heads
        else "nothing of it counts"
    )
    output().print(f"Takes back key [bold]{word.keyid[:16]}[/] of {word.member}; {counts}")
    for head in word.last_heads:
        where = f"for {head.audience}, {head.status}, {head.precedence}: up to frame {head.number} of {head.epoch}"
        output().print(f"  {where}", markup=False, soft_wrap=True)


def _member(config: Path) -> MemberConfig:
    from tocsin.node import read_config

    return read_config(member_file(config))
