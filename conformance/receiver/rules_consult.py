"""What the schemas cannot say of bodies of the room ``consult`` (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.receiver.texts import is_digest, is_member, says, short

MOST_BYTES, LONGEST_PARAGRAPH, MOST_LANGUAGES, YEAR_S, MAX_NUMBER = 300_000, 10_000, 16, 366 * 86400, 2**53 - 1


def is_name(text: str) -> bool:
    """Tell whether a text is the id of a consultation or a paragraph."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", text) is not None


def is_language(text: str) -> bool:
    """Tell whether a text has the form of a tag of a language."""
    return len(text) <= 35 and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", text) is not None


def is_text(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.text``."""
    return (
        is_name(body["consultation"])
        and 1 <= body["number"] <= MAX_NUMBER
        and len(body["statement"].encode()) <= MOST_BYTES
        and all(is_member(member) and len(zone) <= 64 for member, zone in body.get("zones", {}).items())
        and short(body, "text")
    )


def is_comment(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.comment``."""
    act, paragraph, texts = body["act"], body.get("paragraph", ""), body.get("texts", {})
    return (
        (is_name(paragraph) if paragraph else act in ("comment", "insert"))
        and (act in ("replace", "insert", "reserve")) == (len(texts) > 0)
        and len(texts) <= MOST_LANGUAGES
        and all(is_language(tag) and 1 <= len(words) <= LONGEST_PARAGRAPH for tag, words in texts.items())
        and short(body, "text")
        and (act != "comment" or says(body, "text"))
    )


def is_silence(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.silence``."""
    return (
        is_name(body["consultation"])
        and 1 <= body["number"] <= MAX_NUMBER
        and is_digest(body["digest"])
        and 0 <= body["minimum_s"] <= YEAR_S
        and 1 <= body["grace_s"] <= YEAR_S
        and short(body, "text")
    )


def is_answer(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.answer``."""
    act, missing = body["act"], body.get("missing", ())
    return (
        is_digest(body["digest"])
        and (len(missing) == 0 or act == "suspended")
        and all(map(is_member, missing))
        and (body.get("by") is not None) == (act == "broken")
        and short(body, "text")
        and (act != "broken" or says(body, "text"))
    )


def is_signature(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.signature``."""
    return is_digest(body["digest"]) and is_digest(body["keyid"]) and 1 <= len(body["signature"]) <= 200


def is_issue(body: dict[str, Any]) -> bool:
    """Tell it of a ``consult.issue``."""
    replaces, unsigned = body.get("replaces") is not None, body.get("unsigned", ())
    return (
        is_digest(body["digest"])
        and all(map(is_member, unsigned))
        and replaces == (body.get("replaces_as", "") != "")
        and short(body, "text")
        and (body["act"] == "issued" or (len(unsigned) == 0 and not replaces and says(body, "text")))
    )


RULES_OF_CONSULTATIONS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "consult.answer": is_answer, "consult.comment": is_comment, "consult.issue": is_issue,
    "consult.signature": is_signature, "consult.silence": is_silence, "consult.text": is_text,
}  # fmt: skip
