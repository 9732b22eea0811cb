"""What a member's store tells of its alerts: for the terminal, and for whoever asks in JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tocsin.alerts import RESUMED, AlertDesk, AlertSeen, ChannelHealth, Liveness, see_thread
from tocsin.exercise.gate import Gate
from tocsin.node.alerts_office import office_of, read_history
from tocsin.node.config import MemberConfig
from tocsin.node.public_warning import is_open
from tocsin.node.wiring import open_store
from tocsin.store import standing_in


class OfficeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How a member can alert its public, and its alerts."""

    is_open: bool
    """Whether the channels to the public are open."""
    channels: tuple[ChannelHealth, ...]
    alerts: tuple[AlertSeen, ...]
    """Of the last two days, the oldest first; those of exercises while they run."""


def see_alerts(config: MemberConfig, *, now: datetime) -> OfficeSeen:
    """Return how a member's alerts and channels are.

    Raises:
        ConfigError: ``[alerts]`` cannot be used.
        StoreError: The store cannot be read.
    """
    office, opened = office_of(config), is_open(config)
    with open_store(config, read_only=True) as store:
        desk = AlertDesk(
            office, is_open=lambda: opened, standing=lambda approval: standing_in(store, approval).is_verified
        )  # fmt: skip
        liveness = Liveness(office, every=None)
        member = config.member.code
        _, history = read_history(store, member, desk.resumes, since=now - RESUMED, gate=Gate(member))
        desk.resume(history, now - RESUMED, now)
        for entry in history:
            liveness.take(entry)
        return OfficeSeen(
            is_open=opened, channels=liveness.health(now),
            alerts=tuple(see_thread(thread, desk, now) for thread in desk.threads),
        )  # fmt: skip
