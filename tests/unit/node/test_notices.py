"""What an operator announces: read from a file, and refused where it makes no sense."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from tocsin.cli.app import run
from tocsin.errors import ConfigError, DomainError
from tocsin.node.notices import read_notice, require_sense
from tocsin.testing.federation import START

GOOD = """
authority = "Coast Guard"
opens_at = 2030-05-01T00:00:00Z
closes_at = 2030-05-01T08:00:00Z
site = { lat_deg = 30.4, lon_deg = 130.97 }
azimuth_deg = 110.0
[[hazard_areas]]
name = "first stage"
outline = [[29.5, 134.0], [29.5, 136.0], [28.0, 136.0]]
"""


@pytest.fixture
def file(tmp_path):
    found = tmp_path / "launch.toml"
    found.write_text(GOOD)
    return found


def test_a_notice_is_read_as_it_stands(file):
    notice = read_notice(file)
    assert (notice.authority, notice.site.lat_deg, notice.azimuth_deg) == ("Coast Guard", 30.4, 110.0)
    assert notice.hazard_areas[0].outline[2] == (28.0, 136.0)
    require_sense(notice, START)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("azimuth_deg", "azimut_deg", "unknown field azimut_deg"),
        ("lat_deg", "lat", "unknown field site.lat"),
        ('name = "first', 'title = "first', "unknown field hazard_areas.title"),
        ("lat_deg = 30.4", "lat_deg = 130.4", "latitude 130.4"),
        ("05-01T08", "04-01T08", "closes_at is not before opens_at"),
        ("00:00:00Z\ncloses", "00:00:00\ncloses", "UTC"),
        (", [28.0, 136.0]]", "]", "three corners"),
        ("110.0", "400.0", "azimuth_deg is at least 0"),
        ('authority = "Coast Guard"', "", "authority"),
        ("[[hazard_areas]]", "[[hazard_areas", "is no TOML"),
        ("site = {", "site = 5 #{", "object"),
    ],
)
def test_what_is_wrong_is_named(file, old, new, says):
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=says):
        read_notice(file)


def test_a_file_that_is_not_there_or_no_text(file, tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_notice(tmp_path / "none.toml")
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no TOML"):
        read_notice(file)


def test_a_file_too_long_to_be_a_notice_is_refused_and_not_cut_short(file):
    file.write_text(f"{GOOD}\n{'#' * 200_000}\n")
    with pytest.raises(ConfigError, match="more than 200000 bytes"):
        read_notice(file)


def test_what_no_launch_could_be_recognised_by_is_refused(file):
    notice = read_notice(file)
    with pytest.raises(DomainError, match="window closed"):
        require_sense(notice, notice.closes_at + timedelta(minutes=1))
    with pytest.raises(DomainError, match="61 days long"):
        require_sense(msgspec.structs.replace(notice, closes_at=notice.opens_at + timedelta(days=61)), START)
    with pytest.raises(DomainError, match="neither azimuth nor hazard areas"):
        require_sense(msgspec.structs.replace(notice, azimuth_deg=None, hazard_areas=()), START)


def test_the_command_shows_a_notice_and_says_what_is_missing(file, tmp_path, capsys):
    member = tmp_path / "member.toml"
    member.write_text('[member]\ncode = "KOR"\nname = "Korea"\n[warning]\naudiences = [["KOR"], ["JPN", "KOR"]]\n')
    here = ["--config", str(tmp_path)]
    assert run(["warning", "notice", str(file), "--check", *here]) == 0
    shown = capsys.readouterr().out
    assert "for JPN, KOR; nothing was issued" in shown
    assert "first stage" in shown
    assert run(["warning", "notice", str(file), "--check", "--json", "--to", "USA", *here]) == 0
    assert json.loads(capsys.readouterr().out)["to"] == ["USA"]
    assert run(["warning", "notice", str(file), *here]) == 1
    assert "tocsin up" in capsys.readouterr().err
    assert run(["warning", "notice", "--call-off", "N-1", *here]) == 1
    assert run(["warning", "notice", *here]) == 2
    assert run(["warning", "notice", "--call-off", "N-1", "--check", *here]) == 2
    assert run(["warning", "notice", str(file), "--status", "drill", *here]) == 1
