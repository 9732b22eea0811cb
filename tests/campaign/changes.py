"""Changes to a running federation while faults go on: a signing key rotates, a link certificate is renewed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence

import msgspec
from tests.nodes import House
from tests.rosters import next_roster

from tocsin.clock import SystemClock
from tocsin.errors import TocsinError
from tocsin.node import read_config
from tocsin.node.control import ApplyRoster, Done, Order, Reload, ask
from tocsin.node.renewing import renew_link
from tocsin.signing import KeyRole, PrivateKey, RosterMember, SignedDocument

_ANSWER_S = 20.0
_AGAIN_S = 0.3
_IN_FORCE = "is not newer than version"


class Changes:
    """Proposes rosters, and sees that every member takes each of them up, however often it must be asked.

    Args:
        house: The members' folders.
        note: Told what happens.
    """

    def __init__(self, house: House, *, note: Callable[..., None]) -> None:
        self._house = house
        self._note = note
        self._names = itertools.count(2)
        self._files = {(code, role): f"keys/{role.value}.pem" for code in house.codes for role in KeyRole}
        self._one_at_a_time = asyncio.Lock()

    async def rotate(self, code: str, role: KeyRole, *, order: Sequence[str], pause_s: float) -> None:
        """Give a member a new signing key beside the old one, let it sign with that, then drop the old one.

        Args:
            code: Whose key.
            role: Which.
            order: In which members take the rosters up.
            pause_s: How long both keys are in force.
        """
        async with self._one_at_a_time:
            home, former = self._house.homes[code], self._files[code, role]
            fresh = PrivateKey.generate(role)
            name = self._files[code, role] = f"keys/{role.value}-{next(self._names)}.pem"
            fresh.save(home / name)
            await self._take_up(self._next(code, add=fresh), order)
            self._house.edit(code, former, name)
            await self._until_done(code, Reload())
            await asyncio.sleep(pause_s)
            await self._take_up(self._next(code, drop=PrivateKey.load(role, home / former)), order)

    async def renew(self, code: str) -> None:
        """Issue a new link certificate and let the node take it up."""
        async with self._one_at_a_time:
            config = read_config(self._house.homes[code] / "member.toml")
            await asyncio.to_thread(renew_link, config, now=SystemClock().now())
            await self._until_done(code, Reload())

    def _next(self, code: str, *, add: PrivateKey | None = None, drop: PrivateKey | None = None) -> SignedDocument:
        members: list[RosterMember] = []
        for member in self._house.rosters[-1].members:
            if member.code == code:
                keys = [key for key in member.keys if drop is None or key.keyid != drop.keyid]
                keys += [add.public] if add is not None else []
                member = msgspec.structs.replace(member, keys=tuple(keys))  # noqa: PLW2901 - the member as it will be
            members.append(member)
        return next_roster(self._house, members=members)

    async def _take_up(self, document: SignedDocument, order: Sequence[str]) -> None:
        text = msgspec.json.encode(document).decode()
        for code in order:
            await self._until_done(code, ApplyRoster(document=text))

    async def _until_done(self, code: str, order: Order) -> None:
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    done = await ask(self._house.homes[code], order)
            except (TocsinError, OSError, TimeoutError) as error:
                done = Done(error=f"{type(error).__name__}: {error}")
            if not done.error or _IN_FORCE in done.error:
                self._note(changed=code, told=list(done.told))
                return
            self._note(not_changed=code, why=done.error)
            await asyncio.sleep(_AGAIN_S)
