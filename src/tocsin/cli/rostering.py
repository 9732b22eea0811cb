"""Who is in the federation: ``roster show``, ``propose``, ``sign``, ``apply``, ``revoke``."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Codes, Config, Flag, Json, Moment, Pairs, UsageError, member_file
from tocsin.cli.terminal import confirm, output, say_error, write_json
from tocsin.clock import SystemClock
from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.node.control import Done, Order
    from tocsin.node.proposing import Step
    from tocsin.signing import Link, RosterMember, SignedDocument, Trust

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

ROSTER_DAYS = 365
Files = Annotated[tuple[Path, ...], Parameter(negative="", consume_multiple=True, metavar="FILE")]

roster = App(name="roster", help="See and change who is in the federation: propose, sign, apply, revoke a key.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(roster)


@roster.command
def show(
    file: Path | None = None, /, *, config: Config = HERE, against: Path | None = None, as_json: Json = False
) -> None:
    """Show a roster: members, keys, links, who has signed, the fingerprint to read out, and what it would change.

    Args:
        file: A signed roster; the one in force here if none is named.
        config: The member's TOML, or the folder that holds it as member.toml.
        against: The roster in force, where the member's folder is not at hand.
        as_json: Write one JSON object (tocsin.roster/1).
    """
    trust = find_trust(config, against)
    if file is not None:
        document = _read(file)
    elif trust is not None:
        document = trust.document
    else:
        raise UsageError("there is no roster in force here yet: name a file")
    _show(document, trust, as_json=as_json)


@roster.command
def propose(
    *,
    out: Path,
    add: Files = (),
    replace: Files = (),
    remove: Codes = (),
    link: Pairs = (),
    unlink: Pairs = (),
    expires: Moment = None,
    first: Annotated[str | None, Parameter(metavar="NAME")] = None,
    topology: Literal["mesh", "hub"] | None = None,
    hub: str | None = None,
    config: Config = HERE,
    against: Path | None = None,
    as_json: Json = False,
) -> None:
    """Write the next roster, or with --first a federation's first, for the members to sign.

    Without any change it is the roster in force with a later expiry.

    Args:
        out: The new file.
        add: Introductions of members that join.
        replace: New introductions of members that are in it: other keys, certificates, addresses.
        remove: Codes of members that leave, separated by commas. Stop their nodes before.
        link: New links, such as AUS-USA: the first dials the second. Without it a newcomer is linked with all whom
            its link keys allow.
        unlink: Links to cut, such as AUS-USA.
        expires: When it expires; a year from now unless given.
        first: Make a first roster for a federation of this name, from the introductions of --add.
        topology: With --first, who is linked with whom: everyone with everyone, or everyone with --hub. Unless
            given, all links that the members' link keys allow.
        hub: With --topology hub, the member in the middle.
        config: The member's TOML, or the folder that holds it as member.toml.
        against: The roster in force, where the member's folder is not at hand.
        as_json: Write one JSON object (tocsin.roster/1).
    """
    from tocsin.node.introducing import read_introduction
    from tocsin.node.rosters import write_document
    from tocsin.signing import Change, first_roster, successor, unsigned
    from tocsin.signing import Link as RosterLink

    if out.exists():
        raise ConfigError("is there already", path=str(out), advice="Name a new file")
    now = SystemClock().now()  # to the microsecond: what a dropped key sealed a moment ago came before
    expires_at = expires or (now + timedelta(days=ROSTER_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    added = [read_introduction(file) for file in add]
    links = tuple(RosterLink(dialler=one, listener=other) for one, other in link)
    if first is not None:
        if replace or remove or unlink:
            raise UsageError("--first takes --add and --link alone")
        trust = None
        made = first_roster(
            first, added, links or _first_links(added, topology, hub), issued_at=now, expires_at=expires_at
        )  # fmt: skip
    else:
        trust = find_trust(config, against)
        if trust is None:
            raise UsageError("there is no roster in force here: for the first one say --first NAME")
        if topology is not None:
            raise UsageError("--topology is for the first roster; later say --link and --unlink")
        change = Change(
            add=tuple(added), replace=tuple(read_introduction(file) for file in replace), remove=remove, link=links,
            unlink=unlink,
        )  # fmt: skip
        made = successor(
            trust.document, change, issued_at=max(now, trust.roster.issued_at), expires_at=expires_at
        )  # fmt: skip
    document = unsigned(made)
    if trust is not None:
        trust.follower(document)
    write_document(out, document)
    _show(document, trust, as_json=as_json)
    if not as_json:
        say_next(
            "compare the fingerprint with the other members over another channel, such as by voice",
            f"send {out.name} to them; each signs at home: tocsin roster sign {out.name} --key roster.pem",
            f"with enough signatures, each puts it in force: tocsin roster apply {out.name}",
        )


@roster.command
def sign(
    file: Path,
    /,
    *,
    key: Path,
    yes: Flag = False,
    config: Config = HERE,
    against: Path | None = None,
    as_json: Json = False,
) -> None:
    """Sign a proposed roster with this member's roster key, after showing what it changes.

    The signature is added to the file. Whose it is follows from the key.

    Args:
        file: The proposal.
        key: The member's roster key, PEM.
        yes: Sign without asking, having compared the fingerprint before.
        config: The member's TOML, or the folder that holds it as member.toml.
        against: The roster in force, where the member's folder is not at hand.
        as_json: Write one JSON object (tocsin.roster/1).
    """
    from tocsin.node.proposing import signer_of
    from tocsin.node.rosters import write_document
    from tocsin.node.showing import view_of
    from tocsin.signing import KeyRole, PrivateKey

    now = SystemClock().now()
    document = _read(file)
    trust = find_trust(config, against)
    private = PrivateKey.load(KeyRole.ROSTER, key)
    signer = signer_of(document, private, trust, now=now)
    if not as_json:
        _show(document, trust)
    if not yes:
        confirm(
            f"Sign as {signer.member}? Read the fingerprint to the others first.", otherwise="it is not signed"
        )  # fmt: skip
    signed = document.signed_by(signer.member, private)
    write_document(file, signed)
    view = view_of(signed, trust, now=now)
    if as_json:
        write_json(view)
        return
    output().print(f"[bold]Signed as {signer.member}[/]: {file}")
    if view.lacks:
        say_next(f"it lacks {view.lacks}: send {file.name} on, or back to who proposed it")
    else:
        say_next(f"each member puts it in force: tocsin roster apply {file.name}")


@roster.command
def apply(*files: Path, yes: Flag = False, config: Config = HERE, as_json: Json = False) -> int:
    """Put the next roster in force here: at the running node, or in the folder of one that does not run.

    Several copies of it, signed apart, count together; several versions are put in force one after the other.

    Args:
        files: Signed rosters.
        yes: Do it without asking, having compared the fingerprint before.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from tocsin.node import read_config
    from tocsin.node.proposing import read_all, steps_to, trust_on_disk

    if not files:
        raise UsageError("name at least one signed roster")
    member = read_config(member_file(config))
    now = SystemClock().now()
    steps = steps_to(read_all(files), trust_on_disk(member), member, now=now)
    if not steps:
        if as_json:
            write_json({"applied": [], "told": []})
        else:
            output().print("This roster is in force here already.")
        return 0
    if not as_json:
        _say_steps(steps)
    if not yes:
        confirm("Put this in force? Compare the fingerprint with the others first.", otherwise="nothing is changed")
    return _put_in_force(member_file(config), steps, as_json=as_json)


