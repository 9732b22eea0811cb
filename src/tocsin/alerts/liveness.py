"""Whether the channels to the public work: a message of status Test by each, on a schedule, and what came of it.

A test can be taken for nothing else: it is a kind of record of its own, CAP renders that kind with status ``Test``
always, it names no area, and says in every part that it is a test.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from tocsin.alerts.drafting import Office
from tocsin.alerts.texts import words_of_test
from tocsin.markings import PublicWarning, marking_for
from tocsin.records import Admitted, AlertDelivery, ChannelTest, Precedence, Record, with_body

HOLDS = timedelta(minutes=5)
"""How long a test says that it holds."""

PATIENCE = timedelta(minutes=2)
"""How long a channel may say nothing of a test before that is told as a failure."""


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What the tests of one channel have shown."""

    channel: str
    tested_at: datetime | None
    """When the last test went out; null: none within the last two days."""
    good_at: datetime | None
    """When the channel last confirmed one."""
    problem: str
    """Why the last test failed; empty if it did not, or is under way."""


class Liveness:
    """Keeps what the tests of a member's channels have shown.

    Args:
        office: Whose channels.
        every: How often they are tested; None: never.
    """

    def __init__(self, office: Office, *, every: timedelta | None) -> None:
        self._office = office
        self._every = every
        self._newest: Admitted | None = None
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        """When a test was last asked for: its record is some time on its way."""
        self._began_at: dict[str, datetime] = {}
        """When tests went out, by id of the record."""
        self._good: dict[str, datetime] = {}
        self._heard: dict[str, AlertDelivery] = {}
        """Of the newest test, by channel."""

    def take(self, admitted: Admitted) -> None:
        """Take a record in; what is not of this member's tests is passed over."""
        record, body = admitted.record, admitted.body
        if record.originator != self._office.member:
            return
        if isinstance(body, ChannelTest):
            self._began_at[record.id] = body.sent_at
            if self._newest is None or body.sent_at >= self._newest.body.sent_at:
                self._newest, self._heard = admitted, {}
        elif isinstance(body, AlertDelivery) and body.alert in self._began_at:
            if body.state == "delivered":
                self._good[body.channel] = max(body.at, self._good.get(body.channel, body.at))
            if self._newest is not None and body.alert == self._newest.record.id:
                self._heard[body.channel] = body

    def due(self, now: datetime) -> Record | None:
        """Return a test of all channels if it is time for one; its record stays with the member."""
        if self._every is None or now - self._asked_at < min(self._every, PATIENCE):
            return None
        if self._newest is not None and now - self._newest.body.sent_at < self._every:
            return None
        self._asked_at = now
        office, record_id, sent_at = self._office, self._office.new_id(), now.replace(microsecond=0)
        body = ChannelTest(
            channels=office.settings.channels, identifier=f"{office.member}-test-{record_id}",
            texts=words_of_test(office.territory.languages, office.settings.sender_names),
            sender=office.settings.sender, sent_at=sent_at, expires_at=sent_at + HOLDS,
        )  # fmt: skip
        return with_body(
            "alerts.test", body, id=record_id, originator=office.member, status="actual",
            precedence=Precedence.ROUTINE, issued_at=now,
            marking=marking_for(office.member, public_warning=PublicWarning.YES),
        )  # fmt: skip

    def health(self, now: datetime) -> tuple[ChannelHealth, ...]:
        """Return what is known of each channel of the policy."""
        return tuple(self._health(channel, now) for channel in self._office.settings.channels)

    def _health(self, channel: str, now: datetime) -> ChannelHealth:
        newest, heard = self._newest, self._heard.get(channel)
        is_tested = newest is not None and channel in newest.body.channels
        problem = ""
        if heard is not None and heard.state != "delivered":
            problem = heard.detail or heard.state
        elif newest is not None and is_tested and heard is None and now - newest.body.sent_at > PATIENCE:
            problem = "nothing was heard of the last test"
        return ChannelHealth(
            channel=channel, tested_at=newest.body.sent_at if newest is not None and is_tested else None,
            good_at=self._good.get(channel), problem=problem,
        )  # fmt: skip
