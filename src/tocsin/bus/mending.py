"""Mends links that are up and over which nothing comes: after a change a server may believe that all is well.

What a reload added does not always take hold on a link that is up. So each link is judged by what comes over it, and
one that stays silent is mended: the server reloads once more, then the link is cut and comes back. The tries are
bounded; what they do not mend is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from tocsin.bus.links import LinkState, LinkWatch
from tocsin.clock import Clock
from tocsin.errors import BusError, TocsinError

SILENT_S = 10.0
"""A link that has been up for so long, and brings nothing, is silent. Heads come each second, and so do the
heartbeats of an outbox."""
MAX_TRIES = 6
_LOOK_EVERY_S = 2.0
_LONGEST_WAIT_S = 120.0

log = structlog.get_logger()


@dataclass
class _Silence:
    """What is known of one link that is up."""

    up_since_s: float
    quiet_since_s: float | None = None
    tries: int = 0
    next_try_s: float = 0.0


class LinkMender:
    """Looks at the links every two seconds.

    Args:
        links: Tells how they are, and shows what is found here.
        heard_s: Gives the monotonic time at which a peer was last heard at once, or none.
        clock: For the patience.
        reload: Has the embedded server read its configuration again; none with an external server.
    """

    def __init__(
        self,
        links: LinkWatch,
        heard_s: Callable[[str], float | None],
        clock: Clock,
        *,
        reload: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._links = links
        self._heard_s = heard_s
        self._clock = clock
        self._reload = reload
        self._silences: dict[str, _Silence] = {}
        self._strangers = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self.look()
            except TocsinError as error:
                log.warning("links cannot be looked at", error=str(error))

    async def look(self) -> None:
        """Look once, and mend what is due.

        Raises:
            BusError: The own server does not answer.
        """
        strangers = await self._links.kick_strangers()
        if strangers and not self._strangers:
            log.warning(
                "a member that left is still in the server's configuration; its link is cut whenever it comes",
                advice="Put what `tocsin config nats` prints into it and reload it",
            )
        self._strangers = strangers
        states = await self._links.states()
        self._silences = {code: kept for code, kept in self._silences.items() if code in states}
        self._links.silent = {code: words for code, words in self._links.silent.items() if code in states}
        for code, state in states.items():
            if not (state.main.connected and state.bulk.connected):
                self._silences.pop(code, None)
                self._links.silent.pop(code, None)
                continue
            await self._judge(code, state)

    async def _judge(self, code: str, state: LinkState) -> None:
        now_s = self._clock.monotonic_s()
        kept = self._silences.setdefault(code, _Silence(now_s))
        if now_s - kept.up_since_s < SILENT_S:
            return
        words = self._silence(code, state, now_s)
        if not words or not state.is_told:
            kept.quiet_since_s = None
        elif kept.quiet_since_s is None:
            kept.quiet_since_s = now_s
        if self._links.is_clustered and (kept.quiet_since_s is None or now_s - kept.quiet_since_s < SILENT_S):
            words = ""  # the stream's leader may be new and have heard nothing yet: no reason to cut a link
        if not words:
            if self._links.silent.pop(code, None) is not None:
                log.info("link mended", peer=code, tries=kept.tries)
            kept.tries, kept.next_try_s = 0, 0.0
            return
        self._links.silent[code] = words
        if kept.tries < MAX_TRIES and now_s >= kept.next_try_s:
            kept.tries += 1
            kept.next_try_s = now_s + min(SILENT_S * 2**kept.tries, _LONGEST_WAIT_S)
            await self._mend(code, words, kept)

    def _silence(self, code: str, state: LinkState, now_s: float) -> str:
        """Say in words what does not come over a link that is up; empty if all does."""
        lanes = (("main", state.main), ("bulk", state.bulk))
        deaf = [name for name, lane in lanes if lane.source_active_s is None or lane.source_active_s > SILENT_S]
        if deaf:
            return f"the link is up, and our copy hears nothing of the peer's outbox ({', '.join(deaf)})"
        heard_s = self._heard_s(code)
        if heard_s is None or now_s - heard_s > SILENT_S:
            return "the link is up, and the peer's node says nothing"
        return ""

    async def _mend(self, code: str, words: str, kept: _Silence) -> None:
        by_reload = self._reload is not None and kept.tries % 2 == 1
        log.warning("mending a link", peer=code, why=words, how="reload" if by_reload else "cut", tries=kept.tries)
        try:
            if by_reload and self._reload is not None:
                await self._reload()
            else:
                await self._links.kick(code)
                kept.up_since_s = self._clock.monotonic_s()
        except (BusError, TocsinError) as error:
            log.warning("link not mended", peer=code, error=str(error))
