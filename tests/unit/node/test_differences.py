"""What of a member's TOML a running node can take up: all that it can, and nothing that it cannot."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tocsin.errors import ConfigError
from tocsin.exchange import Policy
from tocsin.node.config import (
    BusTable,
    HealthTable,
    KeysTable,
    MemberConfig,
    MemberTable,
    NodeTable,
    StoreTable,
    WarningTable,
)
from tocsin.node.differences import config_changes, require_changeable

MEMBER = MemberConfig(
    home=Path("/member"), member=MemberTable(code="KOR"), keys=KeysTable(live="keys/live.pem", test="keys/test.pem")
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"member": MemberTable(code="KOR", name="Korea")}, ['member.name is now "Korea"']),
        ({"keys": KeysTable(live="keys/new.pem", test="keys/test.pem")}, ['keys.live is now "keys/new.pem"']),
        (
            {"keys": KeysTable(live="keys/live.pem", test="keys/test.pem", exercise="keys/exercise.pem")},
            ['keys.exercise is now "keys/exercise.pem"'],
        ),
        ({"bus": BusTable(dial={"USA": "gate:7422"})}, ['bus.dial is now {"USA":"gate:7422"}']),
        ({"bus": BusTable(max_age_days=3.0)}, ["bus.max_age_days is now 3.0"]),
        ({"warning": WarningTable(audiences=(("JPN", "KOR"),))}, ['warning.audiences is now [["JPN","KOR"]]']),
        ({"exchange": Policy(request_after_s=4.0)}, ["exchange.request_after_s is now 4.0"]),
    ],
)
def test_what_a_running_node_takes_up(change, told):
    config = msgspec.structs.replace(MEMBER, **change)
    require_changeable(MEMBER, config)
    assert config_changes(MEMBER, config) == told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"member": MemberTable(code="JPN")}, "member.code"),
        ({"bus": BusTable(server="external")}, "bus.server"),
        ({"bus": BusTable(client_listen="127.0.0.1:1", dial={"USA": "gate:7422"})}, "bus.client_listen"),
        ({"bus": BusTable(leaf_listen="127.0.0.1:1")}, "bus.leaf_listen"),
        ({"bus": BusTable(replicas=3)}, "bus.replicas"),
        ({"store": StoreTable(file="other.db")}, "store.file"),
        ({"node": NodeTable(desks="apart")}, "node.desks"),
        ({"health": HealthTable(listen="127.0.0.1:1")}, "health.listen"),
        ({"keys": KeysTable(live="keys/live.pem")}, "keys.test"),
    ],
)
def test_what_needs_the_node_started_anew_is_named(change, field):
    config = msgspec.structs.replace(MEMBER, **change)
    words = (
        r"member\.toml: " + field.replace(".", r"\.") + r" cannot (change|go) while the node runs; nothing was changed"
    )
    with pytest.raises(ConfigError, match=words):
        require_changeable(MEMBER, config)
