"""The clients of the bench: they listen, and note how old each stage is when it comes."""

from __future__ import annotations

import asyncio
import re
import time

import uvloop
import websockets

from tocsin.web.floor import cookie_of

# the clients must not be what is measured: they look at two figures and parse nothing
_HEAD = re.compile(r'\{"say":"(\w+)"(?:,"number":(\d+))?')
_LABEL = re.compile(r'"label":"([\d.]+)"')


async def listen(address: str, tokens: list[str], stop_at_s: float) -> tuple[list[float], int]:
    """Listen with every token; return the delays and how many numbered messages were missed."""
    delays: list[float] = []
    missed = 0

    async def one(token: str) -> int:
        last = None
        lost = 0
        headers = {"Cookie": f"{cookie_of('KOR')}={token}"}
        async with websockets.connect(f"ws://{address}/api/v1/feed", additional_headers=headers, max_size=None) as feed:
            while (left_s := stop_at_s - time.monotonic()) > 0:
                try:
                    text = await asyncio.wait_for(feed.recv(), left_s)
                except TimeoutError:
                    break
                got_s = time.monotonic()
                say, number = _HEAD.match(text).groups()
                if say == "event":
                    delays.append(got_s - float(_LABEL.search(text)[1]))
                if say in ("event", "records"):
                    lost += 0 if last is None or int(number) == last + 1 else 1
                if say in ("event", "records", "gone"):
                    last = int(number)
        return lost

    missed = sum(await asyncio.gather(*(one(token) for token in tokens)))
    return delays, missed


def clients(address: str, tokens: list[str], stop_at_s: float, pipe) -> None:
    """Be all clients."""
    pipe.send(uvloop.run(listen(address, tokens, stop_at_s)))
