"""What every route works with: the gateway, who is signed in, and the rules for both."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from tocsin.records import Outlet, Person
from tocsin.web.gateway import Gateway
from tocsin.web.people import Account
from tocsin.web.sessions import Session, Sessions
from tocsin.web.shapes import ACTING_ROLES, Role, SessionItem, UserItem


@dataclass(frozen=True)
class Access:
    """An outlet, and what opens it."""

    outlet: Outlet
    token: str

    def opens(self, given: str) -> bool:
        """Tell whether this is the token."""
        return hmac.compare_digest(self.token.encode(), given.encode())


COOKIE = "tocsin_session"
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

    def session_item(self, found: tuple[Session, Account] | None) -> SessionItem:
        """Return what the page may know of itself."""
        member = self.gateway.member
        return SessionItem(
            member=member.code, member_name=member.name, mode=self.gateway.mode, version=self.version,
            user=UserItem(pseudonym=found[1].pseudonym, roles=found[1].roles) if found is not None else None,
            csrf=found[0].csrf if found is not None else "", naming=dict(self.naming),
        )  # fmt: skip


Connection = ASGIConnection[Any, Any, Any, Any]


def floor_of(connection: Connection) -> Floor:
    """Return the floor that a connection came to."""
    floor: Floor = connection.app.state.floor
    return floor


def found_session(connection: Connection) -> tuple[Session, Account] | None:
    """Return whose session a connection belongs to, or none."""
    return floor_of(connection).sessions.of(connection.cookies.get(COOKIE))


def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Let nobody in who has not signed in.

    Raises:
        NotAuthorizedException: Nobody has.
    """
    if found_session(connection) is None:
        raise NotAuthorizedException("sign in first")


def from_our_page(connection: Connection, _: BaseRouteHandler) -> None:
    """Let nothing change something that does not come from a page of the same session.

    Raises:
        NotAuthorizedException: Nobody has signed in.
        PermissionDeniedException: It comes from elsewhere.
    """
    found = found_session(connection)
    if found is None:
        raise NotAuthorizedException("sign in first")
    if not Sessions.is_ours(found[0], connection.headers.get(CSRF, "")):
        raise PermissionDeniedException("this request does not come from the watch floor: load the page again")


def person_of(connection: Connection, roles: tuple[Role, ...] = ACTING_ROLES) -> Person:
    """Return who acts, in the first of the roles that the act is for.

    Raises:
        NotAuthorizedException: Nobody has signed in.
        PermissionDeniedException: The person has none of the roles.
    """
    found = found_session(connection)
    if found is None:
        raise NotAuthorizedException("sign in first")
    account = found[1]
    role = next((role for role in roles if role in account.roles), None)
    if role is None:
        raise PermissionDeniedException(f"this is for {', '.join(roles)}; you are {', '.join(account.roles)}")
    return Person(role=role, pseudonym=account.pseudonym)
