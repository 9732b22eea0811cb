"""Figures of several sources side by side: compared where they count one thing over one time, never averaged."""

from __future__ import annotations

import math
from typing import Literal

from tocsin.records import Quantity

Comparison = Literal["agree", "differ", "not_comparable"]

_ABOUT = 0.1
"""By how much of itself a figure stated as "about" may be off before it is said to differ; our own choice."""


def compare(first: Quantity, second: Quantity) -> Comparison:
    """Tell whether two figures can both be right.

    Returns:
        ``agree``: their ranges meet; ``differ``: they do not; ``not_comparable``: another unit or another time is
        counted, and then "more than 1,000 by October" and "20,000 by May" are no contradiction.
    """
    if first.unit != second.unit or (first.since, first.until) != (second.since, second.until):
        return "not_comparable"
    (least, most), (other_least, other_most) = _range(first), _range(second)
    return "agree" if least <= other_most and other_least <= most else "differ"


def _range(quantity: Quantity) -> tuple[float, float]:
    least = -math.inf if quantity.least is None else quantity.least
    most = math.inf if quantity.most is None else quantity.most
    if quantity.is_about:
        least, most = least - _ABOUT * abs(least), most + _ABOUT * abs(most)
    return least, most


def in_words(quantity: Quantity) -> str:
    """Say a figure as it was stated: ``at least 300 containers``, ``about 20 to 25 railcars up to 2023-10-05``."""
    if quantity.most is None:
        figure = f"at least {quantity.least:,g}"
    elif quantity.least is None:
        figure = f"at most {quantity.most:,g}"
    elif quantity.least == quantity.most:
        figure = f"{quantity.least:,g}"
    else:
        figure = f"{quantity.least:,g} to {quantity.most:,g}"
    about = "about " if quantity.is_about else ""
    since = f" from {quantity.since:%Y-%m-%d}" if quantity.since else ""
    until = f" up to {quantity.until:%Y-%m-%d}" if quantity.until else ""
    return f"{about}{figure} {quantity.unit}{since}{until}"
