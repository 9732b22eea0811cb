"""The watch floor: the picture that people on duty look at, its API and its feed."""

from tocsin.web.cot_stream import CotListen, CotStream
from tocsin.web.floor import Access, Floor
from tocsin.web.gateway import Gateway, Member
from tocsin.web.passkeys import Passkeys, RelyingParty
from tocsin.web.people import Account, People
from tocsin.web.sensors import DeclaredSensor
from tocsin.web.serving import Listen, serve_app, serve_floor
from tocsin.web.sessions import Sessions
from tocsin.web.shapes import Coverage, LinkItem, LinkState, Role
from tocsin.web.vouching import Vouching

__all__ = [
    "Access",
    "Account",
    "CotListen",
    "CotStream",
    "Coverage",
    "DeclaredSensor",
    "Floor",
    "Gateway",
    "LinkItem",
    "LinkState",
    "Listen",
    "Member",
    "Passkeys",
    "People",
    "RelyingParty",
    "Role",
    "Sessions",
    "Vouching",
    "serve_app",
    "serve_floor",
]
