"""Carries each message on each of its channels until that confirms it; a channel that fails holds up no other.

Of one alert, a channel carries the newest message that it has not confirmed: what waited before it is overtaken. So a
danger is never told after its end, however long a channel was gone, and though two alerts turned out to be one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import structlog

from tocsin.channels.carrying import CapFile, Channel
from tocsin.clock import Clock
from tocsin.errors import ChannelError
from tocsin.records import Admitted, AlertDelivery, Held, PublicChannel, Released

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0

Release = Callable[[Admitted, PublicChannel], Released[PublicChannel] | Held]
"""The door to the public."""

Tell = Callable[[Admitted, AlertDelivery], None]
"""Takes what came of a message on a channel."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Parcel:
    """A message on its way."""

    message: Admitted
    """The ``alerts.alert`` or ``alerts.test`` record."""
    file: CapFile
    about: str
    """Id of the alert; a channel carries the newest about it. All tests are about one thing."""

    @property
    def replaces(self) -> tuple[str, ...]:
        """Ids of the messages that it takes the place of, perhaps of an alert that turned out to be the same."""
        return getattr(self.message.body, "changes", ())


@dataclass
class _Lane:
    """One alert on one channel."""

    waiting: list[Parcel] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    before: list[_Lane] = field(default_factory=list)
    """Lanes of alerts that turned out to be this one, with something under way that a message here replaces."""


class Deliverer:
    """Delivers for one member.

    Args:
        channels: By name.
        release: The door to the public.
        tell: Told of each delivery, and of failures the first, second, fourth, eighth … time.
        clock: The time of deliveries.
    """

    def __init__(self, channels: Mapping[str, Channel], *, release: Release, tell: Tell, clock: Clock) -> None:
        self._channels = channels
        self._release = release
        self._tell = tell
        self._clock = clock
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._known: set[tuple[str, str]] = set()
        self._delivered: set[tuple[str, str]] = set()

    def put(self, parcel: Parcel, channel: str) -> None:
        """Let a channel carry a message; what is on its way already is passed over."""
        record_id = parcel.message.record.id
        if self.knows(record_id, channel):
            return
        self._known.add((record_id, channel))
        lane = self._lanes.setdefault((channel, parcel.about), _Lane())
        lane.waiting.append(parcel)
        lane.before += [
            other
            for (name, _), other in self._lanes.items()
            if name == channel and other is not lane
            and any(each.message.record.id in parcel.replaces for each in other.waiting)
        ]  # fmt: skip
        lane.news.set()
        if lane.task is None or lane.task.done():
            lane.task = asyncio.create_task(self._work(channel, lane), name=f"{channel} {record_id}")

    def knows(self, record_id: str, channel: str) -> bool:
        """Tell whether a message is on its way by a channel, or has been."""
        return (record_id, channel) in self._known

    async def stop(self) -> None:
        """Give up what is on its way; it is known to be untold, and goes on at the next start."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, channel: str, lane: _Lane) -> None:
        attempts = 0
        while lane.waiting:
            older = await self._taken_over(lane, channel)
            *earlier, newest = lane.waiting
            older += earlier
            for parcel in older:
                self._say(parcel, channel, "overtaken", 0, f"by {newest.file.alert.identifier}")
            lane.waiting[:] = [newest]
            lane.news.clear()
            attempts = 1 if older else attempts + 1
            if await self._try(newest, channel, attempts):
                lane.waiting[:] = [each for each in lane.waiting if each is not newest]  # perhaps it was taken over
                attempts = 0
            elif len(lane.waiting) == 1:
                try:
                    async with asyncio.timeout(min(FIRST_WAIT_S * 2.0 ** (attempts - 1), LONGEST_WAIT_S)):
                        await lane.news.wait()
                except TimeoutError:
                    pass

    async def _taken_over(self, lane: _Lane, channel: str) -> list[Parcel]:
        """Return what lanes before this one had still to tell, when nothing of it is under way any more."""
        left: list[Parcel] = []
        while lane.before:
            other = lane.before.pop()
            left += other.waiting
            other.waiting.clear()
            other.news.set()
            if other.task is not None:
                await asyncio.wait([other.task])
        return [each for each in left if (each.message.record.id, channel) not in self._delivered]

    async def _try(self, parcel: Parcel, channel: str, attempts: int) -> bool:
        try:
            answer = await self._carry(parcel, channel)
        except ChannelError as error:
            log.warning("an alert was not carried", channel=channel, attempts=attempts, error=str(error))
            if attempts & (attempts - 1) == 0:
                self._say(parcel, channel, "failed", attempts, str(error))
            return False
        self._delivered.add((parcel.message.record.id, channel))
        self._say(parcel, channel, "delivered", attempts, answer)
        return True

    async def _carry(self, parcel: Parcel, channel: str) -> str:
        released = self._release(parcel.message, PublicChannel(channel))
        if isinstance(released, Held):
            raise ChannelError(released.detail, channel=channel)
        if channel not in self._channels:
            raise ChannelError("is not among the channels of this member any more", channel=channel)
        return await self._channels[channel].carry(released, parcel.file)

    def _say(
        self,
        parcel: Parcel,
        channel: str,
        state: Literal["delivered", "failed", "overtaken"],
        attempts: int,
        detail: str,
    ) -> None:
        body = AlertDelivery(
            alert=parcel.message.record.id, channel=channel, state=state, attempts=attempts, at=self._clock.now(),
            detail=detail[:300],
        )  # fmt: skip
        self._tell(parcel.message, body)
