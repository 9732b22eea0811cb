"""What a member's store tells of its alerts: for the terminal, and for whoever asks in JSON."""

from __future__ import annotations

from datetime import datetime

from tocsin.alerts import AlertDesk, AlertSeen, see_thread
from tocsin.node.alerts_office import RESUMED, office_of, read_history
from tocsin.node.config import MemberConfig
from tocsin.node.public_warning import is_open
from tocsin.node.wiring import open_store
from tocsin.store import standing_in


def see_alerts(config: MemberConfig, *, now: datetime) -> tuple[AlertSeen, ...]:
    """Return the alerts of the last two days, the oldest first.

    Raises:
        ConfigError: ``[alerts]`` cannot be used.
        StoreError: The store cannot be read.
    """
    with open_store(config, read_only=True) as store:
        desk = AlertDesk(
            office_of(config), is_open=lambda: is_open(config),
            standing=lambda approval: standing_in(store, approval).is_verified,
        )  # fmt: skip
        _, history = read_history(store, config.member.code, desk.resumes, since=now - RESUMED)
        desk.resume(history, now - RESUMED, now)
        return tuple(see_thread(thread, desk, now) for thread in desk.threads)
