"""The message bus of a member: NATS JetStream servers joined by leaf links. The only room that speaks to NATS."""

from tocsin.bus.client import Bus
from tocsin.bus.config import BusConfig, ClusterServer, LaneKeys, PeerLink, split_addresses
from tocsin.bus.connection import cancel_for_good
from tocsin.bus.copies import Cursor
from tocsin.bus.fragment import server_config
from tocsin.bus.keys import NKey, new_nkey, read_seed
from tocsin.bus.links import LaneState, LinkState
from tocsin.bus.publisher import Ack
from tocsin.bus.server import Server

__all__ = [
    "Ack",
    "Bus",
    "BusConfig",
    "ClusterServer",
    "Cursor",
    "LaneKeys",
    "LaneState",
    "LinkState",
    "NKey",
    "PeerLink",
    "Server",
    "cancel_for_good",
    "new_nkey",
    "read_seed",
    "server_config",
    "split_addresses",
]
