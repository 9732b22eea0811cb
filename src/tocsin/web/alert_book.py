"""The alerts on the page: this member's with all that holds them, other members' as far as they tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from tocsin.alerts import (
    REMEMBERED,
    AlertDesk,
    AlertSeen,
    Liveness,
    NotDrafted,
    Office,
    Reason,
    Thread,
    Threads,
    see_thread,
)
from tocsin.errors import NotReleasableError
from tocsin.records import Admitted, Record
from tocsin.web.shapes import OfficeNow
from tocsin.web.shown import Shown


class AlertBook:
    """The alerts that a member knows of.

    Args:
        member: Whose page it is, ISO 3166-1 alpha-3.
        office: By whom it alerts; None if it alerts nobody.
        is_open: Whether its channels to the public are open.
        standing: Tells whether a person's own passkey stands behind an approval.
    """

    def __init__(
        self,
        member: str,
        *,
        office: Office | None,
        is_open: Callable[[], bool],
        standing: Callable[[Admitted], bool],
    ) -> None:
        self._member = member
        self._office = office
        self._ask_open = is_open
        self._standing = standing
        self._verified: set[str] = set()
        self.is_open = False
        """Whether the channels were open when that was last looked at."""
        self._desk = None if office is None else AlertDesk(office, is_open=lambda: self.is_open, standing=self._stands)
        self._liveness = None if office is None else Liveness(office, every=None)
        self._threads: dict[str, Threads] = {} if self._desk is None else {member: self._desk.threads}
        self._told: dict[str, AlertSeen] = {}
        self._changed: set[tuple[str, str]] = set()

    def office(self, now: datetime) -> OfficeNow:
        """Return how this member can alert its public, and which alerts there are, the oldest first."""
        return OfficeNow(
            alerts_public=self._office is not None, is_open=self.is_open, alerts=tuple(self._told),
            channels=() if self._liveness is None else self._liveness.health(now),
            needs_passkey=self._office is not None and self._office.settings.passkeys,
        )  # fmt: skip

    def all(self) -> tuple[AlertSeen, ...]:
        """Return the alerts as they were last told, the oldest first."""
        return tuple(self._told.values())

    def take(self, shown: Shown) -> None:
        """Take in a record; kinds that are not of alerts are passed over."""
        admitted = shown.admitted
        record = admitted.record
        if not AlertDesk.wants(record):
            return
        if self._liveness is not None:
            self._liveness.take(admitted)
        threads = self._threads.setdefault(record.originator, Threads(record.originator))
        thread = threads.take(admitted)
        if thread is not None:
            self._changed.add((record.originator, thread.alert_id))

    def news(self, now: datetime) -> list[AlertSeen]:
        """Return the alerts of which records came in since they were last asked for, as they are now."""
        changed, self._changed = self._changed, set()
        return self._see((pair for pair in self._pairs() if (pair[0], pair[1].alert_id) in changed), now)

    def look(self, now: datetime) -> list[AlertSeen]:
        """Return the alerts that time has changed: held now, or not any more; and forget those that are long over."""
        self.is_open = self._ask_open()
        for threads in self._threads.values():
            threads.forget(now - REMEMBERED)
        known = {f"{originator}/{thread.alert_id}" for originator, thread in self._pairs()}
        self._told = {key: seen for key, seen in self._told.items() if key in known}
        return self._see((pair for pair in self._pairs() if not pair[1].is_over), now)

    def end(self, alert_id: str, message: Literal["cancel", "all_clear"], reason: Reason, now: datetime) -> Record:
        """Draft the end of an alert of this member.

        Raises:
            NotReleasableError: There is nothing to end.
        """
        if self._desk is None:
            raise NotReleasableError("this member alerts nobody", advice="See [alerts] run in the member's TOML")
        made = self._desk.end(alert_id, message, now, reason=reason)
        if isinstance(made, NotDrafted):
            raise NotReleasableError(made.reason, advice="Look at the alert again")
        return made

    def _pairs(self) -> Iterator[tuple[str, Thread]]:
        for originator, threads in self._threads.items():
            for thread in threads:
                yield originator, thread

    def _see(self, pairs: Iterator[tuple[str, Thread]], now: datetime) -> list[AlertSeen]:
        """Return those of some alerts that look otherwise than when they were last told."""
        found = []
        for originator, thread in pairs:
            seen = see_thread(thread, self._desk if originator == self._member else None, now)
            if self._told.get(seen.key) != seen:
                self._told[seen.key] = seen
                found.append(seen)
        return found

    def _stands(self, approval: Admitted) -> bool:
        """Ask once for what stands; what does not may stand when the passkey is known."""
        if approval.record.id not in self._verified and self._standing(approval):
            self._verified.add(approval.record.id)
        return approval.record.id in self._verified
