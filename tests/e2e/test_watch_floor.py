"""A member's watch floor as it is run: beside the exchange or apart, with a peer's record on it seconds later."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.nodes import House, Local, record_id
from tests.servers import eventually, free_ports, on_loop

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

TOCSIN = (sys.executable, "-m", "tocsin")
PASSWORD = "a long enough sentence"


async def _start(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *TOCSIN, *map(str, words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def _kinds(client: httpx.AsyncClient) -> list[str]:
    return [record["id"] for record in (await client.get("/api/v1/records")).json()["records"]]


@on_loop
async def _shows_what_a_peer_sends(tmp_path: Path, run: str) -> None:
    house = House(tmp_path, codes=("JPN", "KOR"))
    home, (port,) = house.homes["KOR"], free_ports(1)
    house.edit("KOR", "[health]", f'[web]\nrun = "{run}"\nlisten = "127.0.0.1:{port}"\n\n[health]')
    added = subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
        [*TOCSIN, "people", "add", "Min", "--pseudonym", "WO-7", "--role", "watch_officer", "--config", str(home)],
        input=PASSWORD, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    sender = Local(house, "JPN")
    processes = [await _start("up", "--config", home)]
    if run == "apart":
        processes.append(await _start("up", "--part", "web", "--config", home))
    try:
        await sender.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def signs_in() -> bool:
                try:
                    answer = await client.post("/api/v1/sign-in", json={"name": "Min", "password": PASSWORD})
                except httpx.TransportError:
                    return False
                client.headers["X-Tocsin-CSRF"] = answer.json()["csrf"]
                return answer.status_code == 200

            await eventually(signs_in, timeout_s=90)
            await sender.issue(range(3), ("JPN", "KOR"))

            async def has_come() -> bool:
                return len(await _kinds(client)) == 3

            await eventually(has_come, timeout_s=60)
            said = {"originator": "JPN", "record_id": record_id("JPN", 0), "act": "acknowledge"}
            made = (await client.post("/api/v1/remarks", json=said)).json()["record_id"]

            async def is_said() -> bool:
                return made in await _kinds(client)

            await eventually(is_said, timeout_s=60)
            links = (await client.get("/api/v1/links")).json()
            assert [link["member"] for link in links["links"]] == ["JPN"]
            status = subprocess.run(  # noqa: ASYNC221 - short
                [*TOCSIN, "status", "--config", str(home), "--json"], capture_output=True, text=True, check=True
            )
            assert [part["name"] for part in json.loads(status.stdout)["parts"]] == ["web"]
    finally:
        await sender.stop()
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
        told = [(await process.communicate())[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), told
    assert "Traceback" not in "".join(told)


@pytest.mark.parametrize("run", ["here", "apart"])
def test_a_page_shows_what_a_peer_sends_and_sends_what_is_said(tmp_path: Path, run: str) -> None:
    _shows_what_a_peer_sends(tmp_path, run)


@on_loop
async def _demo(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *TOCSIN, "demo", "--page", "yes", "--speed", "max", cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    pages: dict[str, str] = {}
    async for line in process.stdout:
        if found := re.match(r"watch floor of (\w+): (\S+)", line.decode()):
            pages[found[1]] = found[2]
        if b"stay until" in line:
            break
    pictures = {}
    for code, page in pages.items():
        async with httpx.AsyncClient(base_url=page.partition("enter")[0]) as client:
            assert (await client.get(page)).status_code == 302
            assert (await client.get("/api/v1/session")).json()["mode"] == "replay"
            pictures[code] = (await client.get("/api/v1/picture")).json()
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 0, err
    assert b"0 lost" in out
    assert set(pictures) == {"JPN", "KOR", "USA"}
    for code, picture in pictures.items():
        (event,) = picture["events"]
        assert picture["at"] >= event["changed_at"]  # the scenario's time, not this machine's
        assert picture["at"].startswith("2017-08-28T")
        assert (event["leading"], event["world"], event["synthetic"], event["is_closed"]) == (code, "test", True, True)
        assert set(event["members"]) == {"JPN", "KOR", "USA"}
        assert set(event["members"][code]["times"]) == {"detected", "assessed", "predicted", "closed"}


def test_a_demo_serves_every_members_floor_until_it_is_left(tmp_path: Path) -> None:
    _demo(tmp_path)