def _put_in_force(file: Path, steps: Sequence[Step], *, as_json: bool) -> int:
    """Hand rosters to the running node, or put them into the folder if none runs."""
    from tocsin.node import put_in_force, read_config
    from tocsin.node.control import ApplyRoster
    from tocsin.node.revoking import as_text

    told: list[str] = []
    for step in steps:
        try:
            done = asyncio.run(ask_node(file, ApplyRoster(document=as_text(step.document))))
        except ConfigError:  # no node runs
            put_in_force(read_config(file), step.document)
            told = ["no node of this member runs; it begins with this roster: tocsin up"]
            continue
        if done.error:
            return tell(done, as_json=as_json)
        told += done.told
    if as_json:
        write_json({"applied": [step.roster.version for step in steps], "told": told})
        return 0
    console = output()
    console.print(f"[bold]Version {steps[-1].roster.version} is in force here.[/]")
    for line in told:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    say_next("look after the other members have done the same: tocsin check; tocsin status")
    return 0


def tell(done: Done, *, as_json: bool) -> int:
    """Tell what came of an order, and return the exit code."""
    if as_json:
        write_json(done)
    elif done.error:
        say_error(done.error)
    else:
        for line in done.told or ("done",):
            output().print(line, markup=False, soft_wrap=True)
    return 1 if done.error else 0


