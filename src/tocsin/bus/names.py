"""Names on the wire: subjects, streams and accounts. Both ends of a link derive them from these functions alone."""

from __future__ import annotations

import re

from tocsin.bus.config import Lane
from tocsin.markings import status_class
from tocsin.records.record import Precedence
from tocsin.records.trusted import FrameRef

_COPY = re.compile(r"IN_([A-Z]{3})(?:_BULK)?")
_RESET = re.compile(r"\$JS\.API\.CONSUMER\.RESET\.OUT_[A-Z]{3}_([A-Z]{3})(?:_BULK)?\.peer")
_LINK_ACCOUNT = re.compile(r"X_[A-Z]{3}(_BULK)?")

MAIN_PRECEDENCES = (Precedence.FLASH, Precedence.IMMEDIATE, Precedence.ROUTINE)

SOURCE_CONSUMER = "peer"
"""Name of the durable consumer, one per outbox, that feeds the peer's copy."""

RESETS = f"$JS.API.CONSUMER.RESET.*.{SOURCE_CONSUMER}"
"""Requests of peers to begin an outbox anew, as our JetStream gets them."""

RECEIVED = "from"
"""First token, in the home account, of what a link brought in."""


def lane_of(precedence: Precedence) -> Lane:
    """Return the lane that a precedence travels in."""
    return "bulk" if precedence is Precedence.BULK else "main"


def frame_subject(ref: FrameRef, kind: str, *, hop: str) -> str:
    """Return where a frame is published for the peer ``hop``.

    Raises:
        StatusMixError: The chain's status is none.
    """
    chain = ref.chain
    return f"tocsin.v1.{hop}.{status_class(chain.status)}.{chain.precedence.value}.{chain.originator}.{kind}"


def control_subject(hop: str) -> str:
    """Return where control frames for a peer are published; no stream captures it."""
    return f"tocsin.control.v1.{hop}"


def captured_subjects(lane: Lane, *, to: str) -> tuple[str, ...]:
    """Return the subjects that one outbox for a peer captures."""
    if lane == "bulk":
        return (f"tocsin.v1.{to}.*.bulk.>",)
    return tuple(f"tocsin.v1.{to}.*.{precedence.value}.>" for precedence in MAIN_PRECEDENCES)


def live_subjects(lane: Lane, *, to: str) -> tuple[str, ...]:
    """Return what crosses a link at once. Bulk crosses only by the copy: sending it twice would serve nobody."""
    return () if lane == "bulk" else (*captured_subjects(lane, to=to), control_subject(to))


def outbox(owner: str, peer: str, lane: Lane) -> str:
    """Return the name of the stream at ``owner`` that holds what goes to ``peer``.

    Both names are in it: flow control subjects of equal stream names at two members would collide.
    """
    return f"OUT_{owner}_{peer}{_suffix(lane)}"


def copy_stream(peer: str, lane: Lane) -> str:
    """Return the name of the stream that holds what came from ``peer``."""
    return f"IN_{peer}{_suffix(lane)}"


def peer_of_copy(stream: str) -> str | None:
    """Return the peer whose outbox a stream is the copy of; None if it is no copy."""
    match = _COPY.fullmatch(stream)
    return None if match is None else match[1]


def link_account(peer: str, lane: Lane) -> str:
    """Return the account, without JetStream, in which the peer's link ends."""
    return f"X_{peer}{_suffix(lane)}"


def is_link_account(account: str) -> bool:
    """Tell whether an account is one in which some peer's link ends."""
    return _LINK_ACCOUNT.fullmatch(account) is not None


def delivery_subject(owner: str, peer: str, lane: Lane) -> str:
    """Return where an outbox's durable consumer sends its frames for the peer's copy."""
    return f"dlv.{owner}.{peer}.{lane}"


def reset_subject(owner: str, peer: str, lane: Lane) -> str:
    """Return the only request that a peer may make of the owner's JetStream, without its prefix."""
    return f"CONSUMER.RESET.{outbox(owner, peer, lane)}.{SOURCE_CONSUMER}"


def peer_of_reset(subject: str) -> str | None:
    """Return which peer asks for a reset of its outbox, given the request's subject in the owner's home account."""
    match = _RESET.fullmatch(subject)
    return None if match is None else match[1]


def flow_subjects(owner: str, peer: str, lane: Lane) -> str:
    """Return where the peer's copy acknowledges what it holds."""
    return f"$JS.FC.{outbox(owner, peer, lane)}.>"


def received_prefix(peer: str) -> str:
    """Return the prefix in the home account for what came over the link from ``peer``."""
    return f"{RECEIVED}.{peer}"


def _suffix(lane: Lane) -> str:
    return "_BULK" if lane == "bulk" else ""
