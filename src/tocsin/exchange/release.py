"""The door outward: a record becomes ``Released`` to one destination, or ``Held`` with a reason (spec 8).

The only place that makes ``Released``. Whatever leaves, to a peer, a terminal or a file, leaves here.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeVar

from tocsin.exchange.frames import only_records
from tocsin.markings import PUBLIC, PublicWarning, unknown_caveats
from tocsin.records import (
    Admitted,
    AdmittedFrame,
    BundleFile,
    ChainId,
    FrameRef,
    Held,
    Operator,
    Outlet,
    Peer,
    PublicChannel,
    Released,
    WatchFloor,
)
from tocsin.signing import Roster

TO_PUBLIC = ("alerts.alert", "alerts.test")
"""The kinds that the public gets: what people confirmed, and tests of channels, which are told as nothing else."""

O = TypeVar("O", bound=Operator | WatchFloor | Outlet | BundleFile)  # noqa: E741 - an outlet


def release_to_peer(
    data: bytes, ref: FrameRef, peer: Peer, kind: str, *, is_again: bool = False
) -> Released[Peer]:  # fmt: skip
    """Let a sealed frame go to a peer that its audience names, again if it was asked for.

    Raises:
        ValueError: The peer is not in the audience: our own mistake, never a matter of policy.
    """
    if peer.code not in (members := ref.chain.members) and members != (PUBLIC,):
        raise ValueError(f"{peer.code} is not in the audience {ref.chain.audience}")
    return Released(destination=peer, data=data, ref=ref, kind=kind, is_control=ref.number == 0, is_again=is_again)


def release_record(admitted: Admitted, outlet: O) -> Released[O] | Held:
    """Let one record go to a terminal, a page or a file whose whole audience may have it."""
    record = admitted.record
    members = outlet.audience if isinstance(outlet, (BundleFile, Outlet)) else (outlet.member,)
    if isinstance(outlet, (BundleFile, Outlet)) and (unknown := unknown_caveats(record.marking)):
        return Held(record.id, record.kind, outlet, "marking", f"caveat {unknown[0]} is not known here", record)
    if not members or not record.marking.allows(members):
        return Held(record.id, record.kind, outlet, "marking", f"{record.marking.audience} does not cover it", record)
    return Released(destination=outlet, data=admitted.raw, ref=admitted.frame, kind=record.kind)


def release_to_public(admitted: Admitted, channel: PublicChannel) -> Released[PublicChannel] | Held:
    """Let an alert, or a test, go to the public by one channel: nothing else, and only where its marking allows it.

    That people have confirmed it, and all else that has to hold, is for ``alerts`` to see to before this.
    """
    record = admitted.record
    if record.kind not in TO_PUBLIC or record.marking.public_warning is PublicWarning.NO:
        return Held(record.id, record.kind, channel, "marking", "it is no alert that may be told to the public", record)
    if unknown := unknown_caveats(record.marking):
        return Held(record.id, record.kind, channel, "marking", f"caveat {unknown[0]} is not known here", record)
    return Released(destination=channel, data=admitted.raw, ref=admitted.frame, kind=record.kind)


def release_frame(frame: AdmittedFrame, outlet: BundleFile) -> Released[BundleFile] | Held:
    """Let a whole frame go into a bundle whose whole audience may have it."""
    members = frame.ref.chain.members
    kind = frame.records[0].record.kind if frame.records else ""
    unknown = [caveat for admitted in frame.records for caveat in unknown_caveats(admitted.record.marking)]
    if unknown:
        return Held(frame.ref.hash, kind, outlet, "marking", f"caveat {unknown[0]} is not known here")
    if not outlet.audience or (members != (PUBLIC,) and not set(outlet.audience) <= set(members)):
        return Held(frame.ref.hash, kind, outlet, "marking", f"{frame.ref.chain.audience} does not cover it")
    return Released(destination=outlet, data=frame.data, ref=frame.ref, kind=kind)


def release_part(frame: AdmittedFrame, outlet: BundleFile, indexes: AbstractSet[int]) -> Released[BundleFile] | Held:
    """Let some records of a frame go into a bundle; of the others the digests alone, with which the signature holds.

    Args:
        frame: With all its records.
        outlet: For whom the bundle is.
        indexes: Places of the records that go.
    """
    whole = release_frame(frame, outlet)
    if isinstance(whole, Held):
        return whole
    return replace(whole, data=only_records(frame.data, indexes))


def reachable(roster: Roster, member: str, audience: tuple[str, ...]) -> frozenset[str]:
    """Return the members of an audience that frames reach over members of the same audience alone (spec 10.2)."""
    inside = set(roster.codes) if audience == (PUBLIC,) else set(audience) & set(roster.codes)
    found = {member}
    edge = [member]
    while edge:
        nearer = edge.pop()
        for code in roster.neighbours(nearer):
            if code in inside and code not in found:
                found.add(code)
                edge.append(code)
    return frozenset(found - {member})


def next_hops(roster: Roster, member: str, chain: ChainId, via: str) -> tuple[str, ...]:
    """Return the neighbours to whom a member passes a frame on, unchanged (spec 10.3).

    For a frame of its own these are all neighbours in the audience. For another's, those that are not linked to
    the originator themselves; never the one that it came from.
    """
    inside = set(roster.codes) if chain.members == (PUBLIC,) else set(chain.members)
    hops = [code for code in roster.neighbours(member) if code in inside and code not in (via, chain.originator)]
    if chain.originator == member:
        return tuple(hops)
    direct = set(roster.neighbours(chain.originator))
    return tuple(code for code in hops if code not in direct)
