"""What comes in: our own records as they were, others' words as theirs, and hostile files as clear errors."""

from __future__ import annotations

import csv
import io
import json
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger_home import EXAMPLE, LedgerHome

from tocsin.claims import TABLES, entries_of, read_ledger
from tocsin.errors import FeedError, NotReleasableError, StatusMixError
from tocsin.interchange import COLUMNS, MOST_BYTES, WRITERS, read_file, require_kept, to_csv, to_geojson, to_stix
from tocsin.markings import Marking, marking_for
from tocsin.records import Claim, ClaimItem

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''", "＝1", "x;=1", 'a"b,c\r\nd', "'90s", ""]


def read(data, name="f.json", member="KOR", form=None):
    return read_file(data if isinstance(data, bytes) else data.encode(), name=name, member=member, form=form)


def entries(data, **given):
    received = read(data, **given)
    assert received.wrong == []
    return {entry.key: entry for entry in entries_of(received.rows, member=received.member)}


def claims(data, **given):
    found = [entry for entry in entries(data, **given).values() if entry.kind == "claims.claim"]
    return [msgspec.json.decode(entry.body, type=Claim) for entry in found]


@pytest.mark.parametrize("write", [to_csv, to_stix])
def test_what_left_whole_comes_back_as_what_it_was(write, example):
    told = {entry.key: entry for entry in read_ledger(EXAMPLE, name="f", member="KOR")}
    back = entries(write(example), name="f.csv" if write is to_csv else "f.json")
    assert {key: (bytes(entry.body), set(entry.cites)) for key, entry in back.items()} == {
        key: (bytes(entry.body), set(entry.cites)) for key, entry in told.items()
    }


def test_features_hold_the_claims_whole(example):
    told = {entry.key: bytes(entry.body) for entry in read_ledger(EXAMPLE, name="f", member="KOR")}
    back = entries(to_geojson(example), name="f.geojson")
    assert len(back) == 18
    assert all(bytes(entry.body) == told[key] for key, entry in back.items())


_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=50)).map(
    lambda text: text.encode("utf-8", "replace").decode()
)


@settings(max_examples=20)
@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT, _TEXT), min_size=1, max_size=40))
def test_a_cell_holds_any_text_and_no_spreadsheet_computes_it(tmp_path_factory, told):
    home = LedgerHome(tmp_path_factory.mktemp("law") / "KOR")
    rows = []
    for number, (title, licence, quote, cited) in enumerate(told):
        body = {"title": title, "media": "m", "basis": "own", "licence": licence, "quote": quote}
        rows.append(("item", body | {"key": f"i{number}", "cites": [cited] if cited else []}))
    home.tell_rows(rows)
    data = to_csv(home.leaving("KOR"))
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(_COMPUTED)]
    back = entries(data, name="f.csv")
    no_control = {number: "\ufffd" for number in range(32) if chr(number) not in "\t\n\r"}
    for number, (title, licence, quote, cited) in enumerate(told):
        item = msgspec.json.decode(back[f"i{number}"].body, type=ClaimItem)
        assert [item.title, item.licence, item.quote] == [
            text.translate(no_control) for text in (title, licence, quote)
        ]
        assert back[f"i{number}"].cites == ((cited,) if cited else ())  # JSON in its cell, control characters and all


