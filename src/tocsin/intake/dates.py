"""Times in English texts: found as they stand, and made into a date only where nothing has to be added."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, datetime

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = (
    "Jan(?:uary|\\.)?|Feb(?:ruary|\\.)?|Mar(?:ch|\\.)?|Apr(?:il|\\.)?|May|June?|July?|Aug(?:ust|\\.)?|Sept?(?:ember|\\.)?"
    "|Oct(?:ober|\\.)?|Nov(?:ember|\\.)?|Dec(?:ember|\\.)?"
)
_TIME = re.compile(
    rf"\b(?:(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTH})(?:,? (?P<year>\d{{4}}))?"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year2>\d{{4}}))?"
    rf"|(?P<month3>{_MONTH}) (?P<year3>\d{{4}})|(?P<year4>(?:19|20)\d\d))(?!\w|[,.]\d)"
)
_UP_TO = re.compile(r"\b(?:by|until|till|before|up to|to)\s(?:the end of\s|early\s|late\s)?$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:since|after|from)\s(?:early\s|late\s)?$", re.IGNORECASE)


@dataclass(frozen=True)
class TimeSpan:
    """A time as the text has it, and the days that it means if it says all of them."""

    text: str
    begins_at: int
    since: datetime | None
    until: datetime | None
    is_day: bool = False


def times_in(text: str) -> list[TimeSpan]:
    """Return the dates, months and years of a text; days without a year, and words such as "Tuesday", mean none."""
    return [_open(_span(match), text[: match.start()]) for match in _TIME.finditer(text)]


def _open(span: TimeSpan, before: str) -> TimeSpan:
    """Leave an end open that the text leaves open: "by October" says nothing of when it began."""
    if _UP_TO.search(before):
        return replace(span, since=None)
    return replace(span, until=None) if _FROM.search(before) else span


def _span(match: re.Match[str]) -> TimeSpan:
    found = match.groupdict()
    if found["iso"]:
        year, month, day = map(int, found["iso"].split("-"))
    else:
        year = int(found["year"] or found["year2"] or found["year3"] or found["year4"] or 0)
        name = (found["month"] or found["month2"] or found["month3"] or "").lower().rstrip(".")
        month = next((number for number, full in enumerate(_MONTHS, 1) if name and full.startswith(name[:3])), 0)
        day = int(found["day"] or found["day2"] or 0)
    try:
        if not year or (day and not month):
            return TimeSpan(match[0], match.start(), None, None)
        since = datetime(year, month or 1, day or 1, tzinfo=UTC)
        until = datetime(year, month or 12, day or monthrange(year, month or 12)[1], tzinfo=UTC)
    except ValueError:
        return TimeSpan(match[0], match.start(), None, None)
    return TimeSpan(match[0], match.start(), since, until, is_day=bool(day))