async def ask_node(file: Path, order: Order) -> Done:
    """Ask the node of a member's TOML."""
    from tocsin.node.control import ask

    return await ask(file.parent, order)


def say_next(*steps: str) -> None:
    """Tell what to do next."""
    output().print("Next:")
    for number, step in enumerate(steps, start=1):
        output().print(f"  {number}. {step}" if len(steps) > 1 else f"  {step}", markup=False, soft_wrap=True)


def find_trust(config: Path, against: Path | None) -> Trust | None:
    """Return what is in force: in the member's folder, or in a file that was named; None before the first roster.

    Raises:
        ConfigError: It cannot be used.
    """
    from tocsin.node import read_config
    from tocsin.node.proposing import trust_in, trust_on_disk

    if against is not None:
        return trust_in(against)
    file = member_file(config)
    if config == HERE and not file.exists():
        return None  # away from the member's folder, as where the roster key is
    return trust_on_disk(read_config(file))


def _read(file: Path) -> SignedDocument:
    from tocsin.node.proposing import read_all

    return read_all((file,))[0]


def _show(document: SignedDocument, trust: Trust | None, *, as_json: bool = False) -> None:
    from tocsin.cli.roster_view import render_roster
    from tocsin.node.showing import view_of

    view = view_of(document, trust, now=SystemClock().now())
    if as_json:
        write_json(view)
    else:
        output().print(render_roster(view), soft_wrap=True)


def _say_steps(steps: Sequence[Step]) -> None:
    from tocsin.signing import differences

    console = output()
    for step in steps:
        console.print(f"[bold]{step.roster.federation}, version {step.roster.version}[/]; fingerprint")
        console.print(f"  [bold]{step.document.fingerprint}[/]")
        if step.former is None:
            console.print(f"  the first roster here: members {', '.join(step.roster.codes)}")
            continue
        for line in differences(step.former, step.roster) or ("changes nothing but the version",):
            console.print(f"  {line}", markup=False, soft_wrap=True)


def _first_links(members: Sequence[RosterMember], topology: str | None, hub: str | None) -> tuple[Link, ...]:
    from tocsin.signing import possible_links

    codes = sorted(member.code for member in members)
    if topology == "hub" and hub not in codes:
        raise UsageError(f"--topology hub needs --hub with one of {', '.join(codes)}")
    if len(codes) < 2:
        raise UsageError("a federation has at least two members: say --add for each introduction")
    possible = {frozenset((link.dialler, link.listener)): link for link in possible_links(members)}
    wanted = set(possible)
    if topology is not None:
        pairs = {frozenset((one, other)) for one in codes for other in codes if one < other}
        wanted = {pair for pair in pairs if topology == "mesh" or hub in pair}
    missing = wanted - set(possible)
    if missing:
        one, other = sorted(min(missing, key=sorted))
        raise UsageError(
            f"neither {one} nor {other} has a key to dial the other: at one of them, "
            f"tocsin introduce --dials the other, then take its introduction.json again"
        )
    return tuple(possible[pair] for pair in wanted)
