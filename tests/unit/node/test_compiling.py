"""What the desks compute with is there before they say that they are ready."""

from __future__ import annotations

import asyncio
import sys

from tocsin.clock import SystemClock
from tocsin.node import compiling
from tocsin.node.desk_work import DeskWork
from tocsin.node.desks import OpenDesk


class Idle:
    def take(self, admitted, now):
        return []

    def tick(self, now):
        return []


def work_of(*names):
    desks = [OpenDesk(name, Idle()) for name in names]
    return DeskWork(desks, SystemClock(), issue=lambda _: None, refuse=lambda _: None, on_own=lambda _: None)


def test_desks_are_not_ready_until_what_they_wait_for_is_there():
    async def scenario():
        work, go_on = work_of("warning"), asyncio.Event()

        async def until_ready(tell):
            tell("not ready: compiling")
            await go_on.wait()

        preparing = asyncio.create_task(work.prepare(until_ready))
        await asyncio.sleep(0)
        assert work.problems == {"warning": "not ready: compiling"}
        go_on.set()
        await preparing
        assert work.problems  # what is under way is not taken up yet
        running = asyncio.create_task(work.run())
        await asyncio.sleep(0)
        assert work.problems == {}
        running.cancel()

    asyncio.run(scenario())


def test_what_cannot_be_made_ready_costs_no_node_its_life():
    async def fails(_tell):
        raise OSError("no process can be made")

    asyncio.run(work_of("warning").prepare(fails))


def test_no_desks_wait_for_nothing():
    async def never(_tell):
        raise AssertionError

    asyncio.run(work_of().prepare(never))


def test_another_process_compiles_what_is_not_on_disk(monkeypatch, tmp_path):
    on_disk, beside, told = tmp_path / "kernel", [], []

    async def started(*words, **_options):
        beside.append(words)
        return await asyncio.subprocess.create_subprocess_exec(
            sys.executable, "-c", f"open({str(on_disk)!r}, 'w')", stdin=asyncio.subprocess.DEVNULL
        )

    monkeypatch.setattr(compiling.asyncio, "create_subprocess_exec", started)
    monkeypatch.setattr(compiling, "load_kernels", on_disk.exists)
    asyncio.run(compiling.until_compiled(told.append))
    assert [words[-1] for words in beside] == ["tocsin.calibration.compiling"]
    assert told == [compiling.LOADING, compiling.COMPILING]
    asyncio.run(compiling.until_compiled(told.append))
    assert len(beside) == 1  # once on disk, nobody compiles again


def test_where_nothing_can_be_kept_on_disk_this_process_compiles(monkeypatch):
    compiled = []

    async def nothing():
        pass

    monkeypatch.setattr(compiling, "load_kernels", lambda: False)
    monkeypatch.setattr(compiling, "_compile_beside", nothing)
    monkeypatch.setattr(compiling, "compile_kernels", lambda: compiled.append(1))
    asyncio.run(compiling.until_compiled(lambda _words: None))
    assert compiled == [1]
