"""What other programs get: formats by the book, each with its marking and world, and nothing beyond its audience."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from shapely.geometry import shape
from tests.sealed import START, make_record
from tests.servers import free_ports
from tests.unit.web.conftest import EVERYBODY, Desk, agreed, launch

from tocsin.geo.geodesic import distance_m
from tocsin.markings import marking_for
from tocsin.records import Impact, Launch, LaunchPoint, Outlet, TrackPoint
from tocsin.web import Access, CotListen, CotStream, Floor, Gateway, Sessions
from tocsin.web.app import make_app
from tocsin.web.formats import feature_collection, to_cot, to_kml

TOKEN = "t" * 40
ALL = Outlet("all", ("JPN", "KOR", "USA"))
TWO = Outlet("two", ("JPN", "KOR"))


def predicted(event_id: str = "E-1", *, lon_deg: float = 157.0, label: str = "ballistic", **fields):
    body = Launch(
        event_id=event_id, stage="predicted", revision=2, label=label, detections=9,
        launch_point=LaunchPoint(lat_deg=39.2, lon_deg=125.7, radius_km=0.4), launched_at=START,
        track=TrackPoint(
            at=START + timedelta(seconds=100.123), lat_deg=40.0, lon_deg=130.0, altitude_m=123_456.7, speed_mps=3e3,
            heading_deg=80.0, climb_deg=20.0, sigma_m=15.0,
        ),
        impact=Impact(
            lat_deg=42.0, lon_deg=lon_deg, ellipse_95_km=(30.0, 10.0), ellipse_bearing_deg=80.0,
            at=START + timedelta(minutes=20), at_sigma_s=2.0, manoeuvre_km=20.0,
        ),
        areas=("JP-01",),
    )  # fmt: skip
    defaults = {"marking": EVERYBODY, "status": "test", "synthetic": True}
    return make_record(f"P-{event_id}", kind="warning.launch", body=msgspec.to_builtins(body), **defaults | fields)


@pytest.fixture
def gateway(desk: Desk) -> Gateway:
    return Gateway(desk, clock=desk.federation.clock, new_id=lambda: "x", outlets=(ALL, TWO))


@pytest.fixture
def client(gateway: Gateway, sessions: Sessions, tmp_path: Path) -> Iterator[TestClient]:
    accesses = {outlet.name: Access(outlet, TOKEN + outlet.name) for outlet in (ALL, TWO)}
    app = make_app(Floor(gateway, sessions, "0", is_secure=False, outlets=accesses), page=tmp_path / "no page")
    with TestClient(app, base_url="http://127.0.0.1:8823", raise_server_exceptions=False) as made:
        made.headers["Authorization"] = f"Bearer {TOKEN}all"
        yield made


def test_no_feature_tells_more_than_a_map_needs(desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(predicted()))
    told = feature_collection(gateway.book.events(), gateway.book.marking())
    text = json.dumps(told)
    for word in ("speed", "heading", "climb", "sigma", "covariance", "ellipse", "bearing"):
        assert word not in text
    by_name = {feature["properties"]["collection"]: feature for feature in told["features"]}
    assert by_name["launch-points"]["properties"]["radius_km"] == 2.0
    assert by_name["positions"]["properties"]["seen_at"] == "2026-03-01T06:01:40Z"
    assert by_name["positions"]["properties"]["altitude_m"] == 123_500.0
    for feature in told["features"]:
        assert feature["properties"]["name"].startswith("TEST SIMULATED ")
        assert feature["properties"]["marking"] == "REL TO JPN KOR USA"
        assert feature["properties"]["status"] == "test"


@given(lon_deg=st.floats(-180, 180), bearing=st.floats(0, 360), longer=st.floats(1, 500), reach=st.floats(0, 200))
def test_the_area_holds_its_ellipse_and_is_cut_at_the_date_line(lon_deg, bearing, longer, reach) -> None:
    from tocsin.web.formats.features import _area, impact_ring  # noqa: PLC0415

    class Told:
        impact = Impact(
            lat_deg=40.0, lon_deg=lon_deg, ellipse_95_km=(longer, longer / 3), ellipse_bearing_deg=bearing, at=START,
            at_sigma_s=1.0, manoeuvre_km=reach,
        )  # fmt: skip

    ring = impact_ring(Told())  # type: ignore[arg-type]
    reached = max(distance_m(40.0, lon_deg, lat, (lon + 180) % 360 - 180) for lon, lat in ring) / 1e3
    assert reached == pytest.approx(longer + reach, rel=0.02)
    area = shape(_area(ring))
    assert area.is_valid
    west, _, east, _ = area.bounds
    assert -180 <= west <= east <= 180


def test_an_outlet_shows_what_all_of_its_audience_may_have(client: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(predicted("E-1"), predicted("E-2", marking=marking_for("JPN", "KOR"))))
    items = client.get("/outlets/all/collections/impact-areas/items").json()
    assert {feature["properties"]["event_id"] for feature in items["features"]} == {"E-1"}
    client.headers["Authorization"] = f"Bearer {TOKEN}two"
    items = client.get("/outlets/two/collections/impact-areas/items").json()
    assert {feature["properties"]["event_id"] for feature in items["features"]} == {"E-1", "E-2"}
    assert b"E-2" not in client.get("/outlets/all/events.kml", headers={"Authorization": f"Bearer {TOKEN}all"}).content


def test_an_outlet_opens_with_its_own_token_alone(client: TestClient) -> None:
    paths = ("/outlets/all/", "/outlets/all/collections", "/outlets/none/", "/outlets/two/events.kml")
    for header in ("", "Bearer x", f"Bearer {TOKEN}two" + "x", "Basic ???", "Basic dXNlcg=="):
        for path in paths:
            answer = client.get(path, headers={"Authorization": header})
            assert answer.status_code == 401, (header, path)
            assert answer.json()["error"] == "this needs the token of an outlet"
    assert client.get("/outlets/all/", auth=("anybody", f"{TOKEN}all")).status_code == 200


def test_ogc_api_features_as_clients_walk_it(client: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(*(predicted(f"E-{n}", lon_deg=150.0 + n) for n in range(5))))
    page = client.get("/outlets/all/").json()
    links = {link["rel"]: link["href"] for link in page["links"]}
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
        in client.get(links["conformance"]).json()["conformsTo"]
    )
    listed = client.get(links["data"]).json()["collections"]
    assert [each["id"] for each in listed] == ["launch-points", "positions", "impact-points", "impact-areas"]
    points = next(each for each in listed if each["id"] == "impact-points")
    items = next(link["href"] for link in points["links"] if link["rel"] == "items")
    first = client.get(items, params={"limit": 2})
    assert first.headers["content-type"].startswith("application/geo+json")
    assert (first.json()["numberMatched"], first.json()["numberReturned"]) == (5, 2)
    seen = list(first.json()["features"])
    following = first.json()
    while after := [link["href"] for link in following["links"] if link["rel"] == "next"]:
        following = client.get(after[0]).json()
        seen += following["features"]
    assert len({feature["id"] for feature in seen}) == 5
    boxed = client.get(items, params={"bbox": "150.5,40,152.5,44"}).json()
    assert {feature["geometry"]["coordinates"][0] for feature in boxed["features"]} == {151.0, 152.0}
    one = client.get(f"{items}/{seen[0]['id']}").json()
    assert one["geometry"] == seen[0]["geometry"]
    late = client.get(items, params={"datetime": "2026-03-01T06:00:04Z/.."}).json()
    assert late["numberMatched"] == 2
    assert client.get(f"{items}/none").status_code == 404
    assert client.get("/outlets/all/collections/secrets/items").status_code == 404
    for bad in ({"bbox": "a"}, {"bbox": "1,2,3"}, {"datetime": "x"}, {"limit": 0}):
        assert client.get(items, params=bad).status_code == 400


def test_a_box_over_the_date_line(client: TestClient, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(predicted("E-1", lon_deg=179.9), predicted("E-2", lon_deg=100.0)))
    found = client.get("/outlets/all/collections/impact-areas/items", params={"bbox": "170,-60,-170,60"}).json()
    (feature,) = found["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"


HOSTILE = "<b>\x00\u202e]]>&\ud7ff" + "x" * 50


def test_kml_and_cot_hold_together_whatever_a_record_says(desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(*agreed("exercise:bell-1"), predicted(label=HOSTILE, status="exercise:bell-1")))
    kml = ET.fromstring(to_kml(gateway.book.events(), gateway.book.marking()))
    names = [mark.findtext("{*}name") for mark in kml.iter("{http://www.opengis.net/kml/2.2}Placemark")]
    assert len(names) == 4
    assert all(name.startswith("EXERCISE EXERCISE EXERCISE SIMULATED <b>") for name in names)
    for event in gateway.book.events():
        for message in to_cot(event, START):
            read = ET.fromstring(message)
            assert read.get("opex") == "e-exercise:bell-1"
            assert read.get("access") == "REL TO JPN KOR USA"
            assert "EXERCISE EXERCISE EXERCISE" in read.findtext("detail/remarks")
            assert read.find("track") is None
            assert "speed" not in message.decode()


def test_a_file_says_as_a_whole_what_it_is_and_for_whom(officer, desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(*agreed("exercise:bell-1"), predicted(status="exercise:bell-1")))
    gateway.mode = "replay"
    name = "Tocsin REPLAY EXERCISE REL TO JPN KOR USA"
    for ending in ("geojson", "kml"):
        answer = officer.get(f"/api/v1/export/events.{ending}")
        assert f'filename="{name.replace(" ", "-")}.{ending}"' in answer.headers["content-disposition"]
        assert name in answer.text
    told = officer.get("/api/v1/export/events.geojson").json()
    assert (told["marking"], told["statuses"], told["replay"]) == ("REL TO JPN KOR USA", ["exercise:bell-1"], True)
    assert all(feature["properties"]["status"] == "exercise:bell-1" for feature in told["features"])


def test_a_tak_client_gets_what_is_there_and_what_changes(
    desk: Desk, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.web.cot_stream.EVERY_S", 0.01)

    async def read_events(reader: asyncio.StreamReader, count: int) -> list[ET.Element]:
        data = b""
        async with asyncio.timeout(10):
            while data.count(b"</event>") < count:
                data += await reader.read(65536)
        return [ET.fromstring(part + b"</event>") for part in data.split(b"</event>")[:count]]

    async def scene() -> None:
        gateway.take(desk.admit(predicted("E-1"), predicted("E-2", marking=marking_for("JPN", "KOR"))))
        (port,) = free_ports(1)
        stream = CotStream(gateway, ALL)
        serving = asyncio.create_task(stream.serve(CotListen(address=f"127.0.0.1:{port}")))
        for _ in range(200):
            await asyncio.sleep(0.02)
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                continue
        first = await read_events(reader, 4)
        assert {event.get("uid").split(".")[2] for event in first} == {"E-1"}
        gateway.take(desk.admit(predicted("E-3")))
        seen: set[str] = set()
        while "E-3" not in seen:
            seen |= {event.get("uid").split(".")[2] for event in await read_events(reader, 1)}
        assert "E-2" not in seen
        writer.close()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(scene())


def test_what_is_closed_has_no_position_any_more(desk: Desk, gateway: Gateway) -> None:
    gateway.take(desk.admit(launch(stage="closed")))
    (event,) = gateway.book.events()
    assert [ET.fromstring(message).get("uid") for message in to_cot(event, START)] == []
