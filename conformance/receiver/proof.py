"""Proof of frames without a network (12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.receiver.reader import FRAME_TYPE, RECALLED, Frame, Trust, role_of, verified
from conformance.receiver.shapes import MAX_BYTES, RefusedError, check_label, read_json


def prove(frames: Iterable[bytes], rosters: Iterable[dict[str, Any]], revocations: Iterable[bytes]) -> dict[str, Any]:
    """Check frames, in any order, against all rosters that were in force, oldest first."""
    trust, breaks = Trust(), 0
    trust.rosters = list(rosters)
    for document in revocations:
        revocation = read_json(read_json(document)[0]["payload"].encode())[0]
        trust.revoked.setdefault(revocation["keyid"], revocation)
    chains: dict[tuple[Any, str], dict[int, Frame]] = {}
    for data in frames:
        try:
            frame = Frame(data, MAX_BYTES)
        except RefusedError:
            breaks += 1
            continue
        key, retired_at = trust.key(frame.originator, frame.keyid)
        if key is None or not verified(key["public"], FRAME_TYPE, frame.signed, frame.signature):
            breaks += 1
            continue
        breaks += (key["role"] != role_of(frame.chain[2])) + trust.voids(frame) + _faults(frame)
        breaks += retired_at is not None and frame.sealed_at >= retired_at
        held = chains.setdefault((frame.chain, frame.header["epoch"]), {})
        if known := held.get(frame.number):
            breaks += known.hash != frame.hash
            if known.hash == frame.hash:  # what one copy lacks another may hold
                pairs = zip(known.slips, frame.slips, strict=True)
                frame.slips = [theirs if ours is RECALLED else ours for ours, theirs in pairs]
        held[frame.number] = frame
    recalled = sum(frame.slips.count(RECALLED) for held in chains.values() for frame in held.values())
    gaps, broken = _links(chains)
    return {"sound": breaks + broken == 0, "recalled": recalled, "gaps": gaps}


def _links(chains: dict[tuple[Any, str], dict[int, Frame]]) -> tuple[list[list[Any]], int]:
    """Return the gaps of all chains, and how many links do not hold."""
    gaps, breaks = [], 0
    for (chain, epoch), held in chains.items():
        before = 0
        for number in sorted(held):
            frame = held[number]
            if number > before + 1:
                gaps.append([epoch, before, number - 1])
            elif number > 1:
                breaks += frame.previous != held[before].hash
            if frame.resumes:
                resumed = chains.get((chain, frame.resumes[0]), {}).get(frame.resumes[1])
                breaks += resumed is not None and resumed.hash != frame.resumes[2]
            before = number
    return sorted(gaps), breaks


def _faults(frame: Frame) -> int:
    """Return how many records are none or contradict the frame."""
    found = 0
    for record in frame.slips:
        if record is RECALLED:
            continue
        try:
            check_label(record)
            found += not frame.agrees(record)
        except RefusedError:
            found += 1
    return found
