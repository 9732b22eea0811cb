"""Scenarios: good ones in both languages, and every kind of mistake with its line and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tocsin.errors import ScenarioError
from tocsin.exercise import Known, Scenario, read_scenario
from tocsin.exercise.reading import given_of, kind_of, read_given, read_inject
from tocsin.exercise.scenario import MessageInject

ROOT = Path(__file__).resolve().parents[3]
KNOWN = Known(launches={"NK-1": "", "NK-2": "not replayable: no apogee"}, sensors={"J-1": "JPN", "K-1": "KOR"})
TOML = """format = "tocsin.exercise/1"
id = "small"
name = "Small"
members = ["JPN", "KOR"]

[clock]
ends = "1:00:00"
starts_at = 2026-09-01T00:00:00Z
jumps = [{ at = 10, to = "1:00" }]

[[objective]]
id = "detect"
name = "Detect"

[[inject]]
id = "launch"
at = "5:00"
kind = "launch"
launch = "NK-1"
objectives = ["detect"]

[[inject.expect]]
id = "told"
what = "detected"
within = "2:00"

[[inject]]
id = "ask"
at = 30
after = "launch"
kind = "decision"
question = "Over?"
options = ["yes", "no"]

[[inject]]
id = "silent"
at = "0:30"
kind = "sensor_outage"
sensors = ["J-1"]
lasting = "1:30"
"""
SALVO = """
[[inject]]
id = "salvo"
at = 60
kind = "salvo"

