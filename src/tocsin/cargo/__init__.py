"""Evidence of cargo: who a ship is over time, and whether a silent one could have called at a port.

``sea`` where water is; ``grid`` and ``routes`` ways over it; ``reach`` the test; ``ports`` ports, sites and flags;
``identity`` ships out of records of several members; ``areas``, ``drawing`` and ``geojson`` what a test looks like.
"""

from tocsin.cargo.drawing import draw, says
from tocsin.cargo.geojson import collection, features_of_test, movement_features, reach_features
from tocsin.cargo.identity import Mark, Ship, Told, in_two_places, ships_of
from tocsin.cargo.ports import find_port, known_ports, known_sites, located, marks_of
from tocsin.cargo.reach import ReachTest, Silence, reach_test
from tocsin.cargo.sea import sea

__all__ = [
    "Mark",
    "ReachTest",
    "Ship",
    "Silence",
    "Told",
    "collection",
    "draw",
    "features_of_test",
    "find_port",
    "in_two_places",
    "known_ports",
    "known_sites",
    "located",
    "marks_of",
    "movement_features",
    "reach_features",
    "reach_test",
    "says",
    "sea",
    "ships_of",
]
