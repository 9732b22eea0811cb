"""All targets by name."""

from __future__ import annotations

from fuzz import decoders, door
from fuzz.target import Target

_ALL = (
    Target("json", "codec.decode of any JSON", decoders.check_json),
    Target("record", "codec.decode of a record, check_body", decoders.check_record, 256),
    Target("body", "codec.decode of every kind's body", decoders.check_bodies, 256),
    Target("frame", "exchange.open_frame, without_records", decoders.check_frame, 256),
    Target("marking", "markings and statuses", decoders.check_marking, 128),
    Target("order", "orders on the control socket", decoders.check_order, 256),
    Target("door", "Exchange.receive: frames signed again", door.check_door, 256),
    Target("trust", "Trust.apply and revoke: documents signed again", door.check_trust, 192),
)
TARGETS = {target.name: target for target in _ALL}
