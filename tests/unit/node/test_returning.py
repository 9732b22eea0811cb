"""Our own frames come in after they have left, in their order, each once."""

from __future__ import annotations

import asyncio

from tocsin.errors import StoreError
from tocsin.node.returning import OwnFrames


def test_they_come_in_later_and_in_order() -> None:
    async def scenario() -> None:
        seen: list[tuple[bytes, bool]] = []
        done = asyncio.Event()

        def let_in(data: bytes, is_new: bool) -> None:
            seen.append((data, is_new))
            if len(seen) == 3:
                done.set()

        own = OwnFrames(let_in)
        own.add([b"1", b"2"], is_new=True)
        own.add([b"3"], is_new=False)
        assert seen == []
        async with asyncio.timeout(10):
            await done.wait()
        own.take()
        assert seen == [(b"1", True), (b"2", True), (b"3", False)]

    asyncio.run(scenario())


def test_what_the_store_cannot_be_asked_about_waits_and_keeps_its_place() -> None:
    async def scenario() -> None:
        seen: list[bytes] = []
        failures = [StoreError("disk"), StoreError("disk")]
        done = asyncio.Event()

        def let_in(data: bytes, is_new: bool) -> None:
            if data == b"2" and failures:
                raise failures.pop()
            seen.append(data)
            if data == b"3":
                done.set()

        own = OwnFrames(let_in)
        own.add([b"1", b"2", b"3"], is_new=True)
        own.take()
        assert seen == [b"1"]
        async with asyncio.timeout(10):
            await done.wait()
        assert seen == [b"1", b"2", b"3"]

    asyncio.run(scenario())


def test_whoever_waits_for_them_waits_for_the_store_as_well() -> None:
    async def scenario() -> None:
        seen: list[bytes] = []
        failures = [StoreError("disk"), StoreError("disk")]

        def let_in(data: bytes, is_new: bool) -> None:
            if data == b"2" and failures:
                raise failures.pop()
            seen.append(data)

        own = OwnFrames(let_in)
        await own.let_in()  # there are none
        own.add([b"1"], is_new=True, bulk=True)
        own.add([b"2"], is_new=True)
        async with asyncio.timeout(10):
            await own.let_in()
        assert seen == [b"2", b"1"]

    asyncio.run(scenario())
