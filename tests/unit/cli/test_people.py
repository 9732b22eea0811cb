"""People and what they decided, at a terminal."""

from __future__ import annotations

import io
import json
import sys
from datetime import timedelta

import msgspec
import pytest
from tests.authenticators import ORIGIN, RP_ID, Authenticator
from tests.sealed import START, make_record

from tocsin.exchange import challenge_of, digest_of
from tocsin.records import Approval, Credential, Person
from tocsin.signing import to_base64url
from tocsin.store import Batch, Store
from tocsin.web import People

KIM = ("Kim", "--pseudonym", "R-1", "--role", "releaser")


def test_a_person_is_enrolled_by_a_code_and_has_no_password(tocsin, folder) -> None:
    code, out, _ = tocsin("people", "add", *KIM, "--enrol", "--config", folder)
    assert (code, "signs in as R-1: releaser" in out) == (0, True)
    given = out.split("days: ")[1].split()[0]
    people = People(folder / "data/people.json")
    assert given not in (folder / "data/people.json").read_text()
    _, again, _ = tocsin("people", "enrol", "Kim", "--config", folder)
    assert given not in again  # and the first is void
    assert people.use_code(given, now=START) is None
    (listed,) = json.loads(tocsin("people", "list", "--config", folder, "--json")[1])["people"]
    assert (listed["passkeys"], listed["has_password"]) == (0, False)
    assert "Kim" in tocsin("people", "list", "--config", folder)[1]
    code, _, err = tocsin("people", "enrol", "Nobody", "--config", folder)
    assert (code, "nobody here is called" in err) == (1, True)


def test_a_password_is_still_asked_for(tocsin, folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long enough sentence\n"))
    assert tocsin("people", "add", *KIM, "--config", folder)[0] == 0
    assert People(folder / "data/people.json").verify("Kim", "a long enough sentence") is not None
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    code, _, err = tocsin("people", "add", *KIM, "--config", folder)
    assert (code, "--enrol" in err) == (1, True)


def test_decisions_are_listed_with_what_they_are_worth(tocsin, folder, federation) -> None:
    assert tocsin("records", "approvals", "--config", folder)[:2] == (0, "no such records\n")
    key = Authenticator()
    with Store.open(folder / "data/store.db") as store:
        about = store.find("second").admitted
        common = {"originator": "JPN", "marking": about.record.marking, "issued_at": START + timedelta(hours=1)}
        told = Credential(
            credential=to_base64url(key.id), pseudonym="R-1", roles=("releaser",), origin=ORIGIN, rp_id=RP_ID,
            public_key=to_base64url(key.public_info), valid_from=START,
        )  # fmt: skip
        plain = Approval(
            act="release", originator="JPN", record="second", digest=digest_of(about.raw),
            person=Person(role="releaser", pseudonym="R-1"), text="[bold]to allies[/]",
        )  # fmt: skip
        good = msgspec.structs.replace(plain, assertion=key.assertion(challenge_of(plain, "JPN")))
        bad = msgspec.structs.replace(good, text="to everybody")
        records = [make_record("key", kind="watch.credential", body=msgspec.to_builtins(told), **common)]
        records += [
            make_record(name, kind="watch.approval", body=msgspec.to_builtins(body), **common)
            for name, body in (("plain", plain), ("good", good))
        ]
        store.commit(Batch(frames=tuple(federation.admitted(record) for record in records)))
        code, out, _ = tocsin("records", "approvals", "--config", folder)
        assert code == 0
        assert "[bold]to allies[/]" in " ".join(out.split())
        assert " verified" in out
        assert "unsigned" in out
        spoilt = make_record("bad", kind="watch.approval", body=msgspec.to_builtins(bad), **common)
        store.commit(Batch(frames=(federation.admitted(spoilt),)))
    code, out, _ = tocsin("records", "approvals", "--config", folder, "--json")
    assert code == 1
    worth = {entry["record"]["id"]: entry["standing"] for entry in map(json.loads, out.splitlines())}
    assert worth == {"plain": "unsigned", "good": "verified", "bad": "broken"}
    assert tocsin("records", "approvals", "--kind", "x.y", "--config", folder)[0] == 2
