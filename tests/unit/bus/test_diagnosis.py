"""Log lines of nats-server 2.15.1, as it wrote them, and what an operator is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.servers import make_federation

from tocsin.bus.diagnosis import LinkDiagnosis
from tocsin.bus.in_force import ConfigInForce
from tocsin.bus.links import duration_ms

STAMP = "[5573] 2026/11/24 22:12:48.069948"


def diagnosis(tmp_path: Path, member: str) -> tuple[LinkDiagnosis, Path]:
    config = make_federation(tmp_path).configs[member]
    log = tmp_path / "server.log"
    log.touch()
    return LinkDiagnosis(ConfigInForce(config), log), log


def say(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(f"{STAMP} {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            (
                "[ERR] 127.0.0.1:1 - lid:12 - TLS leafnode handshake error: tls: failed to verify certificate: x509: "
                "certificate has expired or is not yet valid: current time 2026-11-24T22:12:08Z is after "
                "2026-11-23T22:12:07Z (CN=USA SHA-256: 7ef0)"
            ),
            "the peer's certificate has expired or is not valid yet",
        ),
        (
            (
                "[ERR] 127.0.0.1:1 - lid:12 - TLS leafnode handshake error: tls: failed to verify certificate: x509: "
                "certificate signed by unknown authority"
            ),
            "the peer's certificate is not the one that we know, nor of an authority that we know",
        ),
        (
            "[ERR] 127.0.0.1:1 - lid:12 - TLS leafnode handshake error: remote error: tls: bad certificate",
            "the peer refuses our certificate",
        ),
        ("[ERR] 127.0.0.1:1 - lid:12 - Leafnode Error 'Authorization Violation'", "the peer refuses our link key"),
        ("[ERR] 127.0.0.1:1 - lid:12 - Leafnode Error 'something new'", "something new"),
        (
            "[INF] 127.0.0.1:1 - lid:12 - Leafnode connection closed: Read Error",
            "the peer hung up during the handshake: it may refuse our certificate",
        ),
    ],
)
def test_a_link_that_we_dial(tmp_path: Path, line: str, told: str) -> None:
    watch, log = diagnosis(tmp_path, "JPN")
    assert watch.trouble("USA", dials_us=False) == ""
    say(log, "[INF] 127.0.0.1:1 - lid:12 - Leafnode connection created for account: X_USA_BULK ", line)
    assert watch.trouble("USA", dials_us=False) == told
    assert watch.trouble("KOR", dials_us=True) == ""
    watch.forget("USA")
    assert watch.trouble("USA", dials_us=False) == ""


def test_a_link_that_was_up_and_closes_is_no_trouble(tmp_path: Path) -> None:
    watch, log = diagnosis(tmp_path, "JPN")
    say(
        log,
        "[INF] 127.0.0.1:1 - lid:12 - Leafnode connection created for account: X_USA ",
        "[INF] 127.0.0.1:1 - lid:12 - Leafnode connection closed: Server Shutdown - Remote: USA",
    )
    assert watch.trouble("USA", dials_us=False) == ""


def test_nothing_listens(tmp_path: Path) -> None:
    watch, log = diagnosis(tmp_path, "JPN")
    dial = make_federation(tmp_path / "other").configs["JPN"].peer("USA").dial
    say(
        log,
        f'[ERR] Error trying to connect as leafnode to remote server "{dial}" (attempt 1): '
        f"dial tcp {dial}: connect: connection refused",
    )
    assert watch.trouble("USA", dials_us=False) == ""  # the address of another federation
    config = watch._dialled
    [address] = config
    say(
        log,
        f'[ERR] Error trying to connect as leafnode to remote server "{address}" (attempt 1): '
        f"dial tcp {address}: connect: connection refused",
    )
    assert watch.trouble("USA", dials_us=False) == "nothing listens at the peer's address"


def test_a_caller_is_told_by_the_name_in_its_certificate_if_we_know_that_name(tmp_path: Path) -> None:
    watch, log = diagnosis(tmp_path, "USA")
    say(
        log,
        "[ERR] 127.0.0.1:1 - lid:9 - TLS leafnode handshake error: tls: failed to verify certificate: x509: "
        "certificate has expired or is not yet valid: x (CN=KOR SHA-256: 7ef0)",
    )
    assert watch.trouble("KOR", dials_us=True) == "the peer's certificate has expired or is not valid yet"
    assert watch.trouble("JPN", dials_us=True) == ""


def test_a_caller_whom_nobody_can_name(tmp_path: Path) -> None:
    watch, log = diagnosis(tmp_path, "USA")
    say(log, '[ERR] 127.0.0.1:1 - lid:13 - authentication error - Nkey "UA53"')
    for peer in ("JPN", "KOR"):
        assert watch.trouble(peer, dials_us=True) == "a caller's link key is unknown to us: UA53"
    assert watch.trouble("JPN", dials_us=False) == ""


def test_half_lines_and_a_rotated_log(tmp_path: Path) -> None:
    watch, log = diagnosis(tmp_path, "JPN")
    created = f"{STAMP} [INF] 127.0.0.1:1 - lid:12 - Leafnode connection created for account: X_USA \n"
    refused = f"{STAMP} [ERR] 127.0.0.1:1 - lid:12 - Leafnode Error 'Authorization Violation'\n"
    log.write_text(created + refused[:60])
    assert watch.trouble("USA", dials_us=False) == ""
    log.write_text(created + refused)
    assert watch.trouble("USA", dials_us=False) == "the peer refuses our link key"
    watch.forget("USA")
    log.write_text(refused)  # shorter: begun again
    assert watch.trouble("USA", dials_us=False) == "the peer refuses our link key"
    log.unlink()
    watch.forget("USA")
    assert watch.trouble("USA", dials_us=False) == ""


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("1.5ms", 1.5), ("356µs", 0.356), ("2s", 2000.0), ("1m2.5s", 62500.0), ("120ns", 0.00012), ("", None)],
)
def test_durations_as_go_writes_them(text: str, milliseconds: float | None) -> None:
    assert duration_ms(text) == pytest.approx(milliseconds)
