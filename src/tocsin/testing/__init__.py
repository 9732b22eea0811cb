"""The test kit that ships with Tocsin: federations without files or servers, and Hypothesis strategies.

``federation`` and ``memory`` need nothing but Tocsin; ``strategies`` needs the extra ``testing`` (Hypothesis).
"""

from tocsin.testing.federation import TestFederation, make_federation
from tocsin.testing.memory import Arrival, MemoryFederation, MemoryMember, Wire

__all__ = ["Arrival", "MemoryFederation", "MemoryMember", "TestFederation", "Wire", "make_federation"]
