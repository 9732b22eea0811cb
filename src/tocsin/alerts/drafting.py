"""From a launch to a message that waits for people: whom it concerns, what it says, what it rests on.

Areas come from one event's own record and from nothing else: no list of areas is kept, so no drill can leave one
behind (October 2022). A track that was lost is told as lost, and its areas grow; it is not moved on in silence
(November 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from shapely.geometry import Polygon

from tocsin.alerts.settings import AlertSettings
from tocsin.alerts.territory import Territory
from tocsin.alerts.texts import Facts, Reason, Wording, texts_for
from tocsin.geo.geodesic import destinations
from tocsin.markings import PublicWarning, StatusClass, derive, status_class
from tocsin.records import (
    ENDS,
    Admitted,
    Alert,
    AlertGrounds,
    AlertText,
    Launch,
    Message,
    Precedence,
    Record,
    Source,
    TrackPoint,
    with_body,
)

AFTER_IMPACT = timedelta(minutes=30)
"""How long a message holds after the last possible impact: until then an all-clear has to be sent."""

ENDS_AFTER = timedelta(hours=2)
"""How long a cancel or an all-clear is shown."""

_SIGMAS = 3.0
_LATER_S = 60.0
"""How far a lost object may have flown by the time that people have read of it, beside the age of its last plot."""


@dataclass(frozen=True, kw_only=True)
class Office:
    """Who alerts: a member, its territory, its policy."""

    territory: Territory
    settings: AlertSettings
    new_id: Callable[[], str]

    @property
    def member(self) -> str:
        """ISO 3166-1 alpha-3."""
        return self.territory.member


@dataclass(frozen=True)
class NotDrafted:
    """Why a launch makes no message."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the public has been told in one alert so far, or will have been."""

    alert_id: str
    messages: tuple[Admitted, ...] = ()
    """``alerts.alert`` records, in order."""
    number: int = 0
    """Of the last draft."""
    channels: frozenset[str] = field(default_factory=frozenset)
    """That carried one of them."""

    @property
    def areas(self) -> tuple[str, ...]:
        """Ids of all areas that were told of a risk."""
        return tuple(sorted({area.area for each in self.messages for area in each.body.areas}))

    @property
    def at_risk(self) -> tuple[str, ...]:
        """Ids of the areas that the last message calls at risk."""
        return tuple(area.area for area in self.messages[-1].body.areas) if self.messages else ()


def why_not(launch: Admitted, office: Office) -> str:
    """Return why a launch record gives no cause to alert this member's public; empty if it does."""
    body: Launch = launch.body
    record = launch.record
    if record.originator != office.member:
        return f"it is an assessment of {record.originator}; a member alerts by its own"
    if body.stage != "predicted" or body.impact is None:
        return f"stage {body.stage} tells of no impact"
    if body.grade != "public":
        return f"it is not confirmed well enough: {body.grade_basis}"
    if record.marking.public_warning is PublicWarning.NO:
        return "its marking does not allow a warning to the public"
    if not office.territory.own(body.areas):
        return f"no area of {office.member} is at risk"
    return ""


def draft(launch: Admitted, told: Told, office: Office, now: datetime) -> Record | NotDrafted:
    """Draft the message that a ``predicted`` stage calls for: the first, or a change of what was told.

    Args:
        launch: An own ``warning.launch`` record.
        told: What was sent before; nothing before the first message.
        office: Who alerts.
        now: UTC.
    """
    if reason := why_not(launch, office):
        return NotDrafted(reason)
    body: Launch = launch.body
    areas = office.territory.own(body.areas)
    freed = tuple(area for area in told.at_risk if area not in areas)
    wording: Wording = "update" if told.messages else "alert"
    return _message(wording, launch, told, office, now, areas=areas, freed=freed)


def draft_lost(launch: Admitted, told: Told, office: Office, now: datetime) -> Record | NotDrafted:
    """Draft what has to be told when the track of an alert was lost: that it is, how old it is, and a wider area."""
    body: Launch = launch.body
    if body.outcome != "lost" or not told.messages:
        return NotDrafted("no track of an alert was lost")
    areas = set(told.areas)
    if body.lost_at is not None:
        areas |= set(office.territory.touched(reach_of(body.lost_at, now)))
    return _message("lost", launch, told, office, now, areas=tuple(sorted(areas)))


def draft_end(
    message: Message, about: Admitted, told: Told, office: Office, now: datetime, *, reason: Reason = "sent_in_error"
) -> Record | NotDrafted:
    """Draft the end of an alert, for every area and channel that had it.

    Args:
        message: ``cancel``: it was wrong; ``all_clear``: it is over.
        about: The launch record that it rests on.
        told: What was sent, or for a correction that is kept ready, will have been.
        office: Who alerts.
        now: UTC.
        reason: With ``cancel``, what was wrong.
    """
    if message not in ENDS or not told.messages:
        return NotDrafted("there is nothing to end")
    areas = office.territory.own(told.areas)
    if not areas:
        return NotDrafted("nobody of ours was told")
    return _message(message, about, told, office, now, areas=areas, reason=reason)


