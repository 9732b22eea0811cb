"""A node that is told to end does so, whatever a desk is computing."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from tests.nodes import House
from tests.servers import eventually, on_loop

pytestmark = pytest.mark.servers

DESK = """
import pathlib
import time

class Desk:
    def __init__(self, context):
        self.mark = pathlib.Path(context.config.home) / "computing"

    def take(self, admitted, now):
        self.mark.touch()
        time.sleep(3600)
        return []

    def tick(self, now):
        return []
"""


@on_loop
async def test_a_desk_that_computes_holds_nobody_up(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "slow_desk-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "slow_desk.py").write_text(DESK)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-desk\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tocsin.desks]\nslow = slow_desk:Desk\n")
    home = House(tmp_path, codes=("JPN", "USA")).homes["USA"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tocsin", "up", "--config", str(home),
        env={**os.environ, "PYTHONPATH": str(site)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await eventually(lambda: exists(home / "computing"), timeout_s=50.0)
        process.terminate()
        _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    assert b"a desk still computes" in errors


async def exists(path: Path) -> bool:
    return await asyncio.to_thread(path.exists)
