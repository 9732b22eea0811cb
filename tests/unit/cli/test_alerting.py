from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.cap_messages import DATA, alert, certify, info

from tocsin.cap import Area, NamedValue, sign_cap, write_cap
from tocsin.cli.app import run


@pytest.fixture
def ours(tmp_path):
    """An alert for all of Hokkaido by its code, in a file."""
    area = Area(area_desc="Hokkaido", geocodes=(NamedValue(value_name="ISO3166-2", value="JP-01"),))
    file = tmp_path / "alert.xml"
    file.write_bytes(write_cap(alert(infos=(info(areas=(area,)), info("en-US", areas=(area,))))))
    return file


def test_a_good_message_is_right(capsys, ours):
    assert run(["alerts", "check", str(ours), "--territory", "JPN"]) == 0
    assert "right  Actual Alert, jpn-1" in capsys.readouterr().out


def test_another_members_territory_is_told(capsys, ours):
    assert run(["alerts", "check", str(ours), "--territory", "KOR", "--json"]) == 1
    ((told),) = json.loads(capsys.readouterr().out)
    assert {finding["rule"] for finding in told["findings"]} == {"territory"}
    assert run(["alerts", "check", str(ours), "--territory", "XXX"]) == 1
    assert "There are those of JPN, KOR, USA" in capsys.readouterr().err.replace("\n", " ")


def test_what_is_wrong_is_told_with_its_line(capsys):
    assert run(["alerts", "check", str(DATA / "usa_paaq_tsunami_cancellation_2013.xml")]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "alert/info[1]/expires (line 20) it expires before it begins" in told
    assert "[expires]" in told


def test_references_are_looked_up_in_a_folder(capsys, tmp_path, ours):
    end = alert(identifier="jpn-2", msg_type="Cancel", references=(alert().reference,), infos=())
    (tmp_path / "end.xml").write_bytes(write_cap(end))
    (tmp_path / "broken.xml").write_text("<")
    assert run(["alerts", "check", str(tmp_path / "end.xml"), "--known", str(tmp_path), "--json"]) == 1
    told = capsys.readouterr()
    assert [finding["rule"] for finding in json.loads(told.out)[0]["findings"]] == ["areas-left"]
    assert "broken.xml is passed over" in told.err.replace("\n", "")
    ours.unlink()
    assert run(["alerts", "check", str(tmp_path / "end.xml"), "--known", str(tmp_path), "--json"]) == 1
    assert "references-dangling" in capsys.readouterr().out


def test_a_signature_is_asked_for(capsys, tmp_path, ours):
    key, certificate = certify()
    pem = tmp_path / "jpn.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    assert run(["alerts", "check", str(ours), "--signed-by", str(pem)]) == 1
    assert "0 signatures" in capsys.readouterr().out
    ours.write_bytes(sign_cap(ours.read_bytes(), key=key, certificate=certificate))
    assert run(["alerts", "check", str(ours), "--signed-by", str(pem)]) == 0
    assert run(["alerts", "check", str(ours), "--signed-by", str(ours)]) == 2
    assert "holds no certificate" in capsys.readouterr().err.replace("\n", " ")


def test_a_file_that_is_not_there(capsys, tmp_path):
    assert run(["alerts", "check", str(tmp_path / "none.xml")]) == 1
    assert "Name a file that exists" in capsys.readouterr().err
    assert run(["alerts", "check"]) == 2
    assert "name at least one file" in capsys.readouterr().err
