"""What a check says of the store, by the database that it is in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sealed import START
from tocsin.clock import SystemClock
from tocsin.node.checking_store import store_findings
from tocsin.node.config import MemberConfig, MemberTable, StoreTable
from tocsin.store import Batch, Cursor, Store


def findings(home, *, now=None, **store):
    config = MemberConfig(home=home, member=MemberTable(code="JPN"), store=StoreTable(**store))
    return [(each.level, each.what, each.advice) for each in store_findings(config, now=now or SystemClock().now())]


def test_a_file_is_made_by_the_node_and_opens(tmp_path):
    assert [level for level, _, _ in findings(tmp_path)] == ["ok"]
    Store.open(tmp_path / "store.db").close()
    assert findings(tmp_path, file="store.db")[-1][:2] == ("ok", "opens")


def test_a_server_is_looked_over_before_and_after_the_store_is_made(cluster, tmp_path):
    url = cluster.new_url()
    before = findings(tmp_path, url=url)
    assert ("error", "loses what it acknowledged when the power fails: fsync or full_page_writes is off",
            "Set both to on in postgresql.conf") in before  # fmt: skip
    assert before[-1][:2] == ("ok", "is made when the node first runs")
    with Store.open(url) as store:
        store.commit(Batch(cursors=(Cursor(stream="s", created="c", seq=1),)))
        assert findings(tmp_path, url=url)[-1][:2] == ("ok", "opens")  # while the node runs


def test_what_is_wrong_with_a_server_is_told(cluster, tmp_path):
    url = cluster.new_url()
    schema = url.rpartition("%3D")[2]
    cluster.execute(f"CREATE ROLE guest_{schema} LOGIN")
    cluster.execute(f"GRANT USAGE ON SCHEMA {schema} TO guest_{schema}")
    theirs = url.replace("//tocsin@", f"//guest_{schema}@")
    assert any("may not write there" in what for _, what, _ in findings(tmp_path, url=theirs))
    Store.open(url).close()
    cluster.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO guest_{schema}")
    assert any("cannot wipe" in what for level, what, _ in findings(tmp_path, url=theirs) if level == "warning")
    late = SystemClock().now() + timedelta(seconds=60)
    assert any("clock is -60 s" in what for _, what, _ in findings(tmp_path, url=url, now=late))


@pytest.mark.parametrize("where", ["postgresql://tocsin@127.0.0.1:1/db", "postgresql://tocsin@/db?host=/nowhere"])
def test_a_server_that_is_not_there(tmp_path, where):
    [(level, what, advice)] = findings(tmp_path, url=where)
    assert level == "error"
    assert "cannot open" in what
    assert "must run and be reachable" in advice
    with pytest.raises(ValueError, match="UTC"):
        findings(tmp_path, url=where, now=START.replace(tzinfo=None))
