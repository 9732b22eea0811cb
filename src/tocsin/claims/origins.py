"""How many origins stand behind what several report: circular reporting is one origin, however often it is told.

An origin has names. A file's is made from its SHA-256, so that two members who hold the same image find out without
telling each other where they have it from; whoever has not the file can guess nothing. Any other origin gets a random
token from whoever registers it first; it travels with every copy, also with one that names no parent.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tocsin.records import ClaimItem

Ref = tuple[str, str]
"""Originator and id of a record."""

_DOMAIN = b"tocsin origin of content v1\0"


def content_token(sha256: str) -> str:
    """Return the origin token of a file.

    Args:
        sha256: Of the file, hexadecimal.
    """
    return hashlib.sha256(_DOMAIN + bytes.fromhex(sha256)).hexdigest()


def new_origin_token() -> str:
    """Return the token of an origin that nobody has registered yet: random, for a name could be guessed."""
    return secrets.token_hex(32)


@dataclass(frozen=True)
class Corroboration:
    """What stands behind some reports."""

    reports: int
    """Items and claims that were counted."""
    origins: tuple[str, ...]
    """Distinct ones, each by one of its names, sorted."""
    unknown: int
    """Reports of which no origin is known: they add none."""
    sources: tuple[str, ...]
    """Names of the distinct sources that told these reports, sorted; how many tell is not how many saw."""


def names_of(ref: Ref, item: ClaimItem) -> tuple[str, ...]:
    """Return the names of the one origin that an item of basis ``own`` is."""
    content = (content_token(item.sha256),) if item.sha256 else ()
    return tuple(dict.fromkeys((*item.origins, *content))) or (f"{ref[0]}/{ref[1]}",)


def corroboration(
    reports: Iterable[Iterable[Ref]],
    item_of: Callable[[Ref], ClaimItem | None],
    same: Callable[[str], str],
    source_of: Callable[[ClaimItem], str],
) -> Corroboration:
    """Count the origins and the sources behind reports.

    Args:
        reports: For each report, the items that it rests on.
        item_of: An item as it stands at the moment that is asked for; None if it is not held.
        same: One name for all the names of an origin.
        source_of: The name of an item's source, empty if it is not known. Two of one name count once.
    """
    origins: set[str] = set()
    sources: dict[str, str] = {}
    count = unknown = 0
    for items in map(tuple, reports):
        count += 1
        found = {same(name) for name in _reached(items, item_of)}
        unknown += not found
        origins |= found
        for item in map(item_of, items):
            if item is not None and (name := source_of(item)):
                sources.setdefault(name.casefold(), name)
    return Corroboration(
        reports=count, origins=tuple(sorted(origins)), unknown=unknown, sources=tuple(sorted(sources.values()))
    )


def _reached(items: Iterable[Ref], item_of: Callable[[Ref], ClaimItem | None]) -> set[str]:
    """Follow derivations to their ends; they may run in circles, and then end nowhere."""
    names: set[str] = set()
    seen: set[Ref] = set()
    waiting = list(items)
    while waiting:
        ref = waiting.pop()
        if ref in seen:
            continue
        seen.add(ref)
        item = item_of(ref)
        if item is None or item.basis == "unknown":
            continue
        if item.basis == "own":
            names.add(names_of(ref, item)[0])
        else:
            names.update(item.origins)
            waiting.extend((parent.originator, parent.record) for parent in item.derived_from)
    return names
