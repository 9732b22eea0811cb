"""Where the members' processes come from: a server that has imported what they need, and forks when asked.

It is light to import, so that a command can set the server to work before it imports the rest itself.
"""

from __future__ import annotations

from multiprocessing import forkserver, get_context

context = get_context("forkserver")
context.set_forkserver_preload(["tocsin.replay.member"])


def warm_up() -> None:
    """Let the server import beside us; does nothing if it runs already."""
    forkserver.ensure_running()
