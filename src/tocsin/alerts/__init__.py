"""Alerts to the public: whom a member may alert, and in which words."""

from tocsin.alerts.territory import HomeArea, Territory, territory_of
from tocsin.alerts.texts import REASONS, Facts, Reason, name_in, texts_for, words

__all__ = [
    "REASONS",
    "Facts",
    "HomeArea",
    "Reason",
    "Territory",
    "name_in",
    "territory_of",
    "texts_for",
    "words",
]
