"""Who may have a record, and in which world it lives: the lattice of markings and the rule of statuses.

Combining never widens. ``combine`` is associative, commutative and idempotent, and its result is at most as
wide as each of its parts; the only widening is a signed ``exchange.downgrade`` (spec 2 and 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache, reduce
from typing import Literal

import msgspec

from tocsin.errors import MarkingError, StatusMixError

PUBLIC = "PUBLIC"
"""Stands alone in ``releasable_to`` for everybody."""

ORCON = "ORCON"
"""Caveat: what derives from the record stays with the member that derived it."""

KNOWN_CAVEATS = frozenset({ORCON})

_MEMBER = re.compile(r"[A-Z]{3}")
_CAVEAT = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
_EXERCISE = re.compile(r"exercise:[a-z0-9][a-z0-9-]{0,63}")


class PublicWarning(Enum):
    """Whether a record may become a warning to the public; ``ASK`` means a person decides."""

    NO = "no"
    ASK = "ask"
    YES = "yes"


class Tlp(Enum):
    """Traffic Light Protocol 2.0 labels (FIRST, August 2022), widest first."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"


_PUBLIC_ORDER = tuple(PublicWarning)
_TLP_ORDER = tuple(Tlp)


class Marking(msgspec.Struct, frozen=True, kw_only=True):
    """Who may have a record and what may be done with it (spec 2).

    Raises:
        MarkingError: The members are unsorted, doubled or malformed, or ``PUBLIC`` does not stand alone.
    """

    releasable_to: tuple[str, ...]
    """Members by ISO 3166-1 alpha-3, sorted, the originator among them; or ``PUBLIC`` alone."""
    public_warning: PublicWarning = PublicWarning.NO
    tlp: Tlp | None = None
    """For cyber records."""
    caveats: tuple[str, ...] = ()
    """Sorted. A caveat that a program does not know means: this member only."""

    def __post_init__(self) -> None:
        few = len(self.releasable_to) + len(self.caveats) <= _FEW
        (_require_known if few else _require_marking)(self.releasable_to, self.caveats)

    @property
    def audience(self) -> str:
        """The members in one word, ``JPN-KOR-USA``, as it stands in what is signed."""
        return "-".join(self.releasable_to)

    def allows(self, members: Iterable[str]) -> bool:
        """Tell whether every one of the members may have the record."""
        return self.releasable_to == (PUBLIC,) or set(members) <= set(self.releasable_to)


def _require_marking(releasable_to: tuple[str, ...], caveats: tuple[str, ...]) -> None:
    if PUBLIC in releasable_to:
        if releasable_to != (PUBLIC,):
            raise MarkingError("PUBLIC stands alone in releasable_to")
    elif not all(_MEMBER.fullmatch(code) for code in releasable_to):
        raise MarkingError(f"releasable_to holds a code that is not three capital letters: {releasable_to}")
    if list(releasable_to) != sorted(set(releasable_to)):
        raise MarkingError(f"releasable_to must be sorted and without doubles: {releasable_to}")
    if not all(_CAVEAT.fullmatch(caveat) for caveat in caveats):
        raise MarkingError(f"a caveat is capitals, digits and hyphens: {caveats}")
    if list(caveats) != sorted(set(caveats)):
        raise MarkingError(f"caveats must be sorted and without doubles: {caveats}")


_FEW = 32
"""Longer ones are not remembered: a peer may send any, and thousands of them must not fill our memory."""

# a federation has few markings, and every record that comes in bears one of them
_require_known = lru_cache(maxsize=1024)(_require_marking)


def marking_for(*members: str, public_warning: PublicWarning = PublicWarning.NO) -> Marking:
    """Make the marking for some members, in whatever order they are named."""
    return Marking(releasable_to=tuple(sorted(set(members))), public_warning=public_warning)


def combine(first: Marking, second: Marking) -> Marking:
    """Return the widest marking that widens neither of the two (spec 2.3).

    ``releasable_to`` may come out empty: then nobody may have the combination, and no record can carry it.
    """
    if first.releasable_to == (PUBLIC,):
        members = second.releasable_to
    elif second.releasable_to == (PUBLIC,):
        members = first.releasable_to
    else:
        members = tuple(sorted(set(first.releasable_to) & set(second.releasable_to)))
    labels = [label for label in (first.tlp, second.tlp) if label is not None]
    return Marking(
        releasable_to=members,
        public_warning=min(first.public_warning, second.public_warning, key=_PUBLIC_ORDER.index),
        tlp=max(labels, key=_TLP_ORDER.index) if labels else None,
        caveats=tuple(sorted({*first.caveats, *second.caveats})),
    )


def derive(member: str, sources: Iterable[Marking]) -> Marking:
    """Return the widest marking for what a member derives from records that it holds (spec 2.4).

    Raises:
        MarkingError: There are no sources, or the member may not have one of them.
    """
    parts = list(sources)
    if not parts:
        raise MarkingError("a derived record needs at least one source")
    whole = reduce(combine, parts)
    if not whole.allows([member]):
        raise MarkingError(f"{member} may not have every source: {whole.audience or 'nobody may'}")
    if whole.caveats:  # ORCON, and whatever this program does not know
        return msgspec.structs.replace(whole, releasable_to=(member,), public_warning=PublicWarning.NO)
    return whole


def unknown_caveats(marking: Marking) -> tuple[str, ...]:
    """Return the caveats that this program does not know: each means "this member only" (spec 2.5)."""
    return tuple(caveat for caveat in marking.caveats if caveat not in KNOWN_CAVEATS)


def is_within(inner: Marking, outer: Marking) -> bool:
    """Tell whether ``inner`` is at most as wide as ``outer`` in every part."""
    return combine(inner, outer) == inner


StatusClass = Literal["actual", "exercise", "test"]


@lru_cache(maxsize=1024)
def status_class(status: str) -> StatusClass:
    """Return ``actual``, ``exercise`` or ``test``.

    Raises:
        StatusMixError: The text is no status.
    """
    if status in ("actual", "test"):
        return status  # type: ignore[return-value]  # narrowed by the test above
    if _EXERCISE.fullmatch(status):
        return "exercise"
    raise StatusMixError(
        f"{status[:80]!r} is no status", advice="Use actual, test or exercise:<id> (small letters, digits, hyphens)"
    )


def combine_status(first: str, second: str) -> str:
    """Return the status of what derives from both: an exercise claims whatever it touches (spec 3.2).

    Raises:
        StatusMixError: Two exercises, or a test with anything else.
    """
    classes = {status_class(first), status_class(second)}
    if first == second:
        return first
    if classes == {"actual", "exercise"}:
        return first if status_class(first) == "exercise" else second
    raise StatusMixError(f"{first} and {second} may never be combined")
