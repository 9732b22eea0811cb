"""Lines of logs become observations, as the mapping says and no more."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tocsin.cyber.mapping import SHIPPED, LogMapping, shipped_mapping
from tocsin.errors import ConfigError, MalformedRecordError

ZEEK = {"ts": 1764320400.25, "uid": "C1", "id.orig_h": "10.0.0.9", "id.orig_p": 50000, "id.resp_h": "2001:db8::7",
        "id.resp_p": 53, "query": "Evil.Example.", "answers": ["192.0.2.7", "cdn.example"], "host": "-"}  # fmt: skip
EVE = {"timestamp": "2025-11-28T18:00:00.250000+0900", "event_type": "http", "src_ip": "10.0.0.9", "src_port": 50000,
       "dest_ip": "192.0.2.7", "dest_port": 80, "http": {"hostname": "evil.example", "url": "/a?b", "status": 200},
       "dns": {"queries": [{"rrname": "a.example"}, {"rrname": "B.example"}]},
       "fileinfo": {"filename": "/x.exe", "md5": "D41D8CD98F00B204E9800998ECF8427E", "size": 9}}  # fmt: skip
ECS = {"@timestamp": "2025-11-28T09:00:00.250Z", "source": {"ip": "10.0.0.9"}, "destination.ip": "192.0.2.7",
       "process": {"name": "a.exe", "pid": 7, "command_line": "a.exe -x", "hash": {"sha256": "AB"}},
       "user": {"name": "somebody"}}  # fmt: skip


def read(name, line):
    return shipped_mapping(name).observation(line)


def test_zeek():
    seen = read("zeek", ZEEK)
    assert seen.first_us == seen.last_us == 1764320400_250000
    assert list(seen.objects.values()) == [
        {"type": "ipv4-addr", "value": "10.0.0.9"},
        {"type": "ipv6-addr", "value": "2001:db8::7"},
        {"type": "domain-name", "value": "evil.example"},
        {"type": "ipv4-addr", "value": "192.0.2.7"},
        {"type": "domain-name", "value": "cdn.example"},
        {"type": "network-traffic", "src_ref": "source", "dst_ref": "destination", "src_port": 50000, "dst_port": 53},
    ]


def test_suricata():
    seen = read("suricata", EVE)
    assert seen.first_us == 1764320400_250000
    values = {(one["type"], one.get("value")) for one in seen.objects.values()}
    assert {("url", "http://evil.example/a?b"), ("domain-name", "a.example"), ("domain-name", "b.example")} <= values
    assert seen.objects["file"] == {
        "type": "file", "name": "/x.exe", "size": 9, "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e"},
    }  # fmt: skip


def test_elastic_common_schema_takes_nothing_that_is_not_mapped():
    seen = read("ecs", ECS)
    assert "somebody" not in json.dumps(seen.objects)
    assert seen.objects["image"] == {"type": "file", "name": "a.exe", "hashes": {"SHA-256": "ab"}}
    process = next(one for one in seen.objects.values() if one["type"] == "process")
    assert process == {"type": "process", "image_ref": "image", "command_line": "a.exe -x", "pid": 7}


def test_a_table():
    [row] = csv.DictReader(io.StringIO("time,src_ip,dst_port\n2025-11-28T09:00:00Z,10.0.0.9,443\n"))
    traffic = {"type": "network-traffic", "src_ref": "source", "dst_port": 443}
    assert list(read("csv", row).objects.values()) == [{"type": "ipv4-addr", "value": "10.0.0.9"}, traffic]


def test_a_line_with_nothing_to_look_at():
    assert read("zeek", {"ts": 1, "id.orig_h": "no address"}) is None


@pytest.mark.parametrize("time", [None, "", "yesterday", "2025-11-28T09:00:00", float("inf"), True, [], "1e999"])
def test_a_line_without_a_time(time):
    with pytest.raises(MalformedRecordError):
        read("zeek", {"ts": time, "query": "a.example"})


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("value", [7, True, None, {}, [[]], [{}], {"ip": {}}, ["x"] * 1000, "\x00"])
def test_no_line_ends_in_anything_but_an_observation_or_nothing(name, value):
    fields = [*ZEEK, *EVE, *ECS, "hashes", "url", "domain", "md5"]
    seen = read(name, dict.fromkeys(fields, value) | {"ts": 1, "timestamp": 1, "@timestamp": 1, "time": 1})
    assert seen is None or len(seen.objects) < 500


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "time = 'a'", "time = 'a'\nobservable = []", "time = 'a'\nobservable = [1]",
        "time = 'a'\nextra = 1\n[[observable]]\ntype = 'url'\nvalue = 'a'",
        "time = 'a'\n[[observable]]\nvalue = 'a'", "time = 'a'\n[[observable]]\ntype = 'url'",
        "time = 'a'\n[[observable]]\ntype = 'url'\nvalue = 7",
        "time = 'a'\n[[observable]]\ntype = 'network-traffic'\nsrc_ref = 'nobody'",
    ],
)  # fmt: skip
def test_no_mapping(text):
    with pytest.raises(ConfigError, match=r"log\.toml"):
        LogMapping(text, where="log.toml")
