"""Lets desks that begin go on with what was under way, from what the store holds of the last minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog

from tocsin.errors import StoreError
from tocsin.node.desks import OpenDesk, ResumingDesk, StandingDesk
from tocsin.records import Admitted
from tocsin.store import RecordQuery, Store, Window

MOST = 100_000
"""Records that desks can go on with: in a flood it is better to begin with nothing than to begin late."""

log = structlog.get_logger()


def resume(desks: Sequence[OpenDesk], store: Store, *, span_s: float, now: datetime) -> int:
    """Hand the records of the last minutes to the desks that can use them; takes seconds if there were many.

    Args:
        desks: That have taken nothing yet.
        store: The member's.
        span_s: How far back, seconds; 0: not at all.
        now: UTC.

    Returns:
        Order of the last record in the store when this began; what comes behind it the desks have not seen.
    """
    try:
        newest = next(store.records(RecordQuery(newest_first=True, limit=1, copies=True)), None)
        last = newest.order if newest is not None else 0
        begin = now - timedelta(seconds=span_s)
        for desk in desks:
            if not isinstance(desk.desk, ResumingDesk) or not span_s:
                continue
            query = RecordQuery(
                kinds=desk.desk.resumes,
                windows=(Window(time="admitted", since=begin),),
                before_order=last + 1,
                limit=MOST + 1,
            )
            history = [*_standing(desk.desk, store, begin), *(stored.admitted for stored in store.records(query))]
            if len(history) > MOST:
                log.warning("the desk begins with nothing: there is too much to go on with", desk=desk.name, most=MOST)
            elif history:
                desk.resume(history, begin, now)
                log.info("desk resumed", desk=desk.name, records=len(history))
    except StoreError as error:
        log.warning("the desks begin with nothing: the store cannot be read", error=str(error))
        return 0
    return last


def _standing(desk: ResumingDesk, store: Store, begin: datetime) -> list[Admitted]:
    """Return what still holds of what was admitted before ``begin``."""
    if not isinstance(desk, StandingDesk):
        return []
    held = (stored.admitted for stored in store.current(*desk.stands))
    return [admitted for admitted in islice(held, MOST) if admitted.admitted_at < begin]
