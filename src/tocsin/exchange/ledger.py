"""The accounts that are kept of what each peer uses of us: what is shed, what waits, what is counted (spec 15)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tocsin.clock import Clock
from tocsin.exchange.quotas import TRAFFIC, Quotas, Rate, Traffic

DAY_S = 86_400.0
DAY_WAIT_S = 1.0
"""The longest that one frame other than bulk waits for the day's quota: flash may stand behind it in its stream."""

WORK_AT_ONCE_S = 0.05
"""Seconds of our time that live frames of one account may take in a row."""

FRAME_S, BYTE_S = 0.0007, 1e-7
"""The most that a frame and each of its bytes are charged with, some four times what they take: what takes longer is
this machine's doing, and no peer's. Two hundred frames a second, live and durable, stay below the share then."""

RATE_WINDOW_S = 10.0
"""Rates that people see are of a time between one and two of these."""

UNVERIFIED = ""
"""In place of the originator in the account of what nobody's signature vouches for."""

_PEEK_BYTES = 1024
_ORIGINATOR = re.compile(rb'"originator"\s*:\s*"([A-Z]{3})"')
_PRECEDENCE = re.compile(rb'"precedence"\s*:\s*"(flash|immediate|routine|bulk)"')
_CONTROL = re.compile(rb'"number"\s*:\s*0[\s,}]')


@dataclass(frozen=True)
class Claim:
    """What a frame says of itself before anything of it is verified; good enough to choose an account by."""

    originator: str
    traffic: Traffic


def claim_of(data: bytes) -> Claim:
    """Look at the first kilobyte of a frame, in microseconds; what says nothing there counts as bulk of nobody."""
    head = data[:_PEEK_BYTES]
    originator = _ORIGINATOR.search(head)
    precedence = _PRECEDENCE.search(head)
    code = originator[1].decode() if originator else UNVERIFIED
    if _CONTROL.search(head):
        return Claim(code, "control")
    return Claim(code, precedence[1].decode() if precedence else "bulk")  # type: ignore[arg-type]  # the pattern's words


class Bucket:
    """A token bucket that may go into debt: whoever draws more than is there waits until it is level again.

    Args:
        rate: Tokens a second.
        size: Tokens that it holds, and begins with.
        now_s: Of a clock that never runs backwards.
    """

    def __init__(self, rate: float, size: float, now_s: float) -> None:
        self.rate = rate
        self.size = size
        self._level = size
        self._at_s = now_s

    def level(self, now_s: float) -> float:
        """Return how many tokens are there; below zero in debt."""
        if now_s > self._at_s:
            self._level = min(self.size, self._level + (now_s - self._at_s) * self.rate)
            self._at_s = now_s
        return self._level

    def draw(self, tokens: float, now_s: float) -> None:
        """Take tokens out, whether they are there or not."""
        self._level = self.level(now_s) - tokens

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until the debt is paid."""
        return max(0.0, -self.level(now_s) / self.rate)


class Meter:
    """Counts what comes, and tells how much it lately was in a second."""

    def __init__(self, now_s: float) -> None:
        self.total = 0
        self._began_s = now_s
        self._before = 0
        self._now = 0

    def add(self, count: int, now_s: float) -> None:
        """Count."""
        self._turn(now_s)
        self.total += count
        self._now += count

    def per_s(self, now_s: float) -> float:
        """Return the rate."""
        self._turn(now_s)
        return (self._before + self._now) / (RATE_WINDOW_S + max(0.0, now_s - self._began_s))

    def _turn(self, now_s: float) -> None:
        passed = now_s - self._began_s
        if passed >= RATE_WINDOW_S:
            self._before = self._now if passed < 2 * RATE_WINDOW_S else 0
            self._now = 0
            self._began_s = now_s


@dataclass(frozen=True)
class Usage:
    """What one link brought of one originator in one sort of traffic."""

    via: str
    originator: str
    """Empty for what nobody's signature vouches for."""
    traffic: Traffic
    frames: int
    """Ever, both paths; second copies are not counted."""
    bytes: int
    frames_per_s: float
    """Lately."""
    shed: int
    """Frames that came live beyond the quota and were left to their durable copy."""
    shed_per_s: float
    waited_s: float
    """Time that durable frames, or answers to its requests, were made to wait, all together."""
    waits_per_s: float
    """Of these, lately, seconds in each second: near 1 while the durable path is held back all the time."""


