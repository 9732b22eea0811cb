"""The feed: nothing numbered is lost or doubled, and only the newest of the rest counts."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.sealed import START

from tocsin.web import feed as feeds
from tocsin.web.feed import Feed, TooSlowError
from tocsin.web.shapes import LinksNow, LinkState, RecordNews, TracksNow


def tell(feed: Feed, count: int = 1) -> None:
    for _ in range(count):
        feed.tell(lambda number: RecordNews(number=number, records=()))


async def take(feed: Feed, count: int, *, since: int = 0, epoch: str | None = None) -> list[dict]:
    listening = feed.listen(since, feed.epoch if epoch is None else epoch)
    try:
        async with asyncio.timeout(5):
            return [json.loads(await anext(listening)) for _ in range(count)]
    finally:
        await listening.aclose()


def test_whoever_comes_back_gets_all_after_the_last_number_seen() -> None:
    feed = Feed()
    tell(feed, 5)
    assert [said["number"] for said in asyncio.run(take(feed, 3, since=2))] == [3, 4, 5]


def test_who_asks_for_what_is_no_longer_kept_is_told_to_take_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "KEPT", 3)
    feed = Feed()
    feed._kept = feeds.deque(maxlen=3)
    tell(feed, 9)
    (said,) = asyncio.run(take(feed, 1, since=2))
    assert said == {"say": "gone", "number": 9}
    assert [said["number"] for said in asyncio.run(take(feed, 3, since=6))] == [7, 8, 9]


def test_numbers_of_another_start_mean_nothing() -> None:
    feed = Feed()
    tell(feed, 3)
    (said,) = asyncio.run(take(feed, 1, since=2, epoch="another"))
    assert said["say"] == "gone"


def test_only_the_newest_of_what_passes_is_told() -> None:
    feed = Feed()

    async def scene() -> list[dict]:
        listening = feed.listen(0, feed.epoch)
        first = asyncio.ensure_future(anext(listening))
        await asyncio.sleep(0)
        for plots in range(5):
            feed.tell_now(TracksNow(at=START, tracks=(), plots=plots))
        tell(feed)
        found = [json.loads(await first)] + [json.loads(await anext(listening)) for _ in range(1)]
        await listening.aclose()
        return found

    found = asyncio.run(scene())
    assert [said["say"] for said in found] == ["records", "tracks"]
    assert found[1]["plots"] == 4


def test_the_same_twice_is_told_once_and_a_newcomer_hears_the_newest() -> None:
    feed = Feed()
    state = LinkState(at=None, problem="", links=(), problems=("x",))
    feed.tell_now(LinksNow(state=state))
    (said,) = asyncio.run(take(feed, 1))
    assert said["state"]["problems"] == ["x"]


def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "_MOST_WAITING", 10)
    feed = Feed()

    async def scene() -> None:
        listening = feed.listen(0, feed.epoch)
        first = asyncio.ensure_future(anext(listening))
        await asyncio.sleep(0)
        tell(feed, 20)
        with pytest.raises(TooSlowError):
            await first
        assert feed.clients == 0

    asyncio.run(scene())


def test_after_a_recall_everybody_takes_the_picture_again() -> None:
    feed = Feed()

    async def scene() -> list[dict]:
        listening = feed.listen(0, feed.epoch)
        first = asyncio.ensure_future(anext(listening))
        await asyncio.sleep(0)
        tell(feed, 4)
        feed.forget()
        found = [json.loads(await first)]
        await listening.aclose()
        return found

    assert asyncio.run(scene()) == [{"say": "gone", "number": 4}]
    assert asyncio.run(take(feed, 1, since=2))[0]["say"] == "gone"
