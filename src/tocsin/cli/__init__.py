"""The command line: arguments in, exit codes out (0 did it, 1 could not, 2 wrong usage). It decides nothing.

Modules of a command import heavy rooms when the command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the program with the arguments of the process, and end it."""
    try:
        from tocsin.cli.app import run  # noqa: PLC0415 - Ctrl-C during this import must not end in a traceback

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)