class _Lane:
    """Buckets and meters of one sort of traffic in one account."""

    def __init__(self, rate: Rate, quotas: Quotas, now_s: float) -> None:
        self.live = _buckets(rate, quotas.burst_s, now_s)
        self.durable = _buckets(rate, quotas.burst_s, now_s, times=quotas.catch_up)
        self.frames = Meter(now_s)
        self.shed = Meter(now_s)
        self.waits_us = Meter(now_s)
        self.bytes = 0

    def count(self, size: int, now_s: float) -> None:
        """Count a frame of so many bytes."""
        self.frames.add(1, now_s)
        self.bytes += size


def _buckets(rate: Rate, burst_s: float, now_s: float, *, times: float = 1.0) -> tuple[Bucket, Bucket]:
    """Return the buckets of frames and of bytes for so many times a rate."""
    frames_per_s, bytes_per_s = rate.frames_per_s * times, rate.bytes_per_s * times
    return Bucket(frames_per_s, frames_per_s * burst_s, now_s), Bucket(bytes_per_s, bytes_per_s * burst_s, now_s)


@dataclass
class _Account:
    """What one link brings of one originator."""

    quotas: Quotas
    lanes: dict[Traffic, _Lane]
    refused: Bucket
    work: Bucket
    day: Bucket
    given: tuple[Bucket, Bucket]
    """Frames and bytes that its originator asks for again."""
    worlds: Bucket
    epochs: Bucket
    kinds: set[str] = field(default_factory=set)


_DAY_RESERVE: dict[Traffic, float] = {"immediate": 0.1, "routine": 0.25, "bulk": 0.5}


