"""All targets by name."""

from __future__ import annotations

from fuzz import bus, cap, decoders, door, files
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
    Target("config", "a member's TOML: try_config", files.check_config),
    Target("launches", "launch tables: load_launches", files.check_launches),
    Target("sensors", "sensor tables: load_sensors", files.check_sensors),
    Target("bundle", "bundles: read_head, read_frames, prove", files.check_bundle),
    Target("document", "files of signed documents: read_document", files.check_document, 256),
    Target("cap", "messages of CAP: check_cap, write_cap, signed_part", cap.check_message, 256),
    Target("stream", "subjects and headers on a stream's reader", bus.check_stream, 256),
    Target("answers", "the server's answers and lists of links", bus.check_answers, 256),
    Target("log", "the server's log: Diagnosis", bus.check_log, 256),
)
TARGETS = {target.name: target for target in _ALL}