def test_a_table_of_a_spreadsheet_is_read_with_few_columns_semicolons_and_days():
    header = "\ufefftable;key;proposition;speaker;said_at;credibility;rests_on\r\n"
    text = header + "claim;c1;cargo moved;RUSI;2023-10-16;2;i1; i2"
    assert str(read(text, name="f.csv").wrong[0]).startswith("f.csv, line 2: 8 cells, where the header has 7")
    (claim,) = claims(text.replace("i1; i2", '"i1; KOR/i2"'), name="f.csv")
    assert (claim.said_at.isoformat(), claim.credibility) == ("2023-10-16T00:00:00+00:00", 2)
    assert [str(ref) for ref in claim.rests_on] == ["KOR/KOR-claims-i1", "KOR/i2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("table,key\nclaim,c", "f.csv, line 2: claim c: .*missing required field `proposition`|has a proposition"),
        ("table,key,colour\nclaim,c,red", "f.csv, line 1: unknown column 'colour'"),
        ("table,proposition\nclaim,c", "f.csv, line 1: the header names table and key"),
        ('table,key\nclaim,"c', "f.csv, line 2: no CSV"),
        ("table,key\nclaim,c\0", "holds a NUL"),
        ("table,key,places\nclaim,c,[{", "f.csv, line 2: "),
        ("table,key,places\nclaim,c," + "[" * 100_000, "f.csv, line 2: "),
        ("table,key,releasable_to,tlp\nclaim,c,jpn,", "f.csv, line 2: .*three capital letters"),
        ("table,key,releasable_to,tlp\nclaim,c,JPN,PINK", "f.csv, line 2: 'PINK'"),
        ("table,key\nitem,c," + "x" * 200_000, "f.csv, line 2: no CSV: field larger"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(text, says):
    try:
        received = read(text, name="f.csv")
        wrong = received.wrong
        entries_of(received.rows, member="KOR", left_out=wrong)
    except FeedError as error:
        wrong = [error]
    assert re.search(says, str(wrong[0]))
    assert wrong[0].advice


def test_bad_rows_are_left_out_by_name_with_all_that_names_them_only_when_asked():
    text = (
        "table,key,title,media,basis,proposition,speaker,rests_on\n"
        "item,good,image,image/png,own,,,\nitem,bad,image,image/png,seen,,,\n"
        "claim,a,,,,cargo moved,s,good\nclaim,b,,,,cargo moved,s,bad\nclaim,bad key,,,,cargo moved,s,\n"
    )
    received = read(text, name="f.csv")
    with pytest.raises(FeedError, match=r"line 3: item bad: Invalid enum value 'seen'"):
        entries_of(received.rows, member="KOR")
    left_out: list[FeedError] = []
    kept = entries_of(received.rows, member="KOR", left_out=left_out)
    assert [entry.key for entry in kept] == ["good", "a"]
    assert sorted(error.line for error in left_out) == [3, 5, 6]
    assert any("b names bad, which was left out" in str(error) for error in left_out)


def test_what_another_member_told_is_passed_over_in_every_format(home):
    home.tell(EXAMPLE, by="USA")
    for form, write in WRITERS.items():
        received = read(write(home.leaving("KOR")), name="f", form=form)
        assert received.rows == []
        assert sum(received.passed_over.values()) >= 18
        assert all("what USA tells comes from USA" in why for why in received.passed_over)


@pytest.mark.parametrize("write", [to_csv, to_stix, to_geojson])
def test_a_file_cannot_be_told_as_something_else_or_to_more(write, home):
    home.tell(EXAMPLE, status="exercise:bell-1", synthetic=True, marking=marking_for("JPN", "KOR"))
    name = {to_csv: "f.csv", to_stix: "f.json", to_geojson: "f.geojson"}[write]
    received = read(write(home.leaving("KOR", status="exercise:bell-1")), name=name)
    require_kept(received, to=("JPN",), status="exercise:bell-1", synthetic=True)
    with pytest.raises(StatusMixError, match="status exercise:bell-1, not actual"):
        require_kept(received, to=(), status="actual", synthetic=True)
    with pytest.raises(StatusMixError, match="invented"):
        require_kept(received, to=(), status="exercise:bell-1", synthetic=False)
    with pytest.raises(NotReleasableError, match="is for JPN-KOR, not for KOR-USA"):
        require_kept(received, to=("USA",), status="exercise:bell-1", synthetic=True)


def test_a_table_without_its_markings_is_still_of_its_status():
    received = read("table,key,proposition,speaker,status,synthetic\nclaim,c,p,s,exercise:b,TRUE", name="f.csv")
    assert (received.statuses, received.synthetic) == ({"exercise:b"}, True)


def test_a_long_text_of_others_is_cut_where_everybody_sees_it():
    (claim,) = claims(feature(None, name="long " * 1000, source="s"), name="x.geojson")
    assert (len(claim.proposition), claim.proposition[-6:]) == (2000, " [...]")


def test_a_caveat_that_an_import_cannot_keep_is_no_way_around_it(home):
    home.tell(EXAMPLE, marking=Marking(releasable_to=("JPN", "KOR"), caveats=("ORCON",)))
    with pytest.raises(NotReleasableError, match="ORCON"):
        require_kept(read(to_csv(home.leaving("KOR")), name="f.csv"), to=(), status="actual", synthetic=False)


BUNDLE = {
    "type": "bundle",
    "id": "bundle--1",
    "objects": [
        {"type": "identity", "id": "identity--1", "name": "An institute", "identity_class": "organization"},
        {"type": "file", "id": "file--1", "name": "image.png", "hashes": {"SHA-256": "AB" * 32}},
        {"type": "observed-data", "id": "observed-data--1", "first_observed": "2023-09-08T01:02:03Z",
         "object_refs": ["file--1"]},
        {"type": "location", "id": "location--1", "name": "Rajin", "latitude": 42.2, "longitude": 130.3,
         "precision": 2000.0},
        {"type": "report", "id": "report--1", "name": "A ship called\nat Rajin", "published": "2023-10-16T00:00:00Z",
         "created_by_ref": "identity--1", "object_refs": ["observed-data--1", "location--1"],
         "external_references": [{"source_name": "site", "url": "https://example.org/report"}]},
        {"type": "opinion", "id": "opinion--1", "opinion": "strongly-disagree", "authors": ["Somebody"],
         "created": "2023-10-17T00:00:00Z", "explanation": "No ship did", "object_refs": ["report--1"]},
        {"type": "indicator", "id": "indicator--1"},
    ],
}  # fmt: skip


def test_reports_of_others_become_their_claims_on_items_of_unknown_basis():
    found = entries(json.dumps(BUNDLE))
    report, opinion = (msgspec.json.decode(found[key].body, type=Claim) for key in ("report-1", "opinion-1"))
    assert (report.proposition, report.speaker) == ("A ship called at Rajin", "An institute")
    assert (report.places[0].within_km, report.said_at.day) == (2.0, 16)
    assert found["report-1"].cites == ("https://example.org/report",)
    item = msgspec.json.decode(found["observed-data-1"].body, type=ClaimItem)
    assert (item.basis, item.sha256) == ("unknown", "ab" * 32)
    assert (opinion.speaker, opinion.proposition) == ("Somebody", "No ship did")
    (link,) = (entry for entry in found.values() if entry.kind == "claims.link")
    assert json.loads(bytes(link.body))["relation"] == "contradicts"  # that it is a denial is for a person to say
    assert read(json.dumps(BUNDLE)).passed_over == {"of type indicator, which is none of a ledger": 1}


def test_a_report_under_amber_or_red_stays_with_this_member():
    marked = json.loads(json.dumps(BUNDLE))
    marked["objects"][4]["object_marking_refs"] = ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]
    received = read(json.dumps(marked))
    require_kept(received, to=(), status="actual", synthetic=False)
    with pytest.raises(NotReleasableError):
        require_kept(received, to=("JPN",), status="actual", synthetic=False)


def test_entities_of_others_become_sources_items_and_claims():
    lines = [
        {"id": "a", "schema": "Organization", "properties": {"name": ["An institute"]}},
        {"id": "d", "schema": "HyperText", "properties": {"title": ["Page"], "publishedAt": ["2023-10"]}},
        {"id": "p", "schema": "Address",
         "properties": {"full": ["Rajin"], "latitude": ["42.2"], "longitude": ["130.3"]}},
        {"id": "e", "schema": "Event", "properties": {"name": ["A ship called"], "startDate": ["2023-10"],
         "endDate": ["2023-10"], "organizer": ["a"], "proof": ["d"], "addressEntity": ["p"]}},
        {"id": "v", "schema": "Vessel", "properties": {"name": ["Angara"]}},
    ]  # fmt: skip
    data = "\n".join(map(json.dumps, lines))
    found = entries(data)
    claim = msgspec.json.decode(found["ftm-e"].body, type=Claim)
    assert (claim.speaker, claim.since.day, claim.until.day) == ("An institute", 1, 31)
    assert (claim.places[0].lat_deg, str(claim.rests_on[0])) == (42.2, "KOR/KOR-claims-ftm-d")
    item = msgspec.json.decode(found["ftm-d"].body, type=ClaimItem)
    assert (item.basis, item.published_at) == ("unknown", None)  # a month is no day
    lines[3]["properties"].pop("organizer")
    (wrong,) = read("\n".join(map(json.dumps, lines))).wrong
    assert str(wrong).startswith("f.json, line 4: this Event has no publisher")
    assert read(data).passed_over["of schema Vessel, which is none of a ledger"] == 1


def feature(geometry, **properties):
    whole = {"type": "Feature", "id": 7, "geometry": geometry, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [whole]})


