"""Moves and mends a member's store: ``store copy`` and ``store rebuild``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Config, Json, member_file
from tocsin.cli.terminal import notices, output, write_json

if TYPE_CHECKING:
    from tocsin.store import Store

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

store_ = App(name="store", help="Move or mend a member's store, while its node is stopped.")


def add_to(app: App) -> None:
    """Add these commands to the program."""
    app.command(store_)


def _existing(config: Path) -> Store:
    from tocsin.node import read_config
    from tocsin.node.wiring import open_store

    member = read_config(member_file(config))
    open_store(member, read_only=True).close()  # fails where there is none, and makes none
    return open_store(member)


@store_.command
def copy(
    *,
    to: Annotated[str, Parameter(metavar="URL")],
    password_file: Path | None = None,
    config: Config = HERE,
    as_json: Json = False,
) -> None:
    """Copy the store to an empty database while the node is stopped, and compare both.

    Frames, journal and links go over word for word, the records are made anew from the frames, and both stores are
    read again and compared. It all happens or nothing does. The old store stays as it is.

    Args:
        to: Where to: postgresql://user@host/database, or a new file.
        password_file: A file with the password for it in its first line.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object: rows and SHA-256 of each table.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tocsin.store import Store, is_url

    console = notices()
    bar = Progress(
        TextColumn("copying"), BarColumn(), TextColumn("{task.percentage:.0f}%"), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with _existing(config) as source, Store.open(to, password_file=password_file) as target, bar:
        task = bar.add_task("", total=None)
        copied = source.copy_to(target, on_progress=lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        write_json({"rows": copied.rows, "sha256": copied.sha256})
        return
    counts = copied.rows
    output().print(
        f"Copied {counts['frames']} frames with {counts['records']} records to {target.name}; both stores agree."
    )
    lines = [f'url = "{to}"'] if is_url(to) else [f'file = "{Path(to).absolute()}"']
    if password_file is not None:
        lines.append(f'password_file = "{password_file.absolute()}"')
    output().print("To use it, put this under [store] in member.toml:", markup=False)
    for line in lines:
        output().print(f"  {line}", markup=False, soft_wrap=True)


@store_.command
def rebuild(*, config: Config = HERE, as_json: Json = False) -> None:
    """Make the table of records anew from the frames and the journal, while the node is stopped.

    Args:
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object: how many records there are.
    """
    with _existing(config) as store:
        count = store.rebuild()
    if as_json:
        write_json({"records": count})
    else:
        output().print(f"{count} records, made anew from their frames.")
