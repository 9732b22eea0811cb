"""Routes of alerts to the public: what there is, and drafting an end. Approving is deciding, as for any record."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import JSONBody

from tocsin.alerts import AlertSeen
from tocsin.web.acting_shapes import DRAFTING_ROLES, Accepted, EndRequest
from tocsin.web.floor import floor_of, from_our_page, person_of

AnyRequest = Request[None, None, State]


@get("/alerts", summary="Alerts to the public, this member's and those that others tell of")
async def alerts(request: AnyRequest) -> tuple[AlertSeen, ...]:
    """Return the alerts, the oldest first: each message, who confirmed it, why it is held, what channels say."""
    return floor_of(request).gateway.alerts.all()


@post("/alerts/end", summary="Draft the end of an alert", guards=[from_our_page], status_code=202)
async def draft_end(request: AnyRequest, data: JSONBody[EndRequest]) -> Accepted:
    """Draft a cancel (it was wrong) or an all-clear (it is over); the draft then waits for people like any other."""
    person_of(request, DRAFTING_ROLES)
    gateway = floor_of(request).gateway
    made = gateway.alerts.end(data.alert_id, data.message, data.reason, gateway.now())
    gateway.member.issue([made])
    return Accepted(record_id=made.id)
