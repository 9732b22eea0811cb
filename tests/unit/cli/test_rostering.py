"""Rosters from first to next as people make them: proposed, signed apart, put in force, and every wrong turn."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from tocsin.clock import SystemClock
from tocsin.codec import encode
from tocsin.exchange import Exchange, Policy
from tocsin.markings import marking_for
from tocsin.node import load_keys, load_trust, read_config
from tocsin.node.checking import check_member
from tocsin.node.rosters import read_document
from tocsin.node.wiring import open_store
from tocsin.records import Precedence, Revocation, with_body
from tocsin.signing import RETIREMENT_GRACE, hosts_of
from tocsin.store import Batch

DIALS = {"usa": "", "jpn": "USA", "kor": "USA,JPN"}


@pytest.fixture
def homes(tocsin, tmp_path):
    """Three members that introduced themselves, each in a folder of its own, without a roster."""
    for code, dials in DIALS.items():
        words = ("init", tmp_path / code, "--member", code, *(("--dials", dials) if dials else ()))
        assert tocsin(*words)[0] == 0
    return tmp_path


def introductions(homes, *codes):
    return [word for code in codes for word in ("--add", homes / code / "introduction.json")]


def signed(tocsin, file, homes, *codes, against=None):
    for code in codes:
        words = ("roster", "sign", file, "--key", homes / code / "keys/roster.pem", "--yes")
        assert tocsin(*words, *(("--against", against) if against else ()))[0] == 0, code
    return file


@pytest.fixture
def federation(tocsin, homes):
    """Version 1 is in force at all three."""
    file = homes / "roster-1.json"
    words = ("roster", "propose", "--first", "east", *introductions(homes, *DIALS), "--out", file)
    assert tocsin(*words)[0] == 0
    signed(tocsin, file, homes, *DIALS)
    for code in DIALS:
        assert tocsin("roster", "apply", file, "--config", homes / code, "--yes")[0] == 0
    return homes


@pytest.fixture
def propose(tocsin, federation):
    """Propose the next version at USA and return its file."""
    made = []

    def make(*words, at="usa", code=0):
        file = federation / f"proposal-{len(made)}.json"
        made.append(file)
        result = tocsin("roster", "propose", *words, "--out", file, "--config", federation / at)
        assert result[0] == code, result
        return file if code == 0 else result[2]

    return make


def in_force(home):
    return load_trust(read_config(home / "member.toml"))


def shown(tocsin, *words):
    code, out, err = tocsin("roster", "show", *words, "--json")
    assert code == 0, err
    return json.loads(out)


# -- the first


def test_a_first_roster_needs_no_python(tocsin, federation) -> None:
    for code in DIALS:
        roster = in_force(federation / code).roster
        assert (roster.federation, roster.version, roster.codes) == ("east", 1, ("JPN", "KOR", "USA"))
        found = check_member(federation / code / "member.toml", now=SystemClock().now())
        assert [each.what for each in found if each.level == "error" and each.about != "ports"] == []
    assert [(link.dialler, link.listener) for link in roster.links] == [("JPN", "USA"), ("KOR", "JPN"), ("KOR", "USA")]


def test_a_hub_takes_the_links_to_it_alone(tocsin, homes) -> None:
    words = ("--first", "east", *introductions(homes, *DIALS), "--topology", "hub", "--hub", "USA")
    assert tocsin("roster", "propose", *words, "--out", homes / "r.json")[0] == 0
    assert shown(tocsin, homes / "r.json")["links"] == [
        {"dialler": "JPN", "listener": "USA"}, {"dialler": "KOR", "listener": "USA"},
    ]  # fmt: skip
    code, _, err = tocsin("roster", "propose", "--first", "x", *introductions(homes, "usa", "jpn"), "--topology", "hub",
                          "--hub", "AUS", "--out", homes / "s.json")  # fmt: skip
    assert code == 2
    assert "--hub with one of JPN, USA" in err


def test_a_mesh_says_which_link_has_no_key(tocsin, homes) -> None:
    assert tocsin("init", homes / "aus", "--member", "AUS", "--dials", "USA")[0] == 0
    words = ("--first", "east", *introductions(homes, "usa", "jpn", "aus"), "--topology", "mesh")
    code, _, err = tocsin("roster", "propose", *words, "--out", homes / "r.json")
    assert code == 2
    assert "neither AUS nor JPN has a key to dial the other" in err
    assert tocsin("introduce", "--dials", "JPN", "--config", homes / "aus")[0] == 0
    assert tocsin("roster", "propose", *words, "--out", homes / "r.json")[0] == 0
    assert {"dialler": "AUS", "listener": "JPN"} in shown(tocsin, homes / "r.json")["links"]


def test_a_first_roster_is_signed_by_all(tocsin, homes) -> None:
    file, copy = homes / "r.json", homes / "copy.json"
    assert tocsin("roster", "propose", "--first", "e", *introductions(homes, *DIALS), "--out", file)[0] == 0
    shutil.copy(file, copy)
    signed(tocsin, file, homes, "usa")
    signed(tocsin, copy, homes, "jpn")
    code, _, err = tocsin("roster", "apply", file, copy, "--config", homes / "usa", "--yes")
    assert code == 1
    assert "the first roster lacks the signature of KOR" in err
    assert not (homes / "usa/roster.json").exists()
    view = shown(tocsin, file)
    assert (view["state"], view["signed"], view["missing"]) == ("first", ["USA"], ["JPN", "KOR"])
    signed(tocsin, copy, homes, "kor")
    assert tocsin("roster", "apply", file, copy, "--config", homes / "usa", "--yes")[0] == 0


# -- the next


def test_a_member_joins(tocsin, federation, propose) -> None:
    assert tocsin("init", federation / "aus", "--member", "AUS", "--dials", "USA,JPN")[0] == 0
    file = propose("--add", federation / "aus/introduction.json")
    view = shown(tocsin, file, "--config", federation / "jpn")
    assert (view["state"], view["missing"]) == ("proposal", ["AUS", "JPN", "KOR", "USA"])
    assert view["lacks"] == "the signature of 2 of JPN, KOR, USA and the signature of AUS, who would join"
    assert view["changes"][0].startswith("AUS (AUS) joins, with live key")
    assert "AUS dials JPN: a new link" in view["changes"]
    signed(tocsin, file, federation, "usa", "aus", against=federation / "usa/roster.json")
    code, _, err = tocsin("roster", "apply", file, "--config", federation / "jpn", "--yes")
    assert (code, "lacks the signature of 1 of JPN, KOR" in err) == (1, True)
    signed(tocsin, file, federation, "kor", against=federation / "kor/roster.json")
    for code in (*DIALS, "aus"):
        assert tocsin("roster", "apply", file, "--config", federation / code, "--yes")[0] == 0
    assert in_force(federation / "aus").roster.version == 2
    assert [each.version for each in in_force(federation / "jpn").rosters] == [1, 2]
    assert "in force here already" in tocsin("roster", "apply", file, "--config", federation / "jpn")[1]


def test_a_member_leaves(tocsin, federation, propose) -> None:
    file = propose("--remove", "kor")
    assert shown(tocsin, file, "--config", federation / "usa")["changes"] == [
        "KOR leaves; its keys are retired", "link KOR-JPN is cut", "link KOR-USA is cut",
    ]  # fmt: skip
    signed(tocsin, file, federation, "usa", "jpn", against=federation / "usa/roster.json")
    assert tocsin("roster", "apply", file, "--config", federation / "usa", "--yes")[0] == 0
    members = {member["code"]: member["state"] for member in shown(tocsin, "--config", federation / "usa")["members"]}
    assert members == {"JPN": "in force", "KOR": "left", "USA": "in force"}
    code, _, err = tocsin("roster", "apply", file, "--config", federation / "kor", "--yes")
    assert (code, "KOR is not in version 2" in err, "stop its node" in err) == (1, True, True)


def test_a_member_that_missed_versions_takes_them_in_order(tocsin, federation, propose) -> None:
    files = []
    for _ in range(2):
        files.append(signed(tocsin, propose(), federation, "usa", "jpn", against=federation / "usa/roster.json"))
        assert tocsin("roster", "apply", files[-1], "--config", federation / "usa", "--yes")[0] == 0
    code, _, err = tocsin("roster", "apply", files[1], "--config", federation / "kor", "--yes")
    assert (code, "Ask for the versions between" in err) == (1, True)
    assert tocsin("roster", "apply", files[1], files[0], "--config", federation / "kor", "--yes")[0] == 0
    assert in_force(federation / "kor").roster.version == 3


def test_a_proposal_that_another_overtook_is_proposed_again(tocsin, federation, propose) -> None:
    slow, quick = propose("--unlink", "KOR-JPN"), propose()
    for file in (quick, slow):
        signed(tocsin, file, federation, "usa", "jpn", against=federation / "usa/roster.json")
    assert tocsin("roster", "apply", quick, "--config", federation / "usa", "--yes")[0] == 0
    code, _, err = tocsin("roster", "apply", slow, "--config", federation / "usa", "--yes")
    assert (code, "version 2 is not newer than version 2 in force" in err) == (1, True)
    assert "propose again" in err.lower()
    code, _, err = tocsin(
        "roster", "sign", slow, "--key", federation / "kor/keys/roster.pem", "--config", federation / "usa", "--yes"
    )
    assert code == 1
    assert shown(tocsin, slow, "--config", federation / "usa")["state"] == "stale"


def test_links_are_made_and_cut(tocsin, federation, propose) -> None:
    said = propose("--link", "USA-KOR", code=1)
    assert "USA and KOR are linked already" in said
    assert "USA has no key with which to dial KOR" in propose("--unlink", "KOR-USA", "--link", "USA-KOR", code=1)
    assert "are not linked" in propose("--unlink", "KOR-AUS", code=1)
    cut = shown(tocsin, propose("--unlink", "USA-KOR,KOR-JPN"), "--config", federation / "usa")
    assert cut["notes"] == ["no link leads to KOR"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--remove", "AUS"), "AUS is not in the roster"),
        (("--add", "jpn/introduction.json"), "JPN is in the roster already.*replace"),
        (("--add", "jpn/keys/live.pem"), "is no introduction"),
        (("--add", "nowhere.json"), "cannot be read"),
        (("--expires", "2020-01-01"), "would have expired at once"),
        (("--topology", "mesh"), "--topology is for the first roster"),
    ],
)
def test_a_proposal_that_makes_no_sense(tocsin, federation, words, says) -> None:
    words = [federation / word if "." in word else word for word in words]
    words = ("roster", "propose", *words, "--out", federation / "p.json", "--config", federation / "usa")
    code, _, err = tocsin(*words)
    assert code in (1, 2)
    assert says.split(".*")[0] in err
    assert not (federation / "p.json").exists()


def test_a_proposal_never_goes_over_a_file(tocsin, federation) -> None:
    out = federation / "usa/roster.json"
    before = out.read_bytes()
    assert tocsin("roster", "propose", "--out", out, "--config", federation / "usa")[0] == 1
    assert out.read_bytes() == before


# -- signing


def test_nobody_signs_with_another_key(tocsin, federation, propose) -> None:
    file = propose()
    before = file.read_bytes()
    tocsin("init", federation / "aus", "--member", "AUS")
    against = ("--against", federation / "usa/roster.json", "--yes")
    for key, says in [
        ("usa/keys/live.pem", "this is the live key of USA; rosters are signed with the roster key"),
        ("aus/keys/roster.pem", "is no roster key of JPN, KOR, USA, nor of one that joins"),
        ("usa/introduction.json", "others can read this key"),
    ]:
        code, _, err = tocsin("roster", "sign", file, "--key", federation / key, *against)
        assert (code, says in err) == (1, True), err
    assert file.read_bytes() == before


def test_a_person_confirms_or_nothing_is_signed(tocsin, federation, propose) -> None:
    file = propose()
    before = file.read_bytes()
    words = ("roster", "sign", file, "--key", federation / "usa/keys/roster.pem", "--config", federation / "usa")
    code, out, err = tocsin(*words)
    assert (code, "fingerprint" in out, "nobody is here to confirm, so it is not signed" in err) == (1, True, True)
    assert file.read_bytes() == before
    code, _, err = tocsin("roster", "apply", federation / "roster-1.json", file, "--config", federation / "usa")
    assert code == 1


def test_what_changes_must_be_seen_to_be_signed(tocsin, federation, propose, monkeypatch) -> None:
    monkeypatch.chdir(federation)
    file = propose()
    code, _, err = tocsin("roster", "sign", file, "--key", federation / "usa/keys/roster.pem", "--yes")
    assert (code, "--against" in err) == (1, True)


def test_a_new_roster_key_signs_from_the_version_after_it(tocsin, federation, propose) -> None:
    assert tocsin("keys", "new", "--role", "roster", "--config", federation / "usa")[0] == 0
    file = propose("--replace", federation / "usa/introduction.json")
    key = federation / "usa/keys/roster-2.pem"
    code, _, err = tocsin("roster", "sign", file, "--key", key, "--config", federation / "usa", "--yes")
    assert (code, "comes in force with this roster" in err) == (1, True)
    signed(tocsin, file, federation, "usa", "kor", against=federation / "usa/roster.json")
    assert tocsin("roster", "apply", file, "--config", federation / "usa", "--yes")[0] == 0
    second = propose()
    assert tocsin("roster", "sign", second, "--key", key, "--config", federation / "usa", "--yes")[0] == 0


def test_a_proposal_in_the_folder_is_told_by_check(tocsin, federation, propose) -> None:
    shutil.copy(signed(tocsin, propose(), federation, "kor", against=federation / "usa/roster.json"),
                federation / "usa/next.json")  # fmt: skip
    found = check_member(federation / "usa/member.toml", now=SystemClock().now())
    (told,) = [each for each in found if each.about == "roster" and each.level == "warning"]
    assert "version 2 waits: it lacks the signature of 1 of JPN, USA" in told.what
    assert told.where.endswith("next.json")


# -- keys


def test_a_key_rotates(tocsin, federation, propose) -> None:
    home = federation / "kor"
    old = in_force(home).roster.member("KOR").keys[0].keyid
    code, out, _ = tocsin("keys", "new", "--role", "live", "--config", home)
    assert (code, 'live = "keys/live-2.pem"' in out) == (0, True)

    def take(file):
        signed(tocsin, file, federation, "usa", "kor", against=federation / "usa/roster.json")
        for member in DIALS:
            assert tocsin("roster", "apply", file, "--config", federation / member, "--yes")[0] == 0

    take(propose("--replace", home / "introduction.json"))
    code, _, err = tocsin("keys", "drop", old[:12], "--config", home)
    assert (code, "this node signs with its live key" in err) == (1, True)
    toml = home / "member.toml"
    toml.write_text(toml.read_text().replace("keys/live.pem", "keys/live-2.pem"))
    assert tocsin("keys", "drop", old[:12], "--config", home)[0] == 0
    take(propose("--replace", home / "introduction.json"))
    trust = in_force(federation / "usa")
    assert trust.retired_at("KOR", old) == trust.roster.issued_at + RETIREMENT_GRACE
    listed = json.loads(tocsin("keys", "list", "--config", home, "--json")[1])["keys"]
    assert [(key["role"], key["is_used"]) for key in listed if key["is_in_force"]] == [
        ("live", True), ("exercise", True), ("test", True), ("roster", False),
    ]  # fmt: skip
    (kor,) = [each for each in shown(tocsin, "--config", federation / "usa")["members"] if each["code"] == "KOR"]
    assert [key["state"] for key in kor["keys"] if key["keyid"] == old] == ["retired"]


def test_a_roster_without_the_key_in_use_is_not_applied_there(tocsin, federation, propose) -> None:
    home = federation / "kor"
    told = json.loads((home / "introduction.json").read_text())
    told["keys"] = [key for key in told["keys"] if key["role"] != "live"]
    (federation / "less.json").write_bytes(encode(told))
    file = signed(
        tocsin, propose("--replace", federation / "less.json"), federation, "usa", "jpn",
        against=federation / "usa/roster.json",
    )  # fmt: skip
    code, _, err = tocsin("roster", "apply", file, "--config", home, "--yes")
    assert (code, "the roster gives KOR no live key" in err) == (1, True)
    assert in_force(home).roster.version == 1


def test_a_key_that_was_taken_back_and_is_still_used_is_told(tocsin, federation, propose) -> None:
    home = federation / "kor"
    config = read_config(home / "member.toml")
    file = home / "revocation.json"
    words = ("--role", "live", "--key", home / "keys/roster.pem", "--out", file, "--yes", "--config", home)
    assert tocsin("roster", "revoke", *words)[0] == 0
    assert tocsin("roster", "revoke", *words)[0] == 1  # never over a file
    code, _, err = tocsin("roster", "revoke", file, "--yes", "--config", home)
    assert (code, "no node of this member runs" in err) == (1, True)
    keep_revocation(config, file.read_text())
    found = check_member(home / "member.toml", now=SystemClock().now())
    assert ["live key was taken back" in each.what for each in found if each.level == "error"] == [True]
    (kor,) = [each for each in shown(tocsin, "--config", home)["members"] if each["code"] == "KOR"]
    assert [key["role"] for key in kor["keys"] if key["state"] == "revoked"] == ["live"]
    old = in_force(home).roster.member("KOR").keys[0].keyid
    assert tocsin("keys", "new", "--role", "live", "--config", home)[0] == 0
    assert tocsin("keys", "drop", old, "--config", home)[0] == 0  # though the TOML names it


def keep_revocation(config, document) -> None:
    """Put a revocation into the member's store as its node does: sealed, through the door."""
    clock = SystemClock()
    exchange = Exchange(
        "KOR", trust=load_trust(config), keys=load_keys(config, load_trust(config).roster), policy=Policy(),
        clock=clock,
    )  # fmt: skip
    record = with_body(
        "exchange.revocation", Revocation(document=document), id="r", originator="KOR", marking=marking_for("KOR"),
        status="test", precedence=Precedence.IMMEDIATE, issued_at=clock.now(),
    )  # fmt: skip
    (data,) = exchange.submit([record]).frames
    frame = exchange.receive(data, via="KOR", path="self").frame
    with open_store(config) as store:
        store.commit(Batch(frames=(frame,)))


