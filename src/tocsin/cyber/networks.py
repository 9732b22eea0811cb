"""Addresses and networks of IPv4 and IPv6, as numbers."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import NamedTuple


class Network(NamedTuple):
    """A block of addresses; one address is a block as long as its version has bits."""

    bits: int
    """Of an address: 32 or 128."""
    first: int
    """With no bit set behind the prefix."""
    prefix: int

    def holds(self, other: Network) -> bool:
        """Tell whether the other lies in this one, or is the same."""
        if self.bits != other.bits or self.prefix > other.prefix:
            return False
        return other.first >> (self.bits - self.prefix) == self.first >> (self.bits - self.prefix)


_OCTETS = {str(number): number for number in range(256)}


@lru_cache(maxsize=4096)
def network_of(text: str) -> Network | None:
    """Read an address, or a block in CIDR notation (bits behind the prefix are dropped). None: it is neither."""
    try:
        a, b, c, d = text.split(".")
        return Network(32, _OCTETS[a] << 24 | _OCTETS[b] << 16 | _OCTETS[c] << 8 | _OCTETS[d], 32)
    except (ValueError, KeyError):  # no plain address of IPv4, of which logs are full
        pass
    address, slash, prefix = text.partition("/")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    bits = parsed.max_prefixlen
    if not slash:
        return Network(bits, int(parsed), bits)
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 3 and int(prefix) <= bits):
        return None
    behind = bits - int(prefix)
    return Network(bits, int(parsed) >> behind << behind, int(prefix))
