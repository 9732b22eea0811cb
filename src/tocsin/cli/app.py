"""The program as a whole: its commands, and how anything that goes wrong reaches a person and a script."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError, Parameter

from tocsin.cli import (
    alerting,
    cargoing,
    claiming,
    configuring,
    consulting,
    exercising,
    keys,
    matching,
    members,
    people,
    reading,
    replaying,
    rostering,
    storing,
    warning,
)
from tocsin.cli.parameters import UsageError
from tocsin.cli.terminal import say_error
from tocsin.errors import TocsinError

DONE, FAILED, WRONG_USAGE = 0, 1, 2

app = App(
    name="tocsin",
    help="An exchange by which sovereign partners share warnings, each keeping control of its own data.",
    help_epilogue="Exit codes: 0 did it, 1 could not, 2 wrong usage.",
    version=lambda: version("tocsin"),
    help_format="markdown",  # which joins the lines of a paragraph, where plain text keeps them as in the source
    default_parameter=Parameter(show_default=lambda value: value if value not in ("", ()) else None),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for group in (
    replaying,
    members,
    people,
    rostering,
    keys,
    reading,
    configuring,
    storing,
    warning,
    alerting,
    claiming,
    cargoing,
    matching,
    consulting,
    exercising,
):
    group.add_to(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: What stands after the program's name.

    Returns:
        The exit code.
    """
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False)
    except (CycloptsError, UsageError) as error:
        say_error(str(error), advice=f"See: {_help_for(arguments)}")
        return WRONG_USAGE
    except TocsinError as error:
        say_error(error.args[0], advice=error.advice)
        return FAILED
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code if isinstance(code, int) else DONE


def _help_for(arguments: Sequence[str]) -> str:
    words: list[str] = []
    node = app
    for word in arguments:
        if word.startswith("-") or word not in node:
            break
        node = node[word]
        words.append(word)
    return " ".join(["tocsin", *words, "--help"])
