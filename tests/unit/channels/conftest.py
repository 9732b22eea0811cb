from __future__ import annotations

import pytest
from tests.alert_room import Room

from tocsin.cap import write_cap
from tocsin.channels import CapFile
from tocsin.exchange import release_to_public
from tocsin.records import PublicChannel


@pytest.fixture(scope="session")
def story():
    """A room in which an alert was sent and cancelled, and the two messages as files."""
    room = Room(channels=("feed",))
    room.alert(areas=("JP-01",))
    room.wait(60)
    room.end("cancel")
    messages = [room.find(each) for each in room.thread().sent]
    files = [CapFile(alert, write_cap(alert)) for _, alert in room.carried]
    return room, list(zip(messages, files, strict=True))


@pytest.fixture
def let_go(story):
    """Let a message of the story go to a channel."""

    def release(place, channel):
        message, file = story[1][place]
        return release_to_public(message, PublicChannel(channel)), file

    return release
