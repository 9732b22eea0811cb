"""``[[alerts.channels]]``: the ways to the public, as a member's TOML names them."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

Kind = Literal["feed", "folder", "webhook", "mail"]

_NEEDS: dict[Kind, tuple[str, ...]] = {
    "feed": ("listen", "address"), "folder": ("path",), "webhook": ("url",),
    "mail": ("server", "mail_from", "mail_to"),
}  # fmt: skip
_MAY: dict[Kind, tuple[str, ...]] = {
    "feed": (), "folder": (), "webhook": ("token_file",), "mail": ("token_file", "user"),
}  # fmt: skip


class ChannelTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.channels]]``: one way to the public."""

    name: str
    """Small letters, digits and hyphens."""
    kind: Kind
    """``feed``: an Atom feed and the messages over HTTP; ``folder``: a file each; ``webhook``: a POST each; ``mail``: a
    letter each, by SMTP."""
    listen: str | None = None
    """For ``feed``: ``host:port``. What stands there is public; TLS and a name are for a proxy before it."""
    address: str | None = None
    """For ``feed``: under which the public finds it, such as ``https://alerts.example/``."""
    path: str | None = None
    """For ``folder``: its path."""
    url: str | None = None
    """For ``webhook``: where to; ``https``, or ``http`` on this machine."""
    token_file: str | None = None
    """For ``webhook``, a bearer token, and for ``mail``, the password: path of a file with it in its first line."""
    server: str | None = None
    """For ``mail``: ``host:port`` of the SMTP server."""
    user: str | None = None
    """For ``mail``: to sign in with."""
    is_encrypted: bool = True
    """For ``mail``: whether the server must offer STARTTLS."""
    mail_from: str | None = None
    """For ``mail``: the address it comes from."""
    mail_to: tuple[str, ...] = ()
    """For ``mail``: the addresses it goes to."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.name):
            raise ValueError("name of a channel is small letters, digits and hyphens")
        for setting in ("listen", "address", "path", "url", "server", "mail_from", "mail_to", "token_file", "user"):
            is_set, needs = bool(getattr(self, setting)), setting in _NEEDS[self.kind]
            if needs and not is_set:
                raise ValueError(f"channel {self.name} of kind {self.kind} needs {setting}")
            if is_set and not needs and setting not in _MAY[self.kind]:
                raise ValueError(f"channel {self.name} of kind {self.kind} has no {setting}")
        if self.address is not None and not re.fullmatch(r"https?://\S+/", self.address):
            raise ValueError(f"address of {self.name} is http(s)://… and ends in a slash")
        if self.url is not None:
            parts = urlsplit(self.url)
            is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
            if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
                raise ValueError(f"url of {self.name} is https://…, or http:// on this machine")
        for address in (self.mail_from, *self.mail_to):
            if address is not None and not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", address):
                raise ValueError(f"{address[:80]!r} is no address of mail")