[[inject.batteries]]
count = 4
flight = { site_lat_deg = 40.0, site_lon_deg = 127.0, bearing_deg = 90.0, apogee_km = 100.0, distance_km = 400.0 }
"""


def read(text: str) -> Scenario:
    return read_scenario(text, name="a.toml", known=KNOWN)


def test_toml_and_yaml_are_read_alike() -> None:
    scenario = read(TOML + SALVO)
    assert scenario.status == "exercise:small"
    assert [scenario.due_s(inject) for inject in scenario.inject] == [300.0, 330.0, 30.0, 60.0]
    plain = __import__("tomllib").loads(TOML + SALVO)
    schema = json.loads((ROOT / "docs/reference/scenario.schema.json").read_text())
    plain["clock"]["starts_at"] = "2026-09-01T00:00:00Z"
    jsonschema.validate(plain, schema)
    assert read_scenario(yaml.safe_dump(plain), name="a.yaml", form="yaml", known=KNOWN) == scenario


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ('format = "tocsin.exercise/1"', 'format = "other/1"', 1, "format 'other/1'"),
        ('id = "small"', 'id = "Small!"', 2, "'Small!' is no id"),
        ('"KOR"]', '"KRO"]', 4, "Did you mean KOR?"),
        ('["JPN", "KOR"]', '["JPN", "JPN"]', 4, "stands twice"),
        ('ends = "1:00:00"', "", 6, "no ends"),
        ('ends = "1:00:00"', "ends = 0", 7, "An exercise lasts up to"),
        ("00:00:00Z", "00:00:00+09:00", 8, "starts_at is not in UTC"),
        ('to = "1:00"', "to = 5", 9, "Jumps lead forward"),
        ('at = "5:00"', "at = -5", 17, "5 s before the start"),
        ('at = "5:00"', 'at = "2:00:00"', 17, "after the end"),
        ('at = "5:00"', 'at = "five"', 17, "'five' is no time"),
        ('kind = "launch"', 'kind = "lanch"', 18, "Did you mean launch?"),
        ('kind = "launch"\n', "", 15, "Say which it is"),
        ('kind = "launch"', 'kind = "cyber"', 18, "the room cyber takes no injects yet"),
        ('"NK-1"', '"NK-9"', 19, "no launch NK-9"),
        ('"NK-1"', '"NK-2"', 19, "no apogee"),
        ('launch = "NK-1"', "", 15, "no launch"),
        ('["detect"]', '["detcet"]', 20, "Did you mean detect?"),
        ('what = "detected"', 'what = "seen"', 24, "invalid enum value"),
        ('within = "2:00"', "", 22, "Say by which time"),
        ('within = "2:00"', "within = 0", 25, "Give it a time limit"),
        ('within = "2:00"', 'within = "2:00"\nby = ["USA"]', 26, "no member USA"),
        ('within = "2:00"', 'within = "2:00"\nwhithin = 3', 26, "Did you mean within?"),
        ('id = "ask"', 'id = "launch"', 28, "a second inject launch"),
        ('after = "launch"', 'after = "launhc"', 30, "Did you mean launch?"),
        ('after = "launch"', 'after = "ask"', 30, "follows itself"),
        ('options = ["yes", "no"]', 'options = ["yes"]', 33, "Give two different options"),
        ('"J-1"', '"J-7"', 39, "no sensor J-7"),
        ('lasting = "1:30"', "lasting = 0", 40, "lasts longer than nothing"),
        ('lasting = "1:30"', 'lasting = "1:30', 40, "no TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_what_to_do(before: str, after: str, line: int, said: str) -> None:
    assert before in TOML
    with pytest.raises(ScenarioError) as caught:
        read(TOML.replace(before, after, 1))
    error = caught.value
    assert (error.line, error.source) == (line, "a.toml")
    assert said in str(error)
    assert error.advice


FLIGHT = "{ site_lat_deg = 1, site_lon_deg = 0, bearing_deg = 0, apogee_km = 99, distance_km = 99 }"
LAUNCH = 'kind = "launch"\nlaunch = "NK-1"\n'
NOTICE = 'kind = "notice"\nmember = "JPN"\nannounced_by = "x"\nsite_lat_deg = 1\nsite_lon_deg = 1\n'
MESSAGE = 'kind = "message"\nsender = "x"\n'
TOLD = f'{MESSAGE}text = "t"\n'


def flight(before: str, after: str) -> str:
    return f'kind = "flight"\nflight = {FLIGHT.replace(before, after)}'


def expecting(words: str) -> str:
    return f'expect = [{{ id = "a", within = 9, {words} }}]'


WRONG_INJECTS = [
    (f"{LAUNCH}fails_at = 2", "a number between 0 and 1"),
    (f"{LAUNCH}lift_to_drag = -1", "Take 0 to 5"),
    (flight("lat_deg = 1", "lat_deg = 91"), "no place"),
    (flight("bearing_deg = 0", "bearing_deg = 400"), "a bearing of 400"),
    (flight("apogee_km = 99", "apogee_km = 5"), "5 km high"),
    (flight("apogee_km = 99", "apogee_km = 99, into_orbit = true"), "an orbit at 99 km"),
    ('kind = "salvo"\nbatteries = []', "a salvo of nothing"),
    (f'kind = "salvo"\nbatteries = [{{ count = 0, flight = {FLIGHT} }}]', "a count of 0"),
    (f'kind = "salvo"\nbatteries = [{{ every = -1, flight = {FLIGHT} }}]', "one every -1 s"),
    (f"{NOTICE}opens = 9\ncloses = 1", "closes before it opens"),
    ('kind = "link_cut"\nbetween = ["JPN", "JPN"]\nlasting = 9', "a link of a member with itself"),
    ('kind = "link_delay"\nbetween = ["JPN", "KOR"]\nlasting = 9\ndelay = 0', "a delay of 0 s"),
    ('kind = "late_data"\nmember = "USA"\nlasting = 9\ndelay = 5', "no member USA"),
    ('kind = "false_detections"\nsensors = ["J-1"]\nlasting = 9\nper_scan = 99', "false plots per scan"),
    (f'{MESSAGE}text = " "', "Write 1 to 2000 characters"),
    (TOLD + expecting("what = 'predicted'"), "nothing flies in other"),
    (TOLD + expecting("what = 'decision'"), "asks for no decision"),
    (LAUNCH + expecting("what = 'classified', label = 'bird'"), "no class bird"),
    (LAUNCH + expecting("what = 'counted', count = 0"), "a count of 0"),
    (LAUNCH + expecting("what = 'detected', within_km = 9"), "within_km out of place"),
    (LAUNCH + expecting("what = 'closed' }, { id = 'a', within = 9, what = 'detected'"), "a second reaction a"),
]


@pytest.mark.parametrize(("kind", "said"), WRONG_INJECTS)
def test_every_kind_of_inject_has_its_rules(kind: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(said)) as caught:
        read(f'{TOML}\n[[inject]]\nid = "other"\nat = 60\n{kind}\n')
    assert caught.value.line > 40


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = TOML.replace('"NK-1"', '"NK-9"').replace("[1:30]", "x").replace('"J-1"', '"J-9"')
    with pytest.raises(ScenarioError) as caught:
        read(text)
    assert [each.line for each in (caught.value, *caught.value.others)] == [19, 39]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &x [1]\nb: *x\n", 2, "an alias"),
        ("a: 1\nb: [\n", 3, "no YAML"),
        ("id: 1\nid: 2\n", 2, "id stands twice"),
        ("!!python/object:os.system x", 1, "no YAML"),
        ("- 1\n", 1, "not a table"),
        ("", 1, "not a table|no format"),
        (
            "format: tocsin.exercise/1\nid: x\nname: N\nmembers: [JPN]\nclock:\n  ends: 60\ninject:\n  - kind: 5\n",
            8,
            "5",
        ),
        ("[" * 5000, 0, "deeply|no YAML"),
        ("\0", 0, "no YAML"),
    ],
)
def test_yaml_is_data_and_nothing_else(text: str, line: int, said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        read_scenario(text, name="a.yaml", form="yaml", known=KNOWN)
    assert not line or caught.value.line == line


def test_no_scenario_is_too_long_or_too_deep() -> None:
    for text in ("#" * 200_001, "a = " + "[" * 5000 + "]" * 5000):
        with pytest.raises(ScenarioError):
            read(text)


def test_an_inject_by_hand_is_held_to_the_same() -> None:
    given = {"id": "m", "at": "1:00", "kind": "message", "sender": "press", "text": "What is it?"}
    assert read_inject(given) == MessageInject(id="m", at=60.0, sender="press", text="What is it?")
    for wrong in ({}, {**given, "kind": "cargo"}, {**given, "text": 5}):
        with pytest.raises(ScenarioError):
            read_inject(wrong)


def test_the_example_of_the_how_to_is_right() -> None:
    text = (ROOT / "docs/how-to/run-an-exercise.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    known = Known(launches={"NK-20170828-01": ""}, sensors={"a": "JPN", "b": "KOR", "c": "USA"})
    assert read_scenario(example, name="first.yaml", form="yaml", known=known).id == "first"
    with pytest.raises(ScenarioError) as caught:
        read_scenario(example.replace("0828-01", "0828-1"), name="first.yaml", form="yaml", known=known)
    assert f"error: {caught.value.args[0]}\n  {caught.value.advice}" in text


@pytest.mark.parametrize(
    "given", ["", "[]", "{", "[" * 40_000, '{"a":' * 9_000, '{"id":"m","id":"n"}', '{"kind":"message"}']
)
def test_an_inject_in_a_record_that_is_none_is_refused_whatever_it_is(given):
    with pytest.raises(ScenarioError):
        read_given(given)


def test_an_inject_is_read_from_a_record_as_it_was_written():
    inject = MessageInject(id="m", at=60.0, sender="press", text="What is it?")
    assert read_given(given_of(inject)) == inject
    assert kind_of(inject) == "message"
