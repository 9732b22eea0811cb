"""What the bus reads of its server: acknowledgement subjects, status headers, answers, the log."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import Any, cast

from fuzz.choices import Choices, example, spoilt
from fuzz.door import NOW
from fuzz.target import need
from tocsin.bus.config import BusConfig
from tocsin.bus.connection import Connection
from tocsin.bus.copies import StreamReader
from tocsin.bus.diagnosis import LinkDiagnosis
from tocsin.bus.in_force import ConfigInForce
from tocsin.bus.links import LeafAnswer, duration_ms
from tocsin.bus.streams import ConsumerInfo, StreamInfo, read_answer
from tocsin.clock import ManualClock
from tocsin.errors import BusUnavailableError

_REPLIES = (
    b"$JS.ACK.IN_USA.read1.1.7.1.1700000000.0",
    b"$JS.ACK.hub.acc.IN_USA.read1.1.7.1.1700000000.0.tok",
    b"",
    b".",
    b"a" * 40,
)
_HEADERS = (
    None,
    b"NATS/1.0\r\n\r\n",
    b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 3\r\nNats-Last-Stream: 4\r\n\r\n",
    b"NATS/1.0 100 FlowControl Request\r\nNats-Consumer-Stalled: $JS.FC.x\r\n\r\n",
    b"NATS/1.0 409 Gone\r\n\r\n",
)


def check_stream(data: bytes) -> None:
    """Whatever arrives on a reader's subject is handed over in order, or ends that consumer; nothing is raised."""
    choices = Choices(data)
    reader = StreamReader(cast("Connection", None), "IN_USA", cursor=None, clock=ManualClock(NOW))
    for _ in range(1 + choices.below(6)):
        reply = bytearray(choices.of(_REPLIES))
        headers = choices.of(_HEADERS)
        for _ in range(choices.below(3)):
            at = choices.below(len(reply) + 1)
            reply[at : at + choices.below(3)] = choices.text().encode()
        if headers is not None and choices.below(3) == 0:
            at = choices.below(len(headers) + 1)
            headers = headers[:at] + choices.text().encode() + headers[at + choices.below(8) :]
        reader._receive(bytes(reply), b"x", headers)  # noqa: SLF001 - what the socket calls
    numbers = [item.seq for item in reader._items if item.seq]  # noqa: SLF001
    need(all(0 < number < 10**20 for number in numbers), "a sequence that is none")
    need(all(item.reply for item in reader._items if not item.seq), "a question without a place to answer to")  # noqa: SLF001


_STREAM = example(
    {
        "type": "x",
        "config": {"name": "IN_USA"},
        "created": "2026-01-15T12:00:00Z",
        "state": {"messages": 1, "bytes": 2, "first_seq": 1, "last_seq": 7},
        "sources": [{"name": "a", "lag": 1, "active": 5}],
    }
)
_CONSUMER = example(
    {
        "name": "peer",
        "ack_floor": {"consumer_seq": 1, "stream_seq": 2},
        "num_ack_pending": 1,
        "num_pending": 2,
        "push_bound": True,
    }
)
_LEAFS = example(
    {
        "server": {"id": "N1", "name": "n"},
        "data": {"leafs": [{"id": 1, "account": "X_USA", "rtt": "1.5ms", "in_bytes": 1}]},
    }
)
_SHAPES: tuple[tuple[Any, Any], ...] = ((_STREAM, StreamInfo), (_CONSUMER, ConsumerInfo), (_LEAFS, LeafAnswer))


def check_answers(data: bytes) -> None:
    """A server's answer is what was asked for, or BusUnavailableError; durations are numbers or none."""
    choices = Choices(data)
    found, shape = choices.of(_SHAPES)
    raw = choices.rest() if choices.byte() & 1 else spoilt(found, choices)
    try:
        answer = read_answer(raw, shape, verb="TEST")
    except BusUnavailableError:
        return
    need(isinstance(answer, shape), "another shape")
    if isinstance(answer, LeafAnswer):
        for leaf in (answer.data.leafs if answer.data is not None else None) or []:
            told = duration_ms(leaf.rtt)
            need(told is None or told >= 0, "less than no time")


_LINES = (
    "[1] 2026/01/15 12:00:00.000000 [ERR] 127.0.0.1:7422 - lid:5 - TLS leafnode handshake error: tls: bad certificate",
    "[1] 2026/01/15 12:00:00.000000 [INF] 127.0.0.1:51000 - lid_ws:12 - Leafnode connection created for account: X_USA",
    '[1] 2026/01/15 12:00:00.000000 [ERR] Error trying to connect as leafnode to remote server "127.0.0.1:7422": x',
    "[1] 2026/01/15 12:00:00.000000 [ERR] 127.0.0.1:7422 - lid:5 - Leafnode Error 'Authorization Violation'",
    '[1] 2026/01/15 12:00:00.000000 [ERR] 127.0.0.1:7422 - lid:5 - authentication error - Nkey "UAAAA"',
)
_CONFIG = BusConfig(
    member="KOR",
    client_listen="127.0.0.1:1",
    leaf_listen="127.0.0.1:2",
    store_dir=gettempdir(),
    app_seed_file="a",
    system_seed_file="b",
    certificate_file="c",
    key_file="d",
)


def check_log(data: bytes) -> None:
    """No line of the server's log makes the diagnosis fall, and what it remembers is short."""
    choices = Choices(data)
    diagnosis = LinkDiagnosis(ConfigInForce(_CONFIG), Path(gettempdir()) / "no such log")
    for _ in range(1 + choices.below(3)):
        line = choices.of(_LINES)
        for _ in range(choices.below(4)):
            at = choices.below(len(line) + 1)
            line = line[:at] + choices.text() + line[at + choices.below(12) :]
        diagnosis._note(line)  # noqa: SLF001 - reading a file for each input would test the disk
    need(isinstance(diagnosis.trouble("USA", dials_us=True), str), "no text")
