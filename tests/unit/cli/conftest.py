"""A member's folder with a real store: frames that were sealed by three members and came through KOR's door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.sealed import START, Federation, make_record

from tocsin.cli.app import run
from tocsin.codec import encode
from tocsin.markings import Marking, marking_for
from tocsin.records import Impact, Launch, LaunchPoint, Overflight
from tocsin.store import Batch, Store

LAUNCH = Launch(
    event_id="E-1",
    stage="predicted",
    revision=3,
    launch_point=LaunchPoint(lat_deg=39.2, lon_deg=125.7, radius_km=3.0),
    impact=Impact(
        lat_deg=41.5, lon_deg=141.0, ellipse_95_km=(9.0, 2.0), ellipse_bearing_deg=80.0,
        at=START + timedelta(minutes=9), at_sigma_s=1.0,
    ),
    areas=("JP-01",),
    overflown=(Overflight(area="JP-02", passes_at=START + timedelta(minutes=8), altitude_m=5e5),),
)  # fmt: skip


@pytest.fixture
def federation() -> Federation:
    return Federation()


@pytest.fixture
def folder(tmp_path: Path, federation: Federation) -> Path:
    """KOR's folder: five records of three statuses in its store."""
    home = tmp_path / "KOR"
    (home / "data").mkdir(parents=True)
    (home / "member.toml").write_text('[member]\ncode = "KOR"\n')
    (home / "roster.json").write_bytes(encode(federation.trust.document))
    two = marking_for("JPN", "KOR")
    secret = Marking(releasable_to=("JPN", "KOR"), caveats=("ORCON",))
    launch = msgspec.to_builtins(LAUNCH)
    records = [
        make_record("first", status="actual"),
        make_record("second", marking=two, issued_at=START + timedelta(minutes=1)),
        make_record("third", status="exercise:bell-1", marking=secret, issued_at=START + timedelta(minutes=2)),
        make_record(
            "fourth", kind="warning.launch", body=launch, synthetic=True, issued_at=START + timedelta(minutes=3)
        ),
        make_record("fifth", originator="USA", kind="new-room.thing", issued_at=START + timedelta(minutes=4)),
    ]
    with Store.open(home / "data/store.db") as store:
        store.commit(Batch(frames=tuple(federation.admitted(record) for record in records)))
    return home


@pytest.fixture
def tocsin(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple]:
    """Run a command in this process and return its exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call
