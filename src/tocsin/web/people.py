"""The people of one member who may sign in: a file in its folder, for its owner alone; passwords as Argon2id.

Names stay in this file. What leaves with a record is a role and a pseudonym.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.codec import decode
from tocsin.errors import ConfigError, RecordError
from tocsin.web.shapes import Role

SHORTEST_PASSWORD = 12
"""Characters; length alone is asked for (NIST SP 800-63B, section 5.1.1)."""

_NAME = re.compile(r"[^\s\x00-\x1f][^\x00-\x1f]{0,63}")
_PSEUDONYM = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
_HASHER = PasswordHasher()


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    name: str
    """To sign in with; told to nobody outside."""
    pseudonym: str
    """What partners and the records know the person by."""
    roles: tuple[Role, ...]
    password: str
    """Argon2id, in PHC's string form."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    people: tuple[Account, ...] = ()


class People:
    """The accounts of one member, read anew whenever the file has changed.

    Args:
        file: Where they are; it need not exist yet.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at: tuple[int, int] | None = None
        self._accounts: dict[str, Account] = {}
        # who is not there takes as long to refuse as who is
        self._nobody = _HASHER.hash(secrets.token_hex(16))

    def all(self) -> tuple[Account, ...]:
        """Return the accounts by name.

        Raises:
            ConfigError: The file is not what this program writes.
        """
        self._read()
        return tuple(self._accounts[name] for name in sorted(self._accounts))

    def by_name(self, name: str) -> Account | None:
        """Return an account, or none."""
        self._read()
        return self._accounts.get(name)

    def verify(self, name: str, password: str) -> Account | None:
        """Return the account whose name and password these are, or none. Takes some tens of milliseconds by design."""
        account = self.by_name(name)
        try:
            _HASHER.verify(account.password if account is not None else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        return account

    def add(self, name: str, password: str, *, pseudonym: str, roles: tuple[Role, ...]) -> Account:
        """Add a person, or give one who is there a new password and roles.

        Raises:
            ConfigError: A name or pseudonym cannot be, the password is short, or the pseudonym is another's.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name[:80]!r} is no name", advice="1 to 64 characters that can be seen")
        if not _PSEUDONYM.fullmatch(pseudonym):
            advice = "2 to 32 capitals, digits and hyphens, such as WO-3"
            raise ConfigError(f"{pseudonym[:80]!r} is no pseudonym", advice=advice)
        if len(password) < SHORTEST_PASSWORD:
            raise ConfigError(
                f"the password has {len(password)} characters", advice=f"Take {SHORTEST_PASSWORD} or more: a sentence"
            )
        if not roles:
            raise ConfigError(f"{name} has no role", advice="Name at least one with --role")
        if any(other.pseudonym == pseudonym and other.name != name for other in self.all()):
            raise ConfigError(f"{pseudonym} is somebody else's pseudonym", advice="Choose another")
        account = Account(name=name, pseudonym=pseudonym, roles=tuple(sorted(roles)), password=_HASHER.hash(password))
        self._accounts[name] = account
        self._write()
        return account

    def remove(self, name: str) -> None:
        """Take a person out; sessions of that person end with the next request.

        Raises:
            ConfigError: There is no such person.
        """
        self._read()
        if name not in self._accounts:
            raise ConfigError(f"nobody here is called {name[:80]!r}", advice="See: tocsin people list")
        del self._accounts[name]
        self._write()

    def _read(self) -> None:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            self._accounts, self._read_at = {}, None
            return
        if self._read_at == (found.st_mtime_ns, found.st_size):
            return
        try:
            data = decode(self._file.read_bytes(), _File)
        except (OSError, RecordError) as error:
            raise ConfigError(f"cannot be read: {error}", path=str(self._file)) from error
        self._accounts = {account.name: account for account in data.people}
        self._read_at = (found.st_mtime_ns, found.st_size)

    def _write(self) -> None:
        data = msgspec.json.format(msgspec.json.encode(_File(people=tuple(self._accounts.values()))), indent=2)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f".{self._file.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        self._read_at = None
