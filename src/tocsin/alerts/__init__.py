"""Alerts to the public: drafted by software, confirmed by people, guarded against each way that went wrong before."""

from tocsin.alerts.desk import REMEMBERED, RESUMED, AlertDesk, NotSent
from tocsin.alerts.drafting import NotDrafted, Office, why_not
from tocsin.alerts.guards import GUARDS, CapStatus, Refusal, cap_status
from tocsin.alerts.liveness import ChannelHealth, Liveness
from tocsin.alerts.seen import (
    AlertSeen,
    AreaSeen,
    ChannelSeen,
    ConfirmationSeen,
    MessageSeen,
    Place,
    places_of,
    see_thread,
)
from tocsin.alerts.settings import DUTIES, AlertSettings, Confirmations, may
from tocsin.alerts.territory import HomeArea, Territory, territory_of
from tocsin.alerts.texts import REASONS, Facts, Reason, name_in, texts_for, words
from tocsin.alerts.thread import Thread, Threads, digest_of

__all__ = [
    "DUTIES",
    "GUARDS",
    "REASONS",
    "REMEMBERED",
    "RESUMED",
    "AlertDesk",
    "AlertSeen",
    "AlertSettings",
    "AreaSeen",
    "CapStatus",
    "ChannelHealth",
    "ChannelSeen",
    "ConfirmationSeen",
    "Confirmations",
    "Facts",
    "HomeArea",
    "Liveness",
    "MessageSeen",
    "NotDrafted",
    "NotSent",
    "Office",
    "Place",
    "Reason",
    "Refusal",
    "Territory",
    "Thread",
    "Threads",
    "cap_status",
    "digest_of",
    "may",
    "name_in",
    "places_of",
    "see_thread",
    "territory_of",
    "texts_for",
    "why_not",
    "words",
]