def test_the_last_roster_key_is_not_dropped(tocsin, federation) -> None:
    key = in_force(federation / "kor").roster.member("KOR").keys[-1]
    code, _, err = tocsin("keys", "drop", key.keyid[:12], "--config", federation / "kor")
    assert (code, "the only roster key" in err) == (1, True)
    code, _, err = tocsin("keys", "drop", "zz", "--config", federation / "kor")
    assert (code, "'zz' means 0 of the keys that KOR introduces" in err) == (1, True)


# -- certificates


def test_a_link_certificate_is_issued_anew_on_the_same_key(tocsin, federation) -> None:
    home = federation / "kor"
    before = {name: (home / name).read_bytes() for name in ("tls/link.pem", "tls/link.key", "introduction.json")}
    assert tocsin("renew", "--config", home)[0] == 0
    changed = {name for name, data in before.items() if (home / name).read_bytes() != data}
    assert changed == {"tls/link.pem"}
    found = check_member(home / "member.toml", now=SystemClock().now() + timedelta(days=200))
    assert [each for each in found if each.about == "certificates" and each.level != "ok"] == []
    (home / "tls/authority.key").unlink()
    code, _, err = tocsin("renew", "--config", home)
    assert (code, "Bring it here while you renew" in err) == (1, True)


def test_a_certificate_names_the_address_that_is_introduced(tocsin, federation) -> None:
    home = federation / "kor"
    words = ("introduce", "--address", "a.kor.example:7422,[2001:db8::1]:7422", "--config", home)
    code, out, _ = tocsin(*words)
    assert (code, "tocsin renew" in out) == (0, True)
    assert tocsin("renew", "--config", home)[0] == 0
    assert {"a.kor.example", "2001:db8::1", "127.0.0.1"} <= set(hosts_of((home / "tls/link.pem").read_bytes()))
    for wrong in ("a.kor.example", "a:b", "x:1,y"):
        assert tocsin("introduce", "--address", wrong, "--config", home)[0] == 2


