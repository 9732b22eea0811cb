"""Whoever is told to end while the server's answer comes in ends: nothing swallows a cancellation."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.servers import Member, make_federation, on_loop

from tocsin.bus.connection import Connection
from tocsin.errors import BusUnavailableError

pytestmark = pytest.mark.servers


@on_loop
async def test_a_cancellation_that_meets_the_answer_is_heeded(tmp_path: Path) -> None:
    member = Member(make_federation(tmp_path, ("JPN", "USA")).configs["USA"])
    await member.server.start()
    await member.connect_only()
    connection = member.bus.shelf._connection
    try:
        for subject, ends in (("$JS.API.INFO", bytes), ("no.such.service", BusUnavailableError)):
            answers: list[object] = []
            asking = asyncio.create_task(ask_for_ever(connection, subject, answers))
            await cancel_as_the_answer_comes(connection, asking)
            async with asyncio.timeout(10):
                await asyncio.wait([asking])
            assert asking.cancelled()
            assert all(isinstance(answer, ends) for answer in answers)
    finally:
        await member.down()


async def ask_for_ever(connection: Connection, subject: str, answers: list[object]) -> None:
    while True:
        try:
            answers.append(await connection.request(subject))
        except BusUnavailableError as error:
            answers.append(error)


async def cancel_as_the_answer_comes(connection: Connection, asking: asyncio.Task[None]) -> None:
    """Cancel a task in the moment in which its answer is there and the task has not gone on yet."""
    socket = connection._socket
    assert socket is not None
    waiting: list[asyncio.Future[object]] = []
    while not any(future.done() for future in waiting):
        waiting += [future for future in (socket._resp_map or {}).values() if future not in waiting]
        await asyncio.sleep(0)
    asking.cancel()
