"""What a new record may claim, given what it was made from (spec 2.4 and 3.2)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from tocsin.errors import NotReleasableError, StatusMixError
from tocsin.markings import Marking, combine, combine_status, derive, is_within
from tocsin.records import Record

REMEMBERED = 100_000
_AMBIGUOUS = ""


@dataclass(frozen=True)
class Label:
    """What derivation needs to know of a record."""

    marking: Marking
    status: str
    synthetic: bool


LookUp = Callable[[str, str], Label | None]
"""Returns the label of a record that the store holds, by id and originator; without one, of all that bear the id."""


class Labels:
    """Markings and statuses of the records that a member holds, the newest in memory, all in the store."""

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._recent: OrderedDict[tuple[str, str], Label] = OrderedDict()
        """By originator and id."""
        self._originators: set[str] = set()
        """Of any record remembered; no more than there are members."""
        self._last: Label | None = None

    def note(self, record: Record) -> None:
        """Remember a record.

        If an originator gives two records one id, a record that rests on it answers to both.
        """
        key = record.originator, record.id
        self._recent[key] = both(self._recent.get(key), self.label_of(record))
        self._originators.add(record.originator)
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)

    def label_of(self, record: Record) -> Label:
        """Return what derivation needs to know of a record: one object for a run of records that are marked alike."""
        last = self._last
        if (
            last is None
            or last.status != record.status
            or last.synthetic is not record.synthetic
            or last.marking != record.marking
        ):
            last = self._last = Label(record.marking, record.status, record.synthetic)
        return last

    def require_derived(self, member: str, record: Record, beside: Mapping[str, Label]) -> None:
        """Check a new record against its parents.

        Args:
            member: Who derives it.
            record: The new record.
            beside: Labels of the member's new records that come with it and that it may rest on, by id.

        Raises:
            NotReleasableError: A parent is not held, or the record would go further than a parent may.
            StatusMixError: The parents' statuses may not meet, or the record's is not theirs.
            MarkingError: The member may not have a parent.
        """
        if not record.sources:
            return
        parents = []
        for source in record.sources:
            if source.record is None:
                continue
            near = beside.get(source.record) if source.originator in ("", member) else None
            held = self._held(source.record, source.originator)
            label = strictest(found for found in (near, held) if found is not None)
            if label is None:
                of = f" of {source.originator}" if source.originator else ""
                raise NotReleasableError(f"{record.id} rests on {source.record}{of}, which is not held")
            if label.status == _AMBIGUOUS:
                raise StatusMixError(
                    f"{record.id} rests on {source.record}, the id of two records of different status",
                    advice="Name the originator of the record that is meant",
                )
            parents.append(label)
        if not parents:
            return
        widest = derive(member, [parent.marking for parent in parents])
        if not is_within(record.marking, widest):
            raise NotReleasableError(
                f"{record.id} is marked {record.marking.audience}, its sources allow {widest.audience}",
                advice="Only a releaser's downgrade widens a marking",
            )
        status = reduce(combine_status, [parent.status for parent in parents])
        if record.status != status:
            raise StatusMixError(f"{record.id} has status {record.status}, its sources have {status}")
        if any(parent.synthetic for parent in parents) and not record.synthetic:
            raise StatusMixError(f"{record.id} rests on simulated records and does not say so")

    def _held(self, record_id: str, originator: str) -> Label | None:
        """Return the label of a record that is held; without an originator, that of all that bear the id (spec 2.4).

        Ids are anybody's to choose: whoever names the originator is out of reach of another that takes the id, and
        whoever does not answers to every one, also to those that the store alone still knows.
        """
        if originator:
            return self._recent.get((originator, record_id)) or self._look_up(record_id, originator)
        recent = (self._recent.get((each, record_id)) for each in self._originators)
        return strictest(found for found in (*recent, self._look_up(record_id, "")) if found is not None)


def strictest(labels: Iterable[Label]) -> Label | None:
    """Return the label that answers to all of these; None if there is none."""
    return reduce(both, labels, None)


def both(first: Label | None, second: Label) -> Label:
    """Return the label that answers to two, if there are two."""
    if first is None or first is second or first == second:
        return second
    return Label(
        marking=combine(first.marking, second.marking),
        status=first.status if first.status == second.status else _AMBIGUOUS,
        synthetic=first.synthetic or second.synthetic,
    )
