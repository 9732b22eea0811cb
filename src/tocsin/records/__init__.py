"""Records: what they look like, how they are read and written, and the types that say they are trusted."""

from tocsin.codec import MAX_BYTES, decode, encode
from tocsin.records.control import Downgrade, Head, Heads, Person, Recall, Request, Revocation
from tocsin.records.kinds import BODIES, Opaque, body_of, json_schemas
from tocsin.records.record import Precedence, Record, Source, with_body
from tocsin.records.trusted import (
    Admitted,
    AdmittedFrame,
    BundleFile,
    ChainId,
    Destination,
    FrameRef,
    Held,
    Operator,
    Peer,
    Released,
)
from tocsin.records.warning import (
    Detection,
    Impact,
    Launch,
    LaunchPoint,
    Overflight,
    Position,
    SameEvent,
    Stage,
    TrackPoint,
)

__all__ = [
    "BODIES",
    "MAX_BYTES",
    "Admitted",
    "AdmittedFrame",
    "BundleFile",
    "ChainId",
    "Destination",
    "Detection",
    "Downgrade",
    "FrameRef",
    "Head",
    "Heads",
    "Held",
    "Impact",
    "Launch",
    "LaunchPoint",
    "Opaque",
    "Operator",
    "Overflight",
    "Peer",
    "Person",
    "Position",
    "Precedence",
    "Recall",
    "Record",
    "Released",
    "Request",
    "Revocation",
    "SameEvent",
    "Source",
    "Stage",
    "TrackPoint",
    "body_of",
    "decode",
    "encode",
    "json_schemas",
    "with_body",
]
