"""The committed schemas follow from the structs, and hold what this program writes and the vectors hold."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from tocsin import markings
from tocsin.clock import ManualClock
from tocsin.exchange import Exchange, Policy
from tocsin.markings import marking_for
from tocsin.records import (
    BODIES,
    GEOCENTRIC,
    Alert,
    AlertArea,
    AlertDelivery,
    AlertGrounds,
    AlertSent,
    AlertText,
    Approval,
    AreaRisk,
    Assertion,
    CargoCount,
    CargoPlace,
    ChannelTest,
    Claim,
    ClaimItem,
    ClaimLink,
    ClaimPlace,
    ClaimSource,
    ClassProbability,
    Consent,
    Contributor,
    Credential,
    Custody,
    Detection,
    Downgrade,
    Evidence,
    Exercise,
    ExerciseClock,
    ExerciseComment,
    ExerciseDecision,
    ExerciseEnd,
    ExerciseMessage,
    ExercisePlan,
    Fix,
    Flown,
    GranularMarking,
    HazardArea,
    Head,
    Heads,
    Hypothesis,
    Impact,
    Inject,
    Judgement,
    Launch,
    LaunchNotice,
    LaunchPoint,
    LocalName,
    LogEntry,
    MemberTrack,
    Movement,
    MovementLeg,
    Overflight,
    Person,
    PlanConsent,
    PlannedExercise,
    PortReach,
    Position,
    Precedence,
    Quantity,
    Question,
    Reach,
    Reaction,
    Recall,
    RecordRef,
    Remark,
    Request,
    Revocation,
    SameEvent,
    Silence,
    SilenceAnswer,
    Source,
    StatementComment,
    StatementIssue,
    StatementSignature,
    StatementText,
    StixObject,
    TrackPoint,
    Vessel,
    VesselIdentity,
    Weighing,
    encode,
    record,
    with_body,
)
from tocsin.signing import KeyRole, Link, LinkIdentity, PrivateKey, Roster, RosterMember, Trust, unsigned

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "spec" / "schema"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
REF = RecordRef(originator="KOR", record="KOR-1")
PORT = CargoPlace(
    name="Rajin", lat_deg=42.2, lon_deg=130.3, within_km=2.0, country="KP", unlocode="KPRJN", wpi=60510, site="NK-RAJIN"
)


def _schema(name: str) -> Any:
    return json.loads((SCHEMAS / f"{name}.json").read_text())


REGISTRY: Registry[Any] = Registry().with_resources(
    (path.name, Resource.from_contents(json.loads(path.read_text()))) for path in SCHEMAS.rglob("*.json")
)


def _problems(name: str, value: object) -> list[str]:
    checker = jsonschema.Draft202012Validator(
        _schema(name), registry=REGISTRY, format_checker=jsonschema.FormatChecker()
    )
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


TRACK = TrackPoint(
    at=NOW, lat_deg=40.0, lon_deg=130.0, altitude_m=9e4, speed_mps=3e3, heading_deg=90.0, climb_deg=30.0, sigma_m=500.0
)
IMPACT = Impact(
    lat_deg=41.0, lon_deg=141.0, ellipse_95_km=(12.0, 3.0), ellipse_bearing_deg=80.0, at=NOW, at_sigma_s=2.0
)
HEAD = Head(
    originator="KOR", precedence=Precedence.FLASH, epoch="e", number=3, hash="0" * 64, resumes=("d", 7, "1" * 64)
)
AREA = AlertArea(
    area="JP-13/island-4", code="JP-13", names=(LocalName(language="ja-JP", name="小笠原諸島"),),
    rings=(((142.0, 27.0), (142.3, 27.0), (142.3, 27.2), (142.0, 27.0)),),
)  # fmt: skip
TEXT = AlertText(language="ja-JP", event="e", headline="h", description="d", instruction="i")
DRAFTER = Person(role="drafter", pseudonym="D-1")
CONTROLLER = Person(role="exercise_controller", pseudonym="EC-1")
EXAMPLES = {
    "alerts.alert": Alert(
        alert_id="a",
        event_id="e",
        message="update",
        number=2,
        areas=(AREA,),
        freed=(AREA,),
        texts=(TEXT,),
        freed_texts=(TEXT,),
        changes=("b",),
        channels=("feed",),
        confirmations=1,
        urgency="Immediate",
        severity="Extreme",
        certainty="Likely",
        earliest_at=NOW,
        latest_at=NOW,
        expires_at=NOW,
        grounds=AlertGrounds(
            launch="l",
            revision=2,
            label="ballistic",
            grade_basis="b",
            detections=9,
            last_detection_at=NOW,
            at_risk=(AreaRisk(area="JP-13/island-4", probability=0.5, earliest_at=NOW, latest_at=NOW),),
            lost_age_s=3.0,
        ),
    ),
    "alerts.test": ChannelTest(
        channels=("feed",),
        identifier="JPN-test-a",
        sender="alerts@jpn.example",
        sent_at=NOW,
        expires_at=NOW,
        texts=(
            AlertText(language="en-US", event="Test", headline="TEST", description="A test.", instruction="Nothing."),
        ),
    ),
    "alerts.delivery": AlertDelivery(alert="a", channel="feed", state="failed", attempts=2, at=NOW, detail="no answer"),
    "alerts.sent": AlertSent(
        alert="a",
        digest="0" * 64,
        approvals=("b",),
        by=Person(role="alert_officer", pseudonym="AO-1"),
        identifier="JPN-a",
        sender="alerts@jpn.example",
        sent_at=NOW,
    ),
    "exchange.heads": Heads(clock_at=NOW, heads=(HEAD,), held=(HEAD,), tick=4),
    "exchange.request": Request(originator="KOR", precedence=Precedence.FLASH, epoch="e", after=2, up_to=9),
    "exchange.downgrade": Downgrade(
        source_ids=("a",),
        fields=("position",),
        marking=marking_for("JPN", "KOR"),
        reason="r",
        releaser=Person(role="releaser", pseudonym="P1"),
        keyid="0" * 64,
        signature="x",
    ),
    "cargo.count": CargoCount(
        place=CargoPlace(name="Tumangang", country="KP", site="KP-TUMANGANG"),
        quantity=Quantity(unit="railcars", least=73.0, most=73.0),
        since=NOW,
        until=NOW,
        baseline=Quantity(unit="railcars", most=20.0, is_about=True, until=NOW),
        baseline_note="n",
        basis="reported",
        rests_on=(REF,),
    ),
    "cargo.movement": Movement(
        title="t",
        mode="sea",
        vessels=(REF,),
        carrier="c",
        origin=PORT,
        destination=PORT,
        since=NOW,
        until=NOW,
        cargo="c",
        quantities=(Quantity(unit="containers", least=300.0),),
        legs=(
            MovementLeg(
                mode="rail",
                basis="inferred",
                origin=PORT,
                since=NOW,
                transponder="silent",
                reason="r",
                rests_on=(REF,),
            ),
        ),
        rests_on=(REF,),
        topic="t",
    ),
    "cargo.reach": Reach(
        vessel=REF,
        vessel_name="n",
        silent_from=Fix(at=NOW, lat_deg=42.8, lon_deg=132.4, source="s"),
        silent_to=Fix(at=NOW + timedelta(hours=24), lat_deg=42.8, lon_deg=132.4),
        hours_alongside=8.0,
        most_kn=20.0,
        most_reason="r",
        shown_kn=12.0,
        shown_reason="r",
        ports=(
            PortReach(
                port=PORT,
                answer="unclear",
                least_nmi=195.0,
                route_nmi=230.0,
                needed_kn=14.4,
                hours_left=4.8,
                is_suspected=True,
            ),
        ),
        port_list="p",
        method="m",
        assumptions=("a",),
    ),
    "cargo.vessel": Vessel(
        identities=(
            VesselIdentity(what="imo", value="9179842", basis="registered", since=NOW, until=NOW, source="s"),
            VesselIdentity(what="mmsi", value="273000000", basis="broadcast", rests_on=(REF,)),
        ),
        ship_type="ro-ro cargo",
        note="n",
    ),
    "claims.claim": Claim(
        proposition="p",
        speaker="s",
        reported_by="r",
        said_at=NOW,
        places=(ClaimPlace(name="Rajin", lat_deg=42.2, lon_deg=130.3, within_km=2.0),),
        since=NOW,
        until=NOW,
        quantities=(Quantity(unit="containers", least=300.0, is_about=True, until=NOW),),
        credibility=2,
        hedge="may",
        rests_on=(REF,),
        topic="t",
    ),
    "claims.item": ClaimItem(
        title="t",
        media="image/png",
        basis="derived",
        source=REF,
        derived_from=(REF,),
        origins=("0" * 64,),
        sha256="1" * 64,
        size_bytes=9,
        obtained_at=NOW,
        custody=(Custody(at=NOW, by="b", did="obtained"),),
        quote="q",
    ),
    "claims.judgement": Judgement(claim=REF, scale="icd203", word="likely", confidence="low", reasons="r"),
    "claims.link": ClaimLink(
        of=REF,
        relation="denies",
        to=RecordRef(originator="JPN", record="b"),
        weight="strong",
        scope="part",
        reason="r",
    ),
    "claims.question": Question(
        text="t", hypotheses=(Hypothesis(key="a", text="a"), Hypothesis(key="b", text="b")), gaps=("g",)
    ),
    "claims.source": ClaimSource(name="n", kind="press", reliability="B", reason="r"),
    "claims.weighing": Weighing(question=REF, hypothesis="a", evidence=REF, reading="inconsistent", reason="r"),
    "consult.answer": SilenceAnswer(act="broken", of=REF, digest="0" * 64, by=DRAFTER, text="r"),
    "consult.comment": StatementComment(
        act="reserve", of=REF, by=DRAFTER, paragraph="p-1", texts={"en": "w", "ko": "말"}, text="r"
    ),
    "consult.issue": StatementIssue(
        act="issued",
        of=REF,
        digest="0" * 64,
        by=DRAFTER,
        unsigned=("JPN",),
        replaces=REF,
        replaces_as="superseded",
        text="r",
    ),
    "consult.signature": StatementSignature(of=REF, digest="0" * 64, keyid="1" * 64, signature="AA==", by=DRAFTER),
    "consult.silence": Silence(
        consultation="joint-1",
        number=2,
        of=REF,
        digest="0" * 64,
        deadline_at=NOW,
        minimum_s=3600.0,
        grace_s=60.0,
        by=DRAFTER,
        text="t",
    ),
    "consult.text": StatementText(
        consultation="joint-1", number=1, statement="{}", by=DRAFTER, zones={"KOR": "Asia/Seoul"}, text="t"
    ),
    "cyber.object": StixObject(
        type="indicator",
        id="indicator--5cb65e2f-f502-5620-96c2-66f62e2b9e10",
        created="2026-01-15T12:00:00.000Z",
        modified="2026-01-15T12:00:00Z",
        revoked=True,
        object_marking_refs=("m",),
        granular_markings=(GranularMarking(marking_ref="m"),),
    ),
    "exchange.recall": Recall(record_id="a", reason="r"),
    "exchange.revocation": Revocation(document="{}"),
    "exercise.clock": ExerciseClock(act="jump", at_s=60.0, to_s=900.0, by=CONTROLLER),
    "exercise.comment": ExerciseComment(form="lesson", about="inject", what="launch-1", text="l", by=CONTROLLER),
    "exercise.consent": Consent(act="consent", digest="0" * 64, by=CONTROLLER, text="t"),
    "exercise.decision": ExerciseDecision(
        act="taken",
        inject="d",
        question="q",
        options=("a", "b"),
        to=("KOR",),
        role="alert_officer",
        within_s=60.0,
        choice="a",
        text="w",
        by=CONTROLLER,
    ),
    "exercise.end": ExerciseEnd(at_s=900.0, is_complete=True, by=CONTROLLER, text="t"),
    "exercise.exercise": Exercise(
        name="n", digest="0" * 64, members=("JPN", "KOR"), starts_at=NOW, speed=2.0, seed=2, scenario="s", form="yaml"
    ),
    "exercise.inject": Inject(
        inject="i",
        kind="launch",
        act="moved",
        due_s=60.0,
        at_s=30.0,
        to_s=90.0,
        title="t",
        to=("KOR",),
        objectives=("o",),
        by=CONTROLLER,
        flown=(
            Flown(
                name="f",
                launched_at=NOW,
                site=Position(lat_deg=40.0, lon_deg=127.0),
                impact=Position(lat_deg=41.0, lon_deg=140.0),
                impact_at=NOW,
                is_orbital=True,
            ),
        ),
    ),
    "exercise.message": ExerciseMessage(
        inject="m", sender="the press", to=("KOR",), role="analyst", text="t", by=CONTROLLER
    ),
    "exercise.plan": ExercisePlan(
        title="t",
        exercises=(
            PlannedExercise(
                id="e",
                name="n",
                begins_on=date(2027, 3, 15),
                ends_on=date(2027, 3, 17),
                members=("JPN", "KOR"),
                aim="a",
                objectives=("o",),
                domains=("warning",),
            ),
        ),
    ),
    "exercise.plan_consent": PlanConsent(
        act="cosign", originator="JPN", plan="p", digest="0" * 64, by=CONTROLLER, text="t"
    ),
    "exercise.reaction": Reaction(
        inject="i", reaction="r", member="KOR", is_met=True, seen_at=NOW, by=CONTROLLER, text="t"
    ),
    "orbit.launch_notice": LaunchNotice(
        authority="a",
        opens_at=NOW,
        closes_at=NOW,
        site=Position(lat_deg=39.66, lon_deg=124.7),
        azimuth_deg=180.0,
        hazard_areas=(HazardArea(name="stage 1", outline=((36.0, 123.0), (36.0, 124.0), (35.0, 124.0))),),
        vehicle="v",
    ),
    "warning.detection": Detection(
        sensor_id="s",
        sensor=Position(lat_deg=37.0, lon_deg=127.0),
        range_m=1e5,
        range_sigma_m=50.0,
        azimuth_deg=1.0,
        elevation_deg=2.0,
        angle_sigma_deg=0.1,
        independence_group="g",
    ),
    "warning.launch": Launch(
        event_id="e",
        stage="predicted",
        revision=2,
        launch_point=LaunchPoint(lat_deg=39.0, lon_deg=125.0, radius_km=5.0),
        launched_at=NOW,
        track=TRACK,
        ballistic_probability=0.9,
        classes=(
            ClassProbability(name="ballistic", probability=0.9),
            ClassProbability(name="clutter", probability=0.1),
        ),
        evidence=(
            Evidence(
                what="speed", value=3.1, unit="km/s", speaks_for="ballistic", speaks_against="aircraft", times=750.0
            ),
        ),
        grade="public",
        grade_basis="sensors of JPN and KOR agree",
        label="ballistic",
        impact=IMPACT,
        method="covariance_intersection",
        contributors=(Contributor(member="KOR", record="t", weight=1.0, detections=8),),
        areas=("JP-01",),
        overflown=(Overflight(area="JP-02", passes_at=NOW, altitude_m=5e5),),
        detections=12,
        sensors=("s",),
        last_detection_at=NOW,
    ),
    "warning.same_event": SameEvent(event_id="a", alias="b", gate="5 km, 5 s"),
    "warning.track": MemberTrack(
        track_id="t",
        event_id="e",
        at=NOW,
        frame=GEOCENTRIC,
        position_m=(-3.0e6, 4.0e6, 4.0e6),
        velocity_mps=(10.0, 20.0, 1500.0),
        log_drag=-8.5,
        covariance=tuple(float(column == row) for row in range(7) for column in range(row, 7)),
        highest_m=9e4,
        free_probability=0.99,
        is_free=True,
        classes=(ClassProbability(name="ballistic", probability=1.0),),
        sensors=2,
        detections=8,
        own_sensors=1,
        own_detections=4,
        first_detection_at=NOW,
        last_detection_at=NOW,
    ),
    "watch.approval": Approval(
        act="release",
        originator="KOR",
        record="a",
        digest="0" * 64,
        person=Person(role="releaser", pseudonym="R-1"),
        text="r",
        assertion=Assertion(credential="AAAA", client_data="AAAA", authenticator_data="AAAA", signature="AAAA"),
    ),
    "watch.credential": Credential(
        credential="AAAA",
        pseudonym="R-1",
        roles=("releaser",),
        public_key="AAAA",
        rp_id="watch.example",
        origin="https://watch.example",
        valid_from=NOW,
        valid_until=NOW,
    ),
    "watch.log_entry": LogEntry(
        text="quiet", person=Person(role="analyst", pseudonym="A-1"), event_id="a", hands_over=True
    ),
    "watch.remark": Remark(
        originator="JPN",
        record="a",
        act="query",
        person=Person(role="analyst", pseudonym="A-1"),
        event_id="a",
        text="?",
    ),
}


def test_the_script_makes_what_is_committed() -> None:
    found = importlib.util.spec_from_file_location("generate", ROOT / "spec" / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made = module.files()
    assert {path for path in made if path.suffix == ".json"} == {
        path.relative_to(ROOT) for path in SCHEMAS.rglob("*.json")
    }
    stale = [str(path) for path, text in made.items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert stale == [], "run: just spec"


@pytest.mark.parametrize("path", sorted(SCHEMAS.rglob("*.json")), ids=lambda path: path.stem)
def test_every_schema_is_one(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_there_is_an_example_of_every_kind() -> None:
    assert EXAMPLES.keys() == BODIES.keys()


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_what_is_written_fits_its_schema(kind: str) -> None:
    made = with_body(
        kind,
        EXAMPLES[kind],
        id="x",
        originator="KOR",
        marking=marking_for("JPN", "KOR"),
        status="exercise:vector-1",
        precedence=Precedence.FLASH,
        issued_at=NOW,
        observed_at=NOW,
        expires_at=NOW,
        synthetic=True,
        sources=(Source(record="y"), Source(cites="z")),
        supersedes="w",
    )
    written = json.loads(encode(made))
    assert _problems("record", written) == []
    assert _problems(f"body/{kind}", written["body"]) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "Warning.detection"),
        ("id", ""),
        ("originator", "kor"),
        ("status", "exercise:"),
        ("issued_at", "2026-01-15T12:00:00+09:00"),
        ("body", 5),
        ("precedence", "urgent"),
    ],
)
def test_what_is_wrong_does_not_fit(name: str, value: object) -> None:
    made = with_body(
        "exchange.recall",
        EXAMPLES["exchange.recall"],
        id="x",
        originator="KOR",
        marking=marking_for("KOR"),
        status="test",
        precedence=Precedence.FLASH,
        issued_at=NOW,
    )
    written = json.loads(encode(made))
    assert _problems("record", written) == []
    assert _problems("record", {**written, name: value}) != []


def test_a_sealed_frame_and_a_roster_fit() -> None:
    keys = {role: PrivateKey.generate(role) for role in KeyRole}
    member = RosterMember(
        code="KOR", name="K", keys=tuple(key.public for key in keys.values()), link=LinkIdentity(certificate="")
    )
    other = RosterMember(
        code="JPN",
        name="J",
        keys=(PrivateKey.generate(KeyRole.ROSTER).public,),
        link=LinkIdentity(certificate="", nkeys={"KOR/main": "U"}),
    )
    roster = Roster(
        federation="f",
        version=2,
        previous="0" * 64,
        issued_at=NOW,
        expires_at=NOW,
        members=(other, member),
        links=(Link(dialler="JPN", listener="KOR"),),
    )
    document = unsigned(roster).signed_by("KOR", keys[KeyRole.ROSTER])
    assert _problems("signed-document", json.loads(encode(document))) == []
    assert _problems("roster", json.loads(document.payload)) == []
    exchange = Exchange("KOR", trust=Trust(document), keys=keys, policy=Policy(), clock=ManualClock(NOW))
    made = with_body(
        "warning.detection",
        EXAMPLES["warning.detection"],
        id="x",
        originator="KOR",
        marking=marking_for("JPN", "KOR"),
        status="test",
        precedence=Precedence.FLASH,
        issued_at=NOW,
    )
    (frame,) = exchange.submit([made]).frames
    assert _problems("frame", json.loads(frame)) == []
    (heads,) = {sent.data for sent in exchange.heads().sends}
    assert _problems("frame", json.loads(heads)) == []


GOOD = [
    "frame",
    "frame_many_records",
    "frame_recalled_record",
    "frame_unknown_kind",
    "frame_newer_minor",
    "frame_blanks",
]


@pytest.mark.parametrize("name", [*GOOD, "frame_unknown_fields", "frame_public", "frame_self", "control_heads"])
def test_good_vectors_fit(name: str) -> None:
    assert _problems("frame", json.loads((ROOT / "spec" / "vectors" / name / "frame.json").read_bytes())) == []


@pytest.mark.parametrize(
    "name", ["record_not_utc_fail", "digest_count_fail", "empty_fail", "wrong_major_fail", "not_utc_fail"]
)
def test_what_a_schema_can_tell_it_tells(name: str) -> None:
    frame = json.loads((ROOT / "spec" / "vectors" / name / "frame.json").read_bytes())
    told = _problems("frame", frame)
    assert (told == []) is (name == "digest_count_fail")  # two lists of one length: beyond a schema


def test_the_schema_has_the_patterns_of_the_code() -> None:
    fields = _schema("record")["properties"]
    assert fields["kind"]["pattern"] == f"^{record._KIND.pattern}$"
    assert fields["id"]["pattern"] == f"^{record._ID.pattern}$"
    assert fields["originator"]["pattern"] == f"^{record._MEMBER.pattern}$"
    assert fields["status"]["pattern"] == f"^(actual|test|{markings._EXERCISE.pattern})$"
    marking = _schema("record")["$defs"]["Marking"]["properties"]
    assert marking["caveats"]["items"]["pattern"] == f"^{markings._CAVEAT.pattern}$"
    assert marking["releasable_to"]["items"]["pattern"] == f"^({markings._MEMBER.pattern}|PUBLIC)$"
