"""Files that people hand in: a member's TOML, launch and sensor tables, bundles, signed documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz.choices import Choices, example_of, spoilt
from fuzz.examples import ROOT, vector
from fuzz.target import need
from tocsin.codec import decode, encode
from tocsin.errors import ConfigError, FeedError, RecordError, TocsinError
from tocsin.node.bundles import read_frames, read_head
from tocsin.node.config import TABLES, try_config
from tocsin.node.proving import prove
from tocsin.node.rosters import read_document
from tocsin.signing import SignedDocument
from tocsin.synthesis.launches import load_launches
from tocsin.synthesis.sensor_table import load_sensors

DATA = ROOT / "src" / "tocsin" / "synthesis" / "data"


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    """Give bytes a path, without a disk."""
    descriptor = os.memfd_create("fuzz")
    try:
        os.write(descriptor, data)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _lines_of(name: str, count: int) -> list[bytes]:
    return (DATA / name).read_bytes().split(b"\n")[:count]


_TOML = b"""[member]
code = "KOR"
name = "x"
[keys]
test = "keys/test.pem"
[roster]
file = "roster.json"
[bus]
server = "embedded"
client_listen = "127.0.0.1:4222"
leaf_listen = "127.0.0.1:7422"
dial = { USA = "127.0.0.1:7423" }
max_age_days = 14.0
max_bytes = 1073741824
[store]
file = "data/store.db"
[exchange]
max_frame_bytes = 512000
clock_tolerance_s = 5.0
[[exchange.release]]
kinds = ["warning.*"]
action = "release"
sanitise = { releasable_to = ["JPN", "KOR"], time_grid_s = 1.0 }
[[exchange.release]]
kinds = ["*"]
action = "ask"
statuses = ["test"]
[warning]
audiences = [["JPN", "KOR"]]
[health]
listen = "127.0.0.1:8822"
""".split(b"\n")
_WORDS = (
    b"nan",
    b"inf",
    b"-1",
    b"0",
    b"1e400",
    b'""',
    b'"KOR"',
    b"[]",
    b"{}",
    b"true",
    b"99999999999999999999",
    b"1979-05-27",
    b"'''",
    b'"""',
    b"[member]",
    b"[[exchange.release]]",
    b"code = 1",
    b"a.b.c = 1",
    b"=",
    b"#",
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b",",
    b",,",
    b'"',
    b'"a',
    b"\r",
    b"1e999",
    b"-91",
    b"2017-13-01",
    b"2017-08-28T25:00:00",
    b"test",
    b"host:99999",
    b" ",
)


def _spoilt_lines(lines: list[bytes], choices: Choices) -> bytes:
    """Spoil a file of lines: lines and cells taken out, doubled, put in place of others."""
    lines = list(lines)
    for _ in range(choices.below(6)):
        at = choices.below(len(lines))
        match choices.below(5):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(choices.below(len(lines)), lines[at])
            case 2:
                mark = choices.of((b",", b" = ", b"."))
                cells = lines[at].split(mark)
                cells[choices.below(len(cells))] = choices.of(_WORDS)
                lines[at] = mark.join(cells)
            case 3:
                start = choices.below(len(lines[at]) + 1)
                lines[at] = lines[at][:start] + choices.text().encode() + lines[at][start + choices.below(4) :]
            case _:
                lines[at] = choices.of(_WORDS)
    return choices.of((b"\n", b"\n", b"\r\n", b"\r")).join(lines)


def _text(data: bytes, *examples: list[bytes]) -> bytes:
    choices = Choices(data)
    return choices.rest() if choices.byte() & 1 else _spoilt_lines(choices.of(examples), choices)


def check_config(data: bytes) -> None:
    """A member's TOML is a configuration, or everything wrong with it is named as a ConfigError."""
    with _file(_text(data, _TOML)) as path:
        config, problems = try_config(path)
    need((config is None) == bool(problems), "a configuration and problems, or neither")
    need(all(isinstance(problem, ConfigError) and str(problem) for problem in problems), "no ConfigError")
    if config is not None:
        need(
            all(isinstance(getattr(config, name), shape) for name, shape in TABLES.items()), "a table of another shape"
        )


