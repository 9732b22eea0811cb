"""Drafts the end of an alert at a person's word, beside the running node: the draft then waits for confirmation."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from tocsin.alerts import RESUMED, AlertDesk, NotDrafted, Reason
from tocsin.clock import Clock
from tocsin.errors import ConfigError, DomainError
from tocsin.exercise.gate import Gate
from tocsin.node.alerts_office import office_of, read_history
from tocsin.node.attached import AttachedPart
from tocsin.node.config import MemberConfig
from tocsin.records import Record

_ATTACHES = timedelta(seconds=10)


async def draft_end(config: MemberConfig, event: str, *, wrong: Reason | None, clock: Clock) -> Record:
    """Draft an all-clear, or a cancel that says what was wrong, and hand it to the node.

    Args:
        config: The member's TOML.
        event: Id of the event, or of the alert.
        wrong: What was wrong; None: it is over.
        clock: The time of records.

    Raises:
        ConfigError: No node of this member runs, or ``[alerts]`` cannot be used.
        DomainError: There is nothing to end.
        StoreError: The store cannot be read.
    """
    part = AttachedPart(config, f"alerts-end-{os.getpid()}", clock=clock)
    running = asyncio.create_task(part.run())
    try:
        try:
            async with asyncio.timeout(_ATTACHES.total_seconds()):
                store = await part.attached()
        except TimeoutError as error:
            raise ConfigError("no node of this member runs", advice="Start it with: tocsin up") from error
        now = clock.now()
        desk = AlertDesk(office_of(config), is_open=lambda: False, standing=lambda _approval: False)
        _, history = await asyncio.to_thread(
            read_history, store, config.member.code, desk.resumes, since=now - RESUMED,
            gate=Gate(config.member.code),
        )  # fmt: skip
        desk.resume(history, now - RESUMED, now)
        thread = desk.threads.of_event(event)
        made = desk.end(
            event if thread is None else thread.alert_id, "all_clear" if wrong is None else "cancel", now,
            reason=wrong or "sent_in_error",
        )  # fmt: skip
        if isinstance(made, NotDrafted):
            raise DomainError(made.reason, advice="See: tocsin alerts list")
        part.submit_soon([made])
        await part.settled()
        return made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
