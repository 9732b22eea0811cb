"""Clauses that no answer to a question of the contract could show to be kept or broken, each with the reason."""

from __future__ import annotations

NOT_TESTABLE: dict[str, str] = {}
