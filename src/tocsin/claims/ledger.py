"""All claims, items, links, judgements and records of cargo that a member holds of one status, as of any moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.claims.origins import Ref, names_of
from tocsin.errors import StatusMixError
from tocsin.markings import Marking
from tocsin.records import (
    Admitted,
    CargoCount,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimSource,
    Judgement,
    Movement,
    Question,
    Reach,
    RecordRef,
    Vessel,
    Weighing,
)

KINDS = (
    "claims.source", "claims.item", "claims.claim", "claims.link", "claims.judgement", "claims.question",
    "claims.weighing", "cargo.vessel", "cargo.movement", "cargo.count", "cargo.reach",
)  # fmt: skip
"""What a ledger holds: claims, and the evidence of cargo that is told beside them."""

Body = (
    ClaimSource | ClaimItem | Claim | ClaimLink | Judgement | Question | Weighing
    | Vessel | Movement | CargoCount | Reach
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """One record of the ledger; a later one may take its place."""

    ref: Ref
    admitted_at: datetime
    issued_at: datetime
    marking: Marking
    body: Any
    cites: tuple[str, ...]
    """Where it is published."""
    synthetic: bool

    @property
    def originator(self) -> str:
        """The member that vouches for it."""
        return self.ref[0]


def ref_of(ref: RecordRef) -> Ref:
    """Return a reference as the ledger keeps it."""
    return (ref.originator, ref.record)


class Ledger:
    """An index; records may come in any order, and what comes twice is one.

    A record and those that supersede it are a *thread*, and whoever names one of them means the thread.

    Args:
        status: ``actual``, ``test`` or ``exercise:<id>``; a ledger holds no other.
    """

    def __init__(self, status: str) -> None:
        self.status = status
        self._versions: dict[Ref, Version] = {}
        self._before: dict[Ref, Ref] = {}
        self._after: defaultdict[Ref, list[Ref]] = defaultdict(list)
        self._taken_back: defaultdict[Ref, list[tuple[datetime, Ref]]] = defaultdict(list)
        """When a record was taken back, and by which record."""
        self._about: defaultdict[Ref, list[Ref]] = defaultdict(list)
        """What links to, judges or weighs a record."""
        self._names: defaultdict[str, list[Ref]] = defaultdict(list)
        """Own items by each name of their origin."""

    def __len__(self) -> int:
        return len(self._versions)

    def take(self, entry: Admitted) -> None:
        """Add one record; of a kind that is not the ledger's it takes nothing.

        Raises:
            StatusMixError: It is of another status.
        """
        record = entry.record
        if record.kind not in KINDS:
            return
        if record.status != self.status:
            raise StatusMixError(f"{record.id} is of status {record.status}, the ledger of {self.status}")
        ref = (record.originator, record.id)
        if ref in self._versions:
            return
        if record.cancels is not None:
            self._taken_back[(record.originator, record.cancels)].append((entry.admitted_at, ref))
            return
        if record.supersedes is not None and record.supersedes != record.id:
            self._before[ref] = (record.originator, record.supersedes)
            self._after[(record.originator, record.supersedes)].append(ref)
        body = entry.body
        self._versions[ref] = Version(
            ref=ref, admitted_at=entry.admitted_at, issued_at=record.issued_at, marking=record.marking, body=body,
            cites=tuple(source.cites for source in record.sources if source.cites), synthetic=record.synthetic,
        )  # fmt: skip
        for named in _names(body):
            self._about[named].append(ref)
        if isinstance(body, ClaimItem) and body.basis == "own":
            for name in names_of(ref, body):
                self._names[name].append(ref)

    def had(self, ref: Ref, moment: datetime | None = None) -> bool:
        """Tell whether this one version had come in at a moment, whatever became of it."""
        version = self._versions.get(ref)
        return version is not None and (moment is None or version.admitted_at <= moment)

    def refs(self) -> list[Ref]:
        """Return every thread by the id of its first version."""
        return [ref for ref in self._versions if ref not in self._before]

    def thread(self, ref: Ref) -> tuple[Ref, ...]:
        """Return the ids that mean the same as this one, the first version's first."""
        if ref not in self._before and ref not in self._after:
            return (ref,)  # nearly all
        root, seen = ref, {ref}
        while (before := self._before.get(root)) is not None and before not in seen:
            root = before
            seen.add(root)
        refs = dict.fromkeys([root])
        waiting = [root]
        while waiting:
            for after in self._after.get(waiting.pop(), ()):
                if after not in refs:
                    refs[after] = None
                    waiting.append(after)
        return tuple(refs)

    def at(self, ref: Ref, moment: datetime | None = None) -> Version | None:
        """Return the version of a thread that stood at a moment, as it was known here then.

        Args:
            ref: Any record of the thread.
            moment: UTC; None: now, with all that came in.

        Returns:
            None if nothing of it had come in, or it had been taken back.
        """
        refs = self.thread(ref)
        if len(refs) == 1 and ref not in self._taken_back:
            only = self._versions.get(ref)
            return only if only is None or moment is None or only.admitted_at <= moment else None
        known = [version for version in self.history(ref) if moment is None or version.admitted_at <= moment]
        if not known or any(self._was_taken_back(each, moment) for each in refs):
            return None
        replaced = {self._before.get(version.ref) for version in known}
        standing = [version for version in known if version.ref not in replaced] or known
        return max(standing, key=lambda version: (version.issued_at, version.ref))

    def _was_taken_back(self, ref: Ref, moment: datetime | None) -> bool:
        return any(moment is None or at <= moment for at, _ in self._taken_back.get(ref, ()))

    def about(self, ref: Ref, moment: datetime | None = None) -> Iterator[Version]:
        """Yield what links to, judges or weighs a record, each as it stood at a moment, in the order of coming in."""
        seen: set[Ref] = set()
        found: list[Version] = []
        for each in self.thread(ref):
            for near in self._about.get(each, ()):
                version = self.at(near, moment)
                if version is not None and version.ref not in seen:
                    seen.add(version.ref)
                    found.append(version)
        yield from sorted(found, key=lambda version: (version.admitted_at, version.ref))

    def history(self, ref: Ref) -> Iterator[Version]:
        """Yield every version of a thread that came in, oldest first."""
        versions = (self._versions[each] for each in self.thread(ref) if each in self._versions)
        yield from sorted(versions, key=lambda version: (version.admitted_at, version.ref))

    def everything_about(self, ref: Ref) -> Iterator[Version]:
        """Yield every version, also those replaced or taken back since, of what was ever said of a record."""
        seen: set[Ref] = set()
        for each in self.thread(ref):
            for near in self._about.get(each, ()):
                for version in self.history(near):
                    if version.ref not in seen:
                        seen.add(version.ref)
                        yield version

    def taken_back_at(self, ref: Ref) -> datetime | None:
        """Return when a thread was taken back, or None."""
        return min((at for at, _ in self.cancellations(ref)), default=None)

    def cancellations(self, ref: Ref) -> list[tuple[datetime, Ref]]:
        """Return when a thread was taken back, and by which records."""
        return [each for one in self.thread(ref) for each in self._taken_back.get(one, ())]

    def item(self, ref: Ref, moment: datetime | None = None) -> ClaimItem | None:
        """Return an item as it stood at a moment; None also if the record is something else."""
        version = self.at(ref, moment)
        return version.body if version is not None and isinstance(version.body, ClaimItem) else None

    def source_name(self, item: ClaimItem, moment: datetime | None = None) -> str:
        """Return the name of an item's source as it stood at a moment; empty if it names none that is held."""
        source = self.at(ref_of(item.source), moment) if item.source is not None else None
        return source.body.name if source is not None and isinstance(source.body, ClaimSource) else ""

    def same_origin(self, name: str, moment: datetime | None = None) -> str:
        """Return the one name, the least, of all names of an origin: an item of basis ``own`` joins its names."""
        names, waiting = {name}, [name]
        while waiting:
            for ref in self._names.get(waiting.pop(), ()):
                item = self.item(ref, moment)
                for other in names_of(ref, item) if item is not None and item.basis == "own" else ():
                    if other not in names:
                        names.add(other)
                        waiting.append(other)
        return min(names)

    def joined_origins(self, name: str) -> set[Ref]:
        """Return the own items that an origin's names join, at whatever time."""
        found: set[Ref] = set()
        names, waiting = {name}, [name]
        while waiting:
            for ref in self._names.get(waiting.pop(), ()):
                found.add(ref)
                for other in names_of(ref, self._versions[ref].body):
                    if other not in names:
                        names.add(other)
                        waiting.append(other)
        return found

    def every(self, body: type[Body], moment: datetime | None = None) -> Iterator[Version]:
        """Yield what stood at a moment of one kind, in the order of coming in."""
        seen: set[Ref] = set()
        for version in list(self._versions.values()):
            if isinstance(version.body, body):
                standing = self.at(version.ref, moment)
                if standing is not None and standing.ref not in seen:
                    seen.add(standing.ref)
                    yield standing


def _names(body: Body) -> Iterable[Ref]:
    match body:
        case ClaimLink():
            return dict.fromkeys((ref_of(body.to), ref_of(body.of)))
        case Judgement():
            return (ref_of(body.claim),)
        case Weighing():
            return dict.fromkeys((ref_of(body.question), ref_of(body.evidence)))
        case Reach():
            return () if body.vessel is None else (ref_of(body.vessel),)
        case Movement() | CargoCount():
            return dict.fromkeys(map(ref_of, body.rests_on))
        case _:
            return ()
