"""What leaves: for whom it may, in the version that they may have, called what it is, in forms that others read."""

from __future__ import annotations

import csv
import io
import json

import pytest
from followthemoney import model
from stix2validator import ValidationOptions, validate_string
from tests.ledger_home import EXAMPLE

from tocsin.claims import entries_of, read_ledger
from tocsin.interchange import WRITERS, read_file, to_csv, to_ftm, to_geojson, to_stix
from tocsin.markings import Marking, Tlp, marking_for
from tocsin.records import ClaimLink

CLAIM = """
[[claim]]
key = "moved"
proposition = "300 containers went to Russia"
speaker = "United States"
hedge = "we believe"
places = [{ name = "Rajin", lat_deg = 42.2333, lon_deg = 130.3, within_km = 2 }]
quantities = [{ unit = "containers", least = 300, most = 300, is_about = true }]

[[claim]]
key = "not-so"
proposition = "There are no deliveries"
speaker = "Russia"

[[link]]
key = "d"
of = "not-so"
relation = "denies"
to = "moved"
"""


def ftm(entries):
    return [json.loads(line) for line in to_ftm(entries).splitlines()]


def stix(entries):
    return json.loads(to_stix(entries))["objects"]


def test_only_what_all_readers_may_have_leaves_in_the_version_that_they_may_have(home):
    home.tell(CLAIM, marking=marking_for("JPN", "KOR"))
    home.tell(CLAIM.replace("300 containers", "at least 500 containers"), marking=marking_for("KOR"), number=2)
    said = lambda *audience: [  # noqa: E731
        entry.body.proposition for entry in home.leaving(*audience) if not isinstance(entry.body, ClaimLink)
    ]
    assert said("KOR") == ["at least 500 containers went to Russia", "There are no deliveries"]
    assert said("JPN", "KOR") == ["300 containers went to Russia", "There are no deliveries"]
    assert said("USA") == said("PUBLIC") == []
    for write in WRITERS.values():
        assert b"500" not in write(home.leaving("JPN"))


def test_what_is_public_may_leave_to_anybody_and_what_bears_a_caveat_of_others_to_nobody(home):
    home.tell(CLAIM, marking=Marking(releasable_to=("PUBLIC",)))
    home.tell(EXAMPLE, marking=Marking(releasable_to=("JPN", "KOR"), caveats=("NEW-CAVEAT",)))
    assert len(home.leaving("PUBLIC")) == len(home.leaving("KOR")) == 3


def test_an_exercise_is_called_that_in_every_name_and_stands_in_no_file_of_what_is_actual(home):
    home.tell(CLAIM, status="exercise:bell-1", synthetic=True)
    assert home.leaving("KOR") == ()
    entries = home.leaving("KOR", status="exercise:bell-1")
    mark = "EXERCISE EXERCISE EXERCISE SIMULATED "
    event = next(entity for entity in ftm(entries) if entity["schema"] == "Event")
    assert event["properties"]["name"][0].startswith(mark)
    assert "tocsin:status=exercise:bell-1" in event["properties"]["keywords"]
    report = next(each for each in stix(entries) if each["type"] == "report")
    opinion = next(each for each in stix(entries) if each["type"] == "opinion")
    assert report["name"].startswith(mark)
    assert opinion["explanation"].startswith(mark)
    statements = {each["definition"]["statement"] for each in stix(entries) if "definition" in each}
    assert statements == {"REL TO JPN KOR USA", "Status exercise:bell-1, simulated"}
    feature = json.loads(to_geojson(entries))["features"][0]["properties"]
    assert (feature["name"].startswith(mark), feature["status"]) == (True, "exercise:bell-1")
    row = next(csv.DictReader(io.StringIO(to_csv(entries).decode("utf-8-sig"))))
    assert (row["status"], row["synthetic"], row["releasable_to"]) == ("exercise:bell-1", "true", "JPN; KOR; USA")


def test_a_claim_leaves_with_its_denial_beside_it(home):
    home.tell(CLAIM)
    entries = home.leaving("KOR")
    denial = "Russia: There are no deliveries"
    moved = json.loads(to_geojson(entries))["features"][0]
    assert moved["properties"]["denied_by"] == [denial]
    assert moved["geometry"] == {"type": "Point", "coordinates": [130.3, 42.2333]}
    report = next(each for each in stix(entries) if each["type"] == "report")
    assert f"Denied by {denial}" in report["description"]
    assert "In the speaker's own words: we believe" in report["description"]
    opinion = next(each for each in stix(entries) if each["type"] == "opinion")
    assert (opinion["opinion"], opinion["authors"], opinion["object_refs"]) == (
        "strongly-disagree", ["Russia"], [report["id"]],
    )  # fmt: skip
    event, link = (
        next(each for each in ftm(entries) if each["schema"] == schema) for schema in ("Event", "UnknownLink")
    )
    assert event["properties"]["notes"] == [f"Denied by {denial}"]
    assert (link["properties"]["object"], link["properties"]["role"]) == ([event["id"]], ["denies"])


