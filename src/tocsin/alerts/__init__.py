"""Alerts to the public: drafted by software, confirmed by people, guarded against each way that went wrong before."""

from tocsin.alerts.desk import AlertDesk, NotSent
from tocsin.alerts.drafting import NotDrafted, Office, why_not
from tocsin.alerts.guards import GUARDS, CapStatus, Refusal, cap_status
from tocsin.alerts.settings import DUTIES, AlertSettings, Confirmations, may
from tocsin.alerts.territory import HomeArea, Territory, territory_of
from tocsin.alerts.texts import REASONS, Facts, Reason, name_in, texts_for, words
from tocsin.alerts.thread import Thread, Threads, digest_of

__all__ = [
    "DUTIES",
    "GUARDS",
    "REASONS",
    "AlertDesk",
    "AlertSettings",
    "CapStatus",
    "Confirmations",
    "Facts",
    "HomeArea",
    "NotDrafted",
    "NotSent",
    "Office",
    "Reason",
    "Refusal",
    "Territory",
    "Thread",
    "Threads",
    "cap_status",
    "digest_of",
    "may",
    "name_in",
    "territory_of",
    "texts_for",
    "why_not",
    "words",
]
