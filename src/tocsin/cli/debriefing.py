"""After an exercise: ``exercise report``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tocsin.cli.parameters import HERE, Codes, Flag, Json, MemberHomes, UsageError, member_file
from tocsin.cli.terminal import output, write_json

if TYPE_CHECKING:
    from tocsin.exercise.results import AfterAction
    from tocsin.exercise.voices import Discretion
    from tocsin.node import MemberConfig

# What a command needs is imported when it runs: --help answers at once.
# ruff: noqa: PLC0415

_LONGEST_REPORT = 100_000_000
"""Bytes of an earlier report that is read."""


def add_to(exercise: App) -> None:
    """Add these commands to ``exercise``."""
    exercise.command(report)


def report(
    exercise: str | None = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    for_: Annotated[Codes, Parameter(name="--for")] = (),
    names: Flag = False,
    compare: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    members: MemberHomes = (),
    as_json: Json = False,
) -> None:
    """Write the after-action report of an exercise: one page to print or to open in any browser, with its pictures.

    It is made from what the member holds; what that may not show to the readers is left out.

    Args:
        exercise: Its id, or test for a run of that status; without it, the one proposed last.
        to: The page; without it, after-action-ID.html here. An earlier one is replaced.
        for_: Codes of the members whose people read it, separated by commas: a copy with what all of them may have,
            with roles in the place of people. Without it, a copy for this member alone.
        names: In this member's own copy, name its people.
        compare: An earlier report, as --json wrote it, to stand beside this one.
        members: The member's folder, or its member.toml (default: member.toml here); may be given again for every
            member whose store is at hand, as the controllers of an exercise have them.
        as_json: Write one JSON object (tocsin.after-action/1), and a page only with --to.
    """
    if names and for_:
        raise UsageError("names stay at home: --names does not go with --for")
    earlier = _read(compare) if compare is not None else None
    made = _made(members or (HERE,), _status(exercise), for_=for_, names=names)
    if earlier is not None:
        made = _beside(earlier, made)
    if as_json:
        write_json(made)
        if to is None:
            return
    file = to or Path(f"after-action-{made.exercise}.html")
    write_page(made, file)
    if not as_json:
        _tell(made, file)


def report_of_run(homes: Iterable[Path], file: Path) -> None:
    """Write the report of an exercise from the folders of all who took part.

    Args:
        homes: The members' folders.
        file: The page.

    Raises:
        TocsinError: A store cannot be read, it holds no exercise, or the page cannot be written.
    """
    write_page(_made(tuple(homes), None), file)


def write_page(made: AfterAction, file: Path) -> None:
    """Write a report as a page.

    Raises:
        ConfigError: It cannot be written.
    """
    from tocsin.debrief import page
    from tocsin.errors import ConfigError
    from tocsin.paper import base_map

    try:
        file.write_text(page(made, base_map()), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=str(file)) from error


def _made(homes: Sequence[Path], status: str | None, *, for_: tuple[str, ...] = (), names: bool = False) -> AfterAction:
    """Make the report from some members' stores."""
    from contextlib import ExitStack

    from tocsin.debrief import gather, newest_exercise
    from tocsin.errors import DomainError
    from tocsin.exercise.after_action import after_action
    from tocsin.node import read_config
    from tocsin.node.wiring import open_store
    from tocsin.records import BundleFile, Operator

    configs = [read_config(member_file(path)) for path in homes]
    if for_ and (strangers := sorted({each.member.code for each in configs} - set(for_))):
        raise UsageError(f"{', '.join(strangers)} reads its own report: name it with --for, too")
    with ExitStack() as stack:
        stores = [(each, stack.enter_context(open_store(each, read_only=True))) for each in configs]
        status = status or next((found for _, store in stores if (found := newest_exercise(store))), None)
        if status is None:
            raise DomainError("there is no exercise in this store", advice="List what is: tocsin records")
        holdings = [
            gather(
                store, each.member.code, status=status,
                outlet=BundleFile(tuple(sorted(for_))) if for_ else Operator(each.member.code),
            )
            for each, store in stores
        ]  # fmt: skip
    return after_action(
        holdings, status=status, discretion=_discretion(configs, is_shared=bool(for_), shows_names=names),
        settings=configs[0].warning.settings,
    )  # fmt: skip


def _status(exercise: str | None) -> str | None:
    from tocsin.markings import status_class

    if exercise is None:
        return None
    status = exercise if exercise == "test" or exercise.startswith("exercise:") else f"exercise:{exercise}"
    status_class(status)
    return status


def _discretion(configs: list[MemberConfig], *, is_shared: bool, shows_names: bool) -> Discretion:
    """Return what of people is shown. Names at hand are known in any case, so that a copy for others can hide them."""
    from tocsin.exercise.voices import Discretion
    from tocsin.web.people import People

    names = {
        (each.member.code, account.pseudonym): account.name
        for each in configs
        for account in People(each.path(each.web.people)).all()
    }
    return Discretion(is_shared=is_shared, shows_names=shows_names, names=names)


def _read(file: Path) -> AfterAction:
    """Read an earlier report.

    Raises:
        ConfigError: It cannot be read, or is none.
    """
    from tocsin.codec import decode
    from tocsin.errors import ConfigError, RecordError
    from tocsin.exercise.results import AfterAction

    try:
        return decode(file.read_bytes(), AfterAction, max_bytes=_LONGEST_REPORT)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(file)) from error
    except RecordError as error:
        raise ConfigError(
            f"is no report: {error}", path=str(file), advice="Give a file that exercise report --json wrote"
        ) from error


def _beside(earlier: AfterAction, later: AfterAction) -> AfterAction:
    from msgspec.structs import replace

    from tocsin.exercise.comparing import compare

    return replace(later, comparison=compare(earlier, later))


def _tell(made: AfterAction, file: Path) -> None:
    from rich.markup import escape

    from tocsin.debrief.page import in_short
    from tocsin.exercise.after_action import widest

    console = output()
    console.print(f"[bold]{escape(made.name)}[/] ({made.status}), {widest(made.releasable_to)}")
    for sentence in in_short(made):
        console.print(f"  {sentence}", markup=False)
    console.print(f"The report is in {escape(str(file))}")
