"""A member's TOML: read whole, or everything that is wrong with it at once."""

from __future__ import annotations

import re

import pytest

from tocsin.errors import ConfigError
from tocsin.node import read_config, try_config

GOOD = """
[member]
code = "JPN"
[keys]
test = "keys/test.pem"
[bus]
dial = { USA = "gateway.example:7422" }
[[exchange.release]]
kinds = ["warning.*"]
action = "ask"
[warning]
audiences = [["JPN", "USA"]]
"""


def write(tmp_path, text):
    file = tmp_path / "member.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_file_is_read_and_paths_are_relative_to_it(tmp_path):
    config = read_config(write(tmp_path, GOOD))
    assert (config.member.code, config.bus.dial) == ("JPN", {"USA": "gateway.example:7422"})
    assert [rule.action for rule in config.exchange.release] == ["ask"]
    assert config.warning.audiences == (("JPN", "USA"),)
    assert {role.value: path for role, path in config.keys.paths().items()} == {"test": "keys/test.pem"}
    assert config.path(config.roster.file) == tmp_path.resolve() / "roster.json"
    assert config.path("/etc/roster.json").is_absolute()


def test_all_bad_tables_are_told_at_once_each_with_its_place(tmp_path):
    file = write(
        tmp_path,
        """
        [member]
        code = "JPN"
        colour = "red"
        [keys]
        live = 3
        [roster]
        file = ["a"]
        [bus]
        server = "nowhere"
        [store]
        fil = "x"
        [[exchange.release]]
        kinds = ["warning.*"]
        action = "give away"
        [warning]
        audiences = "all"
        [health]
        listen = 80
        [weather]
        """,
    )
    config, problems = try_config(file)
    assert config is None
    told = [str(problem) for problem in problems]
    for sign in (
        "unknown table [weather]", "[member] ", "unknown field `colour`", "[keys] ", "$.live", "[roster] ", "[bus] ",
        "$.server", "[store] ", "`fil`", "[exchange] ", "$.release[0].action", "[warning] ", "[health] ", "$.listen",
    ):  # fmt: skip
        assert any(sign in line for line in told), sign
    assert len(problems) == 9
    assert {problem.path for problem in problems} == {str(file)}
    with pytest.raises(ConfigError, match=re.escape(told[0])):
        read_config(file)


def test_a_rule_broken_inside_a_table_is_told_in_words(tmp_path):
    _, problems = try_config(write(tmp_path, '[member]\ncode = "JPN"\n[exchange]\nmax_frame_bytes = 5\n'))
    assert [str(problem) for problem in problems] == [
        f"{tmp_path / 'member.toml'}: [exchange] max_frame_bytes is 8192 to 1000000 and max_frame_records 1 to 1000"
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[member", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"", "[member] Object missing required field `code`"),
    ],
)
def test_what_is_no_configuration_is_said_so(tmp_path, data, said):
    file = tmp_path / "member.toml"
    file.write_bytes(data)
    config, [problem] = try_config(file)
    assert config is None
    assert said in str(problem)


def test_a_missing_file_is_said_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read: No such file.*tocsin init"):
        read_config(tmp_path / "member.toml")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('url = "postgresql://tocsin:correct-horse@there/db"', "holds a password"),
        ('url = "postgresql://tocsin@there/db?password=correct-horse"', "holds a password"),
        ('url = "mysql://there/db"', "no database that this version writes to"),
        ('url = "postgresql://there:port/db"', "cannot be read"),
        ('password_file = "secret"', "goes with url"),
        ('password = "correct-horse"', "unknown field"),
    ],
)
def test_a_store_by_url_has_its_password_elsewhere(tmp_path, table, message):
    file = tmp_path / "member.toml"
    file.write_text(f'[member]\ncode = "JPN"\n[store]\n{table}\n')
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(file)
    assert "correct-horse" not in str(caught.value)
