"""A message of ours as CAP: the same bytes wherever it is rendered, from the record that people approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tocsin.alerts import CapStatus, cap_status, name_in
from tocsin.cap.context import AREA_CODE, OWN_AREA_CODE
from tocsin.cap.findings import require_none
from tocsin.cap.model import Area, CapAlert, Info, NamedValue, Reference
from tocsin.cap.rules import broken_rules
from tocsin.records import ENDS, Admitted, Alert, AlertArea, AlertSent, AlertText, ChannelTest

_MSG_TYPES = {"alert": "Alert", "update": "Update", "cancel": "Cancel", "all_clear": "Update"}
"""An all-clear is an Update whose response is AllClear: Cancel means that the alert was wrong (section 3.2.1)."""

NOTES = {"Exercise": "EXERCISE {status}: for participants alone, no real threat", "Test": "TEST: no real threat"}
NOTE_OF_CANCEL = "cancelled: {reason}"


def render_cap(message: Admitted, sent: AlertSent, earlier: Sequence[AlertSent] = ()) -> CapAlert:
    """Return a message as CAP.

    Args:
        message: The ``alerts.alert`` record.
        sent: That it goes out.
        earlier: Those of the messages that it changes, all of them.

    Returns:
        CAP that breaks no rule; one ``info`` a language, two where some areas are at risk no longer.

    Raises:
        CapError: It would break a rule.
        ValueError: ``sent`` or ``earlier`` belong to other messages.
    """
    body: Alert = message.body
    if sent.alert != message.record.id or {each.alert for each in earlier} != set(body.changes):
        raise ValueError("these are not the sent records of this message and of those that it changes")
    return _rendered(body, sent, earlier, status=cap_status(message), of=message.record.status)


def render_rehearsal(body: Alert, sent: AlertSent) -> CapAlert:
    """Return a message that is no record of anything as CAP: of status ``Test`` always, and else as it would go out.

    Raises:
        CapError: It would break a rule.
    """
    return _rendered(body, sent, (), status="Test", of="test")


def _rendered(
    body: Alert, sent: AlertSent, earlier: Sequence[AlertSent], *, status: CapStatus, of: str
) -> CapAlert:  # fmt: skip
    infos = [_info(body, text, body.areas, sent.sent_at) for text in body.texts]
    infos += [_info(body, text, body.freed, sent.sent_at, is_freed=True) for text in body.freed_texts]
    alert = CapAlert(
        identifier=sent.identifier,
        sender=sent.sender,
        sent=sent.sent_at,
        status=status,
        msg_type=_MSG_TYPES[body.message],  # type: ignore[arg-type]  # one of CAP's
        scope="Public",
        note=_note(body, status, of),
        references=tuple(
            Reference(sender=each.sender, identifier=each.identifier, sent=each.sent_at) for each in earlier
        ),
        incidents=body.alert_id,
        infos=tuple(infos),
    )
    require_none(broken_rules(alert))
    return alert


def render_test(test: ChannelTest) -> CapAlert:
    """Return a test of channels as CAP: of status ``Test``, whatever else is true, and without an area.

    Raises:
        CapError: It would break a rule.
    """
    alert = CapAlert(
        identifier=test.identifier, sender=test.sender, sent=test.sent_at, status="Test", msg_type="Alert",
        scope="Public", note=NOTES["Test"],
        infos=tuple(
            Info(
                language=text.language, categories=("Other",), event=text.event, response_types=("None",),
                urgency="Unknown", severity="Minor", certainty="Unlikely", effective=test.sent_at,
                expires=test.expires_at, headline=text.headline, description=text.description,
                instruction=text.instruction, parameters=(NamedValue(value_name="tocsin:message", value="test"),),
            )
            for text in test.texts
        ),
    )  # fmt: skip
    require_none(broken_rules(alert))
    return alert


def _info(
    body: Alert, text: AlertText, areas: Sequence[AlertArea], sent_at: datetime, *, is_freed: bool = False
) -> Info:
    is_over = is_freed or body.message in ENDS
    return Info(
        language=text.language,
        categories=("Security", "Safety"),
        event=text.event,
        response_types=("AllClear",) if is_over else ("Shelter",),
        urgency="Past" if is_over else body.urgency,
        severity="Minor" if is_over else body.severity,
        certainty="Unlikely" if is_freed else body.certainty,
        effective=sent_at,
        onset=None if is_over or body.earliest_at is None else min(_whole(body.earliest_at), _whole(body.expires_at)),
        expires=_whole(body.expires_at),
        headline=text.headline,
        description=text.description,
        instruction=text.instruction,
        parameters=(NamedValue(value_name="tocsin:message", value="freed" if is_freed else body.message),),
        areas=tuple(_area(area, text.language) for area in areas),
    )


def _area(area: AlertArea, language: str) -> Area:
    return Area(
        area_desc=name_in(area, language),
        polygons=tuple(tuple((lat, lon) for lon, lat in ring) for ring in area.rings),
        geocodes=(
            *([NamedValue(value_name=AREA_CODE, value=area.code)] if area.area == area.code else []),
            NamedValue(value_name=OWN_AREA_CODE, value=area.area),
        ),
    )


def _note(body: Alert, status: CapStatus, of: str) -> str | None:
    notes = [NOTES[status].format(status=of.partition(":")[2])] if status in NOTES else []
    if body.message == "cancel":
        notes.append(NOTE_OF_CANCEL.format(reason=body.reason.replace("_", " ")))
    return "; ".join(notes) or None


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
