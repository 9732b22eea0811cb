"""Words of likelihood belong to their scale; matrices rank by what speaks against."""

from __future__ import annotations

import itertools

import pytest
from tests.ledger_room import LedgerRoom, key

from tocsin.claims import SCALES, band_of, matrix_of
from tocsin.errors import DomainError
from tocsin.records import Hypothesis, Question, Weighing


@pytest.mark.parametrize("scale", SCALES)
def test_the_words_of_a_scale_rise_and_never_overlap(scale):
    words = SCALES[scale]
    for lower, upper in itertools.pairwise(words):
        assert lower.least_percent < lower.most_percent <= upper.least_percent


def test_a_word_of_another_scale_is_refused_with_the_words_there_are():
    assert band_of("icd203", "probable").word == "likely"
    with pytest.raises(DomainError, match="remote chance, highly unlikely"):
        band_of("phia", "very unlikely")


def test_hypotheses_are_ranked_by_what_speaks_against_them():
    room = LedgerRoom()
    question = room.take(
        Question(
            text="What do the containers hold?",
            hypotheses=(Hypothesis(key="arms", text="arms"), Hypothesis(key="food", text="food")),
            gaps=("no image of the content",),
        )
    )
    denial, size, escort = (room.claim(text) for text in ("denied", "size and colour", "naval escort"))
    readings = (
        (size, "consistent", "consistent"), (escort, "consistent", "inconsistent"), (denial, "neutral", "neutral"),
    )  # fmt: skip
    for evidence, *cells in readings:
        for hypothesis, reading in zip(("arms", "food"), cells, strict=True):
            room.take(Weighing(question=question, hypothesis=hypothesis, evidence=evidence, reading=reading))
    matrix = matrix_of(room.ledger, key(question), "KOR")
    assert [(score.key, score.inconsistent, score.consistent) for score in matrix.ranking] == [
        ("arms", 0, 2), ("food", 1, 1),
    ]  # fmt: skip
    decisive = {row.evidence: (row.tells_apart, row.would_change) for row in matrix.rows}
    assert decisive == {key(size): (False, False), key(escort): (True, True), key(denial): (False, False)}
    assert matrix_of(room.ledger, key(question), "USA").rows == ()  # each weighs for itself

    room.take(Weighing(question=question, hypothesis="food", evidence=escort, reading="neutral"))
    assert {score.inconsistent for score in matrix_of(room.ledger, key(question), "KOR").ranking} == {0}
