"""One target under libFuzzer by way of atheris: ``python -m fuzz.engine TARGET [options of libFuzzer]``."""

from __future__ import annotations

import sys

import atheris

WATCHED = (
    "tocsin.codec", "tocsin.records", "tocsin.markings", "tocsin.clock", "tocsin.signing", "tocsin.exchange",
    "tocsin.synthesis.tables", "tocsin.synthesis.launches", "tocsin.synthesis.sensor_table", "tocsin.node.config",
    "tocsin.node.bundles", "tocsin.node.control", "tocsin.node.rosters", "tocsin.bus.copies", "tocsin.bus.links",
    "tocsin.cap", "tocsin.bus.streams", "tocsin.bus.diagnosis", "tocsin.store.slips", "conformance.receiver",
)  # fmt: skip
"""Modules whose branches guide the fuzzer."""


def main() -> None:
    """Run until libFuzzer ends the process."""
    with atheris.instrument_imports(include=list(WATCHED)):
        from fuzz.registry import TARGETS  # noqa: PLC0415 - what is imported here is watched
    target = TARGETS[sys.argv[1]]
    options = [
        f"-max_len={target.max_bytes}",
        "-len_control=0",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, *sys.argv[2:]], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
