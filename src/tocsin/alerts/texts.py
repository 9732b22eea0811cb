"""What the public reads: reviewed templates, filled with what is known of one event.

The words stand in ``data``, one file a language. Who, when, where, what, why and what to do are in each; what was seen
and what is predicted never share a sentence. An exercise or a test says so first and last, in every part.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from tocsin.errors import ConfigError
from tocsin.markings import StatusClass
from tocsin.records import AlertArea, AlertText

Wording = Literal["alert", "update", "lost", "freed", "cancel", "all_clear"]
"""Which template: one for each kind of message, one for a track that was lost, one for areas at risk no longer."""

Reason = Literal["sent_in_error", "no_launch", "wrong_areas", "drill"]
"""What was wrong with an alert that is cancelled; the public reads it in its own language."""

REASONS: tuple[Reason, ...] = get_args(Reason)

PARTS = ("headline", "description", "instruction")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known, as far as the public is told."""

    world: StatusClass
    """``exercise`` and ``test`` are said in every part of the text."""
    areas: tuple[AlertArea, ...]
    zones: tuple[ZoneInfo, ...]
    """Of time, in these areas."""
    senders: Mapping[str, str]
    """Who speaks, by language; by ``""`` for languages that are not there."""
    launched_at: datetime | None = None
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    """Of the impact."""
    lost_at: datetime | None = None
    """Time of the last plot, with wording ``lost``."""
    lost_age_s: float | None = None
    """How old that was when this was said."""
    reason: Reason = "sent_in_error"
    """With wording ``cancel``: what was wrong."""


def texts_for(wording: Wording, languages: Iterable[str], facts: Facts) -> tuple[AlertText, ...]:
    """Return the texts of a message, one a language.

    Raises:
        ConfigError: There is no template in one of the languages.
    """
    return tuple(_text(wording, words(language), facts) for language in languages)


def words_of_test(languages: Iterable[str], senders: Mapping[str, str]) -> tuple[AlertText, ...]:
    """Return the texts of a test of channels, one a language: nobody can take them for an alert.

    Args:
        languages: BCP 47.
        senders: Who speaks, by language; by ``""`` for languages that are not there.

    Raises:
        ConfigError: There are no words in one of the languages.
    """
    return tuple(
        AlertText(
            language=said["language"], event=said["channel_test"]["event"],
            **{
                part: said["channel_test"][part].format(sender=senders.get(said["language"], senders[""]))
                for part in PARTS
            },
        )
        for said in map(words, languages)
    )  # fmt: skip


@lru_cache(maxsize=16)
def words(language: str) -> Mapping[str, Any]:
    """Return the words of one language.

    Raises:
        ConfigError: There are none.
    """
    found = resources.files("tocsin.alerts").joinpath("data", f"{language}.toml")
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"there are no texts of alerts in {language}", advice="Name a language that has a file of texts"
        ) from error


def _text(wording: Wording, said: Mapping[str, Any], facts: Facts) -> AlertText:
    values = _values(said, facts)
    parts = {part: said[wording][part].format(**values) for part in PARTS}
    if facts.world != "actual":
        wrapped = said[facts.world]
        parts = {part: wrapped[part].format(**{part: parts[part]}) for part in PARTS}
    return AlertText(language=said["language"], event=said["event"], **parts)


def _values(said: Mapping[str, Any], facts: Facts) -> dict[str, str]:
    language: str = said["language"]
    comma: str = said["and"]

    def clock(moment: datetime) -> str:
        return comma.join(_clock(said, moment, zone) for zone in facts.zones)

    return {
        "areas": comma.join(name_in(area, language) for area in facts.areas),
        "sender": facts.senders.get(language, facts.senders[""]),
        "launched": _about(said, facts.launched_at, clock),
        "when": _when(said, facts, clock),
        "lost": _about(said, facts.lost_at, clock),
        "age": "?" if facts.lost_age_s is None else f"{facts.lost_age_s:.0f}",
        "reason": said["reasons"][facts.reason],
    }


def _when(said: Mapping[str, Any], facts: Facts, clock: Callable[[datetime], str]) -> str:
    """Between when it comes down, in whole minutes; one time if that is one minute."""
    first, last = facts.earliest_at, facts.latest_at
    if first is None or last is None or clock(first) == clock(last):
        return _about(said, first or last, clock)
    between: str = said["between"]
    return between.format(first=clock(first), last=clock(last))


def _about(said: Mapping[str, Any], moment: datetime | None, clock: Callable[[datetime], str]) -> str:
    text: str = said["unknown"] if moment is None else said["about"].format(first=clock(moment))
    return text


def _clock(said: Mapping[str, Any], moment: datetime, zone: ZoneInfo) -> str:
    there = moment.astimezone(zone)
    text: str = said["time"].format(hour=there.hour, minute=there.minute, zone=there.tzname())
    return text


def name_in(area: AlertArea, language: str) -> str:
    """Return what an area is called in a language; its code if it has no name for it."""
    return next((each.name for each in area.names if each.language == language), area.code)
