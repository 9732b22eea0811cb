"""The ways to the public: each takes what was let go to it, and says what came of it."""

from tocsin.channels.carrying import CapFile, Channel
from tocsin.channels.delivering import Deliverer, Parcel
from tocsin.channels.feed import Feed
from tocsin.channels.folder import Folder, write_whole
from tocsin.channels.mail import Mail
from tocsin.channels.tables import ChannelTable
from tocsin.channels.webhook import Webhook

__all__ = [
    "CapFile",
    "Channel",
    "ChannelTable",
    "Deliverer",
    "Feed",
    "Folder",
    "Mail",
    "Parcel",
    "Webhook",
    "write_whole",
]
