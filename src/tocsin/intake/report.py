"""A text as it was published: its hash, its language, and its paragraphs with their places."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from tocsin.errors import FeedError

Language = Literal["en", "ko", "ja"]

MOST_CHARACTERS = 500_000
"""Of a text."""
MOST_AT_ONCE = 10_000
"""Characters of a paragraph."""

_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3040-\u30ff]")
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_DAY = r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8})(?:,? \d{4})?"
_DATELINE = re.compile(
    rf"(?:[A-Z][A-Z .'’-]{{2,40}}(?:, [\w .'’-]{{1,30}})?|[A-Z][\w .'’-]{{1,40}}, ?{_DAY})"
    rf"(?: ?\([^)\n]{{1,40}}\))?\s?(?:--|[–—:])\s+"
)
"""``SEOUL, Oct. 13 (Agency) --`` before a first sentence: a place in capitals, or a place and a day."""


@dataclass(frozen=True)
class Report:
    """A text and who published it."""

    data: bytes
    name: str
    """Of the file."""
    outlet: str

    @cached_property
    def text(self) -> str:
        """The characters that places are counted in: the bytes as UTF-8, line ends and all.

        Raises:
            FeedError: It is too long, or no text in UTF-8.
        """
        try:
            text = self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FeedError("no UTF-8", source=self.name, advice="Save it as UTF-8 text") from error
        if "\0" in text:
            raise FeedError("holds a NUL: it is no text", source=self.name, advice="Save it as UTF-8 text")
        if len(text) > MOST_CHARACTERS:
            raise FeedError(
                f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=self.name, advice="Split it"
            )
        return text

    @property
    def sha256(self) -> str:
        """Of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def paragraphs(self) -> Iterator[tuple[int, str]]:
        """Yield what stands between blank lines, with its place, without a dateline; a headline, too."""
        begin = 0
        for gap in [*_BLANK.finditer(self.text), None]:
            end = gap.start() if gap is not None else len(self.text)
            block = self.text[begin:end]
            dateline = _DATELINE.match(block)
            skipped = dateline.end() if dateline is not None else len(block) - len(block.lstrip())
            yield from _pieces(begin + skipped, block[skipped:].rstrip())
            begin = gap.end() if gap is not None else end


def _pieces(begin: int, paragraph: str) -> Iterator[tuple[int, str]]:
    """Yield a paragraph; one that no paper would print in pieces, since a parser needs memory for each as a whole."""
    while len(paragraph) > MOST_AT_ONCE:
        cut = max(paragraph.rfind(end, 0, MOST_AT_ONCE) for end in (". ", "。")) + 1 or MOST_AT_ONCE
        yield begin, paragraph[:cut]
        begin, paragraph = begin + cut, paragraph[cut:]
    if paragraph.strip():
        yield begin, paragraph


def is_headline(paragraph: str) -> bool:
    """Tell whether a paragraph is no sentence: it ends in no full stop, nor in one within quotation marks."""
    return re.search(r"[.!?…。！？][\"'”’»)\]」』]*$", paragraph) is None


def language_of(text: str) -> Language:
    """Return the language that the script tells: kana Japanese, Hangul Korean, anything else English."""
    kana, hangul = len(_KANA.findall(text)), len(_HANGUL.findall(text))
    if kana == hangul == 0:
        return "en"
    return "ja" if kana > hangul else "ko"
