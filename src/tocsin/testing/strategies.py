"""Hypothesis strategies for what travels: markings, statuses, records and frames, well-formed but odd.

For rooms and desks that take records, so that their laws are tried with more than the usual ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st

from tocsin.codec import encode
from tocsin.exchange.frames import Place, seal_frame
from tocsin.markings import ORCON, PUBLIC, Marking, PublicWarning, Tlp, status_class
from tocsin.records import (
    ChainId,
    Detection,
    Launch,
    LaunchPoint,
    Position,
    Precedence,
    Record,
    SameEvent,
    Source,
)
from tocsin.signing import ROLE_OF_STATUS, KeyRole, PrivateKey

CODES = ("AUS", "JPN", "KOR", "USA")

moments: st.SearchStrategy[datetime] = st.integers(0, 100 * 365 * 86_400 * 1_000_000).map(
    lambda microseconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
"""UTC, microseconds."""

statuses: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(["actual", "test"]), st.from_regex(r"exercise:[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
)

ids: st.SearchStrategy[str] = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,40}", fullmatch=True)

kinds: st.SearchStrategy[str] = st.from_regex(r"[a-z][a-z0-9-]{0,8}\.[a-z][a-z0-9_]{0,8}", fullmatch=True)


def audiences(must: Sequence[str] = (), codes: Sequence[str] = CODES) -> st.SearchStrategy[tuple[str, ...]]:
    """Return sorted members with some among them for certain."""
    return st.sets(st.sampled_from(sorted(codes))).map(lambda found: tuple(sorted({*found, *must})))


def markings(must: Sequence[str] = (), codes: Sequence[str] = CODES) -> st.SearchStrategy[Marking]:
    """Return markings, some public, that release to certain members at least."""
    return st.builds(
        Marking,
        releasable_to=st.one_of(audiences(must, codes), st.just((PUBLIC,))),
        public_warning=st.sampled_from(PublicWarning),
        tlp=st.one_of(st.none(), st.sampled_from(Tlp)),
        caveats=st.sets(st.sampled_from([ORCON, "EYES-ONLY", "X9"])).map(lambda found: tuple(sorted(found))),
    )


positions: st.SearchStrategy[Position] = st.builds(
    Position,
    lat_deg=st.floats(-90, 90),
    lon_deg=st.floats(-180, 180),
    altitude_m=st.floats(-500, 4e7),
)

detections: st.SearchStrategy[Detection] = st.one_of(
    st.builds(
        Detection,
        sensor_id=st.text(max_size=20),
        sensor=positions,
        range_m=st.floats(1.0, 1e7),
        range_sigma_m=st.floats(0.1, 1e4),
        azimuth_deg=st.floats(0, 360, exclude_max=True),
        elevation_deg=st.floats(-90, 90),
        range_rate_mps=st.floats(-1e4, 1e4),
        range_rate_sigma_mps=st.floats(0.01, 1e3),
        angle_sigma_deg=st.floats(1e-4, 10),
        bias_sigma_deg=st.floats(0, 1),
        independence_group=st.text(max_size=20),
    ),
    st.builds(Detection, position=positions, position_sigma_m=st.floats(1, 1e5)),
)

launches: st.SearchStrategy[Launch] = st.builds(
    Launch,
    event_id=ids,
    stage=st.sampled_from(["detected", "assessed"]),
    revision=st.integers(1, 1000),
    launch_point=st.one_of(
        st.none(),
        st.builds(LaunchPoint, lat_deg=st.floats(-90, 90), lon_deg=st.floats(-180, 180), radius_km=st.floats(2, 500)),
    ),
    launched_at=st.one_of(st.none(), moments),
    label=st.text(max_size=40),
    areas=st.lists(ids, max_size=4).map(tuple),
)

same_events: st.SearchStrategy[SameEvent] = st.tuples(ids, ids, st.text(max_size=40)).filter(
    lambda found: found[0] != found[1]
).map(lambda found: SameEvent(event_id=min(found[:2]), alias=max(found[:2]), gate=found[2]))  # fmt: skip

json_values: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False),
              st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=10,
)  # fmt: skip
"""Anything that JSON can say, floats finite."""

opaque_bodies: st.SearchStrategy[object] = st.dictionaries(st.text(max_size=8), json_values, max_size=5)

bodies: st.SearchStrategy[tuple[str, object]] = st.one_of(
    st.tuples(st.just("warning.detection"), detections),
    st.tuples(st.just("warning.launch"), launches),
    st.tuples(st.just("warning.same_event"), same_events),
    st.tuples(kinds.filter(lambda kind: not kind.startswith(("warning.", "exchange."))), opaque_bodies),
)
"""A kind with a body that it allows; some kinds nobody knows."""


@st.composite
def records(
    draw: st.DrawFn,
    originator: str = "KOR",
    *,
    audience: Sequence[str] | None = None,
    status: str | None = None,
    precedence: Precedence | None = None,
) -> Record:
    """Return records of one member, with what is given and anything else.

    Args:
        draw: Hypothesis' own.
        originator: The member.
        audience: Sorted, the originator among them; any marking with the originator unless given.
        status: As in ``Record``.
        precedence: As in ``Record``.
    """
    kind, body = draw(bodies)
    marking = draw(markings([originator])) if audience is None else Marking(releasable_to=tuple(audience))
    return Record(
        kind=kind, id=draw(ids), originator=originator, marking=marking, status=status or draw(statuses),
        precedence=precedence or draw(st.sampled_from(Precedence)), issued_at=draw(moments),
        observed_at=draw(st.one_of(st.none(), moments)), expires_at=draw(st.one_of(st.none(), moments)),
        synthetic=draw(st.booleans()),
        sources=tuple(draw(st.lists(st.builds(Source, cites=st.text(min_size=1, max_size=20)), max_size=2))),
        supersedes=draw(st.one_of(st.none(), ids)), cancels=draw(st.one_of(st.none(), ids)),
        body=msgspec.Raw(encode(body)),
    )  # fmt: skip


@st.composite
def frames(
    draw: st.DrawFn,
    keys: Callable[[str, KeyRole], PrivateKey],
    originator: str = "KOR",
    *,
    audience: Sequence[str] = ("JPN", "KOR", "USA"),
    status: str | None = None,
) -> tuple[bytes, list[Record]]:
    """Return a first frame of an epoch, properly sealed, with the records in it.

    Args:
        draw: Hypothesis' own.
        keys: Gives a member's private key of a role.
        originator: The member.
        audience: Sorted, the originator among them.
        status: As in ``Record``; any unless given.
    """
    status = status or draw(statuses)
    precedence = draw(st.sampled_from(Precedence))
    inside = draw(
        st.lists(records(originator, audience=audience, status=status, precedence=precedence), min_size=1, max_size=4)
    )
    place = Place(
        ChainId(originator, "-".join(audience), status, precedence), "20260101T000000.000000Z-00000000", 1, "", None,
        draw(moments),
    )  # fmt: skip
    key = keys(originator, ROLE_OF_STATUS[status_class(status)])
    frame = seal_frame(place, [encode(record) for record in inside], key, draw(_random_bytes()))
    return frame.data, inside


@st.composite
def _random_bytes(draw: st.DrawFn) -> Callable[[int], bytes]:
    seed = draw(st.binary(min_size=4, max_size=4))
    return lambda count: (seed * count)[:count]
