"""The database of one member: what it admitted, word for word, and what can be asked of it. The only room with SQL."""

from tocsin.store.chains import Chains, EpochSpan
from tocsin.store.judging import credentials_of, standing_in
from tocsin.store.links import Links
from tocsin.store.looking_over import Trouble, look_over
from tocsin.store.places import is_url, postgres_url
from tocsin.store.rereading import reread
from tocsin.store.shapes import (
    Batch,
    Committed,
    Cursor,
    HeldItem,
    Quarantined,
    RecordQuery,
    StoredFrame,
    StoredRecord,
    Unacked,
    Window,
)
from tocsin.store.store import QUARANTINE_RING, Store

__all__ = [
    "QUARANTINE_RING",
    "Batch",
    "Chains",
    "Committed",
    "Cursor",
    "EpochSpan",
    "HeldItem",
    "Links",
    "Quarantined",
    "RecordQuery",
    "Store",
    "StoredFrame",
    "StoredRecord",
    "Trouble",
    "Unacked",
    "Window",
    "credentials_of",
    "is_url",
    "look_over",
    "postgres_url",
    "reread",
    "standing_in",
]
