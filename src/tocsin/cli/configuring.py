"""Prints what follows from a member's configuration: ``config nats`` and ``config show``."""

from __future__ import annotations

import sys

from cyclopts import App

from tocsin.cli.parameters import HERE, Config, Json, member_file
from tocsin.cli.terminal import output, write_json

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

config_ = App(name="config", help="Print what follows from a member's configuration.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(config_)


@config_.command
def nats(*, config: Config = HERE) -> None:
    """Print the configuration for a member's own NATS server: accounts, links, leaf listener.

    With bus.server = "external" the member runs this itself; it holds no secrets, but names the files that do.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    from tocsin.bus import server_config
    from tocsin.node import bus_config, load_trust, read_config

    member = read_config(member_file(config))
    sys.stdout.write(server_config(bus_config(member, load_trust(member).roster)))


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
