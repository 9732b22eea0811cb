"""Silence: what it takes to count, what ends it, and what each member sees while a line is cut."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consult_room import Capitals, paragraphs, refused
from tocsin.consult import Index, consultation_of
from tocsin.errors import DomainError
from tocsin.markings import marking_for
from tocsin.records import Person, Precedence, SilenceAnswer, StatementIssue, body_of, with_body

USA_CUT = {frozenset(("JPN", "USA")), frozenset(("KOR", "USA"))}


def phases(room):
    return {code: capital.sees().phase for code, capital in room.at.items()}


def begun(**given):
    room = Capitals(**given)
    room.at["JPN"].draft()
    room.settle()
    return room


def everywhere(phase):
    return dict.fromkeys(("JPN", "KOR", "USA"), phase)


def test_a_text_stands_if_all_have_it_in_time_and_nobody_objects():
    room = begun()
    room.at["JPN"].call()
    room.wait(3599)
    assert phases(room) == everywhere("silence")
    room.wait(2)
    assert phases(room) == everywhere("waiting")
    room.wait(60)
    assert phases(room) == everywhere("agreed")
    seen = room.at["KOR"].sees()
    assert [(each.is_in_time, each.word) for each in seen.members] == [(True, "kept")] * 3


def test_a_line_that_is_cut_before_the_receipt_suspends_the_deadline_for_all():
    room = begun()
    room.cut |= USA_CUT
    room.at["JPN"].call()
    room.wait(3001)  # the receipt had to be there 600 s before the hour is over
    seen = room.at["KOR"].sees()
    assert (seen.phase, seen.waits_for) == ("suspended", ("USA",))
    room.cut.clear()
    room.wait(10_000)
    assert phases(room) == everywhere("suspended")
    room.at["JPN"].call()  # the same text, a new deadline
    room.wait(4000)
    assert phases(room) == everywhere("agreed")


def test_a_line_that_is_cut_after_the_receipt_keeps_the_text_from_being_agreed_until_all_are_heard():
    room = begun()
    room.at["JPN"].call()
    room.wait(10)
    room.cut |= USA_CUT
    room.wait(10_000)
    assert {code: room.at[code].sees().phase for code in ("JPN", "KOR")} == {"JPN": "waiting", "KOR": "waiting"}
    assert room.at["JPN"].sees().waits_for == ("JPN", "USA")  # the drafter says its own last
    room.cut.clear()
    room.wait(1)
    assert phases(room) == everywhere("agreed")


def test_what_was_broken_behind_a_cut_counts_whenever_it_arrives():
    room = begun()
    room.at["JPN"].call()
    room.wait(10)
    room.cut |= USA_CUT
    room.at["USA"].act("break", text="not this verb")
    room.wait(10_000)
    assert "agreed" not in phases(room).values()
    room.cut.clear()
    room.settle()
    assert phases(room) == everywhere("broken")
    assert room.at["KOR"].sees().members[2].says == "not this verb"


def test_a_break_signed_before_the_deadline_counts_and_one_after_it_is_refused():
    room = begun()
    room.at["JPN"].call()
    room.wait(3600)
    room.now += timedelta(seconds=30)  # within the grace, and dated after the deadline
    assert "the deadline was" in refused(lambda: room.at["KOR"].act("break", text="late"))
    room.now -= timedelta(seconds=31)
    room.at["KOR"].act("break", text="just in time")
    room.now += timedelta(seconds=31)
    room.wait(100)
    assert phases(room) == everywhere("broken")
    room = begun()
    room.at["JPN"].call()
    room.wait(3700)
    assert "last word on it is said: kept" in refused(lambda: room.at["KOR"].act("break", text="too late"))


def test_one_changed_letter_ends_a_silence():
    room = begun()
    room.at["JPN"].call()
    room.wait(10)
    room.at["JPN"].draft(parts=paragraphs(p_1="We condemn the launch!", p_2="We call for talks."))
    room.wait(10_000)
    seen = room.at["USA"].sees()
    assert (seen.phase, len(seen.rounds), seen.is_abandoned) == ("round", 2, True)
    assert not any(each.word for each in seen.members)


def test_a_member_that_slept_through_the_deadline_has_not_agreed():
    room = begun()
    room.at["JPN"].call()
    room.wait(10)
    room.now += timedelta(seconds=4000)
    room.at["KOR"].begin_anew()
    room.wait(1000)
    seen = room.at["JPN"].sees()
    assert (seen.phase, seen.members[1].word) == ("suspended", "suspended")


def test_a_member_that_restarts_during_a_silence_goes_on():
    room = begun()
    room.at["JPN"].call()
    room.wait(10)
    room.at["KOR"].begin_anew()
    room.wait(4000)
    assert phases(room) == everywhere("agreed")
    assert [each.kind for each in room.records].count("consult.answer") == 9  # text, silence, last word, each once


def test_what_is_lost_on_the_way_out_is_said_again_and_is_the_same():
    room = begun()
    kor = room.at["KOR"]
    room.at["JPN"].call()
    room.deliver()
    first = kor.desk.take(kor.inbox, kor.now)
    assert kor.desk.take([], kor.now + timedelta(seconds=59)) == []
    again = kor.desk.take([], kor.now + timedelta(seconds=121))
    assert [body_of(each) for each in again] == [body_of(each) for each in first]


def test_brackets_stand_on_one_text_and_are_closed_by_the_next():
    room = begun()
    room.at["KOR"].act("replace", paragraph="p-1", texts={"en": "We strongly condemn the launch."}, text="stronger")
    room.at["USA"].act("insert", paragraph="p-1", texts={"en": "We stand together."})
    room.at["USA"].act("reserve", paragraph="p-2", texts={"en": "Subject to our law."})
    room.settle()
    assert "brackets are open" in refused(room.at["JPN"].call)
    seen = room.at["JPN"].sees()
    assert [(each.member, each.act) for each in seen.brackets] == [("KOR", "replace"), ("USA", "insert")]
    refs = tuple(each.ref for each in (*seen.brackets, *seen.reservations))
    assert "holds the pen" in refused(lambda: room.at["KOR"].act("accept", refs=refs))
    room.at["JPN"].act("accept", refs=refs)
    room.settle()
    seen = room.at["USA"].sees()
    statement = seen.text.statement
    assert (seen.brackets, seen.reservations, seen.text.number) == ((), (), 2)
    assert [(each.id, each.texts["en"]) for each in statement.paragraphs] == [
        ("p-1", "We strongly condemn the launch."), ("p-1-2", "We stand together."), ("p-2", "We call for talks."),
    ]  # fmt: skip
    assert statement.paragraphs[2].reservations[0].member == "USA"
    assert refused(room.at["JPN"].call) == ""


def test_a_member_takes_back_its_own_word_alone():
    room = begun()
    room.at["KOR"].act("strike", paragraph="p-2")
    room.settle()
    (bracket,) = room.at["USA"].sees().brackets
    assert "nothing that this member said" in refused(lambda: room.at["USA"].act("take_back", refs=(bracket.ref,)))
    room.at["KOR"].act("take_back", refs=(bracket.ref,))
    room.settle()
    assert room.at["USA"].sees().brackets == ()


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (lambda room: room.at["KOR"].call(), "JPN holds the pen"),
        (lambda room: room.at["JPN"].call(within_s=60, minimum_s=60), "no time for receipts"),
        (lambda room: room.at["KOR"].act("break", text="x"), "not under silence"),
        (lambda room: room.at["KOR"].act("sign"), "not agreed"),
        (lambda room: room.at["JPN"].act("issue"), "cannot be issued"),
        (lambda room: room.at["JPN"].act("withdraw", text="x"), "not issued"),
        (lambda room: room.at["KOR"].act("replace", paragraph="p-9", texts={"en": "x"}), "no paragraph"),
        (lambda room: room.at["KOR"].act("replace", paragraph="p-1", texts={"fr": "x"}), "not in 'fr'"),
        (lambda room: room.at["KOR"].act("replace", paragraph="p-1", texts={"en": "a\u202eb"}), "U\\+202E"),
        (lambda room: room.at["KOR"].act("comment", consultation="JPN/none", text="x"), "there is none"),
        (lambda room: room.at["JPN"].draft(members=("JPN", "KOR")), "another one begins another"),
    ],
)
def test_what_may_not_be_done_is_refused_with_the_reason(order, why):
    with pytest.raises(DomainError, match=why):
        order(begun())


def agreed():
    room = begun()
    room.at["JPN"].call()
    room.wait(4000)
    return room


def test_a_statement_is_signed_issued_corrected_and_withdrawn_from():
    room = agreed()
    room.at["JPN"].act("sign")
    room.at["KOR"].act("sign")
    assert "KOR signed it" in refused(lambda: room.at["KOR"].act("sign"))
    room.settle()
    assert (room.at["USA"].sees().phase, room.at["USA"].sees().waits_for) == ("signing", ("USA",))
    assert "without a signature is USA" in refused(lambda: room.at["JPN"].act("issue"))
    room.at["JPN"].act("issue", unsigned=("USA",))
    room.settle()
    assert (room.at["KOR"].sees().phase, room.at["KOR"].sees().unsigned) == ("issued", ("USA",))
    room.at["KOR"].act("withdraw", text="overtaken")
    room.at["JPN"].draft(name="joint-2")
    room.at["JPN"].act("silence", consultation="joint-2", deadline_at=room.now + timedelta(hours=1), grace_s=1.0)
    room.wait(4000)
    room.at["JPN"].act(
        "issue", consultation="joint-2", unsigned=("JPN", "KOR", "USA"), replaces="joint-1", replaces_as="corrected"
    )
    room.settle()
    seen = room.at["USA"].sees()
    assert (seen.phase, seen.members[1].withdrawn_why) == ("corrected", "overtaken")
    assert "its words are fixed" in refused(room.at["JPN"].draft)


def test_what_only_claims_to_be_agreed_replaces_nothing():
    room = agreed()
    room.at["JPN"].act("issue", unsigned=("JPN", "KOR", "USA"))
    room.at["KOR"].draft(name="other")
    room.settle()
    usa = room.at["USA"]
    other, ours = usa.sees("KOR", "other").text, usa.sees().text
    body = StatementIssue(
        act="issued", of=other.text, digest=other.digest, by=Person(role="drafter", pseudonym="D-2"),
        replaces=ours.text, replaces_as="superseded",
    )  # fmt: skip
    usa.hear(
        with_body(
            "consult.issue", body, id="forged", originator="KOR", marking=marking_for("JPN", "KOR", "USA"),
            status="actual", precedence=Precedence.ROUTINE, issued_at=room.now,
        )
    )  # fmt: skip
    assert (usa.sees().phase, usa.sees("KOR", "other").phase) == ("issued", "round")


def test_kept_without_a_receipt_in_time_agrees_nothing():
    """Another program may say kept without having waited for receipts; a reader counts them itself."""
    room = agreed()

    def is_receipt_of_usa(entry):
        is_answer = isinstance(entry.body, SilenceAnswer) and entry.record.originator == "USA"
        return is_answer and entry.body.act == "received"

    index = Index("actual")
    index.take(entry for entry in room.at["JPN"].store if not is_receipt_of_usa(entry))
    seen = consultation_of(index, ("JPN", "joint-1"), room.now)
    assert (seen.phase, seen.waits_for) == ("suspended", ("USA",))


def test_members_with_clocks_apart_by_less_than_the_grace_agree_all_the_same():
    room = begun(skews={"JPN": -25.0, "KOR": 25.0, "USA": 0.0})
    room.at["JPN"].call()
    room.wait(4000)
    assert phases(room) == everywhere("agreed")


def test_a_statement_of_an_exercise_is_one_of_the_exercise_alone():
    room = Capitals(status="exercise:alpha")
    room.at["JPN"].draft()
    room.settle()
    assert all(record.status == "exercise:alpha" and record.synthetic for record in room.records)
    assert room.at["KOR"].sees().text.statement.status == "exercise:alpha"
    room.at["KOR"].desk.end("exercise:alpha")
    assert room.at["KOR"].desk.tick(room.now + timedelta(days=1)) == []