def test_a_new_link_key_is_pinned_by_the_next_roster(tocsin, federation, propose) -> None:
    home = federation / "kor"
    assert tocsin("renew", "--new-key", "--config", home)[0] == 0
    assert (home / "tls/link.key").stat().st_mode & 0o777 == 0o600
    file = signed(tocsin, propose("--replace", home / "introduction.json"), federation, "usa", "kor",
                  against=federation / "usa/roster.json")  # fmt: skip
    assert any("new pin" in change for change in shown(tocsin, file, "--config", federation / "usa")["changes"])
    assert tocsin("roster", "apply", file, "--config", home, "--yes")[0] == 0
    found = check_member(home / "member.toml", now=SystemClock().now())
    assert [each for each in found if each.about == "certificates" and each.level != "ok"] == []


def test_a_new_authority_takes_two_rosters(tocsin, federation, propose) -> None:
    home = federation / "kor"
    problems = lambda: [  # noqa: E731
        each.what
        for each in check_member(home / "member.toml", now=SystemClock().now())
        if each.about == "certificates" and each.level == "error"
    ]
    assert tocsin("renew", "--new-authority", "--config", home)[0] == 0
    code, _, err = tocsin("renew", "--config", home)
    assert (code, "does not name this new authority yet" in err) == (1, True)
    assert tocsin("renew", "--new-authority", "--config", home)[0] == 1
    for _ in range(2):
        file = signed(tocsin, propose("--replace", home / "introduction.json"), federation, "usa", "kor",
                      against=federation / "usa/roster.json")  # fmt: skip
        for code in DIALS:
            assert tocsin("roster", "apply", file, "--config", federation / code, "--yes")[0] == 0
        assert tocsin("renew", "--config", home)[0] == 0
        assert problems() == []
    assert in_force(home).roster.member("KOR").link.certificate == (home / "tls/authority.pem").read_text()


# -- what a signature says


def test_a_forged_signature_is_told(tocsin, federation, propose) -> None:
    file = signed(tocsin, propose(), federation, "usa", "jpn", against=federation / "usa/roster.json")
    document = read_document(file)
    text = file.read_text()
    forged = text.replace(document.signatures[0].signature, document.signatures[1].signature)
    file.write_text(forged)
    for words in (("show", file), ("apply", file, "--yes")):
        code, _, err = tocsin("roster", *words, "--config", federation / "kor")
        assert (code, "on this document is wrong" in err) == (1, True)
