"""Routes for other programs: OGC API - Features (part 1: core, 17-069r4), as QGIS and others read it.

Each outlet has an audience and a token of its own; what is not for all of its audience is not in it.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, get_args

from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, NotFoundException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter
from shapely.geometry import box, shape

from tocsin.records import Outlet
from tocsin.web.floor import Connection, floor_of
from tocsin.web.formats import COLLECTIONS, Collection, features_of, to_kml
from tocsin.web.picture import PictureBook

_GEOJSON = "application/geo+json"
_CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
_MOST = 10_000

AnyRequest = Request[None, None, State]


def has_token(connection: Connection, _: BaseRouteHandler) -> None:
    """Let in who has the outlet's token, as ``Authorization: Bearer`` or as the password of ``Basic``.

    Raises:
        NotAuthorizedException: There is no such outlet, or this is not its token: alike, so that nobody learns which.
    """
    access = floor_of(connection).outlets.get(str(connection.path_params.get("outlet")))
    if access is None or not access.opens(_token_of(connection.headers.get("authorization", ""))):
        raise NotAuthorizedException(
            "this needs the token of an outlet", headers={"WWW-Authenticate": 'Basic realm="tocsin"'}
        )


@get("/", summary="What this outlet is")
async def landing(request: AnyRequest, outlet: FromPath[str]) -> dict[str, Any]:
    """Return the landing page, with links to all else."""
    here = _here(request, outlet)
    return {
        "title": f"Tocsin, {floor_of(request).gateway.member.code}: {outlet}",
        "description": f"Released to {' '.join(_outlet(request, outlet).audience)}. Not for the use of weapons.",
        "links": [
            _link(f"{here}/", "self", "this document"),
            _link(f"{here}/conformance", "conformance", "what it keeps to"),
            _link(f"{here}/collections", "data", "collections"),
            _link("/schema/openapi.json", "service-desc", "the API", "application/vnd.oai.openapi+json;version=3.0"),
        ],
    }


@get("/conformance", summary="What this outlet keeps to")
async def conformance() -> dict[str, Any]:
    """Return the conformance classes."""
    return {"conformsTo": list(_CONFORMS)}


@get("/collections", summary="What there is")
async def collections(request: AnyRequest, outlet: FromPath[str]) -> dict[str, Any]:
    """Return the collections."""
    here = _here(request, outlet)
    links = [_link(f"{here}/collections", "self", "this document")]
    return {"links": links, "collections": [_described(here, name) for name in COLLECTIONS]}


@get("/collections/{collection:str}", summary="One sort of feature")
async def collection_(request: AnyRequest, outlet: FromPath[str], collection: FromPath[str]) -> dict[str, Any]:
    """Return what a collection holds."""
    return _described(_here(request, outlet), _known(collection))


@get("/collections/{collection:str}/items", summary="Features", media_type=_GEOJSON)
async def items(
    request: AnyRequest,
    outlet: FromPath[str],
    collection: FromPath[str],
    *,
    bbox: FromQuery[str | None] = None,
    moment: Annotated[str | None, QueryParameter(name="datetime")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 1000,
    offset: Annotated[int, QueryParameter(ge=0)] = 0,
) -> Response[dict[str, Any]]:
    """Return features, those that lie in a box and changed within an interval if these are given."""
    found = list(features_of(_book(request, outlet).events(), _known(collection)))
    if bbox is not None:
        area = _box(bbox)
        found = [feature for feature in found if shape(feature["geometry"]).intersects(area)]
    if moment is not None:
        since, until = _interval(moment)
        found = [feature for feature in found if since <= feature["properties"]["changed_at"] <= until]
    page = found[offset : offset + limit]
    here = f"{_here(request, outlet)}/collections/{collection}/items"
    links = [_link(here, "self", "this document", _GEOJSON)]
    if offset + limit < len(found):
        links.append(_link(f"{here}?offset={offset + limit}&limit={limit}", "next", "the next page", _GEOJSON))
    told = {
        "type": "FeatureCollection", "features": page, "numberMatched": len(found), "numberReturned": len(page),
        "timeStamp": _text(floor_of(request).gateway.now()), "links": links,
    }  # fmt: skip
    return Response(told, media_type=_GEOJSON)


@get("/collections/{collection:str}/items/{feature:str}", summary="One feature", media_type=_GEOJSON)
async def item(
    request: AnyRequest, outlet: FromPath[str], collection: FromPath[str], feature: FromPath[str]
) -> Response[dict[str, Any]]:
    """Return one feature."""
    for found in features_of(_book(request, outlet).events(), _known(collection)):
        if found["id"] == feature:
            here = f"{_here(request, outlet)}/collections/{collection}"
            links = [_link(f"{here}/items/{feature}", "self", "this document", _GEOJSON)]
            links.append(_link(here, "collection", "its collection"))
            return Response({**found, "links": links}, media_type=_GEOJSON)
    raise NotFoundException("no such feature is here")


@get("/events.kml", summary="Everything, as KML", media_type="application/vnd.google-earth.kml+xml")
async def kml(request: AnyRequest, outlet: FromPath[str]) -> Response[bytes]:
    """Return the picture for a globe."""
    book = _book(request, outlet)
    return Response(to_kml(book.events(), book.marking()), media_type="application/vnd.google-earth.kml+xml")


outlets_router = Router(
    "/outlets/{outlet:str}",
    guards=[has_token],
    route_handlers=[landing, conformance, collections, collection_, items, item, kml],
)


def _token_of(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _outlet(request: AnyRequest, name: str) -> Outlet:
    return floor_of(request).outlets[name].outlet


def _book(request: AnyRequest, name: str) -> PictureBook:
    return floor_of(request).gateway.outlets[_outlet(request, name)]


def _known(collection: str) -> Collection:
    if collection not in get_args(Collection):
        raise NotFoundException(f"there is no collection {collection[:40]}; there are {', '.join(COLLECTIONS)}")
    known: Collection = collection  # type: ignore[assignment]  # as was just seen
    return known


def _described(here: str, name: Collection) -> dict[str, Any]:
    return {
        "id": name, "title": name.replace("-", " "), "description": COLLECTIONS[name], "itemType": "feature",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}},
        "links": [
            _link(f"{here}/collections/{name}", "self", "this document"),
            _link(f"{here}/collections/{name}/items", "items", "features", _GEOJSON),
        ],
    }  # fmt: skip


def _here(request: AnyRequest, outlet: str) -> str:
    return f"{str(request.base_url).rstrip('/')}/outlets/{outlet}"


def _link(href: str, rel: str, title: str, kind: str = "application/json") -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}


def _box(text: str) -> Any:
    try:
        figures = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ValidationException(f"bbox holds numbers with commas between, not {text[:80]!r}") from error
    if len(figures) == 6:
        figures = [*figures[:2], *figures[3:5]]
    if len(figures) != 4 or not all(abs(figure) <= 360 for figure in figures):
        raise ValidationException("bbox is west,south,east,north in degrees")
    west, south, east, north = figures
    if west <= east:
        return box(west, south, east, north)
    return box(west, south, 180.0, north).union(box(-180.0, south, east, north))


def _interval(text: str) -> tuple[str, str]:
    """Return both ends of an RFC 3339 interval as texts that sort like times."""
    first, slash, last = text.partition("/")
    try:
        ends = [
            "" if end in ("", "..") else _text(datetime.fromisoformat(end)) for end in (first, last if slash else first)
        ]
    except ValueError as error:
        raise ValidationException(f"datetime is a time or an interval, not {text[:80]!r}") from error
    return ends[0], ends[1] or "~"


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
