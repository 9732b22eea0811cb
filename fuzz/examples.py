"""What the targets begin with: good records, bodies, frames, rosters and files, of the members of the test vectors."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from fuzz.choices import Example, example, example_of

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "spec" / "vectors"


@cache
def vector(name: str, file: str = "frame.json") -> bytes:
    """Return a file of a test vector."""
    return (VECTORS / name / file).read_bytes()


POSITION = {"lat_deg": 37.5, "lon_deg": 127.0, "altitude_m": 100.0}
HEAD = {
    "originator": "KOR", "precedence": "flash", "epoch": "E1", "number": 3, "hash": "0" * 64,
    "resumes": ["E0", 7, "1" * 64],
}  # fmt: skip
_AT = "2026-01-15T12:00:00.250000Z"
_AREA = {
    "area": "JP-01", "code": "JP-01", "names": [{"language": "ja-JP", "name": "北海道"}],
    "rings": [[[141.0, 43.0], [142.0, 43.0], [142.0, 44.0], [141.0, 43.0]]],
}  # fmt: skip
_CONTROLLER = {"role": "exercise_controller", "pseudonym": "EC-1"}
_DRAFTER = {"role": "drafter", "pseudonym": "D-1"}
_REF = {"originator": "KOR", "record": "KOR-1"}
_PORT = {
    "name": "Rajin", "lat_deg": 42.2, "lon_deg": 130.3, "within_km": 2.0, "country": "KP", "unlocode": "KPRJN",
    "wpi": 60510, "site": "NK-RAJIN",
}  # fmt: skip
_TEXT = {"language": "ja-JP", "event": "e", "headline": "h", "description": "d", "instruction": "i"}
_BODIES: dict[str, Any] = {
    "alerts.alert": {
        "alert_id": "a", "event_id": "e", "message": "cancel", "number": 2, "areas": [_AREA], "texts": [_TEXT],
        "changes": ["b"], "channels": ["feed"], "confirmations": 1, "reason": "drill", "urgency": "Past",
        "severity": "Minor", "certainty": "Unlikely", "expires_at": _AT,
        "grounds": {"launch": "l", "revision": 1, "label": "ballistic", "grade_basis": "b", "detections": 9},
    },
    "alerts.test": {
        "channels": ["feed"], "identifier": "JPN-test-a", "sender": "alerts@jpn.example", "sent_at": _AT,
        "expires_at": _AT,
        "texts": [{"language": "en-US", "event": "Test", "headline": "TEST", "description": "-", "instruction": "-"}],
    },
    "alerts.delivery": {"alert": "a", "channel": "feed", "state": "failed", "attempts": 2, "at": _AT, "detail": "no"},
    "alerts.sent": {
        "alert": "a", "digest": "0" * 64, "approvals": ["b"], "by": {"role": "alert_officer", "pseudonym": "AO-1"},
        "identifier": "JPN-a", "sender": "alerts@jpn.example", "sent_at": "2026-01-15T12:00:00Z",
    },
    "cargo.count": {
        "place": {"name": "Tumangang", "country": "KP", "site": "KP-TUMANGANG"}, "since": _AT, "until": _AT,
        "quantity": {"unit": "railcars", "least": 73.0, "most": 73.0},
        "baseline": {"unit": "railcars", "most": 20.0, "is_about": True, "until": _AT}, "baseline_note": "five years",
        "basis": "reported", "rests_on": [_REF],
    },
    "cargo.movement": {
        "title": "t", "mode": "sea", "vessels": [_REF], "carrier": "c", "origin": _PORT, "destination": _PORT,
        "since": _AT, "until": _AT, "cargo": "containers", "quantities": [{"unit": "containers", "least": 300.0}],
        "legs": [{
            "mode": "rail", "basis": "inferred", "origin": _PORT, "since": _AT, "until": _AT, "transponder": "silent",
            "reason": "r", "rests_on": [_REF],
        }],
        "rests_on": [_REF], "topic": "t",
    },
    "cargo.reach": {
        "vessel": _REF, "vessel_name": "n", "hours_alongside": 8.0, "most_kn": 20.0, "most_reason": "r",
        "silent_from": {"at": "2026-01-14T12:00:00Z", "lat_deg": 42.8, "lon_deg": 132.4, "source": "s"},
        "silent_to": {"at": _AT, "lat_deg": 42.8, "lon_deg": 132.4}, "shown_kn": 12.0, "shown_reason": "r",
        "ports": [{
            "port": _PORT, "answer": "unclear", "least_nmi": 195.0, "route_nmi": 230.0, "needed_kn": 14.4,
            "hours_left": 4.8, "is_suspected": True,
        }],
        "port_list": "p", "method": "m", "assumptions": ["a"],
    },
    "cargo.vessel": {
        "identities": [
            {"what": "imo", "value": "9179842", "basis": "registered", "since": _AT, "until": _AT, "source": "s"},
            {"what": "mmsi", "value": "273000000", "basis": "broadcast", "rests_on": [_REF]},
            {"what": "flag", "value": "RU", "basis": "reported", "source": "s"},
        ],
        "ship_type": "ro-ro cargo", "note": "n",
    },
    "claims.claim": {
        "proposition": "300 containers were shipped", "speaker": "s", "reported_by": "r", "said_at": _AT,
        "subject": "a", "object": "b", "since": _AT, "until": _AT,
        "places": [{"name": "Rajin", "lat_deg": 42.2, "lon_deg": 130.3, "within_km": 2.0}],
        "quantities": [{"unit": "containers", "least": 300.0, "is_about": True, "until": _AT}],
        "credibility": 2, "hedge": "may", "rests_on": [_REF], "topic": "t",
    },
    "claims.item": {
        "title": "t", "media": "image/png", "basis": "derived", "source": _REF, "derived_from": [_REF],
        "origins": ["0" * 64], "sha256": "1" * 64, "size_bytes": 9, "published_at": _AT, "obtained_at": _AT,
        "custody": [{"at": _AT, "by": "b", "did": "obtained"}], "language": "en", "licence": "l", "url": "u",
        "quote": "q",
    },
    "claims.judgement": {
        "claim": _REF, "scale": "icd203", "word": "likely", "confidence": "low", "reasons": "r",
        "person": {"role": "analyst", "pseudonym": "A-1"},
    },
    "claims.link": {
        "of": _REF, "relation": "denies", "to": {"originator": "JPN", "record": "b"}, "weight": "strong",
        "scope": "part", "reason": "r",
    },
    "claims.question": {
        "text": "t", "hypotheses": [{"key": "a", "text": "a"}, {"key": "b", "text": "b"}], "gaps": ["g"],
    },
    "claims.source": {"name": "n", "kind": "press", "reliability": "B", "reason": "r"},
    "claims.weighing": {
        "question": _REF, "hypothesis": "a", "evidence": _REF, "reading": "inconsistent", "reason": "r",
    },
    "consult.answer": {"act": "suspended", "of": _REF, "digest": "0" * 64, "missing": ["JPN"]},
    "consult.comment": {
        "act": "replace", "of": _REF, "by": _DRAFTER, "paragraph": "p-1", "texts": {"en": "words", "ko": "말"},
        "text": "r",
    },
    "consult.issue": {
        "act": "issued", "of": _REF, "digest": "0" * 64, "by": _DRAFTER, "unsigned": ["JPN"], "replaces": _REF,
        "replaces_as": "corrected", "text": "r",
    },
    "consult.signature": {"of": _REF, "digest": "0" * 64, "keyid": "1" * 64, "signature": "AA==", "by": _DRAFTER},
    "consult.silence": {
        "consultation": "joint-1", "number": 2, "of": _REF, "digest": "0" * 64, "deadline_at": _AT, "minimum_s": 3600.0,
        "grace_s": 60.0, "by": _DRAFTER, "text": "t",
    },
    "consult.text": {
        "consultation": "joint-1", "number": 1, "statement": "{}", "by": _DRAFTER, "zones": {"KOR": "Asia/Seoul"},
        "text": "first",
    },
    "cyber.object": {
        "type": "indicator", "id": "indicator--5cb65e2f-f502-5620-96c2-66f62e2b9e10", "revoked": True,
        "created": "2026-01-15T12:00:00.000Z", "modified": "2026-01-15T12:00:00Z", "object_marking_refs": ["m"],
        "granular_markings": [{"marking_ref": "m"}],
    },
    "exchange.heads": {"clock_at": _AT, "heads": [HEAD], "held": [HEAD], "count": 3, "tick": 4},
    "exchange.request": {"originator": "KOR", "precedence": "flash", "epoch": "E1", "after": 2, "up_to": 9},
    "exchange.downgrade": {
        "source_ids": ["a"], "fields": ["position"], "marking": {"releasable_to": ["JPN", "KOR"]}, "reason": "r",
        "releaser": {"role": "releaser", "pseudonym": "P-1"}, "keyid": "0" * 64, "signature": "AA==",
    },
    "exchange.recall": {"record_id": "KOR-1", "reason": "r"},
    "exchange.revocation": {"document": "{}"},
    "warning.detection": {
        "sensor_id": "east", "sensor": POSITION, "range_m": 250000.0, "azimuth_deg": 12.5, "elevation_deg": 20.25,
        "range_sigma_m": 50.0, "angle_sigma_deg": 0.1, "bias_sigma_deg": 0.05, "independence_group": "g",
    },
    "warning.launch": {
        "event_id": "e", "stage": "predicted", "revision": 2,
        "launch_point": {"lat_deg": 39.0, "lon_deg": 125.0, "radius_km": 5.0}, "launched_at": _AT,
        "track": {
            "at": _AT, "lat_deg": 40.0, "lon_deg": 130.0, "altitude_m": 9e4, "speed_mps": 3e3, "heading_deg": 90.0,
            "climb_deg": 30.0, "sigma_m": 500.0,
        },
        "ballistic_probability": 0.9, "label": "ballistic",
        "impact": {
            "lat_deg": 41.0, "lon_deg": 141.0, "ellipse_95_km": [12.0, 3.0], "ellipse_bearing_deg": 80.0, "at": _AT,
            "at_sigma_s": 2.0, "manoeuvre_km": 1.0, "earliest_at": _AT, "latest_at": _AT,
            "region": [[140.0, 40.0], [142.0, 40.0], [141.0, 42.0], [140.0, 40.0]],
        },
        "method": "covariance_intersection",
        "contributors": [{"member": "KOR", "record": "t", "weight": 1.0, "detections": 8}],
        "areas": ["JP-01"], "overflown": [{"area": "JP-02", "passes_at": _AT, "altitude_m": 9e5}], "detections": 12,
        "sensors": ["east"], "last_detection_at": _AT,
    },
    "warning.same_event": {"event_id": "a", "alias": "b", "gate": "2 km"},
    "warning.track": {
        "track_id": "t", "event_id": "e", "at": _AT, "frame": "EPSG:4978", "position_m": [-3e6, 4e6, 4e6],
        "velocity_mps": [10.0, 20.0, 1500.0], "log_drag": -8.5, "highest_m": 9e4, "free_probability": 0.99,
        "covariance": [float(column == row) for row in range(7) for column in range(row, 7)], "is_free": True,
        "classes": [{"name": "ballistic", "probability": 1.0}], "is_launch_like": True, "sensors": 2, "detections": 8,
        "own_sensors": 1, "own_detections": 4, "first_detection_at": _AT, "last_detection_at": _AT,
    },
    "exercise.clock": {"act": "jump", "at_s": 60.0, "to_s": 900.0, "by": _CONTROLLER},
    "exercise.comment": {"form": "lesson", "about": "inject", "what": "i", "text": "l", "by": _CONTROLLER},
    "exercise.consent": {"act": "consent", "digest": "0" * 64, "by": _CONTROLLER, "text": "t"},
    "exercise.decision": {
        "act": "asked", "inject": "d", "question": "q", "options": ["a", "b"], "to": ["KOR"], "role": "alert_officer",
        "within_s": 60.0,
    },
    "exercise.end": {"at_s": 900.0, "is_complete": True, "by": _CONTROLLER, "text": "t"},
    "exercise.exercise": {
        "name": "n", "digest": "0" * 64, "members": ["JPN", "KOR"], "starts_at": _AT, "speed": 2.0, "seed": 2,
        "scenario": "s", "form": "yaml",
    },
    "exercise.inject": {
        "inject": "i", "kind": "launch", "act": "moved", "due_s": 60.0, "at_s": 30.0, "to_s": 90.0, "title": "t",
        "to": ["KOR"], "objectives": ["o"], "by": _CONTROLLER,
        "flown": [{"name": "f", "launched_at": _AT, "site": POSITION, "impact": POSITION, "impact_at": _AT}],
    },
    "exercise.message": {"inject": "m", "sender": "press", "to": ["KOR"], "text": "t", "by": _CONTROLLER},
    "exercise.plan": {
        "title": "t",
        "exercises": [{
            "id": "e", "name": "n", "begins_on": "2027-03-15", "ends_on": "2027-03-17", "members": ["JPN", "KOR"],
            "aim": "a", "objectives": ["o"], "domains": ["warning"],
        }],
    },
    "exercise.plan_consent": {
        "act": "cosign", "originator": "JPN", "plan": "p", "digest": "0" * 64, "by": _CONTROLLER, "text": "t",
    },
    "exercise.reaction": {
        "inject": "i", "reaction": "r", "member": "KOR", "is_met": True, "seen_at": _AT, "by": _CONTROLLER,
    },
    "orbit.launch_notice": {
        "authority": "a", "opens_at": _AT, "closes_at": _AT, "site": {"lat_deg": 39.66, "lon_deg": 124.7},
        "azimuth_deg": 180.0, "vehicle": "v",
        "hazard_areas": [{"name": "stage 1", "outline": [[36.0, 123.0], [36.0, 124.0], [35.0, 124.0]]}],
    },
    "watch.approval": {
        "act": "release", "originator": "KOR", "record": "a", "digest": "0" * 64,
        "person": {"role": "releaser", "pseudonym": "R-1"}, "text": "r",
        "assertion": {
            "credential": "AAAA", "client_data": "AAAA", "authenticator_data": "AAAA", "signature": "AAAA",
        },
    },
    "watch.credential": {
        "credential": "AAAA", "pseudonym": "R-1", "roles": ["releaser"], "public_key": "AAAA", "rp_id": "watch.example",
        "origin": "https://watch.example", "valid_from": _AT, "valid_until": _AT,
    },
    "watch.log_entry": {"text": "quiet", "person": {"role": "analyst", "pseudonym": "A-1"}, "hands_over": True},
    "watch.remark": {
        "originator": "JPN", "record": "a", "act": "query", "person": {"role": "analyst", "pseudonym": "A-1"},
        "event_id": "e", "text": "?",
    },
}  # fmt: skip
_MARKINGS: list[Any] = [
    {"releasable_to": ["JPN", "KOR", "USA"], "public_warning": "ask"},
    {"releasable_to": ["PUBLIC"], "public_warning": "yes"},
    {"releasable_to": ["JPN", "KOR"], "tlp": "TLP:AMBER", "caveats": ["ORCON"]},
    {"releasable_to": ["KOR"], "public_warning": "yes", "tlp": "TLP:RED", "caveats": ["ORCON", "VECTOR-1"]},
]
_ORDERS: list[Any] = [
    {"do": "release", "record_id": "a"},
    {"do": "recall", "record_id": "a", "reason": "r"},
    {"do": "downgrade", "order": _BODIES["exchange.downgrade"]},
    {"do": "announce", "notice": _BODIES["orbit.launch_notice"], "to": ["JPN"], "source": "s", "replaces": "a"},
    {"do": "call_off", "record_id": "a"},
    {"do": "apply_roster", "document": "{}"},
    {"do": "revoke_key", "document": "{}"},
    {"do": "reload"},
]


_NAMES = (
    "frame",
    "frame_many_records",
    "frame_recalled_record",
    "control_heads",
    "frame_blanks",
    "frame_unknown_fields",
)
FRAMES = tuple(example_of(vector(name).decode().strip()) for name in _NAMES)
_RECORD = json.loads(vector("frame"))["records"][0]["record"]
RECORDS = (
    example(_RECORD), example(_RECORD, indent=1),
    example({**_RECORD, "kind": "harbour.tide", "cancels": "a", "supersedes": "b"}),
    *(example({**_RECORD, "kind": kind, "body": body}) for kind, body in _BODIES.items()),
)  # fmt: skip
BODIES = {kind: example(body) for kind, body in _BODIES.items()}
MARKINGS = tuple(example(marking) for marking in _MARKINGS)
ORDERS = tuple(example(order) for order in _ORDERS)
ANY: tuple[Example, ...] = (*RECORDS, *FRAMES, *MARKINGS, *ORDERS)