def test_features_of_others_become_claims_with_places():
    point = {"type": "Point", "coordinates": [130.3, 42.2, 5.0]}
    (claim,) = claims(
        feature(point, name="cargo moved", source="RUSI", place="Rajin", since="2023-09"), name="x.geojson"
    )
    assert (claim.speaker, claim.since.month, claim.places[0].name) == ("RUSI", 9, "Rajin")
    for geometry, properties, says in (
        (point, {"name": "cargo moved"}, "feature 1: has none of speaker"),
        (point, {"source": "RUSI"}, "feature 1: has none of proposition"),
        ({"type": "Polygon", "coordinates": []}, {"name": "x", "source": "y"}, "its geometry is Polygon"),
        ({"type": "Point", "coordinates": "north"}, {"name": "x", "source": "y"}, "feature 1"),
        ({"type": "Point", "coordinates": [1]}, {"name": "x", "source": "y"}, "without longitude and latitude"),
    ):
        (wrong,) = read(feature(geometry, **properties), name="x.geojson").wrong
        assert says in str(wrong)
    far = {"type": "Point", "coordinates": [130.3, 1e308]}
    received = read(feature(far, name="x", source="y"), name="x.geojson")
    with pytest.raises(FeedError, match=r"x.geojson, feature 1: claim feature-7"):
        entries_of(received.rows, member="KOR")


