"""A member's store moves to PostgreSQL and is read and proved there."""

from __future__ import annotations

import json

import pytest
from tests.postgres import PASSWORD, USER

from tocsin.store import Store


def test_a_store_moves_and_every_command_finds_it(tocsin, folder, cluster, tmp_path) -> None:
    before = tocsin("records", "--config", folder, "--json")
    url = cluster.new_url()
    code, out, err = tocsin("store", "copy", "--config", folder, "--to", url)
    assert (code, err) == (0, "")
    assert "5 frames with 5 records" in out
    assert "under [store] in member.toml" in out
    assert f'  url = "{url}"' in out.splitlines()
    (folder / "member.toml").write_text(f'[member]\ncode = "KOR"\n[store]\nurl = "{url}"\n')
    (folder / "data/store.db").unlink()
    assert tocsin("records", "--config", folder, "--json") == before
    assert tocsin("records", "--config", folder, "--store", url, "--json") == before
    proved = json.loads(tocsin("verify", folder, "--json")[1])
    assert (proved["frames"], proved["breaks"]) == (5, [])
    assert tocsin("store", "rebuild", "--config", folder, "--json")[:2] == (0, '{"records":5}\n')
    with Store.open(url):  # as the node has it
        assert tocsin("records", "--config", folder, "--json") == before
        code, _, err = tocsin("store", "rebuild", "--config", folder)
        assert code == 1
        assert "open for writing already" in err
    back = tmp_path / "back.db"
    code, out, err = tocsin("store", "copy", "--config", folder, "--to", back, "--json")
    assert (code, err, json.loads(out)["rows"]["records"]) == (0, "", 5)
    assert tocsin("records", "--config", folder, "--store", back, "--json") == before


def test_a_password_is_in_a_file_and_in_no_output(tocsin, folder, cluster, tmp_path) -> None:
    url = cluster.url(cluster.new_url().rpartition("%3D")[2], host="127.0.0.1")
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n")
    code, out, _ = tocsin("store", "copy", "--config", folder, "--to", url, "--password-file", secret)
    assert code == 0
    assert f'  password_file = "{secret}"' in out.splitlines()
    assert PASSWORD not in out
    code, out, err = tocsin("store", "copy", "--config", folder, "--to", f"postgresql://{USER}:{PASSWORD}@there/db")
    assert code == 1
    assert PASSWORD not in out + err
    assert "holds a password" in err


@pytest.mark.parametrize("command", [("copy", "--to", "new.db"), ("rebuild",)])
def test_where_there_is_no_store_none_is_made(tocsin, folder, command) -> None:
    (folder / "data/store.db").unlink()
    code, _, err = tocsin("store", *command, "--config", folder)
    assert code == 1
    assert "there is no store" in err
    assert not (folder / "data/store.db").exists()
