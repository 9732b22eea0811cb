"""What may stand in a statement, letter by letter: nothing that cannot be seen, and what looks like something else.

Texts that a reader could be deceived by are refused when they cannot be seen (control characters, marks that turn the
direction of writing, letters without width) and shown when they can (letters of another script among ours).
"""

from __future__ import annotations

import unicodedata
from collections import Counter

import regex

_UNSEEN = regex.compile(
    r"(?V1)[[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\n\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]]"
)
"""Default_Ignorable_Code_Point: Unicode's list of what shows nothing. Allowed: the line feed, joiners that some scripts
are spelled with, and variation selectors, which names in Han characters need."""

_WORD = regex.compile(r"(?V1w)\b")
"""Where words begin and end: Unicode Standard Annex 29, "Default Word Boundary Specification"; a Han character or a
letter of kana stands alone, for Japanese has no spaces."""
_ALIKE = {
    name: regex.compile(rf"\p{{Script={name}}}")
    for name in ("Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic", "Lisu", "Georgian")
}
"""Scripts with letters that look like another's (Unicode Technical Standard 39, section 4)."""
_ANY_ALIKE = regex.compile("[" + "".join(rf"\p{{Script={name}}}" for name in _ALIKE) + "]")
_DRESSED = regex.compile(r"(?V1)[[\p{Lu}\p{Ll}]&&\p{Script=Common}]")
"""Letters of mathematics, which look like plain ones."""


def normalised(text: str) -> str:
    """Return a text as it is kept: NFC, lines that end in a line feed and in nothing before it, no blank edges."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "\n".join(line.rstrip() for line in composed.split("\n")).strip()


def fault_of(text: str) -> str:
    """Return what is wrong with a text that should be as it is kept; empty: nothing."""
    if (found := _UNSEEN.search(text)) is not None:
        letter = found[0]
        name = unicodedata.name(letter, "a character that cannot be seen")
        return f"U+{ord(letter):04X} ({name.lower()}) as character {found.start() + 1} must not stand in it"
    if normalised(text) != text:
        return "it is not in the normal form: Unicode NFC, lines ended by a line feed alone, no blanks at the edges"
    return "" if text else "it is empty"


def visible(text: str) -> str:
    """Return words of others as they are shown: what could not be seen by its number."""
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def words_of(text: str) -> list[str]:
    """Return a text in pieces: words, and what stands between them."""
    return [piece for piece in _WORD.split(text) if piece]


def look_alikes(text: str) -> tuple[str, ...]:
    """Return the words of a text that may pass for others.

    That is a word with letters of two scripts that look alike, one of a script that most of the text is not in, where
    another that looks like it is, and one with letters of mathematics.
    """
    scripts = {word: _scripts(word) for word in dict.fromkeys(words_of(text))}
    counted = Counter(script for found in scripts.values() for script in found)
    usual = counted.most_common(1)[0][0] if counted else ""
    return tuple(
        word
        for word, found in scripts.items()
        if len(found) > 1 or (found and usual not in found) or _DRESSED.search(word)
    )


def _scripts(word: str) -> list[str]:
    if word.isascii():
        return ["Latin"] if word.isalpha() else []
    if not _ANY_ALIKE.search(word):
        return []
    return [name for name, letter in _ALIKE.items() if letter.search(word)]
