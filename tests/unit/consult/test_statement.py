"""The exact text of a statement: in one normal form, with nothing in it that a reader cannot see."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.consult import Paragraph, Reservation, look_alikes, make_statement, plain_text, read_statement
from tocsin.errors import DomainError


def made(text="We condemn the launch.", *, status="actual", titles=None, more=(), **given):
    titles = titles or {"en": "Joint statement"}
    first = Paragraph(id="p-1", texts=dict.fromkeys(titles, text))
    return make_statement(
        id="joint-1", drafter="JPN", status=status, members=("USA", "KOR", "JPN"), titles=titles,
        paragraphs=(first, *more), **given,
    )  # fmt: skip


def test_it_is_kept_composed_and_with_one_end_of_line():
    decomposed = unicodedata.normalize("NFD", "북한을 규탄한다.  \r\nZweite Zeile: é\r\n")
    (paragraph,) = read_statement(made(decomposed)).paragraphs
    assert paragraph.texts["en"] == "북한을 규탄한다.\nZweite Zeile: é"


def test_each_language_has_the_hash_of_what_a_person_reads():
    titles = {"en": "Joint statement", "ko": "공동성명", "ja": "共同声明"}
    note = Reservation(member="KOR", texts={"en": "Without prejudice.", "ko": "유보.", "ja": "留保。"})
    noted = Paragraph(id="p-2", texts=dict.fromkeys(titles, "We call for talks."), reservations=(note,))
    statement = read_statement(made(titles=titles, more=(noted,), authentic=("en", "ko")))
    text = plain_text(statement, "ko")
    assert text == "공동성명\n\nWe condemn the launch.\n\nWe call for talks. [1]\n\n[1] KOR: 유보.\n"
    by_tag = {each.tag: each for each in statement.languages}
    assert by_tag["ko"].sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert [by_tag[tag].is_authentic for tag in ("en", "ko", "ja")] == [True, True, False]


@pytest.mark.parametrize(
    ("status", "word"), [("exercise:alpha", "EXERCISE EXERCISE EXERCISE"), ("test", "TEST TEST TEST")]
)
def test_what_is_not_real_says_so_first_and_last(status, word):
    lines = plain_text(read_statement(made(status=status)), "en").splitlines()
    assert (lines[0], lines[-1]) == (word, word)


@pytest.mark.parametrize(
    "letter",
    ["\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u00ad", "\u2028", "\ue000", "\u3164",
     "\U000e0041"],
    ids=lambda letter: f"{ord(letter):04x}",
)  # fmt: skip
def test_what_cannot_be_seen_is_refused_by_its_number(letter):
    with pytest.raises(DomainError, match=f"paragraph p-1 in en: U\\+{ord(letter):04X} .* as character 4"):
        made(f"abc{letter}def")


def test_markup_stays_the_letters_it_is():
    text = '<script>alert(1)</script> & [bold]x[/bold] \\n {"a": 1}'
    assert read_statement(made(text)).paragraphs[0].texts["en"] == text


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda d: d | {"secret": "x"}, "unknown field"),
        (lambda d: d | {"schema": "tocsin.statement/2"}, "of the form"),
        (lambda d: d | {"members": ["KOR", "JPN"]}, "members are sorted"),
        (lambda d: d | {"drafter": "AUS"}, "whoever drafts"),
        (lambda d: d | {"paragraphs": []}, "1 to 1000"),
        (lambda d: d | {"paragraphs": d["paragraphs"] * 2}, "one id"),
        (lambda d: d | {"titles": {"en": "Joint statement "}}, "normal form"),
        (lambda d: d | {"titles": {"en": "Other"}}, "whose hash"),
        (lambda d: d | {"titles": {"ko": "x"}}, "languages of the title"),
        (lambda d: d | {"languages": [d["languages"][0] | {"is_authentic": False}]}, "authentic"),
        (lambda d: d | {"languages": []}, "one language at least"),
        (lambda d: d | {"id": "Joint 1"}, "no id"),
        (lambda d: d | {"status": "exercise:"}, "status"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_reason(broken, why):
    with pytest.raises(DomainError, match=why):
        read_statement(json.dumps(broken(json.loads(made()))))


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "null", '"\\ud800"', "\ud800", '{"a":1,"a":2}', " " * 10_000_000]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(DomainError, match="no statement"):
        read_statement(text)


def test_what_is_too_long_is_refused():
    with pytest.raises(DomainError, match="10001 characters"):
        made("a" * 10_001)
    many = [Paragraph(id=f"q-{number}", texts={"en": "a" * 9000}) for number in range(40)]
    with pytest.raises(DomainError, match="bytes"):
        made(more=many)


def test_letters_that_pass_for_others_are_shown():
    text = "The cаrgo was shipped, Ηe said, 𝐢ndeed; Москва and 평양 and 東京"
    assert look_alikes(text) == ("cаrgo", "Ηe", "𝐢ndeed", "Москва")
    assert look_alikes("三か国はミサイル発射を非難する。3국은 규탄한다. The three condemn it.") == ()


@given(st.text(max_size=300))
def test_any_text_is_made_a_statement_that_reads_back_or_refused(text):
    try:
        statement = made(text)
    except DomainError:
        return
    assert read_statement(statement).paragraphs[0].texts["en"]


@given(st.data())
def test_a_letter_changed_anywhere_is_another_statement_or_none(data):
    text = made()
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=0x2FF).filter(lambda each: each != text[place]))
    changed = text[:place] + letter + text[place + 1 :]
    with suppress(DomainError):
        assert read_statement(changed) != read_statement(text)
