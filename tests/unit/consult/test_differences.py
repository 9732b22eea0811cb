"""Differences word by word, in scripts with and without spaces, and in bounded time."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.consult import Paragraph, differences, make_statement, read_statement, word_differences


def shown(old, new):
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[span.op].format(span.text) for span in word_differences(old, new))


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("We condemn the launch.", "We strongly condemn the launch.", "We {+strongly +}condemn the launch."),
        ("We condemn it.", "We deplore it.", "We [-condemn-]{+deplore+} it."),
        ("발사를 규탄한다.", "발사를 강력히 규탄한다.", "발사를 {+강력히 +}규탄한다."),
        ("発射を非難する。", "発射を強く非難する。", "発射を{+強く+}非難する。"),
        ("ミサイル発射", "衛星発射", "[-ミサイル-]{+衛星+}発射"),
        ("", "new", "{+new+}"),
        ("same", "same", "same"),
        ("a red, old car", "a blue, new car", "a [-red, old-]{+blue, new+} car"),
    ],
)
def test_words_are_told_apart(old, new, seen):
    assert shown(old, new) == seen


@given(st.text(max_size=120), st.text(max_size=120))
def test_both_texts_can_be_read_from_it(old, new):
    spans = word_differences(old, new)
    assert "".join(span.text for span in spans if span.op != "added") == old
    assert "".join(span.text for span in spans if span.op != "removed") == new


def test_a_text_made_to_be_slow_is_not():
    """Two letters in any order: what a matcher of blocks goes through again and again; the time limit is the test's."""
    chance = random.Random(1)
    old, new = (" ".join(chance.choice("ab") for _ in range(5000)) for _ in range(2))
    assert word_differences(old, new)


def test_paragraphs_keep_their_ids():
    def text(*names):
        return read_statement(
            make_statement(
                id="j", drafter="JPN", status="test", members=("JPN", "KOR"), titles={"en": "T"},
                paragraphs=[Paragraph(id=name, texts={"en": words}) for name, words in names],
            )
        )  # fmt: skip

    old = text(("a", "one"), ("b", "two"), ("c", "three"), ("d", "four"))
    new = text(("a", "one"), ("d", "four"), ("b", "two more"), ("e", "five"))
    found = differences(old, new, "en")
    assert {each.id: each.change for each in found} == {
        "": "same", "a": "same", "b": "changed", "c": "removed", "d": "moved", "e": "added",
    }  # fmt: skip
    assert [each.id for each in found if each.change != "removed"] == ["", "a", "d", "b", "e"]
