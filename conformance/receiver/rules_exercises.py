"""What the schemas cannot say of bodies of the room ``exercise`` (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from conformance.receiver.texts import LONGEST_TEXT, is_digest, is_member, says, short

MOST_MEMBERS, LONGEST_SCENARIO, LONGEST_INJECT = 64, 200_000, 50_000


def is_exercise(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.exercise``."""
    members = body["members"]
    return (
        is_digest(body["digest"])
        and 0 < len(members) <= MOST_MEMBERS
        and members == sorted(set(members))
        and all(map(is_member, members))
        and body.get("speed", 1.0) >= 0
        and len(body.get("scenario", "")) <= LONGEST_SCENARIO
    )


def is_consent(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.consent``."""
    return is_digest(body["digest"]) and short(body, "text")


def is_clock(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.clock``."""
    jumps, changes = (body.get(name) is not None for name in ("to_s", "speed"))
    return jumps == (body["act"] == "jump") and changes == (body["act"] == "speed")


def is_inject(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.inject``."""
    act, given = body["act"], body.get("given", "")
    return (
        (body.get("to_s") is not None) == (act == "moved")
        and (given != "" or act != "added")
        and (given == "" or act in ("added", "made"))
        and len(given) <= LONGEST_INJECT
    )


def is_message(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.message``."""
    return short(body, "text") and says(body, "text")


def is_decision(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.decision``."""
    if not short(body, "text"):
        return False
    if body["act"] == "taken":
        return body.get("choice", "") != "" and body.get("by") is not None
    return says(body, "question") and len(body.get("options", ())) > 1


def is_reaction(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.reaction``."""
    return is_member(body["member"]) and short(body, "text")


def is_end(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.end``."""
    return short(body, "text")


def is_comment(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.comment``."""
    names_it = body.get("what", "") != ""
    return is_message(body) and names_it == (body.get("about", "exercise") != "exercise")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def is_planned(exercise: dict[str, Any]) -> bool:
    """Tell it of one exercise of a plan."""
    begins, ends = _day(exercise["begins_on"]), _day(exercise["ends_on"])
    members = exercise["members"]
    return (
        re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", exercise["id"]) is not None
        and begins is not None
        and ends is not None
        and begins <= ends
        and len(members) > 0
        and members == sorted(set(members))
        and all(map(is_member, members))
        and says(exercise, "name")
        and short(exercise, "name", "aim")
        and all(len(text) <= LONGEST_TEXT for name in ("objectives", "domains") for text in exercise.get(name, ()))
    )


def is_plan(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.plan``."""
    planned = body["exercises"]
    return (
        short(body, "title")
        and 1 <= len(planned) <= 500
        and all(map(is_planned, planned))
        and len({each["id"] for each in planned}) == len(planned)
    )


def is_plan_consent(body: dict[str, Any]) -> bool:
    """Tell it of an ``exercise.plan_consent``."""
    return is_member(body["originator"]) and is_digest(body["digest"]) and short(body, "text")


RULES_OF_EXERCISES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "exercise.clock": is_clock, "exercise.comment": is_comment, "exercise.consent": is_consent,
    "exercise.decision": is_decision, "exercise.end": is_end, "exercise.exercise": is_exercise,
    "exercise.inject": is_inject, "exercise.message": is_message, "exercise.plan": is_plan,
    "exercise.plan_consent": is_plan_consent, "exercise.reaction": is_reaction,
}  # fmt: skip
