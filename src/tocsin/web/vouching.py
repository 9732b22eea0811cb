"""Takes back what was said of passkeys that are gone, whoever removed them: their person, or ``tocsin people``."""

from __future__ import annotations

import asyncio

import structlog

from tocsin.errors import TocsinError
from tocsin.records import Record
from tocsin.store import credentials_of
from tocsin.web.acting import credentials_ended
from tocsin.web.gateway import Gateway
from tocsin.web.people import People

EVERY_S = 2.0

log = structlog.get_logger()


class Vouching:
    """Keeps what other members know of passkeys in step with the member's file.

    Args:
        gateway: Hands in records, and reads what was told.
        people: Whose passkeys count.
    """

    def __init__(self, gateway: Gateway, people: People) -> None:
        self._gateway = gateway
        self._people = people
        self._seen: frozenset[str] | None = None
        """Ids of the passkeys when it was last looked at."""

    async def run(self) -> None:
        """Look at the file now and again, until cancelled."""
        while True:
            try:
                if lost := await asyncio.to_thread(self.look):
                    self._gateway.member.issue(lost)
            except TocsinError as error:
                log.warning("what is known of passkeys may be old", error=str(error))
            await asyncio.sleep(EVERY_S)

    def look(self) -> list[Record]:
        """Return what is to be told of passkeys that are gone since the last look; the first looks at all ever told.

        Raises:
            ConfigError: The file cannot be read.
            StoreError: The store cannot be read.
        """
        kept = frozenset(passkey.id for account in self._people.all() for passkey in account.passkeys)
        before, self._seen = self._seen, kept
        if before is not None and before <= kept:
            return []
        gateway = self._gateway
        told = credentials_of(gateway.member.store, gateway.member.code)
        return credentials_ended(told, kept, new_id=gateway.new_id, now=gateway.now())
