"""What every route works with: the gateway, who is signed in, and the rules for both."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from tocsin.errors import ConfigError
from tocsin.exercise import Known
from tocsin.records import Outlet, Person
from tocsin.web.acting_shapes import ACTING_ROLES, PasskeyPlace, SessionItem, UserItem
from tocsin.web.gateway import Gateway
from tocsin.web.passkeys import Passkeys
from tocsin.web.people import Account
from tocsin.web.sessions import Session, Sessions
from tocsin.web.shapes import Role


@dataclass(frozen=True)
class Access:
    """An outlet, and what opens it."""

    outlet: Outlet
    token: str

    def opens(self, given: str) -> bool:
        """Tell whether this is the token."""
        return hmac.compare_digest(self.token.encode(), given.encode())


NO_PASSKEYS = "Set web.origin in the member's TOML to the address under which people open the page"
CSRF = "X-Tocsin-CSRF"


@dataclass(frozen=True)
class Floor:
    """One watch floor."""

    gateway: Gateway
    sessions: Sessions
    version: str
    is_secure: bool
    """Whether it is reached by TLS, so that its cookie is for TLS alone."""
    outlets: Mapping[str, Access] = field(default_factory=dict)
    """By name."""
    naming: Mapping[str, str] = field(default_factory=dict)
    """By the neutral code of a place: the word that this member wants for it."""
    passkeys: Passkeys | None = None
    """None where they cannot work: no address was said under which people open the page."""
    release_by: Literal["person", "passkey"] = "person"
    """What the member's policy wants for the release of what waits."""
    known: Callable[[], Known] = lambda: Known({}, {})
    """Returns what injects of exercises may name."""

    @property
    def cookie(self) -> str:
        """Name of the cookie with the session; members on one machine differ by port alone, which cookies do not."""
        return cookie_of(self.gateway.member.code)

    def require_passkeys(self) -> Passkeys:
        """Return the passkeys.

        Raises:
            ConfigError: They cannot work here.
        """
        if self.passkeys is None:
            raise ConfigError("passkeys are off here", advice=NO_PASSKEYS)
        return self.passkeys

    def session_item(self, found: tuple[Session, Account] | None) -> SessionItem:
        """Return what the page may know of itself."""
        member = self.gateway.member
        return SessionItem(
            member=member.code, member_name=member.name, mode=self.gateway.mode, version=self.version,
            user=UserItem(pseudonym=found[1].pseudonym, roles=found[1].roles) if found is not None else None,
            csrf=found[0].csrf if found is not None else "", naming=dict(self.naming),
            passkeys=PasskeyPlace(
                origin=self.passkeys.party.origin if self.passkeys is not None else "",
                advice="" if self.passkeys is not None else NO_PASSKEYS,
            ),
            release_by=self.release_by,
        )  # fmt: skip


def cookie_of(member: str) -> str:
    """Return the name of the session's cookie at a member's watch floor."""
    return f"tocsin_session_{member.lower()}"


Connection = ASGIConnection[Any, Any, Any, Any]


def floor_of(connection: Connection) -> Floor:
    """Return the floor that a connection came to."""
    floor: Floor = connection.app.state.floor
    return floor


def token_of(connection: Connection) -> str:
    """Return the token of the session that a connection claims; empty if it claims none."""
    return connection.cookies.get(floor_of(connection).cookie, "")


def address_of(connection: Connection) -> str:
    """Return the network address that a connection came from."""
    return connection.client.host if connection.client is not None else ""


def found_session(connection: Connection) -> tuple[Session, Account] | None:
    """Return whose session a connection belongs to, or none."""
    return floor_of(connection).sessions.of(token_of(connection))


def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Let nobody in who has not signed in.

    Raises:
        NotAuthorizedException: Nobody has.
    """
    _required_session(connection)


def from_our_page(connection: Connection, _: BaseRouteHandler) -> None:
    """Let nothing change something that does not come from a page of the same session.

    Raises:
        NotAuthorizedException: Nobody has signed in.
        PermissionDeniedException: It comes from elsewhere.
    """
    if not Sessions.is_ours(_required_session(connection)[0], connection.headers.get(CSRF, "")):
        raise PermissionDeniedException("this request does not come from the watch floor: load the page again")


def account_of(connection: Connection) -> Account:
    """Return who has signed in.

    Raises:
        NotAuthorizedException: Nobody has.
    """
    return _required_session(connection)[1]


def person_of(connection: Connection, roles: tuple[Role, ...] = ACTING_ROLES) -> Person:
    """Return who acts, in the first of the roles that the act is for.

    Raises:
        NotAuthorizedException: Nobody has signed in.
        PermissionDeniedException: The person has none of the roles.
    """
    account = account_of(connection)
    role = next((role for role in roles if role in account.roles), None)
    if role is None:
        raise PermissionDeniedException(f"this is for {', '.join(roles)}; you are {', '.join(account.roles)}")
    return Person(role=role, pseudonym=account.pseudonym)


def _required_session(connection: Connection) -> tuple[Session, Account]:
    found = found_session(connection)
    if found is None:
        raise NotAuthorizedException("sign in first")
    return found