@pytest.mark.parametrize("form", ["toml", "csv", "ftm", "stix", "geojson"])
@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 100_000, b"1" * 5_000, b"x = " + b"9" * 5_000,
        b'{"objects":[1,{"id":[],"type":{}},{"id":"x","type":"report"},{"id":"y","type":"note","content":{}}]}',
        b'{"features":[1,null,{"properties":{"record":{"kind":1}}},{"properties":{"record":[]}}]}',
        b'{"id":"a","schema":"Event","properties":{"name":[{}],"publisher":"x","addressEntity":[[]]}}',
        b'{"objects":[{"id":"r","type":"report","object_refs":[{}],"name":1e999,"created_by_ref":[]}]}',
        b'{"type":"bundle","type":"bundle"}', b'{"objects":"x"}', b'{"features":{}}', b'"\\ud800"',
        '{"features":[{"properties":{"name":"\u202e<script>","speaker":"../../etc/passwd"}}]}'.encode(),
    ],
    ids=range(16),
)  # fmt: skip
def test_hostile_files_are_refused_or_become_text_and_nothing_else(form, data):
    try:
        received = read(data, name="../<b>name</b>.x", form=form)
        entries_of(received.rows, member="KOR", left_out=received.wrong)
    except FeedError as error:
        received = None
        errors = [error]
    errors = received.wrong if received is not None else errors
    assert all(error.advice and len(str(error)) < 2000 for error in errors)


def test_a_file_too_large_is_refused_unread():
    with pytest.raises(FeedError, match="of at most 64000000"):
        read(bytes(MOST_BYTES + 1))


@given(st.sampled_from(["toml", "csv", "ftm", "stix", "geojson"]), st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_come_in_or_are_refused(form, data):
    try:
        received = read(data, name="f", form=form)
        entries_of(received.rows, member="KOR", left_out=[])
    except FeedError:
        pass


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
              st.sampled_from(["a", "report", "opinion", "note", "observed-data", "location", "Event", "Document"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["id", "type", "schema", "properties", "name", "publisher", "object_refs", "features", "record",
                 "geometry", "coordinates", "extensions", "opinion", "authors", "content", "speaker", "addressEntity"]
            ), inner, max_size=6,
        ),
    ), max_leaves=20,
)  # fmt: skip


@given(st.sampled_from(["ftm", "stix", "geojson"]), _JSON)
def test_any_json_comes_in_or_is_refused(form, value):
    wrapped = {"stix": {"objects": [value]}, "geojson": {"features": [value]}, "ftm": value}[form]
    try:
        received = read(json.dumps(wrapped), name="f", form=form)
        entries_of(received.rows, member="KOR", left_out=[])
    except FeedError:
        pass


def test_a_record_whose_body_has_fields_of_any_name_is_told_as_wrong(home):
    home.tell(EXAMPLE)
    whole = json.loads(to_geojson(home.leaving("KOR")))
    whole["features"][0]["properties"]["record"]["body"] |= {"self": 1, "table": 2, "place": 3}
    received = read(json.dumps(whole), name="f.geojson")
    with pytest.raises(FeedError, match=r"feature 1: claim .*: unknown field self"):
        entries_of(received.rows, member="KOR")


def test_columns_are_those_of_every_table():
    assert set(COLUMNS) >= {field for _, shape, _ in TABLES.values() for field in shape.__struct_fields__}
    assert len(set(COLUMNS)) == len(COLUMNS)
