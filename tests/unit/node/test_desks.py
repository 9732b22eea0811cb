"""Desks of our own and of others: found, opened, and contained when they fail."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from datetime import timedelta

import msgspec
import pytest

from sealed import START, Federation, make_record
from tocsin.clock import SystemClock
from tocsin.errors import ConfigError
from tocsin.exchange import Reason
from tocsin.node import MemberConfig, desk_work, read_config
from tocsin.node.desk_work import DeskWork
from tocsin.node.desks import DeskContext, OpenDesk, open_desks

TINY = '''
from tocsin.node import DeskContext


class Desk:
    """Counts what it is handed."""

    def __init__(self, context: DeskContext) -> None:
        self.context = context
        self.taken = []

    def take(self, admitted, now):
        self.taken += [entry.record.id for entry in admitted]
        return []

    def tick(self, now):
        return []


def broken(context):
    raise LookupError("no sensor is plugged in")


not_callable = 3
'''


@pytest.fixture
def config(tmp_path) -> MemberConfig:
    (tmp_path / "member.toml").write_text('[member]\ncode = "KOR"\n')
    return read_config(tmp_path / "member.toml")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with desks, as pip would leave it behind."""

    def put(*entries):
        site = tmp_path / "site"
        info = site / "tiny_desk-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "tiny_desk.py").write_text(TINY)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-desk\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[tocsin.desks]\n" + "\n".join(entries) + "\n")
        monkeypatch.syspath_prepend(site)

    yield put
    sys.modules.pop("tiny_desk", None)


def test_the_own_desks_come_first_then_what_is_installed_by_name(config, install):
    install("zebra = tiny_desk:Desk", "aardvark = tiny_desk:Desk")
    context = DeskContext("KOR", config, lambda: "id")
    desks = open_desks(context)
    assert [desk.name for desk in desks] == ["warning", "exercise", "consult", "aardvark", "zebra"]
    assert desks[3].desk.context is context
    entry = Federation().admitted(make_record("r1")).records[0]
    assert list(desks[3].work([entry], START)) == [[], []]
    assert desks[3].desk.taken == ["r1"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("tiny = tiny_desk:broken", "LookupError: no sensor is plugged in"),
        ("tiny = tiny_desk:nothing", "AttributeError"),
        ("tiny = tiny_desk_that_is_not_there:Desk", "ModuleNotFoundError"),
        ("tiny = tiny_desk:not_callable", "TypeError"),
    ],
)
def test_a_desk_that_cannot_be_opened_is_named(config, install, entry, why):
    install(entry)
    with pytest.raises(ConfigError, match=rf"the desk tiny .* cannot be opened: {why}.*remove the distribution"):
        open_desks(DeskContext("KOR", config, lambda: "id"))


class Fragile:
    """Breaks on some records, and as it is told to."""

    def __init__(self, poison, *, ticks_break=False, gives=None):
        self.poison = poison
        self.ticks_break = ticks_break
        self.gives = gives
        self.batches = []

    def take(self, admitted, now):
        ids = [entry.record.id for entry in admitted]
        self.batches.append(ids)
        if self.poison in ids:
            raise ZeroDivisionError(f"{self.poison} by zero")
        return self.gives or [make_record(f"of-{one}", originator="KOR") for one in ids]

    def tick(self, now):
        if self.ticks_break:
            raise ValueError("out of time")
        return []


def entries(*ids):
    federation = Federation()
    return [federation.admitted(make_record(one)).records[0] for one in ids]


def made(desk, admitted, now=START):
    return [record.id for batch in desk.work(admitted, now) for record in batch]


def test_a_record_that_breaks_a_desk_costs_itself_alone():
    fragile = Fragile("poison")
    desk = OpenDesk("fragile", fragile)
    assert made(desk, entries("a", "poison", "b")) == ["of-a", "of-b"]
    assert desk.problem == "ZeroDivisionError: poison by zero"
    [refused] = desk.refused()
    assert refused.reason is Reason.DESK
    assert (refused.via, refused.path) == ("JPN", "desk")
    assert "freight.note poison" in refused.detail
    assert b'"poison"' in refused.data
    assert refused.hash == hashlib.sha256(refused.data).hexdigest()
    assert desk.refused() == []


