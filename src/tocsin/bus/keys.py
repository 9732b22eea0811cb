"""NATS keys: who may connect to a server, and who may join a link."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
import nkeys

from tocsin.errors import ConfigError


class NKey(msgspec.Struct, frozen=True):
    """A user key for a NATS server."""

    seed: str
    """Secret; begins with ``SU``."""
    public: str
    """What the server is told; begins with ``U``."""


def new_nkey() -> NKey:
    """Make a user key from the system's randomness."""
    raw = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)  # type: ignore[no-untyped-call]
    seed = bytes(raw).decode()
    return NKey(seed=seed, public=public_of(seed))


def public_of(seed: str) -> str:
    """Return the public key that belongs to a seed.

    Raises:
        ValueError: The text is no seed of a user key.
    """
    text = seed.strip()
    try:
        pair = nkeys.from_seed(bytearray(text.encode("ascii")))  # type: ignore[no-untyped-call]
        public = bytes(pair.public_key).decode()
    except (nkeys.NkeysError, ValueError) as cause:  # from here out only our own errors
        raise ValueError("this is no seed of a NATS user key") from cause
    public = public.rstrip("=")
    if not public.startswith("U"):
        raise ValueError("this seed belongs to a NATS key of another type than user")
    return public


def read_seed(path: str) -> NKey:
    """Read a key from the file that holds its seed.

    Raises:
        ConfigError: The file cannot be read or holds something else; the content is never quoted.
    """
    try:
        seed = Path(path).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "not ASCII text"
        raise ConfigError(
            f"the seed of a NATS key cannot be read: {reason}", path=path, advice="Make the key again with tocsin init"
        ) from cause
    try:
        return NKey(seed=seed, public=public_of(seed))
    except ValueError as cause:
        raise ConfigError(f"{cause}", path=path, advice="Make the key again with tocsin init") from cause
