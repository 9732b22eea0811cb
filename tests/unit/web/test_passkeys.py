"""Passkeys through the API: added, used, counted, removed; each challenge good once and for one browser."""

from __future__ import annotations

import msgspec
import pytest
from litestar.testing import TestClient
from tests.authenticators import PRESENT, Authenticator
from tests.unit.web.conftest import PASSWORD, visitor

from tocsin.clock import ManualClock
from tocsin.web import People, Sessions
from tocsin.web.ceremonies import LASTS_S, Ceremonies
from tocsin.web.people import CODE_LASTS

PASSKEYS = "/api/v1/passkeys"
DOOR = "/api/v1/sign-in/passkey"


def add(browser: TestClient, key: Authenticator, label: str = "blue key", **changes):
    options = browser.post(f"{PASSKEYS}/options").json()["options"] | changes
    return browser.post(PASSKEYS, json={"label": label, "passkey": key.make(options)})


def enter(browser: TestClient, key: Authenticator, **changes):
    options = browser.post(f"{DOOR}/options").json()["options"] | changes
    return browser.post(DOOR, json=key.use(options))


@pytest.mark.parametrize("sort", ["p256", "ed25519", "rsa"])
def test_a_passkey_is_added_and_signs_in(officer: TestClient, client: TestClient, people: People, sort: str) -> None:
    key = Authenticator(sort)
    made = add(officer, key)
    assert made.status_code == 201, made.text
    assert [each["label"] for each in officer.get(PASSKEYS).json()] == ["blue key"]
    client.cookies.clear()
    answer = enter(client, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["pseudonym"] == "WO-1"
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert people.by_name("Hana").passkeys[0].counter == key.counter - 1
    assert "Hana" not in made.text + answer.text


def test_names_stay_at_home_and_the_person_must_be_verified(officer: TestClient) -> None:
    options = officer.post(f"{PASSKEYS}/options").json()["options"]
    assert options["user"]["name"] == options["user"]["displayName"] == "WO-1"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert "Hana" not in str(options)
    assert add(officer, Authenticator(flags=PRESENT)).status_code == 403
    key = Authenticator()
    add(officer, key)
    key.flags = PRESENT
    assert enter(officer, key).status_code == 403


def test_a_file_of_before_passkeys_serves(people: People, tmp_path) -> None:
    file = tmp_path / "people.json"
    told = msgspec.json.decode(file.read_bytes())
    for person in told["people"]:
        del person["handle"], person["passkeys"], person["code"], person["code_until"]
    file.write_bytes(msgspec.json.encode(told))
    account = people.by_name("Hana")
    assert (account.passkeys, len(account.user_handle)) == ((), 16)


def test_a_person_has_several_and_not_one_twice(officer: TestClient) -> None:
    first, second = Authenticator(), Authenticator("ed25519")
    add(officer, first)
    add(officer, second, label="red key")
    assert {each["label"] for each in officer.get(PASSKEYS).json()} == {"blue key", "red key"}
    excluded = officer.post(f"{PASSKEYS}/options").json()["options"]["excludeCredentials"]
    assert len(excluded) == 2
    again = add(officer, first)
    assert (again.status_code, again.json()["error"]) == (409, "this passkey is known here already")


def test_what_is_removed_opens_nothing(officer: TestClient) -> None:
    key = Authenticator()
    passkey_id = add(officer, key).json()["id"]
    assert officer.post(f"{PASSKEYS}/{passkey_id}/remove").status_code == 204
    assert officer.get(PASSKEYS).json() == []
    assert officer.post(f"{PASSKEYS}/{passkey_id}/remove").status_code == 409
    refused = enter(officer, key)
    assert (refused.status_code, refused.json()["error"]) == (403, "this passkey is not known here")
    assert "code" in refused.json()["advice"]


def test_a_challenge_is_good_once(officer: TestClient) -> None:
    key = Authenticator(counter=0)
    options = officer.post(f"{PASSKEYS}/options").json()["options"]
    body = {"label": "x", "passkey": key.make(options)}
    assert officer.post(PASSKEYS, json=body).status_code == 201
    assert officer.post(PASSKEYS, json=body).status_code == 403
    options = officer.post(f"{DOOR}/options").json()["options"]
    used = key.use(options)
    assert officer.post(DOOR, json=used).status_code == 200
    assert officer.post(DOOR, json=used).status_code == 403


def test_whoever_asks_without_end_waits(client: TestClient, clock: ManualClock) -> None:
    assert {client.post(f"{DOOR}/options").status_code for _ in range(30)} == {200}
    answer = client.post(f"{DOOR}/options")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    clock.advance(60.0)
    assert client.post(f"{DOOR}/options").status_code == 200


def test_a_challenge_is_good_for_the_browser_that_asked(officer: TestClient, client: TestClient) -> None:
    key = Authenticator()
    add(officer, key)
    options = officer.post(f"{DOOR}/options").json()["options"]
    del officer.cookies["tocsin_session_kor_before"]
    assert officer.post(DOOR, json=key.use(options)).status_code == 403
    options = officer.post(f"{DOOR}/options").json()["options"]
    officer.post(f"{DOOR}/options")  # a newer one voids it
    assert officer.post(DOOR, json=key.use(options)).status_code == 403


def test_another_page_another_domain_and_another_key_are_refused(officer: TestClient) -> None:
    key = Authenticator()
    add(officer, key)
    key.origin = "http://localhost:9999"
    assert enter(officer, key).status_code == 403
    key.origin = "http://localhost:8823"
    assert enter(officer, key, rpId="example").status_code == 403
    impostor = Authenticator(id=key.id)
    answer = enter(officer, impostor)
    assert answer.status_code == 403
    assert "does not verify" in answer.json()["error"]
    assert add(officer, Authenticator(origin="https://evil.example")).status_code == 403


def test_a_counter_that_goes_back_betrays_a_copy(officer: TestClient, clock: ManualClock) -> None:
    key = Authenticator(counter=7)
    add(officer, key)
    assert enter(officer, key).status_code == 200
    key.counter = 7
    answer = enter(officer, key)
    assert answer.status_code == 403
    assert "copy" in answer.json()["error"]
    assert "remove this passkey" in answer.json()["advice"]


@pytest.mark.parametrize("answer", [{}, {"id": "AAAA"}, [], "x", {"id": 1}])
def test_what_is_no_answer_is_refused_in_words(officer: TestClient, answer) -> None:
    officer.post(f"{PASSKEYS}/options")
    assert officer.post(PASSKEYS, json={"label": "x", "passkey": answer}).status_code == 400
    officer.post(f"{DOOR}/options")
    assert officer.post(DOOR, json=answer).status_code == 400


def test_spoilt_bytes_are_refused_in_words(officer: TestClient) -> None:
    for spoilt in ("", "AAAA", "é", "////", "A" * 5000):
        made = Authenticator().make(officer.post(f"{PASSKEYS}/options").json()["options"])
        made["response"]["attestationObject"] = spoilt
        assert officer.post(PASSKEYS, json={"label": "x", "passkey": made}).status_code == 403, spoilt
    assert officer.post(f"{PASSKEYS}/options").status_code == 200


def test_what_changes_something_needs_a_page_of_the_session(officer: TestClient) -> None:
    del officer.headers["X-Tocsin-CSRF"]
    for path in (f"{PASSKEYS}/options", PASSKEYS, f"{PASSKEYS}/AAAA/remove"):
        assert officer.post(path, json={}).status_code == 403, path
    officer.cookies.clear()
    assert officer.get(PASSKEYS).status_code == 401


def test_who_guesses_passkeys_or_codes_has_to_wait(client: TestClient) -> None:
    for _ in range(5):
        assert client.post("/api/v1/enrol", json={"code": "guess"}).status_code == 401
    assert client.post("/api/v1/enrol", json={"code": "guess"}).status_code == 429
    assert client.post(f"{DOOR}/options").status_code == 200
    assert enter(client, Authenticator()).status_code == 429


def test_an_enrolment_code_signs_in_once(
    client: TestClient, people: People, sessions: Sessions, clock: ManualClock
) -> None:
    people.add("Jin", "", pseudonym="R-1", roles=("releaser",))
    assert people.verify("Jin", "") is None
    code = people.enrol("Jin", now=clock.now())
    answer = client.post("/api/v1/enrol", json={"code": f" {code.upper()} "})
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["pseudonym"] == "R-1"
    client.headers["X-Tocsin-CSRF"] = answer.json()["csrf"]
    assert add(client, Authenticator()).status_code == 201
    assert client.post("/api/v1/enrol", json={"code": code}).status_code == 401
    late = people.enrol("Jin", now=clock.now())
    clock.advance(CODE_LASTS.total_seconds())
    assert sessions.enter_by_code(late) is None
    people.add("Jin", PASSWORD, pseudonym="R-1", roles=("releaser",))
    assert len(people.by_name("Jin").passkeys) == 1  # a new password takes none away


def test_guests_have_no_passkeys(client: TestClient, sessions: Sessions) -> None:
    client.get("/enter", params={"once": sessions.invite(visitor("analyst"))}, follow_redirects=False)
    client.headers["X-Tocsin-CSRF"] = client.get("/api/v1/session").json()["csrf"]
    answer = client.post(f"{PASSKEYS}/options")
    assert (answer.status_code, answer.json()["error"]) == (409, "you are a guest here")


def test_a_session_tells_where_passkeys_work(client: TestClient) -> None:
    assert client.get("/api/v1/session").json()["passkeys"] == {"origin": "http://localhost:8823", "advice": ""}


def test_what_is_asked_is_forgotten_in_time_and_in_number(clock: ManualClock, monkeypatch) -> None:
    asked: Ceremonies[str] = Ceremonies(clock)
    asked.begin("a", "one")
    clock.advance(LASTS_S + 1)
    assert asked.take("a") is None
    monkeypatch.setattr("tocsin.web.ceremonies._MOST", 2)
    for browser in "abc":
        asked.begin(browser, browser)
    assert [asked.take(browser) for browser in "abcb"] == [None, "b", "c", None]
