"""The scales that grades and judgements are said in. None is ever turned into another.

Sources: reliability and credibility as in the Admiralty system (STANAG 2511, AJP-2.1); words of likelihood of the
United States' Intelligence Community Directive 203 (2 January 2015), D.6.e.(2); those of the United Kingdom's
Professional Head of Intelligence Assessment (probability yardstick, 2018), whose bands leave gaps on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.errors import DomainError
from tocsin.records import Credibility, Reliability, Scale

RELIABILITY: dict[Reliability, str] = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITY: dict[Credibility, str] = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}


@dataclass(frozen=True)
class LikelihoodWord:
    """A word of a scale with the band that the scale gives it."""

    word: str
    also: str
    """The scale's other word for the same band; may be empty."""
    least_percent: float
    most_percent: float


SCALES: dict[Scale, tuple[LikelihoodWord, ...]] = {
    "icd203": (
        LikelihoodWord("almost no chance", "remote", 1, 5),
        LikelihoodWord("very unlikely", "highly improbable", 5, 20),
        LikelihoodWord("unlikely", "improbable", 20, 45),
        LikelihoodWord("roughly even chance", "roughly even odds", 45, 55),
        LikelihoodWord("likely", "probable", 55, 80),
        LikelihoodWord("very likely", "highly probable", 80, 95),
        LikelihoodWord("almost certain", "nearly certain", 95, 99),
    ),
    "phia": (
        LikelihoodWord("remote chance", "", 0, 5),
        LikelihoodWord("highly unlikely", "", 10, 20),
        LikelihoodWord("unlikely", "", 25, 35),
        LikelihoodWord("realistic possibility", "", 40, 50),
        LikelihoodWord("likely", "probable", 55, 75),
        LikelihoodWord("highly likely", "", 80, 90),
        LikelihoodWord("almost certain", "", 95, 100),
    ),
}


def band_of(scale: Scale, word: str) -> LikelihoodWord:
    """Return the band of a word.

    Raises:
        DomainError: The scale has no such word.
    """
    for known in SCALES[scale]:
        if word in (known.word, known.also) and word:
            return known
    words = ", ".join(known.word for known in SCALES[scale])
    raise DomainError(f"{word[:80]!r} is no word of {scale}", advice=f"Use one of: {words}")
