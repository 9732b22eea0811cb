"""What members kept from others in an exercise, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.exercise.holding import Holding, Known
from tocsin.exercise.results import WithheldGroup
from tocsin.records import BundleFile, Destination, Operator, Outlet, Peer, PublicChannel, WatchFloor


def kept_back(holdings: Iterable[Holding], entries: Iterable[Known]) -> tuple[WithheldGroup, ...]:
    """Return what was withheld, in groups of one kind, destination and reason; the most numerous first.

    Args:
        holdings: Of those who withheld.
        entries: From ``known``: what is withheld of other worlds is passed over.
    """
    ours: Mapping[tuple[str, str], Known] = {one.key: one for one in entries}
    groups: dict[tuple[str, str, str, str, str], list[datetime]] = defaultdict(list)
    for holding in holdings:
        for item in holding.withheld:
            held = item.held
            if (holding.member, held.record_id) in ours:
                key = (holding.member, held.kind, _words(held.destination), held.reason, held.detail)
                groups[key].append(item.held_at)
    found = (
        WithheldGroup(
            member=member, kind=kind, destination=destination, reason=reason, detail=detail, count=len(times),
            first_at=min(times), last_at=max(times),
        )
        for (member, kind, destination, reason, detail), times in groups.items()
    )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (-each.count, each.member, each.kind, each.destination, each.reason)))


def _words(destination: Destination) -> str:
    match destination:
        case Peer(code):
            return code
        case Operator() | WatchFloor():
            return "its own people"
        case Outlet(name, _):
            return name
        case PublicChannel(name):
            return f"the public ({name})"
        case BundleFile(audience):
            return f"a file for {', '.join(audience)}"
