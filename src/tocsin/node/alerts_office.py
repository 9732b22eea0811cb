"""Who alerts, by a member's configuration, and what its store holds of alerts that go on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from tocsin.alerts import Office
from tocsin.errors import ConfigError
from tocsin.exercise.gate import Gate
from tocsin.node.config import MemberConfig
from tocsin.node.home import home_of
from tocsin.records import Admitted
from tocsin.store import RecordQuery, Store, Window


def office_of(config: MemberConfig) -> Office:
    """Return who alerts, by a member's configuration.

    Raises:
        ConfigError: No warning areas of the member come with the program, or a setting is missing.
    """
    try:
        settings = config.alerts.settings()
    except ValueError as error:
        raise ConfigError(f"[alerts] {error}", path=str(config.home)) from error
    return Office(
        territory=home_of(config.member.code), settings=settings, new_id=lambda: secrets.token_hex(16)
    )  # fmt: skip


def read_history(
    store: Store, member: str, kinds: Sequence[str], *, since: datetime, gate: Gate
) -> tuple[int, list[Admitted]]:  # fmt: skip
    """Return a member's own records of some kinds, in order, and the order of the last record in the store.

    Args:
        store: The member's.
        member: ISO 3166-1 alpha-3.
        kinds: Which.
        since: Those admitted before are passed over.
        gate: Hears of all exercises in the store; what is of one that is over, or not this member's, is left out.

    Raises:
        StoreError: The store cannot be read.
    """
    newest = next(store.records(RecordQuery(newest_first=True, limit=1, copies=True)), None)
    last = newest.order if newest is not None else 0
    query = RecordQuery(
        kinds=tuple(kinds), originator=member, before_order=last + 1, windows=(Window(time="admitted", since=since),)
    )
    gate.pass_on(stored.admitted for stored in store.records(RecordQuery(kinds=("exercise.*",))))
    found = [stored.admitted for stored in store.records(query)]
    return last, [entry for entry in found if gate.is_open(entry.record.status)]