def test_a_desk_that_broke_once_is_handed_one_record_at_a_time():
    """Else one that sends poison in each batch would keep the desk from all that others say."""
    fragile = Fragile("poison")
    desk = OpenDesk("fragile", fragile)
    made(desk, entries("poison", "a"))
    fragile.batches.clear()
    assert made(desk, entries("b", "c", "poison", "d"), START + timedelta(seconds=1)) == ["of-b", "of-c", "of-d"]
    assert fragile.batches == [["b"], ["c"], ["poison"], ["d"]]
    assert len(desk.refused()) == 2


def test_a_desk_that_cannot_tell_the_time_still_takes_records():
    desk = OpenDesk("fragile", Fragile("poison", ticks_break=True))
    assert made(desk, entries("a")) == ["of-a"]
    assert desk.problem == "ValueError: out of time"
    assert desk.refused() == []
    assert made(desk, entries("b")) == ["of-b"]


def test_what_comes_in_while_a_desk_is_made_ready_waits_for_it():
    async def scenario():
        old, new = Fragile("poison"), Fragile("poison")
        work = DeskWork(
            [OpenDesk("one", old)], SystemClock(), issue=lambda _: None, refuse=lambda _: None, on_own=lambda _: None
        )
        running = asyncio.create_task(work.run())
        work.put(entries("a"))
        while not any(old.batches):  # noqa: ASYNC110 - the desk sets no event
            await asyncio.sleep(0.001)

        async def make_ready():
            work.put(entries("b"))
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert work.waiting == 1

        await work.renew(OpenDesk("one", new), make_ready)
        while not any(new.batches):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        running.cancel()
        assert [batch for batch in old.batches if batch] == [["a"]]
        assert [batch for batch in new.batches if batch] == [["b"]]

    asyncio.run(scenario())


def test_what_comes_in_before_desks_are_at_work_holds_nobody_up_and_is_theirs_then():
    async def scenario():
        desk, go_on = Fragile("poison"), asyncio.Event()
        work = DeskWork(
            [OpenDesk("one", desk)], SystemClock(), issue=lambda _: None, refuse=lambda _: None, on_own=lambda _: None
        )

        async def compiles(_tell):
            await go_on.wait()

        preparing = asyncio.create_task(work.prepare(compiles))
        some = entries(*(f"r{n}" for n in range(desk_work.AHEAD_RECORDS + 1)))
        work.put(some)
        await asyncio.sleep(0)
        assert not work.is_behind  # a minute of compiling is no reason to leave records with the peers
        work.put(some[:1] * desk_work.AHEAD_AT_START)
        assert work.is_behind  # memory is
        go_on.set()
        await preparing
        running = asyncio.create_task(work.run())
        while work.waiting:  # noqa: ASYNC110 - the desk sets no event
            await asyncio.sleep(0.001)
        work.put(some)
        assert work.is_behind
        running.cancel()
        assert len(desk.batches[0]) == len(some) + desk_work.AHEAD_AT_START

    asyncio.run(scenario())


@pytest.mark.parametrize("gives", [["a text"], 5])
def test_a_desk_that_gives_no_records_is_a_desk_that_fails(gives):
    desk = OpenDesk("fragile", Fragile("poison", gives=gives))
    assert made(desk, entries("a")) == []
    assert desk.problem.startswith("TypeError")
    assert [refused.reason for refused in desk.refused()] == [Reason.DESK]


def test_tracks_are_told_to_audiences_of_the_member_alone(config):
    table = msgspec.structs.replace(config.warning, audiences=(), tracks=(("JPN", "KOR"),))
    with pytest.raises(ConfigError, match="tracks are told to JPN-KOR, but nothing is published to it"):
        open_desks(DeskContext("KOR", msgspec.structs.replace(config, warning=table), lambda: "id"))