class Ledger:
    """The accounts of one member.

    Args:
        quotas: The table.
        clock: Ours.
        members: Codes of the roster in force; whatever else a frame claims to come from shares one account.
    """

    def __init__(self, quotas: Quotas, clock: Clock, members: Callable[[], Collection[str]]) -> None:
        self._quotas = quotas
        self._clock = clock
        self._members = members
        self._accounts: dict[tuple[str, str], _Account] = {}
        self.refused: Counter[tuple[str, str]] = Counter()
        """By link and originator."""

    def renew(self, quotas: Quotas) -> None:
        """Go on with another table; all accounts begin anew if it differs."""
        if quotas != self._quotas:
            self._accounts.clear()
            self._quotas = quotas

    def lets_in(self, claim: Claim, size: int, *, via: str) -> bool:
        """Say whether what came live is looked at, and charge it if so.

        Args:
            claim: What it says of itself.
            size: Bytes.
            via: The link that it came by.
        """
        now_s = self._clock.monotonic_s()
        account = self._account(via, claim.originator)
        lane = account.lanes[claim.traffic]
        lane.count(size, now_s)
        frames, octets = lane.live
        unverified = self._account(via, UNVERIFIED)
        if (
            frames.level(now_s) <= 0
            or octets.level(now_s) <= 0
            or account.refused.level(now_s) <= 0
            or account.work.level(now_s) <= 0
            or unverified.refused.level(now_s) <= 0
            or account.day.level(now_s) < _DAY_RESERVE.get(claim.traffic, -math.inf) * account.day.size
        ):
            lane.shed.add(1, now_s)
            return False
        frames.draw(1, now_s)
        octets.draw(size, now_s)
        self._draw_day(account, claim.traffic, size, now_s)
        return True

    def note_shed(self, claim: Claim, *, via: str) -> None:
        """Take note that a live frame was left to its durable copy after all."""
        self._account(via, claim.originator).lanes[claim.traffic].shed.add(1, self._clock.monotonic_s())

    def wait_s(self, claim: Claim, size: int, *, via: str) -> float:
        """Charge what came durable, and say how many seconds it has to wait before it is looked at.

        Args:
            claim: What it says of itself.
            size: Bytes.
            via: The link that it came by.
        """
        now_s = self._clock.monotonic_s()
        account = self._account(via, claim.originator)
        lane = account.lanes[claim.traffic]
        lane.count(size, now_s)
        frames, octets = lane.durable
        frames.draw(1, now_s)
        octets.draw(size, now_s)
        waits_s = [
            bucket.wait_s(now_s) for bucket in (frames, octets, account.refused, self._account(via, UNVERIFIED).refused)
        ]
        if any(each.shed.per_s(now_s) > 0 for each in account.lanes.values()):
            waits_s.append(account.work.wait_s(now_s))  # who floods has its share of our time and no more
        reserve = _DAY_RESERVE.get(claim.traffic)
        if reserve is not None:
            day_s = (reserve * account.day.size - account.day.level(now_s)) / account.day.rate
            waits_s.append(day_s if claim.traffic == "bulk" else min(day_s, DAY_WAIT_S))
        self._draw_day(account, claim.traffic, size, now_s)
        wait_s = max(0.0, *waits_s)
        lane.waits_us.add(int(wait_s * 1e6), now_s)
        return wait_s

    def note_refused(self, via: str, originator: str) -> None:
        """Charge a refusal: to the originator if its signature held, else to the link."""
        key = originator if originator in self._members() else UNVERIFIED
        self.refused[via, key] += 1
        self._account(via, key).refused.draw(1, self._clock.monotonic_s())

    def note_work(self, via: str, originator: str, work_s: float, *, size: int) -> None:
        """Charge the time that a frame of so many bytes took."""
        charged_s = min(work_s, FRAME_S + size * BYTE_S)
        self._account(via, originator).work.draw(charged_s, self._clock.monotonic_s())

    def wait_to_give_s(self, asker: str) -> float:
        """Return the seconds until a member may have more of the frames that it asks for again."""
        now_s = self._clock.monotonic_s()
        return max(bucket.wait_s(now_s) for bucket in self._account(asker, asker).given)

    def note_given(self, asker: str, frames: int, size: int) -> None:
        """Charge a member with what it asked for and was given."""
        now_s = self._clock.monotonic_s()
        account = self._account(asker, asker)
        for bucket, drawn in zip(account.given, (frames, size), strict=True):
            bucket.draw(drawn, now_s)
        wait_s = max(bucket.wait_s(now_s) for bucket in account.given)
        account.lanes["control"].waits_us.add(int(wait_s * 1e6), now_s)

    def note_passed_over(self, asker: str) -> None:
        """Count a request that nobody looks into, as more of the same wait already."""
        self._account(asker, asker).lanes["control"].shed.add(1, self._clock.monotonic_s())

    def takes_kind(self, via: str, originator: str, kind: str) -> bool:
        """Tell whether one more unknown kind of an originator is taken, and remember it if so."""
        account = self._account(via, originator)
        if kind in account.kinds:
            return True
        if len(account.kinds) >= account.quotas.kinds:
            return False
        account.kinds.add(kind)
        return True

    def may_begin(self, originator: str, is_new_world: bool) -> bool:  # noqa: FBT001 - as the chains call it
        """Tell whether an originator may begin one more epoch, in a new audience and status or a known one."""
        now_s = self._clock.monotonic_s()
        account = self._account(originator, originator)
        drawn = [account.epochs, account.worlds] if is_new_world else [account.epochs]
        if any(bucket.level(now_s) < 1 for bucket in drawn):
            return False
        for bucket in drawn:
            bucket.draw(1, now_s)
        return True

    def usage(self) -> tuple[Usage, ...]:
        """Return what came by each link, of whom and of what sort, where anything did."""
        now_s = self._clock.monotonic_s()
        return tuple(
            Usage(
                via, originator, traffic, lane.frames.total, lane.bytes, lane.frames.per_s(now_s), lane.shed.total,
                lane.shed.per_s(now_s), lane.waits_us.total / 1e6, lane.waits_us.per_s(now_s) / 1e6,
            )
            for (via, originator), account in sorted(self._accounts.items())
            for traffic, lane in account.lanes.items()
            if lane.frames.total
        )  # fmt: skip

    def _account(self, via: str, originator: str) -> _Account:
        key = (via, originator if originator in self._members() else UNVERIFIED)
        account = self._accounts.get(key)
        if account is None:
            quotas = self._quotas.of(originator or via)
            now_s = self._clock.monotonic_s()
            account = self._accounts[key] = _Account(
                quotas,
                {traffic: _Lane(quotas.rate(traffic), quotas, now_s) for traffic in TRAFFIC},
                Bucket(quotas.refused_per_s, quotas.refused_per_s * quotas.burst_s, now_s),
                Bucket(quotas.work_share, WORK_AT_ONCE_S, now_s),
                Bucket(quotas.bytes_per_day / DAY_S, quotas.bytes_per_day, now_s),
                _buckets(quotas.given_back, quotas.burst_s, now_s),
                Bucket(quotas.worlds_per_day / DAY_S, quotas.worlds_per_day, now_s),
                Bucket(quotas.epochs_per_day / DAY_S, quotas.epochs_per_day, now_s),
            )
        return account

    def _draw_day(self, account: _Account, traffic: Traffic, size: int, now_s: float) -> None:
        if traffic in _DAY_RESERVE:
            account.day.draw(size, now_s)
