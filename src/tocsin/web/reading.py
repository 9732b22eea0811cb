"""Routes that read: picture, events, records, areas, sensors, links."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from itertools import islice
from typing import Annotated

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException, ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from tocsin.codec import encode
from tocsin.store import RecordQuery, Window
from tocsin.web.floor import floor_of, person_of
from tocsin.web.formats import feature_collection, file_name, to_kml
from tocsin.web.gateway import Gateway
from tocsin.web.shapes import Alone, EventItem, LinkState, Picture, RecordItem, RecordPage, SensorItem
from tocsin.web.shown import show

MOST = 500
"""Records on one page."""

TO_COME = ("exercise.exercise", "exercise.inject")
"""Kinds that tell what is to come in an exercise, and what really flies: for its controllers until it is over."""

AnyRequest = Request[None, None, State]
_GEOJSON, _KML = "application/geo+json", "application/vnd.google-earth.kml+xml"


@get("/picture", summary="What is shown, now or as it was known here at a time")
async def picture(request: AnyRequest, known_at: FromQuery[datetime | None] = None) -> Picture:
    """Return every event with every member's assessment.

    With ``known_at`` only what had been admitted here by then counts.
    """
    gateway = _gateway(request)
    if known_at is None:
        return gateway.picture()
    return await asyncio.to_thread(gateway.picture, utc(known_at))


@get("/events", summary="The events of now")
async def events(request: AnyRequest) -> tuple[EventItem, ...]:
    """Return the events, the one that changed last first."""
    return _gateway(request).book.events()


@get("/events/{event_id:str}", summary="One event, by any id that it ever had")
async def event(request: AnyRequest, event_id: FromPath[str], status: FromQuery[str | None] = None) -> EventItem:
    """Return one event."""
    return _event(_gateway(request), event_id, status)


@get("/events/{event_id:str}/alone", summary="What this member would know of an event without its peers")
async def alone(
    request: AnyRequest,
    event_id: FromPath[str],
    status: FromQuery[str | None] = None,
    known_at: FromQuery[datetime | None] = None,
) -> Alone | None:
    """Return what follows from our own plots alone, now or by a time; null if our sensors saw nothing of it."""
    until = None if known_at is None else utc(known_at)
    return await asyncio.to_thread(_alone, _gateway(request), event_id, status, until)


@get("/records", summary="Everything admitted, page by page")
async def records(
    request: AnyRequest,
    *,
    after: FromQuery[int] = 0,
    before: FromQuery[int | None] = None,
    kind: FromQuery[str | None] = None,
    originator: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    audience: FromQuery[str | None] = None,
    event_id: FromQuery[str | None] = None,
    known_at: FromQuery[datetime | None] = None,
    since: FromQuery[datetime | None] = None,
    newest: FromQuery[bool] = True,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> RecordPage:
    """Return records without their bodies.

    ``kind`` is exact or ``room.*``, several with commas between; ``audience`` is written ``JPN-KOR-USA``.
    """
    gateway = _gateway(request)
    query = RecordQuery(
        kinds=tuple(kind.split(",")) if kind else (), originator=originator, status=status, event_id=event_id,
        as_known_at=None if known_at is None else utc(known_at), after_order=after, before_order=before,
        windows=() if since is None else (Window(time="admitted", since=utc(since)),), newest_first=newest,
    )  # fmt: skip
    return await asyncio.to_thread(_page, gateway, query, audience, limit)


@get("/records/{originator:str}/{record_id:str}", summary="One record, whole")
async def record(request: AnyRequest, originator: FromPath[str], record_id: FromPath[str]) -> RecordItem:
    """Return a record with its body."""
    gateway = _gateway(request)
    shown = await asyncio.to_thread(gateway.find, originator, record_id)
    if shown is None:
        raise NotFoundException("no such record is shown here")
    if shown.record.kind in TO_COME and gateway.book.is_open(shown.record.status):
        person_of(request, ("exercise_controller",))  # players would know what is to come
    return shown.item(whole=True)


@get("/sensors", summary="Sensors, what they cover and how far they saw")
async def sensors(request: AnyRequest) -> tuple[SensorItem, ...]:
    """Return the sensors that plots of the last hours name, and this member's own."""
    return _gateway(request).sensors()


@get("/links", summary="The links to the other members")
async def links(request: AnyRequest) -> LinkState:
    """Return how the links are, and how old that is."""
    return _gateway(request).links


@get("/export/events.geojson", summary="The picture, as GeoJSON", media_type=_GEOJSON)
async def geojson(request: AnyRequest) -> Response[bytes]:
    """Return areas, event points and positions, each with its marking and status."""
    gateway = _gateway(request)
    marking, is_replay = gateway.book.marking(), gateway.mode == "replay"
    data = encode(feature_collection(gateway.book.events(), marking, is_replay=is_replay))
    return _file(data, _GEOJSON, file_name(marking, "geojson", is_replay=is_replay))


@get("/export/events.kml", summary="The picture, as KML", media_type=_KML)
async def kml(request: AnyRequest) -> Response[bytes]:
    """Return the same for a globe."""
    gateway = _gateway(request)
    marking, is_replay = gateway.book.marking(), gateway.mode == "replay"
    data = to_kml(gateway.book.events(), marking, is_replay=is_replay)
    return _file(data, _KML, file_name(marking, "kml", is_replay=is_replay))


@get("/areas", summary="The warning areas, as GeoJSON", media_type=_GEOJSON)
async def areas() -> Response[bytes]:
    """Return the areas that a warning can name, with their outlines."""
    return Response(_areas(), media_type=_GEOJSON, headers={"Cache-Control": "max-age=86400"})


@lru_cache(maxsize=1)
def _areas() -> bytes:
    return resources.files("tocsin.warning").joinpath("data", "warning_areas.geojson").read_bytes()


def _file(data: bytes, media_type: str, name: str) -> Response[bytes]:
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _gateway(request: AnyRequest) -> Gateway:
    return floor_of(request).gateway


def _alone(gateway: Gateway, event_id: str, status: str | None, until: datetime | None) -> Alone | None:
    found = _event(gateway, event_id, status, until)
    return gateway.alone.ask(gateway.member.store, found, gateway.now(), until)


def _event(gateway: Gateway, event_id: str, status: str | None, until: datetime | None = None) -> EventItem:
    """Return an event of now, or, of an earlier time, one that now may have forgotten."""
    found = gateway.book.event(event_id, status)
    if found is None and until is not None:
        found = gateway.book_at(until).event(event_id, status)
    if found is None:
        raise NotFoundException("no such event is shown here")
    return found


def _page(gateway: Gateway, query: RecordQuery, audience: str | None, limit: int) -> RecordPage:
    found = (
        shown
        for shown in show(gateway.member.store.records(query), gateway.floor)
        if audience is None or shown.record.marking.audience == audience
    )
    items = tuple(shown.item() for shown in islice(found, limit))
    return RecordPage(records=items, next=items[-1].order if len(items) == limit else None)


def utc(moment: datetime) -> datetime:
    """Return a moment that somebody asks for, in UTC.

    Raises:
        ValidationException: It has no zone, or lies before or after all years.
    """
    if moment.tzinfo is None:
        raise ValidationException("a time needs its zone, such as 2026-01-31T04:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValidationException("a time lies between the years 1 and 9999 in UTC") from error
