"""Prints what follows from a member's configuration: ``config nats`` and ``config show``."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Config, Flag, Json, UsageError, member_file
from tocsin.cli.terminal import output, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

config_ = App(name="config", help="Print what follows from a member's configuration.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(config_)


@config_.command
def nats(
    *, config: Config = HERE, server: Annotated[str | None, Parameter(metavar="NAME")] = None, write: Flag = False
) -> None:
    """Print the configuration for a member's own NATS server: accounts, links, leaf listener.

    With bus.server = "external" the member runs this itself; it holds no secrets, but names the files that do.
    Of a cluster (bus.cluster), the configuration of each server is printed, one after the other.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        server: Print that of one server of the cluster only.
        write: Write it into files instead, with all that it names, secrets among it, for the owner alone: under
            data/nats, in a folder for each server of a cluster. Tells where.
    """
    from tocsin.bus import server_config
    from tocsin.bus.fragment import write_server_files
    from tocsin.node import bus_config, load_trust, read_config

    member = read_config(member_file(config))
    wired = bus_config(member, load_trust(member).roster)
    servers = [each for each in wired.cluster if server in (None, each.name)]
    if server is not None and not servers:
        known = ", ".join(each.name for each in wired.cluster) or "none: bus.cluster is empty"
        raise UsageError(f"--server {server} is not in bus.cluster; known: {known}")
    for each in servers or (None,):
        if write:
            output().print(str(write_server_files(wired, each)), soft_wrap=True, highlight=False)
        else:
            sys.stdout.write(server_config(wired, each))


@config_.command
def show(*, config: Config = HERE, as_json: Json = False) -> None:
    """Print the configuration in effect, defaults included.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    import msgspec

    from tocsin.node import read_config
    from tocsin.node.config import TABLES

    member = read_config(member_file(config))
    tables = {name: msgspec.to_builtins(getattr(member, name)) for name in TABLES}
    if as_json:
        write_json({"home": str(member.home), **tables})
        return
    console = output()
    for name, table in tables.items():
        console.print(f"[bold]\\[{name}][/]")
        for key, value in table.items():
            console.print(f"{key} = {msgspec.json.encode(value).decode()}", markup=False, soft_wrap=True)
        console.print()
