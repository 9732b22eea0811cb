"""How many events a second are matched, beside OASIS's matcher: ``python -m bench.cyber [--write]``.

Indicators of every kind of pattern, most of them one property that equals one text, as in real feeds; events as
connections and names from Zeek's logs, one in a thousand of which bears what an indicator names. Blocks of the one
matcher and the other take turns in one process, and processor seconds are counted, so that what else the machine does
touches both alike. ``stix2-matcher`` is given compiled patterns and events as it reads them; its events per second are
its pairs of pattern and event per second, through the number of indicators.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import random
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tocsin.cyber.detector import Detector, Indicator
from tocsin.cyber.mapping import shipped_mapping
from tocsin.cyber.parsing import parse_pattern

RESULTS = Path(__file__).with_name("README.md")
EVENTS = 40_000
BLOCKS = 4
SIZES = (10_000, 1_000_000)


def address(number: int) -> str:
    return f"{11 + number % 180}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def pattern(number: int) -> str:
    """Nine in ten equal one text; of 10,000 there are 300 LIKE, 200 MATCHES, 300 networks, 200 others."""
    kind = number % 100
    if kind < 50:
        return f"[file:hashes.'SHA-256' = '{hashlib.sha256(str(number).encode()).hexdigest()}']"
    if kind < 65:
        return f"[domain-name:value = 'h{number}.example']"
    if kind < 80:
        return f"[ipv4-addr:value = '{address(number)}']"
    if kind < 90 or number >= SIZES[0]:
        return f"[url:value = 'http://h{number}.example/a/{number}']"
    if kind < 93:
        return f"[domain-name:value LIKE 'c2-{number}.%.example']"
    if kind < 95:
        return f"[domain-name:value MATCHES '^x{number}[a-f0-9]{{4,8}}\\\\.example$']"
    if kind < 98:
        return f"[ipv4-addr:value ISSUBSET '{address(number * 256)}/24']"
    if kind < 99:
        return f"[network-traffic:dst_port = {number} AND network-traffic:dst_ref.value = '{address(number)}']"
    return (
        f"[domain-name:value = 'f{number}.example'] FOLLOWEDBY [ipv4-addr:value IN ('{address(number)}', '192.0.2.1')]"
    )


def lines(size: int, count: int) -> Iterator[bytes]:
    draw = random.Random(7)
    for number in range(count):
        known = draw.random() < 0.001
        subject = draw.randrange(size) if known else size + draw.randrange(100_000_000)
        yield json.dumps({
            "ts": 1764320400 + number / 1000, "uid": f"C{number}", "id.orig_h": f"192.168.{number % 7}.{number % 251}",
            "id.orig_p": 1024 + number % 60_000, "id.resp_h": address(subject), "id.resp_p": 53, "proto": "udp",
            "query": f"h{subject}.example", "answers": [address(subject + 1)],
        }).encode()  # fmt: skip


def measure(size: int) -> dict[str, float]:
    """Load so many indicators and match events against them."""
    started = time.process_time()
    detector = Detector(kept_events=EVENTS)
    indicators = (Indicator(f"indicator--{number:032x}", parse_pattern(pattern(number))) for number in range(size))
    detector.add(indicators, now_us=0)
    loading = time.process_time() - started
    resident_mb = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

    mapping, decoder = shipped_mapping("zeek"), msgspec.json.Decoder()
    raw = list(lines(size, EVENTS))
    events = [mapping.observation(decoder.decode(line)) for line in raw]
    gc.collect()
    seconds = {"events": 0.0, "lines": 0.0, "reference": 0.0}
    reference = Reference(size)
    pairs = found = 0
    for block in range(BLOCKS):
        mine = range(block, EVENTS, BLOCKS)
        started = time.process_time()
        found += sum(len(detector.observe(events[number], now_us=0)) for number in mine)
        seconds["events"] += time.process_time() - started
        started = time.process_time()
        for number in mine:
            detector.observe(mapping.observation(decoder.decode(raw[number])), now_us=0)
        seconds["lines"] += time.process_time() - started
        started = time.process_time()
        pairs += reference.match([events[number].objects for number in list(mine)[:15]])
        seconds["reference"] += time.process_time() - started
    return {
        "size": size,
        "loaded_a_second": size / loading,
        "resident_mb": resident_mb,
        "events_a_second": EVENTS / seconds["events"],
        "lines_a_second": EVENTS / seconds["lines"],
        "reference_pairs_a_second": pairs / seconds["reference"],
        "found": found,
        "refused": len(detector.refused),
    }


class Reference:
    """OASIS's matcher, with some of the same patterns."""

    def __init__(self, size: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from stix2matcher.matcher import Pattern  # noqa: PLC0415
        self._patterns = [Pattern(pattern(number)) for number in range(0, size, size // 200)]

    def match(self, events: list[dict[str, dict[str, object]]]) -> int:
        times = {"first_observed": "2025-11-28T09:00:00Z", "last_observed": "2025-11-28T09:00:00Z"}
        for objects in events:
            observed = {"type": "observed-data", "number_observed": 1, **times, "objects": objects}
            for one in self._patterns:
                one.match([observed])
        return len(events) * len(self._patterns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="add the rows to bench/README.md")
    parser.add_argument("--size", type=int, help="of one measurement, which is printed as JSON")
    given = parser.parse_args()
    if given.size:
        print(json.dumps(measure(given.size)))
        return
    rows = []
    for size in SIZES:  # each in a process of its own, for its memory
        command = [sys.executable, "-m", "bench.cyber", "--size", str(size)]
        result = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        rows.append(row(result))
        print(rows[-1])
    if given.write:
        text = RESULTS.read_text()
        RESULTS.write_text(text.replace("<!-- cyber -->", "\n".join([*rows, "<!-- cyber -->"])))


def row(result: dict[str, float]) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, check=True, text=True)
    size, events = int(result["size"]), result["events_a_second"]
    reference = result["reference_pairs_a_second"]
    return (
        f"| {datetime.now(UTC):%Y-%m-%d} | `{commit.stdout.strip()}` | {size:,} | {result['loaded_a_second']:,.0f} "
        f"| {result['resident_mb']:,.0f} | {events:,.0f} | {result['lines_a_second']:,.0f} "
        f"| {events * size:,.0f} / {reference:,.0f} = {events * size / reference:,.0f} |"
    )


if __name__ == "__main__":
    main()
