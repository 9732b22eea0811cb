"""The two ends of the terminal: results go to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text


def output() -> Console:
    """Return the console for what people asked for."""
    return Console(highlight=False)


def notices() -> Console:
    """Return the console for progress, notices and errors."""
    return Console(stderr=True, highlight=False)


def say_error(message: str, *, advice: str = "") -> None:
    """Tell what went wrong and what to do, in two short lines without a traceback."""
    console = notices()
    console.print(
        Text.assemble(("error: ", "bold red"), (message if message.endswith("...") else message.rstrip("."), "red")),
        soft_wrap=True,
    )
    if advice:
        console.print(Text(f"  {advice}"), soft_wrap=True)


def notice(message: str) -> None:
    """Tell something in passing."""
    notices().print(escape(message), soft_wrap=True)


def confirm(question: str, *, otherwise: str) -> None:
    """Ask a person to type yes.

    Args:
        question: What is asked.
        otherwise: What follows from another answer.

    Raises:
        TrustError: The answer is not yes, or nobody is there to answer.
    """
    from tocsin.errors import TrustError  # noqa: PLC0415 - not needed for help

    if not sys.stdin.isatty():
        raise TrustError(f"nobody is here to confirm, so {otherwise}", advice="Having looked, say --yes")
    notices().print(f"{question} Type yes: ", end="", markup=False)
    if sys.stdin.readline().strip().lower() != "yes":
        raise TrustError(f"not confirmed: {otherwise}")


def write_json(value: Any) -> None:
    """Write one JSON value and a newline to standard output."""
    import msgspec  # noqa: PLC0415 - not needed for help

    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
