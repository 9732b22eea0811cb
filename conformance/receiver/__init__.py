"""The receiving side of the Tocsin protocol, written from ``spec/tocsin.md`` and ``spec/schema`` alone.

A second implementation, so that whoever writes a third sees how little it takes, and so that two readers can be held
against each other. It keeps all in memory, shares nothing with the first, and needs ``cryptography`` for Ed25519.
Numbers in brackets are clauses of the specification.
"""

from conformance.receiver.proof import prove
from conformance.receiver.reader import Frame, Receiver, Trust, digest_of, next_hops

__all__ = ["Frame", "Receiver", "Trust", "digest_of", "next_hops", "prove"]
