"""One member assembled from its configuration: the only place where rooms are put together."""

from tocsin.node.config import MemberConfig, read_config, try_config
from tocsin.node.control import ControlSocket
from tocsin.node.desks import Desk, DeskContext
from tocsin.node.health import HealthServer
from tocsin.node.node import Node
from tocsin.node.rosters import load_trust, put_in_force
from tocsin.node.setup import Addresses, Plan, links_for, make_federation, make_member
from tocsin.node.status import HeldStatus, LinkStatus, MemberStatus, status_of
from tocsin.node.watcher import Watcher
from tocsin.node.wiring import bus_config, load_keys

__all__ = [
    "Addresses",
    "ControlSocket",
    "Desk",
    "DeskContext",
    "HealthServer",
    "HeldStatus",
    "LinkStatus",
    "MemberConfig",
    "MemberStatus",
    "Node",
    "Plan",
    "Watcher",
    "bus_config",
    "links_for",
    "load_keys",
    "load_trust",
    "make_federation",
    "make_member",
    "put_in_force",
    "read_config",
    "status_of",
    "try_config",
]
