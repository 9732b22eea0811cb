"""What the schemas cannot say of some bodies: launches, what people do and decide, their passkeys (1.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.receiver.rules_cargo import RULES_OF_CARGO
from conformance.receiver.rules_claims import RULES_OF_CLAIMS
from conformance.receiver.rules_consult import RULES_OF_CONSULTATIONS
from conformance.receiver.rules_cyber import RULES_OF_CYBER
from conformance.receiver.rules_exercises import RULES_OF_EXERCISES
from conformance.receiver.texts import is_digest, says, short

LONGEST_ID, LONGEST = 1400, 4096


def is_url64(text: str, longest: int) -> bool:
    """Tell whether a text is base64 for URLs, not empty and without padding."""
    return len(text) <= longest and len(text) % 4 != 1 and re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None


def is_launch(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``warning.launch``."""
    has_outcome, has_impact = (body.get(name) is not None for name in ("outcome", "impact"))
    region = (body.get("impact") or {}).get("region", [])
    return (
        (body["stage"] == "closed") == has_outcome
        and (body["stage"] != "predicted" or has_impact)
        and (region == [] or (len(region) > 3 and region[0] == region[-1]))
    )


def is_approval(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``watch.approval``."""
    signed = body.get("assertion")
    return (
        is_digest(body["digest"])
        and short(body, "text")
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


def is_remark(body: dict[str, Any]) -> bool:
    """Tell it of the body of a ``watch.remark``."""
    return short(body, "text") and (body["act"] not in ("query", "dispute") or says(body, "text"))


def is_entry(body: dict[str, Any]) -> bool:
    """Tell it of a body with a text that is never blank."""
    return short(body, "text") and says(body, "text")


RULES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "warning.launch": is_launch, "watch.approval": is_approval, "watch.credential": is_credential,
    "watch.log_entry": is_entry, "watch.remark": is_remark, **RULES_OF_EXERCISES, **RULES_OF_CLAIMS,
    **RULES_OF_CARGO, **RULES_OF_CYBER,
    **RULES_OF_CONSULTATIONS,
}  # fmt: skip
