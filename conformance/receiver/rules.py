"""What the schemas cannot say of some bodies: launches, people's decisions and their passkeys (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

LONGEST_ID, LONGEST = 1400, 4096


def is_url64(text: str, longest: int) -> bool:
    """Tell whether a text is base64 for URLs, not empty and without padding."""
    return len(text) <= longest and len(text) % 4 != 1 and re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None


def is_launch(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``warning.launch``."""
    has_outcome, has_impact = (body.get(name) is not None for name in ("outcome", "impact"))
    return (body["stage"] == "closed") == has_outcome and (body["stage"] != "predicted" or has_impact)


def is_approval(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``watch.approval``."""
    signed = body.get("assertion")
    return (
        re.fullmatch(r"[0-9a-f]{64}", body["digest"]) is not None
        and len(body.get("text", "")) <= 2000
        and (signed is None or is_url64(signed["credential"], LONGEST_ID))
        and (
            signed is None
            or all(is_url64(signed[name], LONGEST) for name in ("client_data", "authenticator_data", "signature"))
        )
    )


def is_credential(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``watch.credential``."""
    return is_url64(body["credential"], LONGEST_ID) and is_url64(body["public_key"], LONGEST) and (
        1 <= len(body["roles"]) <= 16
    )  # fmt: skip


RULES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "warning.launch": is_launch, "watch.approval": is_approval, "watch.credential": is_credential,
}  # fmt: skip
