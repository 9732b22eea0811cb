"""Markings of STIX objects, read as ours: what the Traffic Light Protocol says of who may have an object.

The object keeps its markings as they stand. What is read of them narrows the marking of its record and never widens it.

Source:
    FIRST, Traffic Light Protocol 2.0 (2022); OASIS, STIX 2.1, 7.2.1.4 (TLP 1) and its common object repository (TLP 2).
"""

from __future__ import annotations

from collections.abc import Collection

from tocsin.markings import Marking, Tlp, marking_for
from tocsin.records import StixObject

LABELS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
}
"""The definitions of TLP 1 and 2 by their ids, which are the same everywhere."""

_ORDER = tuple(Tlp)


def label_of(body: StixObject, *, statements: Collection[str], unmarked: Tlp) -> Tlp:
    """Return the strictest label of an object, of its parts as well: a part cannot travel with less.

    Args:
        body: The object.
        statements: Ids of marking definitions that are known to be statements, which say nothing of who may have it.
        unmarked: What an object without any label is taken as.

    Returns:
        The label. A marking that is not known here is taken as RED.
    """
    refs = {*body.object_marking_refs, *(part.marking_ref for part in body.granular_markings if part.marking_ref)}
    if body.id in LABELS:
        return Tlp.CLEAR  # a definition itself is everybody's
    labels = [LABELS.get(ref, Tlp.RED) for ref in refs if ref not in statements]
    return max(labels, key=_ORDER.index) if labels else unmarked


def marking_of(label: Tlp, *, member: str, to: Collection[str]) -> Marking:
    """Return the marking of a record: RED and AMBER+STRICT stay with the member, whomever it was meant for."""
    audience = () if label in (Tlp.RED, Tlp.AMBER_STRICT) else to
    marking = marking_for(member, *audience)
    return Marking(releasable_to=marking.releasable_to, tlp=label)
