"""Options that several commands share, with one wording each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from tocsin.clock import SystemClock

_CODE = re.compile(r"[A-Z]{3}")
_AGO = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class UsageError(ValueError):
    """Options that make no sense together."""


def _codes(_type: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    codes = [code.strip().upper() for token in tokens for code in token.value.split(",") if code.strip()]
    for code in codes:
        if not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is no code of three letters, such as JPN")
    return tuple(dict.fromkeys(codes))


def _audience(_type: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    from tocsin.markings import PUBLIC  # noqa: PLC0415 - not needed for help

    return (PUBLIC,) if [token.value.upper() for token in tokens] == [PUBLIC] else _codes(_type, tokens)


def _moment(_type: Any, tokens: Sequence[Token]) -> datetime:
    text = tokens[0].value
    if (ago := _AGO.fullmatch(text)) is not None:
        return SystemClock().now() - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time: use 2026-01-31T12:00Z, a date, or 30m, 2h, 7d for so long ago"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _span(_type: Any, tokens: Sequence[Token]) -> timedelta:
    text = tokens[0].value
    found = _AGO.fullmatch(text)
    if found is None or len(found[1]) > 9:
        raise ValueError(f"{text!r} is no length of time: use 90s, 30m, 24h or 2d")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _address(_type: Any, tokens: Sequence[Token]) -> str:
    return require_address(tokens[0].value)


def _pairs(_type: Any, tokens: Sequence[Token]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for word in (word.strip().upper() for token in tokens for word in token.value.split(",") if word.strip()):
        one, _, other = word.partition("-")
        if not _CODE.fullmatch(one) or not _CODE.fullmatch(other) or one == other:
            raise ValueError(f"{word!r} is no two codes, such as AUS-USA")
        pairs.append((one, other))
    return tuple(dict.fromkeys(pairs))


def require_address(text: str) -> str:
    """Return an address.

    Raises:
        UsageError: It is not host:port.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(f"{text!r} is not host:port")
    return text


def _addresses(_type: Any, tokens: Sequence[Token]) -> str:
    parts = [part.strip() for token in tokens for part in token.value.split(",") if part.strip()]
    return ",".join(_address(_type, [Token(value=part)]) for part in parts)


Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Config = Annotated[Path, Parameter(name="--config")]
MemberHome = Annotated[Path, Parameter(name=("--member", "--config"), metavar="DIR")]
MemberHomes = Annotated[tuple[Path, ...], Parameter(name=("--member", "--config"), metavar="DIR", negative="")]
Codes = Annotated[tuple[str, ...], Parameter(converter=_codes, n_tokens=1, negative="", metavar="CODES")]
Audience = Annotated[tuple[str, ...], Parameter(converter=_audience, n_tokens=1, negative="", metavar="CODES")]
Pairs = Annotated[
    tuple[tuple[str, str], ...], Parameter(converter=_pairs, n_tokens=1, negative="", metavar="CODE-CODE")
]
Moment = Annotated[datetime | None, Parameter(converter=_moment, n_tokens=1, metavar="TIME")]
Span = Annotated[timedelta, Parameter(converter=_span, n_tokens=1, metavar="TIME")]
Address = Annotated[str, Parameter(converter=_address, n_tokens=1, metavar="HOST:PORT")]
AddressList = Annotated[str, Parameter(converter=_addresses, n_tokens=1, metavar="HOST:PORT[,...]")]

HERE = Path("member.toml")


def member_file(path: Path) -> Path:
    """Return the TOML that a path means: the file itself, or ``member.toml`` in a folder."""
    return path / "member.toml" if path.is_dir() else path