def test_entities_are_those_of_follow_the_money(example):
    entities = ftm(example)
    assert len({entity["id"] for entity in entities}) == len(entities)
    for entity in entities:
        model.get(entity["schema"]).validate(entity)
        proxy = model.get_proxy(entity, cleaned=False)
        for prop, value in proxy.itervalues():
            assert prop.type.clean(value) is not None, (entity["id"], prop.name, value)
    known = {entity["id"] for entity in entities}
    links = [entity for entity in entities if entity["schema"] == "UnknownLink"]
    assert len(links) == 17
    assert all(each in known for link in links for name in ("subject", "object") for each in link["properties"][name])


def test_the_bundle_is_stix_2_1_with_ids_that_stay_the_same(example, home):
    checked = validate_string(to_stix(example).decode(), ValidationOptions(version="2.1"))
    assert checked.is_valid, checked.as_dict()
    found = [str(warning) for warning in checked.warnings or ()]
    assert [text for text in found if "{103}" not in text] == []  # 103: an id that is no random one
    assert to_stix(example) == to_stix(example)
    home.tell(EXAMPLE)
    first = {each["id"] for each in stix(home.leaving("KOR"))}
    home.tell(EXAMPLE.replace("Five rail cars", "Five cars"), number=2)
    revised = {each["id"]: each for each in stix(home.leaving("KOR"))}
    assert set(revised) == first == {each["id"] for each in stix(example)}
    (report,) = (each for each in revised.values() if each.get("name", "").startswith("Five cars"))
    assert report["created"] < report["modified"]


def test_labels_of_the_traffic_light_protocol_are_oasis_own(home):
    home.tell(CLAIM, marking=Marking(releasable_to=("JPN", "KOR"), tlp=Tlp.AMBER_STRICT))
    assert validate_string(to_stix(home.leaving("KOR")).decode(), ValidationOptions(version="2.1")).is_valid
    amber = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
    assert all(amber in each["object_marking_refs"] for each in stix(home.leaving("KOR")) if "labels" in each)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_every_format_says_who_vouches_for_it_who_may_have_it_and_in_which_world(write, home):
    home.tell(CLAIM)
    text = write(home.leaving("KOR")).decode()
    for words in ("KOR-claims-moved", "actual", "Russia"):
        assert words in text
    assert "JPN; KOR; USA" in text or "REL TO JPN KOR USA" in text


def test_features_are_those_of_rfc_7946(example):
    whole = json.loads(to_geojson(example))
    assert whole["type"] == "FeatureCollection"
    assert len({feature["id"] for feature in whole["features"]}) == len(whole["features"]) == 18
    for feature in whole["features"]:
        geometry = feature["geometry"]
        assert set(feature) == {"type", "id", "geometry", "properties"}
        for lon_deg, lat_deg in (
            []
            if geometry is None
            else ([geometry["coordinates"]] if geometry["type"] == "Point" else geometry["coordinates"])
        ):
            assert -180 <= lon_deg <= 180
            assert 40 < lat_deg < 50  # of the example: latitude second
    assert sum(feature["geometry"] is None for feature in whole["features"]) == 5


CARGO = """
[[item]]
key = "image"
title = "Satellite image"
media = "image/png"
basis = "own"

[[vessel]]
key = "angara"
ship_type = "ro-ro cargo"
identities = [
  { what = "name", value = "Angara", basis = "reported", source = "a monitor", since = 2023-08-01T00:00:00Z },
  { what = "imo", value = "9179843", basis = "broadcast", rests_on = ["image"] },
  { what = "flag", value = "RU", basis = "reported", source = "a monitor" },
]

[[movement]]
key = "m1"
title = "Angara went from Rajin to Dunai"
vessels = ["angara"]
origin = { name = "Rajin", lat_deg = 42.2333, lon_deg = 130.3, country = "KP", unlocode = "KPRJN" }
destination = { name = "Dunai", lat_deg = 42.88, lon_deg = 132.35 }
cargo = "containers"
quantities = [{ unit = "containers", least = 100 }]
legs = [{ mode = "sea", basis = "seen", origin = { name = "Rajin" }, rests_on = ["image"] }]
rests_on = ["image"]

[[count]]
key = "n1"
place = { name = "Tumangang" }
quantity = { unit = "railcars", least = 73, most = 73 }
since = 2023-10-05T00:00:00Z
baseline = { unit = "railcars", most = 20 }
rests_on = ["image"]
"""


def test_evidence_of_cargo_leaves_with_the_claims_and_comes_back(home):
    home.tell(CARGO)
    entries = home.leaving("KOR")
    told = {entry.key: bytes(entry.body) for entry in read_ledger(CARGO, name="f", member="KOR")}
    for data, name in ((to_csv(entries), "f.csv"), (to_stix(entries), "f.json")):
        received = read_file(data, name=name, member="KOR")
        back = entries_of(received.rows, member="KOR")
        assert {entry.key: bytes(entry.body) for entry in back} == told
    vessel, movement = (
        next(each for each in ftm(entries) if each["schema"] == schema)["properties"] for schema in ("Vessel", "Event")
    )
    assert (vessel["flag"], vessel.get("imoNumber")) == (["ru"], None)  # its check digit is wrong: in words alone
    assert "imo 9179843 (broadcast)" in vessel["description"]
    assert movement["location"] == ["Rajin", "Dunai"]
    for entity in ftm(entries):
        model.get(entity["schema"]).validate(entity)
    assert validate_string(to_stix(entries).decode(), ValidationOptions(version="2.1")).is_valid
