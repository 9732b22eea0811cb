"""Makes, runs, looks at and checks a member: ``init``, ``up``, ``status``, ``check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Address, AddressList, Codes, Config, Flag, Json, UsageError, member_file
from tocsin.cli.terminal import output, write_json
from tocsin.clock import SystemClock

if TYPE_CHECKING:
    from tocsin.node import Plan
    from tocsin.signing import Link

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

CLIENT_PORT, LEAF_PORT, HEALTH_PORT = 4222, 7422, 8822
PORTS_APART = 10
WATCH_EVERY_S = 1.0


def add_to(app: App) -> None:
    """Add these commands to the program."""
    for command in (init, up, status, check):
        app.command(command)


def init(
    folder: Path,
    /,
    *,
    federation: Flag = False,
    members: Codes = ("USA", "JPN", "KOR"),
    topology: Literal["mesh", "hub"] = "mesh",
    hub: str = "USA",
    base_port: int = 4200,
    member: Annotated[str | None, Parameter(metavar="CODE")] = None,
    name: str = "",
    dials: Codes = (),
    client_listen: Address = f"127.0.0.1:{CLIENT_PORT}",
    leaf_listen: AddressList = f"127.0.0.1:{LEAF_PORT}",
    health_listen: Address = f"127.0.0.1:{HEALTH_PORT}",
) -> None:
    """Make one member's folder, or a whole federation on this machine to try out.

    A member's folder holds its TOML, its keys (for its owner alone), its certificates, and the introduction
    that the other members need of it.

    Args:
        folder: Where to make it. With --federation, each member gets a folder of its own in there.
        federation: Make several members at once, with a roster that all of them have signed.
        members: With --federation, codes of the members (ISO 3166-1 alpha-3), separated by commas.
        topology: With --federation, who is linked with whom: everyone with everyone, or everyone with one hub.
        hub: With --federation and --topology hub, the member in the middle.
        base_port: With --federation, where the ports begin: each member takes three of the next ten.
        member: Make one member with this code (ISO 3166-1 alpha-3).
        name: With --member, its name in full.
        dials: With --member, codes of the peers whose servers it dials; the others dial it.
        client_listen: With --member, where its own applications connect.
        leaf_listen: With --member, where its peers connect; several with commas between, for a cluster.
        health_listen: With --member, where health, status and metrics are served.
    """
    from tocsin.node import Addresses, Plan, make_federation, make_member
    from tocsin.signing import fingerprint

    now = SystemClock().now()
    if federation == (member is not None):
        raise UsageError("say --federation, or --member with a code")
    if member is None:
        links, plans = _plans(folder, members, topology, hub, base_port)
        make_federation(plans, links, name=folder.resolve().name, now=now)
        _say_federation(plans)
        return
    (code,) = _one_code(member)
    plan = Plan(code, name or code, folder, Addresses(client_listen, leaf_listen, health_listen))
    made = make_member(plan, dials=dials, now=now, audiences=[])
    console = output()
    console.print(f"Made [bold]{code}[/] in {folder}: member.toml, keys/, tls/, introduction.json")
    console.print(f"Its link certificate has the pin {fingerprint(made.link.pins[0])} …")
    console.print("Next, before it can run:")
    console.print(
        "  1. give introduction.json to whoever proposes the roster: tocsin roster propose --add (or --first)"
    )
    console.print(f"  2. sign it, and put it in force: tocsin roster sign, tocsin roster apply --config {folder}")
    console.print(f"  3. tocsin check --config {folder}")
    console.print(f"  4. tocsin up --config {folder}")


def up(
    *,
    config: Config = HERE,
    part: Literal["desks", "web", "alerts"] | None = None,
    log: Literal["auto", "console", "json"] = "auto",
) -> None:
    """Run a member's node until it is told to stop (Ctrl-C or SIGTERM).

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        part: Run only this part of it, beside the process that runs the exchange; node.desks, web.run or
            alerts.run says apart.
        log: How to write the log on standard error: for people, or as lines of JSON. Auto: by whether a person looks.
    """
    import uvloop

    from tocsin.cli.logs import log_to_stderr
    from tocsin.cli.serving import serve, serve_part
    from tocsin.node import read_config

    log_to_stderr(log)
    member = read_config(member_file(config))
    uvloop.run(serve(member) if part is None else serve_part(member, part))


def status(*, config: Config = HERE, watch: Flag = False, as_json: Json = False) -> int:
    """Ask a running node how it is: links, what is held or missing, what was refused, the store.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        watch: Look again every second until Ctrl-C.
        as_json: Write one JSON object (tocsin.status/1); with --watch one a second, each on its line.
    """
    import sys
    import time

    from rich.live import Live

    from tocsin.cli.status_view import render_status
    from tocsin.node import read_config
    from tocsin.node.asking import ask_status

    listen = read_config(member_file(config)).health.listen
    found, raw = ask_status(listen)
    if not watch:
        if as_json:
            sys.stdout.buffer.write(raw + b"\n")
        else:
            output().print(render_status(found))
        return 0
    if as_json:
        while True:
            sys.stdout.buffer.write(ask_status(listen)[1] + b"\n")
            sys.stdout.buffer.flush()
            time.sleep(WATCH_EVERY_S)
    console = output()
    with Live(render_status(found), console=console, screen=console.is_terminal, auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_EVERY_S)
            live.update(render_status(ask_status(listen)[0]), refresh=True)


def check(*, config: Config = HERE, public_warning: Flag = False, as_json: Json = False) -> int:
    """Look a member over and tell all that is wrong at once, each with the place and what to do.

    Looks at the configuration, keys, roster, certificates, server, ports, store, clock and, if the node runs, its
    links. Ends with 1 if anything is an error.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        public_warning: Look over what an alert to the public needs, too: people, texts, signature, every channel. The
            channels are open once this has passed, and off again when [alerts] or the certificate changes.
        as_json: Write one JSON object (tocsin.check/1).
    """
    from tocsin.cli.status_view import render_findings
    from tocsin.node.checking import check_member

    now = SystemClock().now()
    findings = check_member(member_file(config), now=now)
    if public_warning:
        from tocsin.node import try_config
        from tocsin.node.public_warning import check_public_warning

        read, _ = try_config(member_file(config))
        if read is not None:  # else the findings say already what is wrong with it
            findings += check_public_warning(read, now=now)
    if as_json:
        write_json({"schema": "tocsin.check/1", "findings": findings})
    else:
        output().print(render_findings(findings))
    return int(any(finding.level == "error" for finding in findings))


def _one_code(text: str) -> tuple[str]:
    code = text.upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise UsageError(f"{text!r} is no code of three letters, such as KOR")
    return (code,)


def _plans(
    folder: Path, codes: Sequence[str], topology: str, hub: str, base_port: int
) -> tuple[Sequence[Link], list[Plan]]:
    from tocsin.node import Addresses, Plan, links_for

    if len(codes) < 2:
        raise UsageError("a federation has at least two --members")
    if topology == "hub" and hub not in codes:
        raise UsageError(f"--hub {hub} is not among the --members {', '.join(codes)}")
    if not 0 < base_port <= 65536 - PORTS_APART * len(codes):
        raise UsageError(f"--base-port {base_port} leaves no room for the ports of {len(codes)} members")
    plans = []
    for place, code in enumerate(codes):
        client, leaf, health = (f"127.0.0.1:{base_port + PORTS_APART * place + i}" for i in range(3))
        plans.append(Plan(code, code, folder / code, Addresses(client, leaf, health)))
    return links_for(topology, codes, hub=hub), plans


def _say_federation(plans: Sequence[Plan]) -> None:
    from tocsin.node import load_trust, read_config

    console = output()
    first = plans[0].home
    trust = load_trust(read_config(first / "member.toml"))
    for plan in plans:
        peers = ", ".join(trust.roster.neighbours(plan.code))
        console.print(f"Made [bold]{plan.code}[/] in {plan.home}, linked with {peers}")
    console.print(f"Roster {trust.roster.federation}, version 1, signed by all; fingerprint")
    console.print(f"  {trust.document.fingerprint}")
    console.print("Next, each in a terminal of its own:")
    for plan in plans:
        console.print(f"  tocsin up --config {plan.home}")
    console.print(f"then look: tocsin status --config {first}, tocsin check --config {first}")
    console.print(
        "[yellow]To try out only: whoever has this folder has every member's keys. In earnest each member runs "
        "tocsin init --member at home.[/]"
    )