def world_of(record: Admitted) -> StatusClass:
    """Return as what the public is told a record: ``actual`` only if nothing in it is simulated."""
    world = status_class(record.record.status)
    return "test" if world == "actual" and record.record.synthetic else world


def reach_of(last: TrackPoint, now: datetime) -> Polygon:
    """Return where an object may be that was last seen at a place: as far as it flies in the age of that, and a minute.

    The circle has 48 corners, in degrees of longitude and latitude, and holds what lies within it on the ellipsoid.
    """
    age_s = max((now - last.at).total_seconds(), 0.0) + _LATER_S
    radius_m = last.speed_mps * age_s + _SIGMAS * last.sigma_m
    bearings = np.linspace(0.0, 360.0, 48, endpoint=False)
    lons, lats = destinations(last.lat_deg, last.lon_deg, bearings, np.full(48, radius_m / np.cos(np.pi / 48)))
    turns = (lons - last.lon_deg + 180.0) % 360.0 - 180.0  # on across the date line
    return Polygon(np.column_stack([last.lon_deg + turns, lats]))


def _message(
    wording: Wording,
    launch: Admitted,
    told: Told,
    office: Office,
    now: datetime,
    *,
    areas: tuple[str, ...],
    freed: tuple[str, ...] = (),
    reason: Reason = "sent_in_error",
) -> Record | NotDrafted:
    message: Message = "update" if wording == "lost" or wording == "freed" else wording  # noqa: PLR1714 - for mypy
    is_end = message in ENDS
    settings = office.settings
    parents = [launch, *told.messages]
    channels = {*settings.channels_for(is_real=all(world_of(each) == "actual" for each in parents)), *told.channels}
    if not channels:
        return NotDrafted("no channel carries what is not real")
    impact = launch.body.impact
    latest_at = None if is_end or impact is None else impact.last_at
    body = Alert(
        alert_id=told.alert_id,
        event_id=launch.body.event_id,
        message=message,
        number=told.number + 1,
        areas=office.territory.described(areas),
        freed=office.territory.described(freed),
        texts=_texts(wording, launch, areas, office=office, now=now, reason=reason),
        freed_texts=_texts("freed", launch, freed, office=office, now=now, reason=reason) if freed else (),
        changes=tuple(each.record.id for each in told.messages),
        channels=tuple(sorted(channels)),
        confirmations=settings.confirmations.of(message),
        reason=reason if message == "cancel" else "",
        urgency="Past" if is_end else "Immediate",
        severity="Minor" if is_end else "Extreme",
        certainty=_CERTAINTY[wording],
        earliest_at=None if is_end or impact is None else impact.first_at,
        latest_at=latest_at,
        expires_at=now + ENDS_AFTER if latest_at is None else max(latest_at, now) + AFTER_IMPACT,
        grounds=_grounds(launch, office, now),
    )
    sources = [Source(record=launch.record.id, originator=launch.record.originator)]
    sources += [Source(record=each.record.id, originator=office.member) for each in told.messages]
    return with_body(
        "alerts.alert", body, id=office.new_id(), originator=office.member,
        marking=derive(office.member, [each.record.marking for each in parents]), status=launch.record.status,
        precedence=Precedence.FLASH, issued_at=now, synthetic=any(each.record.synthetic for each in parents),
        sources=tuple(sources),
    )  # fmt: skip


_CERTAINTY: dict[Wording, Any] = {
    "alert": "Likely", "update": "Likely", "lost": "Possible", "cancel": "Unlikely", "all_clear": "Observed",
}  # fmt: skip
"""By CAP: likely is a probability above one half, possible is one below it."""


def _texts(
    wording: Wording, launch: Admitted, areas: Sequence[str], *, office: Office, now: datetime, reason: Reason
) -> tuple[AlertText, ...]:
    body: Launch = launch.body
    facts = Facts(
        world=world_of(launch),
        areas=office.territory.described(areas),
        zones=office.territory.zones_of(areas),
        senders=office.settings.sender_names,
        launched_at=body.launched_at,
        earliest_at=None if body.impact is None else body.impact.first_at,
        latest_at=None if body.impact is None else body.impact.last_at,
        lost_at=None if body.lost_at is None else body.lost_at.at,
        lost_age_s=_age_s(body, now),
        reason=reason,
    )
    return texts_for(wording, office.territory.languages, facts)


def _grounds(launch: Admitted, office: Office, now: datetime) -> AlertGrounds:
    body: Launch = launch.body
    return AlertGrounds(
        launch=launch.record.id,
        revision=body.revision,
        label=body.label,
        grade_basis=body.grade_basis,
        detections=body.detections,
        last_detection_at=body.last_detection_at,
        at_risk=tuple(risk for risk in body.at_risk if risk.area in office.territory.areas),
        lost_age_s=_age_s(body, now),
    )


def _age_s(body: Launch, now: datetime) -> float | None:
    """How old the last plot of a lost track is; only what is said of the track itself counts."""
    return None if body.lost_at is None else max((now - body.lost_at.at).total_seconds(), 0.0)
