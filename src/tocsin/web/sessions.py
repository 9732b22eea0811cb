"""Who is signed in: sessions that end, one-time links, and patience with wrong passwords that runs out."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.clock import Clock

if TYPE_CHECKING:
    from tocsin.web.people import Account, People

LONGEST_S = 12 * 3600.0
"""A session ends after a shift, whatever is done."""

IDLE_S = 3600.0
"""It ends earlier if nothing is heard of it for so long; an open feed is heard."""

ONCE_S = 15 * 60.0
"""A one-time link is good for so long."""

_TRIES = 5
_TRIES_WINDOW_S = 60.0
_MOST_KNOWN = 10_000


@dataclass
class Session:
    """One signed-in browser."""

    name: str
    csrf: str
    began_s: float
    heard_s: float


class TooManyTriesError(Exception):
    """Somebody guesses.

    Attributes:
        wait_s: How long until the next try.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s


class Sessions:
    """All sessions of one watch floor, in memory: after a restart everybody signs in again.

    Args:
        people: Whose sessions they are.
        clock: Its monotonic time counts for sessions, its time of day for enrolment codes.
    """

    def __init__(self, people: People, clock: Clock) -> None:
        self._people = people
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._once: dict[str, tuple[Account, float]] = {}
        self._guests: dict[str, Account] = {}
        self._tries: dict[str, list[float]] = {}

    def sign_in(self, name: str, password: str, *, address: str) -> str | None:
        """Begin a session and return its token, or none if name and password do not fit.

        Raises:
            TooManyTriesError: There were many wrong tries for this name or from this address.
        """
        keys = (f"name {name}", f"address {address}")
        self.require_patience(*keys)
        account = self._people.verify(name, password)
        if account is None:
            self.tried(*keys)
            return None
        for key in keys:
            self._tries.pop(key, None)
        return self.begin(account)

    def require_patience(self, *keys: str, most: int = _TRIES) -> None:
        """Refuse another try after many of one minute.

        Args:
            keys: Who tries: names, addresses.
            most: So many are let pass.

        Raises:
            TooManyTriesError: There were too many by one of them.
        """
        now_s = self._clock.monotonic_s()
        for key in keys:
            recent = [at for at in self._tries.get(key, ()) if now_s - at < _TRIES_WINDOW_S]
            if len(recent) >= most:
                raise TooManyTriesError(_TRIES_WINDOW_S - (now_s - recent[0]))

    def tried(self, *keys: str) -> None:
        """Remember a try that counts."""
        now_s = self._clock.monotonic_s()
        for key in keys:
            recent = [at for at in self._tries.get(key, ()) if now_s - at < _TRIES_WINDOW_S]
            self._tries[key] = [*recent, now_s]
        self._forget_tries(now_s)

    def invite(self, account: Account) -> str:
        """Return a token with which one browser signs in once as somebody who need not be in the file."""
        token = secrets.token_urlsafe(32)
        self._once[token] = (account, self._clock.monotonic_s() + ONCE_S)
        return token

    def enter(self, token: str) -> str | None:
        """Begin a session by a one-time token; none if it was used, is too old or never was."""
        found = self._once.pop(token, None)
        if found is None or found[1] < self._clock.monotonic_s():
            return None
        self._guests[found[0].name] = found[0]
        return self.begin(found[0])

    def enter_by_code(self, code: str) -> str | None:
        """Begin a session by an enrolment code; none if there is no such code."""
        account = self._people.use_code(code, now=self._clock.now())
        return None if account is None else self.begin(account)

    def begin(self, account: Account) -> str:
        """Begin a session of somebody who has proved to be who they are; return its token."""
        now_s = self._clock.monotonic_s()
        self._sessions = {
            token: held
            for token, held in self._sessions.items()
            if now_s - held.began_s <= LONGEST_S and now_s - held.heard_s <= IDLE_S
        }
        token = secrets.token_urlsafe(32)
        self._sessions[token] = Session(account.name, secrets.token_urlsafe(32), now_s, now_s)
        return token

    def of(self, token: str | None) -> tuple[Session, Account] | None:
        """Return the session of a token and whose it is, or none if it has ended."""
        session = self._sessions.get(token or "")
        if session is None or token is None:
            return None
        now_s = self._clock.monotonic_s()
        account = self._people.by_name(session.name) or self._guests.get(session.name)
        if account is None or now_s - session.began_s > LONGEST_S or now_s - session.heard_s > IDLE_S:
            del self._sessions[token]
            return None
        session.heard_s = now_s
        return session, account

    def end(self, token: str | None) -> None:
        """End a session."""
        self._sessions.pop(token or "", None)

    @staticmethod
    def is_ours(session: Session, csrf: str) -> bool:
        """Tell whether a request comes from a page of this session."""
        return hmac.compare_digest(session.csrf.encode(), csrf.encode())

    def _forget_tries(self, now_s: float) -> None:
        if len(self._tries) > _MOST_KNOWN:
            self._tries = {key: tries for key, tries in self._tries.items() if now_s - tries[-1] < _TRIES_WINDOW_S}
