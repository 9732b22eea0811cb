"""A draft as people write it: read with its mistakes named, and written so that it reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.consult import Paragraph, Reservation, make_statement, read_statement
from tocsin.consult.draft_file import read_draft, write_draft
from tocsin.errors import DomainError, FeedError

GOOD = """
id = "joint-1"
members = ["JPN", "KOR"]
[title]
en = "T"
[[paragraph]]
id = "p-1"
en = "We condemn it."
[[paragraph.reservation]]
member = "KOR"
en = "Subject to our law."
"""


def read(text):
    return read_draft(text, name="draft.toml", pseudonym="D-1", role="drafter", status="test")


def statement_of(order):
    return make_statement(
        id=order.id, drafter="JPN", status=order.status, members=order.members, titles=order.titles,
        paragraphs=order.paragraphs, authentic=order.authentic,
    )  # fmt: skip


def test_a_good_file_is_read():
    order = read(GOOD)
    assert (order.id, order.members, order.titles) == ("joint-1", ("JPN", "KOR"), {"en": "T"})
    assert order.paragraphs[0].reservations[0].member == "KOR"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "joint-1"', "", "id is missing"),
        ('id = "joint-1"', 'id = "joint-1"\nsecret = 1', "unknown field 'secret'"),
        ('["JPN", "KOR"]', '"JPN"', "members is no list"),
        ('en = "T"', "", "\\[title\\] gives a text"),
        ('id = "p-1"', "", "id of paragraph 1"),
        ('en = "We condemn it."', "en = 5", "paragraph 1 gives a text"),
        ('member = "KOR"', "", "member of a reservation of paragraph 1"),
        ("[[paragraph]]", "[paragraph]", "no TOML|no list of tables"),
        ("[title]", "[title", "no TOML"),
    ],
)
def test_a_mistake_is_named(old, new, why):
    with pytest.raises(FeedError, match=why):
        read(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "\x00", "a" * 400_000, "[" * 10_000, "x = " + "[" * 50_000])
def test_what_is_no_draft_is_refused(text):
    with pytest.raises(FeedError):
        read(text)


@given(words=st.text(min_size=1, max_size=80), note=st.text(min_size=1, max_size=40))
def test_what_is_written_reads_back_to_the_same_bytes(words, note):
    try:
        text = make_statement(
            id="joint-1", drafter="JPN", status="test", members=("JPN", "KOR"), titles={"en": "T"},
            paragraphs=[
                Paragraph(id="p-1", texts={"en": words}, reservations=(Reservation(member="KOR", texts={"en": note}),))
            ],
        )  # fmt: skip
    except DomainError:
        return
    written = write_draft(read_statement(text), {"KOR": "Asia/Seoul"})
    order = read(written)
    assert statement_of(order) == text
    assert order.zones == {"KOR": "Asia/Seoul"}