_LAUNCHES, _SENSORS = _lines_of("launches.csv", 6), _lines_of("nominal_sensors.csv", 6)


def check_launches(data: bytes) -> None:
    """A launch table is read, with bad rows named by their line, or refused as a FeedError."""
    data = _text(data, _LAUNCHES)
    try:
        with _file(data) as path:
            table = load_launches(path)
    except FeedError:
        return
    ids = [row.launch_id for row in table.rows]
    need(len(set(ids)) == len(ids), "one launch twice")
    need(all(row.launched_at is None or row.launched_at.utcoffset() is not None for row in table.rows), "no zone")
    need(all(bad.reason and bad.line > 1 for bad in table.bad), "a bad row without a reason")
    for row in table.rows:
        need(row.site_lat_deg is None or -90 <= row.site_lat_deg <= 90, "beyond the pole")
        need(row.apogee_km is None or 1 <= row.apogee_km <= 50_000, "an apogee out of bounds")


def check_sensors(data: bytes) -> None:
    """A sensor table is read whole or refused as a FeedError."""
    data = _text(data, _SENSORS)
    try:
        with _file(data) as path:
            sensors = load_sensors(path)
    except FeedError:
        return
    ids = [sensor.sensor_id for sensor in sensors]
    need(len(set(ids)) == len(ids), "one sensor twice")
    need(
        all(sensor.update_interval_s > 0 and sensor.angle_sigma_deg > 0 for sensor in sensors), "not greater than zero"
    )


_HEAD = b'{"bundle":"tocsin/1","rosters":[%s],"audience":["KOR","USA"],"revocations":[]}' % vector(
    "roster", "document1.json"
)
_BUNDLE = [_HEAD, *(vector("chain", f"frame{number}.json") for number in (1, 2, 3)), b'{"base64":"e30="}', b""]
_HEADS = example_of(_HEAD.decode())
_FRAMES = tuple(example_of(line.decode()) for line in _BUNDLE[1:4])


def check_bundle(data: bytes) -> None:
    """A bundle is proved, broken, or refused as a FeedError; whatever is sound in it comes out as it lies there."""
    choices = Choices(data)
    if choices.byte() & 1:
        data = choices.rest()
    else:
        lines = list(_BUNDLE)
        if choices.below(2):
            lines[0] = spoilt(_HEADS, choices)
        lines[1 + choices.below(3)] = spoilt(choices.of(_FRAMES), choices)
        data = b"\n".join(lines) if choices.below(2) else _spoilt_lines(lines, choices)
    with _file(data) as path:
        try:
            with path.open("rb") as source:
                head = read_head(source, str(path))
            need(decode(encode(head), type(head), max_bytes=64_000_000) == head, "written and read again it is another")
            with path.open("rb") as source:
                frames = [frame for _, frame in read_frames(source, str(path))]
            proof = prove(path, roster=None, on_progress=lambda _done, _all: None)
        except TocsinError as error:
            need(str(error), "an error without words")
            return
    need(proof.frames <= len(frames), "more frames proved than there are")
    need(proof.is_sound == (not proof.breaks), "sound and broken")


_DOCUMENTS = tuple(
    example_of(vector(name, file).decode())
    for name, file in (("roster", "document1.json"), ("revocation", "document2.json"))
)


def check_document(data: bytes) -> None:
    """A file with a signed document is one, or a ConfigError says that it is none."""
    choices = Choices(data)
    data = choices.rest() if choices.byte() & 1 else spoilt(choices.of(_DOCUMENTS), choices)
    try:
        with _file(data) as path:
            document = read_document(path)
    except ConfigError:
        return
    except RecordError as error:
        need(holds=False, says=f"not translated: {error!r}")
        return
    need(decode(encode(document), SignedDocument) == document, "written and read again it is another")
    need(len(document.hash) == 64, "no hash")
