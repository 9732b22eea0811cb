"""Who alerts, by a member's configuration, and what its store holds of alerts that go on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from tocsin.alerts import Office
from tocsin.errors import ConfigError
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
    store: Store, member: str, kinds: Sequence[str], *, since: datetime
) -> tuple[int, list[Admitted]]:  # fmt: skip
    """Return a member's own records of some kinds, in order, and the order of the last record in the store.

    Raises:
        StoreError: The store cannot be read.
    """
    newest = next(store.records(RecordQuery(newest_first=True, limit=1, copies=True)), None)
    last = newest.order if newest is not None else 0
    query = RecordQuery(
        kinds=tuple(kinds), originator=member, before_order=last + 1, windows=(Window(time="admitted", since=since),)
    )
    return last, [stored.admitted for stored in store.records(query)]
