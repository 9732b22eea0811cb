"""``cargo list``, ``show`` and ``reach`` as people run them, on the movements and ships of the public record."""

from __future__ import annotations

import json

import msgspec
import pytest
from tests.ledger_home import EXAMPLE, ROOT, LedgerHome

from tocsin.claims import Entry

EVIDENCE = (ROOT / "examples" / "cargo-evidence.toml").read_text(encoding="utf-8")
FIXES = ("--last", "42.80,132.42@2023-09-01T00:00Z", "--next", "42.80,132.42@2023-09-02T00:00Z")
SHIP = """
[[vessel]]
key = "v"
[[vessel.identities]]
what = "name"
value = "Angara"
basis = "reported"
source = "s"
[[vessel.identities]]
what = "mmsi"
value = "273123000"
basis = "broadcast"
source = "s"
"""
DENIED = {"mv11", "mv14"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    kept = LedgerHome(tmp_path_factory.mktemp("home") / "KOR")
    kept.tell(EXAMPLE)
    kept.tell(EVIDENCE)
    return kept.home


def test_each_of_fourteen_movements_answers_who_on_what_who_denies_it_and_since_when(tocsin, home):
    code, out, _ = tocsin("cargo", "list", "--json", "--config", home)
    told = [json.loads(line) for line in out.splitlines()]
    movements = {
        each["id"].removeprefix("KOR/KOR-claims-"): each for each in told if each["schema"] == "tocsin.movement/1"
    }
    assert (code, len(movements)) == (0, 14)
    for key, each in movements.items():
        assert each["claims"], key
        assert all(claim["claim"]["speaker"] and claim["support"]["reports"] >= 1 for claim in each["claims"])
        assert (len(each["denied_by"]) > 0) == (key in DENIED)
        assert each["missing"] == []
        assert each["marks"] == []
    assert movements["mv11"]["denied_by"] == ["O. Burmistrov, Russia", "North Korea and Russia"]
    assert movements["mv11"]["said_since"] == "2023-10-13T00:00:00Z"
    assert len(movements["mv13"]["vessels"]) == 3
    ships = {each["imo"]: each["names"] for each in told if each["schema"] == "tocsin.ship/1"}
    assert ships["9179842"] == ["Ocean Energy", "Angara"]
    assert len(ships) == 4
    assert sum(each["schema"] == "tocsin.count/1" for each in told) == 2


def test_what_people_read(tocsin, home):
    code, out, _ = tocsin("cargo", "list", "--topic", "movements", "--config", home)
    assert code == 0
    assert "9161003" in out
    _, out, _ = tocsin("cargo", "show", "mv11", "--config", home)
    assert "by O. Burmistrov, Russia, 2023-10-15 (a report of a denial)" in out
    assert "Said since 2023-10-13" in out
    _, out, _ = tocsin("cargo", "show", "mv03", "--config", home)
    assert "Ocean Energy or Angara" in out
    assert "transponder silent" in out
    _, out, _ = tocsin("cargo", "show", "maia-1", "--config", home)
    assert "IMO 9358010" in out
    _, out, _ = tocsin("cargo", "show", "count-tumangang-2023-10", "--config", home)
    assert "73 railcars at Tumangang" in out
    code, _, err = tocsin("cargo", "show", "ev001", "--config", home)
    assert (code, "try claims show" in err) == (2, True)
    code, _, err = tocsin("cargo", "show", "nothing", "--config", home)
    assert (code, "there is none" in err) == (2, True)


def test_movements_leave_as_geojson_with_who_denies_them_and_come_back(tocsin, home, tmp_path):
    file = tmp_path / "ledger.geojson"
    assert tocsin("claims", "export", "--format", "geojson", "--output", file, "--config", home)[0] == 0
    features = [each["properties"] for each in json.loads(file.read_text())["features"]]
    movements = [each for each in features if each.get("what") == "movement"]
    assert len(movements) == 14
    assert sum(bool(each["denied_by"]) for each in movements) == 2
    code, out, err = tocsin("claims", "import", file, "--format", "geojson", "--check", "--config", home)
    assert (code, "14 movement" in out, err) == (0, True, "")


def test_a_reach_test_of_ones_own(tocsin, tmp_path):
    svg, geojson = tmp_path / "a.svg", tmp_path / "a.geojson"
    asked = ("cargo", "reach", *FIXES, "--port", "Rajin", "--port", "Own=41.9,130.2", "--most-kn", 18, "--shown-kn", 12)
    code, out, err = tocsin(*asked, "--vessel", "Angara", "--svg", svg, "--geojson", geojson)
    assert (code, err.count("written")) == (0, 2)
    for words in (
        "Rajin (Najin, Rason)  < asked about",
        "Vladivostok",
        "no evidence that it happened",
        "assumed: Both",
    ):
        assert words in out
    assert svg.read_text().startswith("<svg")
    assert json.loads(geojson.read_text())["type"] == "FeatureCollection"
    code, out, _ = tocsin(*asked, "--json")
    told = json.loads(out)
    assert (code, told["schema"], told["hours_of_silence"]) == (0, "tocsin.reach/1", 24.0)
    assert [each["answer"] for each in told["reach"]["ports"] if each.get("is_suspected")] == ["unclear", "unclear"]
    code, _, err = tocsin(*asked, "--svg", svg)
    assert (code, "Name a new file" in err) == (1, True)


def test_a_told_test_names_its_ship_and_one_mmsi_in_two_places_shows(tocsin, tmp_path):
    home = LedgerHome(tmp_path / "KOR")
    home.tell(SHIP)
    at = ("--config", home.home)
    asked = ("cargo", "reach", "--port", "Rajin", "--most-kn", 18, "--hours", 1, "--vessel", "KOR/KOR-claims-v", *at)
    fixes = ("42.80,132.42@2023-09-01T00:00Z=shore station", "42.8,132.42@2023-09-01T06:00Z"), (
        "42.80,130.92@2023-09-01T07:00Z", "42.7,131.0@2023-09-01T12:00Z",
    )  # fmt: skip
    for number, (last, following) in enumerate(fixes):
        code, out, _ = tocsin(*asked, "--last", last, "--next", following, "--json")
        told = json.loads(out)["reach"]
        assert (code, told["vessel"]["record"], told["vessel_name"]) == (0, "KOR-claims-v", "Angara")
        body = msgspec.Raw(msgspec.json.encode(told))
        home.put([Entry(kind="cargo.reach", key=f"r{number}", line=None, body=body, refs=())])
    _, out, _ = tocsin("cargo", "show", "v", *at)
    assert "does not fit: MMSI 273123000 was 66 nmi away 1.0 h later" in out
    _, out, _ = tocsin("cargo", "show", "r0", *at)
    assert "2023-09-01 00:00Z at 42.800, 132.420 (shore station)" in out
    _, out, _ = tocsin("cargo", "list", *at)
    assert "Reach tests" in out
    code, _, err = tocsin(*asked[:-3], "KOR/nobody", *at, "--last", fixes[0][0], "--next", fixes[0][1])
    assert (code, "is no vessel that is held here" in err) == (2, True)


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"--port": "Atlantis"}, 1, "names no port that is known here"),
        ({"--port": "Own=91,0"}, 2, "is no place on the earth"),
        ({"--last": "here"}, 2, "is no fix"),
        ({"--last": "42.8,132.4@yesterday"}, 2, "is no fix"),
        ({"--last": "95,132.4@2023-09-01"}, 1, "is no place on the earth"),
        ({"--next": "42.8,132.4@2023-08-01"}, 1, "is later than the last one before"),
        ({"--shown-kn": "20"}, 1, "not above most_kn"),
        ({"--most-kn": "nan"}, 1, "most_kn"),
        ({"--tell": "no key"}, 1, "is no key"),
    ],
)
def test_what_makes_no_sense_is_said(tocsin, changed, code, says):
    given = {
        **dict(zip(FIXES[::2], FIXES[1::2], strict=True)), "--port": "Rajin", "--most-kn": "18", "--shown-kn": "12",
        **changed,
    }  # fmt: skip
    got, _, err = tocsin("cargo", "reach", *(word for pair in given.items() for word in pair))
    assert (got, says in " ".join(err.split())) == (code, True), err
