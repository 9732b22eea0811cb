"""The people who may sign in to a member's watch floor: ``people add``, ``enrol``, ``list``, ``remove``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Config, Json, UsageError, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.web.people import People

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415


def add_to(app: App) -> None:
    """Add these commands to the program."""
    people = App(name="people", help="The people who may sign in to a member's watch floor.")
    for command, name in ((add, "add"), (enrol, "enrol"), (list_people, "list"), (remove, "remove")):
        people.command(command, name=name)
    app.command(people)


def add(
    name: str,
    /,
    *,
    pseudonym: str,
    role: Annotated[list[str], Parameter(metavar="ROLE", negative="")],
    enrol: Annotated[bool, Parameter(negative="")] = False,
    config: Config = HERE,
) -> None:
    """Add a person, or give one a new password and roles; the password is asked for, or read from standard input.

    Args:
        name: To sign in with. It stays in this member's file.
        pseudonym: What partners and the records know the person by, such as WO-3.
        role: watch_officer, analyst, exercise_controller, releaser, alert_officer or administrator; may be repeated.
        enrol: Give no password but a code that signs the person in once, to add a passkey.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    from typing import get_args

    from tocsin.errors import ConfigError
    from tocsin.web.shapes import Role

    unknown = [each for each in role if each not in get_args(Role)]
    if unknown:
        raise UsageError(f"{unknown[0]} is no role; there are {', '.join(get_args(Role))}")
    people = _people(config)
    password = "" if enrol else _password()
    if not (enrol or password):
        raise ConfigError("no password was given", advice="Give one, or a code that enrols a passkey, with --enrol")
    account = people.add(name, password, pseudonym=pseudonym, roles=tuple(role))  # type: ignore[arg-type]
    output().print(f"{account.name} signs in as {account.pseudonym}: {', '.join(account.roles)}")
    if enrol:
        _print_code(people, name)


def enrol(name: str, /, *, config: Config = HERE) -> None:
    """Give a person a code that signs them in once, within two days, so that they add a passkey.

    Args:
        name: As it was added.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    _print_code(_people(config), name)


def list_people(*, config: Config = HERE, as_json: Json = False) -> None:
    """Show who may sign in.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from rich.table import Table

    accounts = _people(config).all()
    if as_json:
        people = [
            {
                "name": each.name, "pseudonym": each.pseudonym, "roles": each.roles,
                "passkeys": len(each.passkeys), "has_password": bool(each.password),
            }
            for each in accounts
        ]  # fmt: skip
        write_json({"schema": "tocsin.people/1", "people": people})
        return
    if not accounts:
        output().print("Nobody yet. Add somebody with: tocsin people add NAME --pseudonym WO-1 --role watch_officer")
        return
    table = Table("name", "pseudonym", "roles", "password", "passkeys")
    for each in accounts:
        has = "yes" if each.password else "no"
        table.add_row(each.name, each.pseudonym, ", ".join(each.roles), has, str(len(each.passkeys)))
    output().print(table)


def remove(name: str, /, *, config: Config = HERE) -> None:
    """Take a person out; whoever is signed in under the name is out with the next click.

    Args:
        name: As it was added.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    _people(config).remove(name)
    output().print(f"{name} can no longer sign in")


def _print_code(people: People, name: str) -> None:
    from tocsin.clock import SystemClock

    code = people.enrol(name, now=SystemClock().now())
    output().print(f"Enrolment code, good once and for two days: {code}")
    output().print("Hand it over in person: whoever has it signs in as this person.")


def _people(config: Config) -> People:
    from tocsin.node import read_config
    from tocsin.web.people import People

    member = read_config(member_file(config))
    return People(member.path(member.web.people))


def _password() -> str:
    from getpass import getpass

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass("Password (12 characters or more): ")
    if getpass("Once more: ") != first:
        raise UsageError("the two are not the same")
    return first
