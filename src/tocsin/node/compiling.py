"""Has what the warning desk computes with ready before the desk is.

numba's compiler lets no other thread of its process run. A node that compiles in the middle of its first launch sends
no heads meanwhile, and its peers take it for lost; so another process compiles, once for each installation, and the
node loads what lies on disk then.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from tocsin.calibration.compiling import compile_kernels, load_kernels

LOADING = "not ready: loading the filter"
COMPILING = "not ready: compiling the filter, once for this installation: about a minute"

log = structlog.get_logger()


async def until_compiled(tell: Callable[[str], None]) -> None:
    """Wait until all is loaded, and compiled before where it has to be.

    Args:
        tell: Is told what is being waited for.
    """
    tell(LOADING)
    if await asyncio.to_thread(load_kernels):
        return
    tell(COMPILING)
    log.info("compiling the filter, once for this installation: about a minute; links and store are at work meanwhile")
    await _compile_beside()
    if not await asyncio.to_thread(load_kernels):
        log.warning("what was compiled cannot be kept on disk: compiling again in this process, which answers slowly")
        await asyncio.to_thread(compile_kernels)


async def _compile_beside() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin.calibration.compiling", stdin=asyncio.subprocess.DEVNULL
    )
    try:
        await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
