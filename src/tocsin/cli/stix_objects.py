"""STIX objects of a member: ``cyber import``, ``cyber export`` and ``cyber search``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Audience, Codes, Config, Json, member_file
from tocsin.cli.terminal import notice, notices, output, say_error, write_json

if TYPE_CHECKING:
    import msgspec

    from tocsin.node.sharing import Held

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

Status = Annotated[str, Parameter(help="actual, test or exercise:ID.")]

_AT_ONCE = 500
"""Objects that are handed to the node at once."""
_TOLD = 10


def add_to(cyber: App) -> None:
    """Add these commands to ``cyber``."""
    cyber.command(import_, name="import")
    cyber.command(export)
    cyber.command(search)


def import_(
    file: Path, /, *, to: Codes = (), status: Status = "actual", config: Config = HERE, as_json: Json = False
) -> int:
    """Tell the objects of a STIX bundle, such as ATT&CK, or the values of a table in CSV as indicators.

    What was told before and is the same, or newer, is not told again. What an object's own markings do not let go stays
    with this member, whomever you name: TLP:RED and TLP:AMBER+STRICT, and any marking that is not known here. What is
    no STIX object, or an indicator without a pattern that can be read, is told and left out.

    Args:
        file: The bundle, or a table with the columns type and value.
        to: Codes of the members that may have it, separated by commas; without any it stays with this member.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one JSON object.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from tocsin.cyber.objects import read_objects
    from tocsin.errors import FeedError
    from tocsin.node.control import ask
    from tocsin.node.sharing import Share

    try:
        read = read_objects(file.read_bytes(), source=str(file))
    except OSError as error:
        raise FeedError(f"cannot be read: {error.strerror}", source=str(file)) from error
    console, frames, failed = notices(), 0, ""
    columns = (TextColumn("telling"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(read.objects))
        for start in range(0, len(read.objects), _AT_ONCE):
            part: Sequence[msgspec.Raw] = read.objects[start : start + _AT_ONCE]
            order = Share(objects=tuple(part), to=to, status=status, statements=read.statements)
            done = asyncio.run(ask(member_file(config).parent, order))
            frames += done.frames
            failed = done.error
            if failed:
                break
            bar.advance(task, len(part))
    for refused in read.refused[:_TOLD]:
        notice(f"left out: {refused.id}: {refused.reason}")
    if failed:
        say_error(failed)
    if as_json:
        write_json({"objects": len(read.objects), "left_out": len(read.refused), "frames": frames, "error": failed})
    elif not failed:
        output().print(f"{len(read.objects):,} objects, {len(read.refused):,} left out; sealed in {frames:,} frames")
    return 1 if failed or read.refused else 0


def export(
    *,
    to: Audience = (),
    output_file: Annotated[Path | None, Parameter(name=("--output", "-o"), metavar="FILE")] = None,
    status: Status = "actual",
    config: Config = HERE,
) -> int:
    """Write the objects of this member's store as a STIX bundle, each byte for byte as it was told.

    Only what all of its readers may have is in it; of an object its newest version.

    Args:
        to: Codes of the members that are to read it, separated by commas, or PUBLIC; without any, this member alone.
        output_file: The new file; without one it is written to standard output.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
    """
    import sys

    from tocsin.cyber.objects import bundle_of
    from tocsin.errors import ConfigError
    from tocsin.node import read_config
    from tocsin.node.sharing import objects_held
    from tocsin.records import Outlet

    member = read_config(member_file(config))
    outlet = Outlet("cyber.stix", tuple(sorted(to)) or (member.member.code,))
    held = objects_held(member, status=status, outlet=outlet)
    if not held:
        say_error(f"no object of status {status} may go to {', '.join(outlet.audience)}")
        return 1
    data = bundle_of([one.raw for one in held])
    if output_file is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return 0
    try:
        with output_file.open("xb") as opened:
            opened.write(data)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(output_file)) from error
    notice(f"{len(held):,} objects in {output_file}")
    return 0


def search(text: str = "", /, *, status: Status = "actual", config: Config = HERE, as_json: Json = False) -> int:
    """Find objects by what they say: a name, an address, a hash, an id such as T1566. Shown defanged.

    Args:
        text: Defanged or not; without any, everything.
        status: actual, test or exercise:ID.
        config: The member's TOML, or the folder that holds it as member.toml.
        as_json: Write one STIX object a line, as it stands.
    """
    import sys

    from tocsin.cyber.indicators import refanged
    from tocsin.node import read_config
    from tocsin.node.sharing import objects_held

    wanted = refanged(text).lower().encode()
    held = objects_held(read_config(member_file(config)), status=status)
    found = [one for one in held if wanted in one.raw.lower()]
    if as_json:
        sys.stdout.buffer.writelines(one.raw.replace(b"\n", b" ") + b"\n" for one in found)
    else:
        _show(found)
    return 0 if found else 1


def _show(found: list[Held]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tocsin.codec import decode
    from tocsin.cyber.indicators import defanged

    table = Table("type", "name", "marking", "told by", "modified")
    for one in found:
        words: dict[str, Any] = decode(one.raw, dict[str, Any])
        names = (words[key] for key in ("name", "value", "pattern") if isinstance(words.get(key), str))
        label = "" if one.tlp is None else one.tlp.value
        row = (
            one.body.type,
            defanged(next(names, one.body.id))[:120],
            label,
            " ".join(one.told_by),
            one.body.modified[:10],
        )
        table.add_row(*map(Text, row))
    output().print(table)
    notice(f"{len(found):,} objects")
