"""Which body belongs to which kind. A kind that is not here is stored, relayed and listed as opaque (spec 1.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tocsin.codec import decode
from tocsin.errors import MalformedRecordError
from tocsin.records import (
    alerts,
    approval,
    cargo,
    claims,
    consult,
    control,
    cyber,
    exercise,
    orbit,
    plans,
    tracks,
    warning,
    watch,
)
from tocsin.records.record import Record

BODIES: dict[str, type[msgspec.Struct]] = {
    "alerts.alert": alerts.Alert,
    "alerts.delivery": alerts.AlertDelivery,
    "alerts.sent": alerts.AlertSent,
    "alerts.test": alerts.ChannelTest,
    "cargo.count": cargo.CargoCount,
    "cargo.movement": cargo.Movement,
    "cargo.reach": cargo.Reach,
    "cargo.vessel": cargo.Vessel,
    "claims.claim": claims.Claim,
    "claims.item": claims.ClaimItem,
    "claims.judgement": claims.Judgement,
    "claims.link": claims.ClaimLink,
    "claims.question": claims.Question,
    "claims.source": claims.ClaimSource,
    "claims.weighing": claims.Weighing,
    "consult.answer": consult.SilenceAnswer,
    "consult.comment": consult.StatementComment,
    "consult.issue": consult.StatementIssue,
    "consult.signature": consult.StatementSignature,
    "consult.silence": consult.Silence,
    "consult.text": consult.StatementText,
    "cyber.object": cyber.StixObject,
    "exchange.heads": control.Heads,
    "exchange.request": control.Request,
    "exchange.downgrade": control.Downgrade,
    "exchange.recall": control.Recall,
    "exchange.revocation": control.Revocation,
    "exercise.clock": exercise.ExerciseClock,
    "exercise.comment": exercise.ExerciseComment,
    "exercise.consent": exercise.Consent,
    "exercise.decision": exercise.ExerciseDecision,
    "exercise.end": exercise.ExerciseEnd,
    "exercise.exercise": exercise.Exercise,
    "exercise.inject": exercise.Inject,
    "exercise.message": exercise.ExerciseMessage,
    "exercise.plan": plans.ExercisePlan,
    "exercise.plan_consent": plans.PlanConsent,
    "exercise.reaction": exercise.Reaction,
    "orbit.launch_notice": orbit.LaunchNotice,
    "warning.detection": warning.Detection,
    "warning.launch": warning.Launch,
    "warning.same_event": warning.SameEvent,
    "warning.track": tracks.MemberTrack,
    approval.APPROVAL: approval.Approval,
    approval.CREDENTIAL: approval.Credential,
    "watch.log_entry": watch.LogEntry,
    "watch.remark": watch.Remark,
}


CONTROL_KINDS = frozenset({"exchange.heads", "exchange.request"})
"""What the exchange itself sends, outside every chain and not kept."""


class Opaque(msgspec.Struct, frozen=True):
    """The body of a kind that this program does not know; the record's raw bytes are kept whole."""


def body_of(record: Record, *, is_new: bool = False) -> Any:
    """Decode a record's body into the struct of its kind.

    Args:
        record: With the body.
        is_new: It has not been through the door, so that a key may stand twice in its body.

    Returns:
        The struct, or ``Opaque()`` for an unknown kind.

    Raises:
        MalformedRecordError: The body is not what the kind prescribes.
    """
    shape = BODIES.get(record.kind)
    if shape is None:
        return Opaque()
    try:
        return decode(record.body, shape, outermost=is_new)
    except MalformedRecordError as error:
        raise MalformedRecordError(f"body of {record.kind}: {error}", path=f"$.body{error.path.lstrip('$')}") from error


def check_body(record: Record, *, is_new: bool = False) -> None:
    """See to it that others will be able to read a body, of whatever kind.

    Args:
        record: With the body.
        is_new: As for ``body_of``.

    Raises:
        MalformedRecordError: It is not what the kind prescribes, or of an unknown kind and no JSON object.
    """
    if isinstance(body_of(record, is_new=is_new), Opaque):
        decode(record.body, dict[str, msgspec.Raw])


@lru_cache(maxsize=1)
def json_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema (draft 2020-12) of the record and of every body, by kind."""
    schemas = {kind: msgspec.json.schema(shape) for kind, shape in BODIES.items()}
    schemas["record"] = msgspec.json.schema(Record)
    return schemas
