"""What a member said of launches before its desk was started, so that a new desk goes on with them.

A new desk takes the latest records in again, in their time, and is silent meanwhile. Then each of its events is given
the record that it stands in: the one of ours, to the same audience, whose chain names detections of the same track.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.records import Admitted, Launch, MemberTrack, Record

STEP = timedelta(seconds=1)


@dataclass(frozen=True)
class Said:
    """The latest record of ours of one launch to one audience."""

    record: Record
    launch: Launch
    has_predicted: bool
    """Whether a record of its chain predicted an impact."""
    uses: frozenset[tuple[str, str]]
    """Originators and ids of the records that its chain names as sources."""

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.launch.stage != "closed"


def said_last(history: Iterable[Admitted], member: str) -> list[Said]:
    """Return the latest record of each launch that a member spoke of, whether closed or not.

    Args:
        history: In the order of admission.
        member: Whose records are meant.
    """
    latest: dict[str, Said] = {}
    for entry in history:
        record, body = entry.record, entry.body
        if record.originator != member or record.kind != "warning.launch" or not isinstance(body, Launch):
            continue
        before = latest.pop(record.supersedes, None) if record.supersedes else None
        uses = frozenset((source.originator, source.record) for source in record.sources if source.record)
        latest[record.id] = Said(
            record,
            body,
            body.stage == "predicted" or (before is not None and before.has_predicted),
            uses if before is None else uses | before.uses,
        )
    return list(latest.values())


def told_last(history: Iterable[Admitted], member: str) -> dict[str, str]:
    """Return the id of the latest record of each track that a member told of, by track id.

    Args:
        history: In the order of admission.
        member: Whose records are meant.
    """
    return {
        entry.body.track_id: entry.record.id
        for entry in history
        if entry.record.originator == member and isinstance(entry.body, MemberTrack)
    }


def match(rests_on: Mapping[int, frozenset[tuple[str, str]]], said: Sequence[Said]) -> dict[int, Said]:
    """Find which event stands in which record, one to one, by the detections and tracks of peers that they share.

    Args:
        rests_on: Originators and ids of these, by the key of the event.
        said: To one audience.

    Returns:
        Records by the key of the event; events that nothing was said of are left out.
    """
    shared = sorted(
        ((-len(ids & each.uses), key, place) for key, ids in rests_on.items() for place, each in enumerate(said)),
    )
    found: dict[int, Said] = {}
    taken: set[int] = set()
    for count, key, place in shared:
        if count < 0 and key not in found and place not in taken:
            found[key] = said[place]
            taken.add(place)
    return found


def steps(history: Iterable[Admitted], begin: datetime, end: datetime) -> Iterator[tuple[datetime, list[Admitted]]]:
    """Yield the seconds from ``begin`` to ``end``, each by its end and with what was admitted in it.

    Every second is there, also an empty one: when an audience's picture is asked must not depend on records that the
    audience may not have.
    """
    by_step: dict[int, list[Admitted]] = {}
    for entry in history:
        by_step.setdefault((entry.admitted_at - begin) // STEP, []).append(entry)
    for number in range((end - begin) // STEP):
        yield begin + (number + 1) * STEP, by_step.get(number, [])
