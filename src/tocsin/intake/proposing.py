"""A report becomes proposals: each with its sentence, byte for byte, and what the rules cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from tocsin.claims.proposals import Proposal, ProposalFile, TextInfo
from tocsin.intake import model
from tocsin.intake.dates import TimeSpan, times_in
from tocsin.intake.english import Found, claims_in
from tocsin.intake.marking import mark
from tocsin.intake.report import Language, Report, is_headline, language_of
from tocsin.records import MAX_PROPOSITION

RULES = "1"
"""Version of the rules; another finds other things."""


def propose(
    report: Report, *, language: Language | None = None, published_at: datetime | None = None, url: str | None = None
) -> ProposalFile:
    """Return what rules see in a text.

    Args:
        report: The text.
        language: Of the text; without it, told by its script.
        published_at: UTC; what the text calls "yesterday" is made into no date all the same.
        url: Where it was published.

    Raises:
        FeedError: The text cannot be read.
        ConfigError: It is English, and the extra ``propose`` is not installed.
    """
    spoken = language or language_of(report.text)
    paragraphs = list(report.paragraphs())
    title = next((" ".join(text.split()) for _, text in paragraphs if is_headline(text)), report.name)
    found = list(_english(report, paragraphs) if spoken == "en" else _marked(report, paragraphs, spoken))
    prefix = f"t{report.sha256[:8]}"
    numbered = [_keyed(each, f"{prefix}-{number}") for number, each in enumerate(found, 1)]
    rules = f"tocsin {RULES}" + (f", {model.PACKAGE} {model.VERSION}" if spoken == "en" else "")
    info = TextInfo(
        file=report.name, sha256=report.sha256, title=title[:200], outlet=report.outlet, language=spoken, rules=rules,
        published_at=published_at, url=url,
    )  # fmt: skip
    return ProposalFile(text=info, proposal=tuple(numbered))


def _english(report: Report, paragraphs: list[tuple[int, str]]) -> Iterator[Proposal]:
    parse = model.english()
    kept = [(begin, text) for begin, text in paragraphs if not is_headline(text)]
    # a line break within a paragraph is a space to the parser; the places stay
    docs = parse.pipe((text.replace("\n", " ").replace("\r", " ") for _, text in kept), batch_size=8)
    for (begin, _), doc in zip(kept, docs, strict=True):
        for sentence, found in claims_in(doc):
            left = len(sentence.text) - len(sentence.text.lstrip())
            at = begin + sentence.start_char + left
            whole = report.text[at : at + len(sentence.text.strip())]
            if len(whole) <= MAX_PROPOSITION:
                times = times_in(whole)
                for each in found:
                    yield _proposal(each, whole, at, times, (begin, report.outlet))


def _proposal(found: Found, sentence: str, at: int, times: list[TimeSpan], where: tuple[int, str]) -> Proposal:
    begin, outlet = where
    low, high = found.span[0] + begin - at, found.span[1] + begin - at
    inside = [time for time in times if low <= time.begins_at < high and (time.since or time.until)]
    outside = [time for time in times if not low <= time.begins_at < high and time.is_day]
    told = inside[0] if len(inside) == 1 and not found.is_act else None  # what else is meant, a person says
    said_at = outside[0].since if len(outside) == 1 and not found.is_narrated else None
    return Proposal(
        key="", sentence=sentence, begins_at=at, rule=found.rule, proposition=found.proposition,
        speaker=outlet if found.is_narrated else found.speaker, reported_by="" if found.is_narrated else outlet,
        hedge=found.hedge, is_denial=found.is_denial, since=told.since if told else None,
        until=told.until if told else None, said_at=said_at, unsure=found.unsure,
        times=tuple(time.text for time in times),
    )  # fmt: skip


def _marked(report: Report, paragraphs: list[tuple[int, str]], language: Language) -> Iterator[Proposal]:
    for begin, text in paragraphs:
        for each in mark(text, "ja" if language == "ja" else "ko"):
            if len(each.text) > MAX_PROPOSITION:
                continue
            unsure = ["who says so is for a person to say"]
            if each.kind == "deny":
                unsure.append("what it denies is for a person to say")
            yield Proposal(
                key="", sentence=each.text, begins_at=begin + each.begins_at, rule=each.kind or "marked", speaker="",
                proposition=each.text, reported_by=report.outlet, is_denial=each.kind == "deny", times=each.dates,
                names=each.names, words=each.words, unsure=tuple(unsure),
            )  # fmt: skip


def _keyed(proposal: Proposal, key: str) -> Proposal:
    return msgspec.structs.replace(proposal, key=key)
