"""Capitals that consult: each with its own clock, store and desk, over lines that cut, delay and mix."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

from launch_feed import admit
from tocsin.consult import (
    ConsultDesk,
    ConsultOrder,
    Desk,
    DraftOrder,
    Index,
    Paragraph,
    consultation_of,
    record_of,
)
from tocsin.errors import DomainError
from tocsin.signing import KeyRole, PrivateKey

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
MEMBERS = ("JPN", "KOR", "USA")
ID = "joint-1"
ZONES = {"JPN": "Asia/Tokyo", "KOR": "Asia/Seoul", "USA": "America/New_York"}


def paragraphs(**words):
    return tuple(Paragraph(id=name.replace("_", "-"), texts={"en": text}) for name, text in words.items())


TWO = paragraphs(p_1="We condemn the launch.", p_2="We call for talks.")


class Capital:
    """One member: what it holds, its node's desk, and what its people do."""

    def __init__(self, code, room, *, skew_s=0.0, status="actual"):
        self.code, self.room, self.skew_s, self.status = code, room, skew_s, status
        self.store = []
        self.inbox = []
        self.index = Index(status)
        self.key = PrivateKey.from_seed(KeyRole.LIVE, code.encode().ljust(32, b"."))
        self.desk = self._desk()

    def _desk(self):
        return ConsultDesk(self.code, new_id=self.room.new_id)

    @property
    def now(self):
        return self.room.now + timedelta(seconds=self.skew_s)

    def hear(self, record):
        entry = admit(record, self.now)
        self.store.append(entry)
        self.index.take([entry])
        self.inbox.append(entry)

    def work(self):
        """Let the node's desk take what came in, and let time pass."""
        while True:
            inbox, self.inbox = self.inbox, []
            made = self.desk.take(inbox, self.now)
            self.room.say(self, made)
            if not made:
                return

    def begin_anew(self):
        """The node is started again."""
        self.desk, self.inbox = self._desk(), []
        self.desk.resume(self.store, START, self.now)

    def sees(self, drafter="JPN", name=ID):
        return consultation_of(self.index, (drafter, name), self.now)

    def order(self, order):
        """Carry out what a person asks."""
        desk = Desk(
            index=self.index, member=self.code, now=self.now, new_id=self.room.new_id,
            sign=lambda _, kind, payload: (self.key.keyid, self.key.sign(kind, payload)),
        )  # fmt: skip
        record = record_of(order, desk)
        self.room.say(self, [record])
        return record

    def draft(self, *, members=MEMBERS, text="", titles=None, parts=None, name=ID, **given):
        return self.order(
            DraftOrder(
                id=name, members=members, titles=titles or {"en": "Joint statement"}, pseudonym="D-1", zones=ZONES,
                paragraphs=TWO if parts is None else parts,
                text=text, status=self.status, **given,
            )
        )  # fmt: skip

    def act(self, act, *, consultation=f"JPN/{ID}", role="desk_officer", pseudonym="P-1", **given):
        return self.order(
            ConsultOrder(
                act=act, consultation=consultation, role=role, pseudonym=pseudonym, status=self.status, **given
            )
        )

    def call(self, *, within_s=3600.0, minimum_s=600.0, grace_s=60.0, **given):
        deadline_at = self.now + timedelta(seconds=within_s)
        return self.act("silence", deadline_at=deadline_at, minimum_s=minimum_s, grace_s=grace_s, **given)


class Capitals:
    """Members and the lines between them; what is under way arrives late, out of order, or once the line is mended."""

    def __init__(self, members=MEMBERS, *, seed=0, skews=None, status="actual"):
        self.now = START
        self._ids = itertools.count(1)
        self.chance = random.Random(seed)
        self.at = {code: Capital(code, self, skew_s=(skews or {}).get(code, 0.0), status=status) for code in members}
        self.cut = set()
        self.under_way = []
        self.records = []

    def new_id(self):
        return f"r-{next(self._ids)}"

    def say(self, capital, records):
        for record in records:
            self.records.append(record)
            capital.hear(record)
            self.under_way += [(capital.code, code, record) for code in self.at if code != capital.code]

    def deliver(self, share=1.0):
        """Let a share of what is under way arrive, in any order."""
        self.chance.shuffle(self.under_way)
        kept = []
        for sender, receiver, record in self.under_way:
            if frozenset((sender, receiver)) in self.cut or self.chance.random() >= share:
                kept.append((sender, receiver, record))
            else:
                self.at[receiver].hear(record)
        self.under_way = kept

    def settle(self):
        """Let everything that can arrive do so, and every node work, until nothing more comes of it."""
        while True:
            for capital in self.at.values():
                capital.work()
            before = len(self.under_way)
            self.deliver()
            if len(self.under_way) == before and not any(capital.inbox for capital in self.at.values()):
                return

    def wait(self, seconds):
        """Let time pass, and everything that can arrive do so."""
        self.settle()
        self.now += timedelta(seconds=seconds)
        self.settle()


def refused(work):
    """Return what is said against an order, or nothing if it was carried out."""
    try:
        work()
    except DomainError as error:
        return str(error)
    return ""
