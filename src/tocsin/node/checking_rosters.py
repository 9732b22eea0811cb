"""Looks over what is on its way between a member and the next roster: proposals, new keys, a new authority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from tocsin.errors import ConfigError, StoreError, TocsinError
from tocsin.node.config import MemberConfig
from tocsin.node.findings import Finding
from tocsin.node.introducing import INTRODUCTION, key_states, own_introduction
from tocsin.node.proposing import revoked_on_disk, waiting_proposals
from tocsin.node.renewing import NEXT
from tocsin.node.rosters import archived
from tocsin.node.status import MemberStatus
from tocsin.signing import Trust, differences, read_roster

PROPOSE = "tocsin roster propose --replace introduction.json, sign it, apply it at every member"


def check_rosters(
    config: MemberConfig, trust: Trust, status: MemberStatus | None, *, now: datetime
) -> Iterator[Finding]:
    """Yield what a person has to do about rosters.

    Args:
        config: The member's TOML.
        trust: The rosters on disk.
        status: Of the running node, if one runs.
        now: UTC.
    """
    kept = archived(config.path(config.roster.file))
    known = {document.hash for document in trust.documents}
    loose = [path for path, document in kept.items() if document.hash not in known]
    if loose:
        yield Finding(
            level="warning", about="roster", where=str(loose[-1]),
            what="a version after this one is not kept, so what was sealed under earlier keys is refused",
            advice="Ask another member for the file that is missing in this folder",
        )  # fmt: skip
    if status is not None and status.member == config.member.code and status.roster_version != trust.roster.version:
        yield Finding(
            level="warning", about="roster", where=config.roster.file,
            what=f"the node runs with version {status.roster_version}, version {trust.roster.version} is in its folder",
            advice="Stop the node and start it again",
        )  # fmt: skip
    yield from _revoked(config, trust)
    yield from _proposals(config, trust, now)
    yield from _introduction(config, trust)


def _revoked(config: MemberConfig, trust: Trust) -> Iterator[Finding]:
    """Tell of keys that the node signs with and that were taken back."""
    try:
        taken_back = revoked_on_disk(config, trust)
        states = key_states(config, trust) if taken_back else ()
    except (ConfigError, StoreError):  # told with the introduction, and with the store
        return
    for state in states:
        if state.is_used and state.keyid in taken_back:
            yield Finding(
                level="error", about="keys", where=state.file,
                what=f"this {state.role.value} key was taken back: nothing can be issued with it",
                advice=f"tocsin keys new --role {state.role.value}; drop this one; {PROPOSE}",
            )  # fmt: skip


def _proposals(config: MemberConfig, trust: Trust, now: datetime) -> Iterator[Finding]:
    for path, document in waiting_proposals(config.home, trust):
        roster = read_roster(document)
        try:
            lacks = trust.standing(document, now=now).lacks
        except TocsinError as error:
            yield Finding(level="warning", about="roster", where=str(path), what=str(error.args[0]))
            continue
        if roster.expires_at <= now:
            continue
        yield Finding(
            level="warning", about="roster", where=str(path),
            what=f"version {roster.version} waits: " + (f"it lacks {lacks}" if lacks else "enough have signed"),
            advice="See: tocsin roster show" if lacks else "Put it in force: tocsin roster apply",
        )  # fmt: skip


def _introduction(config: MemberConfig, trust: Trust) -> Iterator[Finding]:
    file = config.home / INTRODUCTION
    listed = trust.roster.member(config.member.code)
    if not file.exists() or listed is None:
        return
    try:
        told = own_introduction(config)
    except ConfigError as error:
        yield Finding(level="warning", about="roster", where=str(file), what=str(error.args[0]), advice=error.advice)
        return
    members = tuple(told if member is listed else member for member in trust.roster.members)
    changes = differences(trust.roster, msgspec.structs.replace(trust.roster, members=members))
    if changes:
        yield Finding(
            level="warning", about="roster", where=str(file), advice=PROPOSE,
            what="the roster in force does not know yet: " + "; ".join(changes),
        )  # fmt: skip
    elif config.path(f"{NEXT}.key").exists():
        yield Finding(
            level="warning", about="certificates", where=str(config.path(f"{NEXT}.pem")),
            what="the roster in force names this new authority, and the link certificate is still by the old one",
            advice="tocsin renew, then tocsin reload",
        )  # fmt: skip
