"""The people of one member who may sign in: a file in its folder, for its owner alone; passwords as Argon2id.

Names stay in this file. What leaves with a record is a role and a pseudonym, and with an approval the public half of
the passkey that signed it. ``tocsin people`` and the watch floor both change the file, one at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.codec import decode
from tocsin.errors import ConfigError, RecordError
from tocsin.signing import from_base64url, to_base64url
from tocsin.web.shapes import Role

SHORTEST_PASSWORD = 12
"""Characters; length alone is asked for (NIST SP 800-63B, section 5.1.1)."""

CODE_LASTS = timedelta(days=2)
"""An enrolment code is good for so long."""

MOST_PASSKEYS = 20
"""Of one person."""

_NAME = re.compile(r"[^\s\x00-\x1f][^\x00-\x1f]{0,63}")
_PSEUDONYM = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")
_HASHER = PasswordHasher()


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """One passkey of a person; its private half never leaves the person's authenticator."""

    id: str
    """As the authenticator calls it, in base64 for URLs."""
    public_key: str
    """COSE (RFC 9052), in base64 for URLs."""
    label: str
    """What the person calls it."""
    added_at: datetime
    counter: int = 0
    """As the authenticator last told it; one that does not count tells 0."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    name: str
    """To sign in with; told to nobody outside."""
    pseudonym: str
    """What partners and the records know the person by."""
    roles: tuple[Role, ...]
    password: str
    """Argon2id, in PHC's string form; empty: no password opens it."""
    handle: str = ""
    """By which authenticators know the person: random, in base64 for URLs; empty in files of before passkeys."""
    passkeys: tuple[Passkey, ...] = ()
    code: str = ""
    """SHA-256 of an enrolment code that was not used yet."""
    code_until: datetime | None = None

    @property
    def user_handle(self) -> bytes:
        """``handle`` as bytes, or what takes its place."""
        return from_base64url(self.handle) or hashlib.sha256(self.pseudonym.encode()).digest()[:16]


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
            _HASHER.verify((account.password if account is not None else "") or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        return account

    def add(self, name: str, password: str, *, pseudonym: str, roles: tuple[Role, ...]) -> Account:
        """Add a person, or give one who is there a new password and roles; passkeys stay.

        Args:
            name: To sign in with.
            password: Empty for somebody who signs in by passkey alone (see ``enrol``).
            pseudonym: What others know the person by.
            roles: At least one.

        Raises:
            ConfigError: A name or pseudonym cannot be, the password is short, or the pseudonym is another's.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name[:80]!r} is no name", advice="1 to 64 characters that can be seen")
        if not _PSEUDONYM.fullmatch(pseudonym):
            advice = "2 to 32 capitals, digits and hyphens, such as WO-3"
            raise ConfigError(f"{pseudonym[:80]!r} is no pseudonym", advice=advice)
        if password and len(password) < SHORTEST_PASSWORD:
            raise ConfigError(
                f"the password has {len(password)} characters", advice=f"Take {SHORTEST_PASSWORD} or more: a sentence"
            )
        if not roles:
            raise ConfigError(f"{name} has no role", advice="Name at least one with --role")
        with self._changing():
            if any(other.pseudonym == pseudonym and other.name != name for other in self._accounts.values()):
                raise ConfigError(f"{pseudonym} is somebody else's pseudonym", advice="Choose another")
            before = self._accounts.get(name)
            account = Account(
                name=name, pseudonym=pseudonym, roles=tuple(sorted(roles)),
                password=_HASHER.hash(password) if password else "",
                handle=to_base64url(secrets.token_bytes(16)) if before is None else before.handle,
                passkeys=before.passkeys if before is not None else (),
            )  # fmt: skip
            self._accounts[name] = account
        return account

    def remove(self, name: str) -> None:
        """Take a person out; sessions of that person end with the next request.

        Raises:
            ConfigError: There is no such person.
        """
        with self._changing():
            self._require(name)
            del self._accounts[name]

    def enrol(self, name: str, *, now: datetime) -> str:
        """Return a code that signs a person in once, to add a passkey; an earlier one is void.

        Raises:
            ConfigError: There is no such person.
        """
        code = "-".join(secrets.token_hex(4) for _ in range(4))
        with self._changing():
            account = self._require(name)
            self._put(account, code=_digest(code), code_until=now + CODE_LASTS)
        return code

    def use_code(self, code: str, *, now: datetime) -> Account | None:
        """Return whose enrolment code this is, or none; it is good once."""
        digest = _digest(code.strip().lower())
        if all(account.code != digest for account in self.all()):
            return None
        with self._changing():
            for account in self._accounts.values():
                if account.code == digest:
                    is_good = account.code_until is not None and now < account.code_until
                    used = self._put(account, code="", code_until=None)
                    return used if is_good else None
        return None

    def by_passkey(self, passkey_id: str) -> tuple[Account, Passkey] | None:
        """Return whose passkey this is, or none."""
        for account in self.all():
            for passkey in account.passkeys:
                if passkey.id == passkey_id:
                    return account, passkey
        return None

    def put_passkey(self, name: str, passkey: Passkey) -> None:
        """Give a person a passkey, or put it in the place of the one with its id.

        Raises:
            ConfigError: There is no such person, or there are too many passkeys.
        """
        with self._changing():
            account = self._require(name)
            others = tuple(each for each in account.passkeys if each.id != passkey.id)
            if len(others) >= MOST_PASSKEYS:
                raise ConfigError(f"{MOST_PASSKEYS} passkeys are there already", advice="Remove one first")
            self._put(account, passkeys=(*others, passkey))

    def remove_passkey(self, name: str, passkey_id: str) -> None:
        """Take a passkey away.

        Raises:
            ConfigError: There is no such person or no such passkey.
        """
        with self._changing():
            account = self._require(name)
            left = tuple(each for each in account.passkeys if each.id != passkey_id)
            if len(left) == len(account.passkeys):
                raise ConfigError("there is no such passkey", advice="Load the page again")
            self._put(account, passkeys=left)

    def _require(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is None:
            raise ConfigError(f"nobody here is called {name[:80]!r}", advice="See: tocsin people list")
        return account

    def _put(self, account: Account, **changes: object) -> Account:
        changed = self._accounts[account.name] = msgspec.structs.replace(account, **changes)
        return changed

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Read what is there, let it be changed, and write it, with no other process in between."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file.with_name(f".{self._file.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._read()
            try:
                yield
            except ConfigError:
                self._read_at = None
                raise
            self._write()
        finally:
            os.close(descriptor)

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
        draft = self._file.with_name(f".{self._file.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        self._read_at = None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
